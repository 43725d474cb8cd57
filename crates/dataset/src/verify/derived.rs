//! What is made of the newest snapshot for other tools to read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Verification;
use super::checks::remake;
use crate::pixels::SampleId;
use crate::publish::{Snapshot, Stamp, image_path};

/// The views of the newest snapshot: stamp, lists, and every picture that should be there and none besides.
///
/// A view of a damaged sample file is no complaint of its own: it comes back with that file.
pub(super) fn derived(
    root: &Path,
    newest: &Snapshot,
    damaged: &BTreeSet<SampleId>,
    found: &mut Verification,
) {
    let stamp = Stamp::read(root)
        .filter(|stamp| stamp.snapshot == newest.id && stamp.number == newest.number);
    let Some(stamp) = stamp else {
        let what = format!(
            "its derived files are not those of snapshot {}; {}",
            newest.number,
            remake(root)
        );
        return found.complain(&root.join("images"), what);
    };
    for (name, hash) in &stamp.files {
        check_file(root, &root.join(name), hash, found);
    }
    for name in stamp.lacking(newest) {
        let what = format!(
            "it is not among the derived files on record; {}",
            remake(root)
        );
        found.complain(&root.join(name), what);
    }
    let sources = root.join("sources");
    let listed: BTreeSet<PathBuf> = stamp.files.keys().map(|name| root.join(name)).collect();
    let folders = BTreeSet::from([sources.clone()]);
    strangers(root, &sources, (&listed, &folders), newest, found);
    let images = root.join("images");
    let mut expected = BTreeSet::new();
    let mut folders = BTreeSet::from([images.clone()]);
    for row in &newest.rows {
        let path = images.join(image_path(newest, row));
        if !damaged.contains(&row.id) {
            check_file(root, &path, &row.object, found);
        }
        folders.extend(path.ancestors().skip(1).take(2).map(Path::to_path_buf));
        expected.insert(path);
    }
    strangers(root, &images, (&expected, &folders), newest, found);
}

/// What lies below a folder and is not expected there; an empty folder too, which readers take for a class.
fn strangers(
    root: &Path,
    folder: &Path,
    (files, folders): (&BTreeSet<PathBuf>, &BTreeSet<PathBuf>),
    newest: &Snapshot,
    found: &mut Verification,
) {
    for (path, is_folder) in entries_below(folder) {
        let expected = if is_folder { folders } else { files };
        if !expected.contains(&path) {
            let what = format!(
                "does not belong to snapshot {}; {}",
                newest.number,
                remake(root)
            );
            found.complain(&path, what);
        }
    }
}

fn check_file(root: &Path, path: &Path, hash: &str, found: &mut Verification) {
    found.derived += 1;
    match fs::read(path) {
        Ok(content) if *blake3::hash(&content).to_hex() == *hash => {}
        Ok(_) => found.complain(path, format!("its content has changed; {}", remake(root))),
        Err(error) => found.complain(path, format!("cannot be read: {error}; {}", remake(root))),
    }
}

/// Files and folders below a folder, and which of both they are.
fn entries_below(folder: &Path) -> Vec<(PathBuf, bool)> {
    let mut entries = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder {
                folders.push(entry.path());
            }
            entries.push((entry.path(), is_folder));
        }
    }
    entries.sort();
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::publication_tests::{add, create, names};
    use crate::verify::verify;

    #[test]
    fn what_the_record_of_derived_files_lacks_and_what_is_beside_them_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut dataset = create(root);
        add(&mut dataset, "owl", 0, 0..12);
        dataset.publish(&names(&["owl"])).unwrap();
        drop(dataset);
        for (what, path) in [
            ("unlisted", "README.md"),
            ("unlisted", "sources/owl.txt"),
            ("folder", "images/train/stray"),
            ("folder", "images/other"),
            ("file", "sources/stray.txt"),
            ("file", "images/stray.jpg"),
            ("folder", "sources/stray"),
        ] {
            assert_eq!(verify(root, false).unwrap().problems, [], "before {path}");
            let place = root.join(path);
            match what {
                "folder" => fs::create_dir(&place).unwrap(),
                "file" => fs::write(&place, "x").unwrap(),
                _ => {
                    let stamp = root.join(".derived.json");
                    let mut text: serde_json::Value =
                        serde_json::from_slice(&fs::read(&stamp).unwrap()).unwrap();
                    assert!(
                        text["files"]
                            .as_object_mut()
                            .unwrap()
                            .remove(path)
                            .is_some()
                    );
                    fs::write(&stamp, text.to_string()).unwrap();
                    fs::write(&place, "changed").unwrap();
                }
            }
            let problems = verify(root, false).unwrap().problems;
            assert!(!problems.is_empty(), "{what} {path}");
            assert!(
                problems.iter().all(|one| one.path == place),
                "{problems:#?}"
            );
            assert_eq!(verify(root, true).unwrap().problems, [], "{what} {path}");
        }
    }
}
