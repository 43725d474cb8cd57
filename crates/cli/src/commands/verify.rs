//! `trawl verify`: a dataset checked from end to end, and rebuilt when asked.

use std::path::{Path, PathBuf};

use trawl_crawler::{CrawlError, Ledger};
use trawl_dataset::{OffQuota, Problem, Verification, verify};

use super::record::{NAMES, RECORD, read_names, read_record};
use crate::args::VerifyArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;

pub(super) fn run(args: VerifyArgs, output: Output) -> Result<Exit, Failure> {
    let root = locate::dataset(args.dir)?;
    let mut verification = verify(&root, args.rebuild)?;
    verification.problems.extend(crawl_problems(&root));
    verification.problems.extend(report_problem(&root));
    locate::announce_dataset(&root, output);
    for problem in &verification.problems {
        output.problem(format!("{}: {}", problem.path.display(), problem.what));
    }
    for line in facts(&verification) {
        output.line(line);
    }
    output.object(&verification);
    if verification.problems.is_empty() {
        output.line("sound");
        Ok(Exit::Done)
    } else {
        let count = match verification.problems.len() {
            1 => "1 problem".to_owned(),
            count => format!("{count} problems"),
        };
        output.line(format!("{count}; the remedy stands behind each"));
        Ok(Exit::Failed)
    }
}

/// What is wrong with the files by which a crawl goes on and a refresh begins; a dataset that was not crawled has none.
fn crawl_problems(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut complain = |path: PathBuf, what: String| problems.push(Problem { path, what });
    let state = root.join("crawl.db");
    match Ledger::check(&state) {
        // A crawl is at work, and looked at the file when it began.
        Ok(()) | Err(CrawlError::Locked { .. }) => {}
        Err(error) => complain(state, error.to_string()),
    }
    match read_record(root) {
        Ok(Some(record)) if record.has_names => {
            if let Err(failure) = read_names(root) {
                complain(root.join(NAMES), failure.to_string());
            }
        }
        Ok(_) => {}
        Err(failure) => complain(root.join(RECORD), failure.to_string()),
    }
    problems
}

/// A report that has lost its end. One that is missing is no problem: publication by the library alone writes none.
fn report_problem(root: &Path) -> Option<Problem> {
    let path = root.join("report.html");
    let page = std::fs::read(&path).ok()?;
    let is_whole = page.trim_ascii_end().ends_with(b"</html>");
    (!is_whole).then(|| Problem {
        what: format!(
            "its end is missing; `trawl report {}` writes it again",
            root.display()
        ),
        path,
    })
}

/// How near any held-out picture comes to one of train.
fn proof(v: &Verification) -> String {
    match (v.min_distance, &v.closest, v.compared) {
        (Some(distance), Some(pair), Some((held, train))) => format!(
            "smallest PDQ distance between a held-out picture and a training picture: {distance} of 256, of {held} by {train} pairs in eight orientations ({} of {} and {})",
            pair.held, pair.split, pair.train
        ),
        _ => "no pair of a training and a held-out picture to compare".to_owned(),
    }
}

fn facts(v: &Verification) -> Vec<String> {
    let mut lines = vec![
        format!(
            "checked: candidates {}, objects {}, snapshots {}, derived files {}",
            v.candidates, v.objects, v.snapshots, v.derived
        ),
        proof(v),
    ];
    if v.loose_objects > 0 {
        lines.push(format!(
            "{} objects belong to no row; they do no harm",
            v.loose_objects
        ));
    }
    if v.untelling > 0 {
        lines.push(format!(
            "pictures that show too little for a hash to tell them apart (under dataset.near_quality), compared by bytes and pixels alone: {}",
            v.untelling
        ));
    }
    if v.parts_among_kin {
        let what = if v.confirmed_among_kin {
            "crops, copies with a logo and copies beyond near_distance"
        } else {
            "crops and copies with a logo"
        };
        lines.push(format!(
            "of so many pictures {what} were looked for among those of one name, page or host only"
        ));
    }
    if v.without_thumbnail > 0 {
        lines.push(format!(
            "{} stored pictures have no thumbnail, so that crops of them and copies with a logo are not found; pictures that come from now on have one",
            v.without_thumbnail
        ));
    }
    lines.extend(v.off_quota.iter().map(off_quota));
    if v.rebuilt {
        lines.push("the catalog was made anew from objects and snapshots".to_owned());
    }
    if let Some(path) = &v.kept_aside {
        lines.push(format!("the damaged catalog is kept as {}", path.display()));
    }
    if v.objects_restored > 0 {
        lines.push(format!(
            "{} sample files were written again from images/",
            v.objects_restored
        ));
    }
    for path in &v.snapshots_aside {
        lines.push(format!("a damaged snapshot is kept as {}", path.display()));
    }
    lines
}

fn off_quota(one: &OffQuota) -> String {
    format!(
        "{}: {} of {} groups are in {}, where its share is {}; splits are for good, so that this may be as near as they come",
        one.label, one.has, one.groups, one.split, one.wanted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_crawl_and_a_report_that_are_garbage_are_told_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(crawl_problems(root), []);
        assert_eq!(report_problem(root), None);
        for (name, remedy) in [("crawl.db", "delete it"), (RECORD, "trawl crawl")] {
            std::fs::write(root.join(name), vec![0xa5; 20_000]).unwrap();
            let problems = crawl_problems(root);
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].path, root.join(name));
            assert!(problems[0].what.contains(remedy), "{problems:?}");
            std::fs::remove_file(root.join(name)).unwrap();
        }
        std::fs::write(root.join("report.html"), "").unwrap();
        assert!(report_problem(root).unwrap().what.contains("trawl report"));
        std::fs::write(root.join("report.html"), "<html></html>\n").unwrap();
        assert_eq!(report_problem(root), None);
    }
}
