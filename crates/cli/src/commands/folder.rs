//! The folder of a dataset, before anything is written into it.

use std::path::Path;

use super::record::RECORD;
use crate::exit::Failure;

/// A folder that holds other things must not become a dataset by a slip of the keyboard.
pub(super) fn check(root: &Path) -> Result<(), Failure> {
    if root.exists() && !root.is_dir() {
        return Err(Failure::usage(format!(
            "{} is a file; name a folder with --out DIR",
            root.display()
        )));
    }
    let foreign = root.is_dir()
        && !root.join("catalog.db").exists()
        && !root.join(RECORD).exists()
        && std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
    if foreign && !only_catalog_remains(root) {
        return Err(Failure::usage(format!(
            "{} is not empty and not a dataset; name another folder with --out DIR",
            root.display()
        )));
    }
    Ok(())
}

/// What a crawl leaves that was killed while it made its folder.
fn only_catalog_remains(root: &Path) -> bool {
    std::fs::read_dir(root).is_ok_and(|entries| {
        entries.flatten().all(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with('.')
                || name.starts_with("catalog.db")
                || name.starts_with("crawl.db")
                || name == "objects"
                || name == "incoming"
        })
    })
}
