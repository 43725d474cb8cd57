//! Finds the dataset or run a command means when it is not named.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::exit::Failure;
use crate::output::Output;

/// Folders of datasets and runs, relative to where the person stands.
pub(crate) const DATA: &str = "data";
/// See [`DATA`].
pub(crate) const RUNS: &str = "runs";

/// Stems that ship under data/, and the one the demo owns.
const TAKEN: [&str; 4] = ["gallery", "weights", "readme", "demo"];

/// The dataset folder a names file gets: `data/<stem>`.
pub(crate) fn dataset_of(names: &Path) -> Result<PathBuf, Failure> {
    let stem = names
        .file_stem()
        .and_then(|s| s.to_str())
        .unwrap_or_default();
    if stem.is_empty() {
        return Err(Failure::usage(format!(
            "{} gives no name for a dataset folder; choose one with --out DIR",
            names.display()
        )));
    }
    if TAKEN.contains(&stem.to_ascii_lowercase().as_str()) {
        return Err(Failure::usage(format!(
            "data/{stem} belongs to trawl itself; choose another folder with --out DIR, or rename {}",
            names.display()
        )));
    }
    Ok(Path::new(DATA).join(stem))
}

/// The folder given, or the newest published dataset under `data/`.
pub(crate) fn dataset(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    if let Some(dir) = given {
        if dir.is_file() {
            return Err(Failure::nothing_there(format!(
                "{} is a file; give the dataset folder that was made of it, such as {}",
                dir.display(),
                dataset_of(&dir)
                    .map_or_else(|_| DATA.to_owned(), |made| made.display().to_string())
            )));
        }
        if !dir.is_dir() {
            return Err(Failure::nothing_there(format!(
                "there is no dataset folder {}; make one with `trawl crawl`",
                dir.display()
            )));
        }
        return Ok(dir);
    }
    newest(Path::new(DATA), |dir| newest_entry(&dir.join("snapshots")))
        .ok_or_else(|| Failure::nothing_there("no published dataset under data/; make one with `trawl crawl names.txt`, or name its folder"))
}

/// Says on the first line which dataset is meant.
pub(crate) fn announce_dataset(dir: &Path, output: Output) {
    output.line(format!("dataset {}", dir.display()));
}

/// The run named, or the newest finished one under `runs/`.
pub(crate) fn run(given: Option<&Path>) -> Result<PathBuf, Failure> {
    match given {
        Some(name) => as_run(name).ok_or_else(|| {
            Failure::nothing_there(format!(
                "there is no finished run {}; train one with `trawl train`",
                name.display()
            ))
        }),
        None => newest(Path::new(RUNS), |dir| modified(&dir.join("model.json"))).ok_or_else(|| {
            Failure::nothing_there("no finished run under runs/; train one with `trawl train`")
        }),
    }
}

/// Says on the first line which run is meant.
pub(crate) fn announce_run(dir: &Path, output: Output) {
    output.line(format!("run {}", dir.display()));
}

/// The finished run a path or bare name stands for.
pub(crate) fn as_run(name: &Path) -> Option<PathBuf> {
    [name.to_path_buf(), Path::new(RUNS).join(name)]
        .into_iter()
        .find(|dir| dir.join("model.json").is_file())
}

/// The folder a new run gets: the name given, else `runs/<dataset>`, numbered when taken.
pub(crate) fn new_run(given: Option<PathBuf>, dataset: &Path) -> PathBuf {
    if let Some(run) = given {
        let bare = run.components().count() == 1 && !run.is_absolute();
        return if bare { Path::new(RUNS).join(run) } else { run };
    }
    let full = std::path::absolute(dataset).unwrap_or_else(|_| dataset.to_path_buf());
    let stem = full.file_name().map_or_else(
        || "run".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let first = Path::new(RUNS).join(&stem);
    std::iter::once(first)
        .chain((2..=u32::MAX).map(|n| Path::new(RUNS).join(format!("{stem}-{n}"))))
        .find(|dir| !dir.exists())
        .expect("some number is free")
}

fn newest(parent: &Path, time: impl Fn(&Path) -> Option<SystemTime>) -> Option<PathBuf> {
    let mut found: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(parent)
        .ok()?
        .flatten()
        .filter_map(|entry| Some((time(&entry.path())?, entry.path())))
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

fn newest_entry(dir: &Path) -> Option<SystemTime> {
    std::fs::read_dir(dir)
        .ok()?
        .flatten()
        .filter_map(|entry| modified(&entry.path()))
        .max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_that_ship_are_refused_with_a_hint() {
        for name in ["gallery.txt", "weights.txt", "Demo.txt", "README"] {
            let failure = dataset_of(Path::new(name)).unwrap_err();
            assert!(failure.to_string().contains("--out"), "{failure}");
        }
        assert_eq!(
            dataset_of(Path::new("lists/birds.txt")).unwrap(),
            Path::new("data/birds")
        );
    }

    #[test]
    fn a_bare_run_name_lies_under_runs_and_a_path_where_it_says() {
        assert_eq!(
            new_run(Some("a".into()), Path::new("data/x")),
            Path::new("runs/a")
        );
        assert_eq!(
            new_run(Some("out/a".into()), Path::new("data/x")),
            Path::new("out/a")
        );
    }
}
