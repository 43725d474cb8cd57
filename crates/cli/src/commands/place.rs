//! Where something new may lie: not in what it is made of, nor in any dataset, which clears away what it does not know.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::exit::Failure;

/// Refuses a new folder that lies in the folder it is made of, or that would hold it.
pub(super) fn apart(to: &Path, new: &str, from: &Path, old: &str) -> Result<(), Failure> {
    let (target, origin) = (real(to)?, real(from)?);
    let how = if target == origin {
        "is"
    } else if target.starts_with(&origin) {
        "lies in"
    } else if origin.starts_with(&target) {
        "holds"
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!(
        "{} {how} the {old} {} that the {new} is made of; choose a folder beside it with --to DIR",
        to.display(),
        from.display()
    )))
}

/// Refuses a new folder that lies in a dataset: its views are thrown away and made anew, and with them what lies between.
pub(super) fn outside_of_datasets(to: &Path) -> Result<(), Failure> {
    let target = real(to)?;
    let mut above = target.ancestors().skip(1);
    match above.find(|folder| folder.join("catalog.db").is_file()) {
        None => Ok(()),
        Some(dataset) => Err(Failure::usage(format!(
            "{} lies in the dataset {}, which clears away what it did not make; choose a folder outside with --to DIR",
            to.display(),
            dataset.display()
        ))),
    }
}

/// The path without links and detours, of which the end need not be there yet.
fn real(path: &Path) -> Result<PathBuf, Failure> {
    let whole = std::path::absolute(path).map_err(|e: io::Error| Failure::io("find", path, &e))?;
    let mut real = PathBuf::new();
    for part in whole.components() {
        if part == Component::ParentDir {
            real.pop();
            continue;
        }
        real.push(part);
        if let (Component::Normal(_), Ok(found)) = (part, real.canonicalize()) {
            real = found;
        }
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn whatever_leads_into_the_other_folder_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        fs::create_dir_all(root.join("images")).unwrap();
        let refused = |to: &Path| apart(to, "export", &root, "dataset").is_err();
        for inside in [
            "data",
            "data/",
            "data/images/x",
            "data/new/deeper/x",
            "other/../data/x",
            "data/../data/images/../sub",
            "",
        ] {
            assert!(refused(&folder.path().join(inside)), "{inside}");
        }
        for outside in ["data2", "data/../x", "x/data", "dat"] {
            assert!(!refused(&folder.path().join(outside)), "{outside}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root.join("images"), folder.path().join("link")).unwrap();
            assert!(refused(&folder.path().join("link/x")));
            assert!(!refused(&folder.path().join("link/../../x")));
        }
    }

    #[test]
    fn nothing_goes_into_any_dataset() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data/one");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("catalog.db"), "").unwrap();
        assert!(outside_of_datasets(&root.join("snapshots/mine")).is_err());
        assert!(
            outside_of_datasets(&root).is_ok(),
            "the same import goes on"
        );
        assert!(outside_of_datasets(&folder.path().join("data/two")).is_ok());
    }
}
