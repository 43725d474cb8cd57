//! `trawl verify`: a dataset checked from end to end, and rebuilt when asked.

use trawl_dataset::{Verification, verify};

use crate::args::VerifyArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;

pub(super) fn run(args: VerifyArgs, output: Output) -> Result<Exit, Failure> {
    let root = locate::dataset(args.dir)?;
    let verification = verify(&root, args.rebuild)?;
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
