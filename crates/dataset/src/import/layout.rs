//! Which files a source consists of, in which format they are, and of which split each is.

use std::fs;
use std::path::{Path, PathBuf};

use super::bytes::foreign;
use crate::error::DatasetError;
use crate::export::ExportFormat;
use crate::publish::Split;

/// Deepest nesting that is searched for shards and databases.
const DEPTH: u32 = 4;

/// A file or folder that one reader reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) path: PathBuf,
    pub(super) split: Option<Split>,
}

/// Finds the pieces of a source, in the order in which they are read: test, val, train, then what is of no split.
///
/// That order decides between near-duplicates that a source has in two splits: the one that measures stays, the one to learn from
/// goes.
pub(super) fn pieces(
    root: &Path,
    wanted: Option<ExportFormat>,
) -> Result<(ExportFormat, Vec<Piece>), DatasetError> {
    let mut files = Files::default();
    if root.is_dir() {
        files.search(root, 0)?;
    } else if root.is_file() {
        files.sort_in(root);
    } else {
        return Err(foreign(root, "there is no such file or folder"));
    }
    let found = [
        (ExportFormat::Webdataset, files.tars),
        (ExportFormat::Lmdb, files.lmdbs),
        (ExportFormat::Leveldb, files.leveldbs),
        (ExportFormat::Parquet, files.parquets),
    ];
    let chosen = found
        .into_iter()
        .find(|(format, paths)| wanted.map_or(!paths.is_empty(), |wanted| wanted == *format));
    let (format, paths) = match chosen {
        Some((format, paths)) if !paths.is_empty() => (format, paths),
        Some((format, _)) => {
            return Err(foreign(root, &format!("it holds no {format}")));
        }
        None if root.is_dir() => (ExportFormat::Imagefolder, split_folders(root)?),
        None => {
            return Err(foreign(
                root,
                "it is none of the formats that are read; give a folder of pictures, or of tar, parquet, LMDB or LevelDB files",
            ));
        }
    };
    let mut pieces: Vec<Piece> = paths
        .into_iter()
        .map(|path| Piece {
            split: split_of(root, &path),
            path,
        })
        .collect();
    pieces.sort_by(|a, b| (rank(a.split), &a.path).cmp(&(rank(b.split), &b.path)));
    Ok((format, pieces))
}

fn rank(split: Option<Split>) -> u8 {
    match split {
        Some(Split::Test) => 0,
        Some(Split::Val) => 1,
        Some(Split::Train) => 2,
        None => 3,
    }
}

#[derive(Debug, Default)]
struct Files {
    tars: Vec<PathBuf>,
    parquets: Vec<PathBuf>,
    lmdbs: Vec<PathBuf>,
    leveldbs: Vec<PathBuf>,
}

impl Files {
    fn search(&mut self, folder: &Path, depth: u32) -> Result<(), DatasetError> {
        if folder.join("CURRENT").is_file() {
            self.leveldbs.push(folder.to_path_buf());
            return Ok(());
        }
        for path in entries(folder)? {
            // A link to a folder may lead anywhere, and round in circles.
            let is_folder = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
            if is_folder && depth < DEPTH {
                self.search(&path, depth + 1)?;
            } else if path.is_file() {
                self.sort_in(&path);
            }
        }
        Ok(())
    }

    fn sort_in(&mut self, path: &Path) {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().to_ascii_lowercase())
            .unwrap_or_default();
        match name.rsplit_once('.') {
            Some((_, "tar")) => self.tars.push(path.to_path_buf()),
            Some((_, "parquet")) => self.parquets.push(path.to_path_buf()),
            Some((_, "mdb")) if name != "lock.mdb" => self.lmdbs.push(path.to_path_buf()),
            _ => {}
        }
    }
}

/// The visible entries of a folder, by name.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let io = |e| DatasetError::io(folder, e);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The folders of the splits, or the root alone where its folders are classes.
///
/// Folders called `train` and `test` are splits when every folder beside them is one too and at least one of them has folders of its
/// own, or pictures with metadata; else they are classes, whatever they are called.
fn split_folders(root: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let folders: Vec<PathBuf> = entries(root)?.into_iter().filter(|f| f.is_dir()).collect();
    let is_split = |folder: &PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        word(&name).is_some()
    };
    let is_deep = |folder: &PathBuf| {
        folder.join(crate::export::METADATA).is_file()
            || entries(folder).is_ok_and(|inner| inner.iter().any(|path| path.is_dir()))
    };
    let are_splits =
        !folders.is_empty() && folders.iter().all(is_split) && folders.iter().any(is_deep);
    Ok(if are_splits {
        folders
    } else {
        vec![root.to_path_buf()]
    })
}

/// The split that a path below the root speaks of, if all its words that are names of splits agree.
fn split_of(root: &Path, path: &Path) -> Option<Split> {
    let below = path
        .strip_prefix(root)
        .ok()
        .filter(|below| !below.as_os_str().is_empty());
    let below = below.or(path.file_name().map(Path::new))?;
    let text = below.to_string_lossy().to_ascii_lowercase();
    let mut splits = text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter_map(word);
    let first = splits.next()?;
    splits.all(|split| split == first).then_some(first)
}

/// What readers call the splits.
fn word(name: &str) -> Option<Split> {
    Some(match name.to_ascii_lowercase().as_str() {
        "train" | "training" => Split::Train,
        "val" | "valid" | "validation" | "dev" => Split::Val,
        "test" | "testing" | "eval" => Split::Test,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
        folder
    }

    fn found(files: &[&str]) -> (ExportFormat, Vec<(String, Option<Split>)>) {
        let folder = tree(files);
        let (format, pieces) = pieces(folder.path(), None).unwrap();
        let name = |piece: &Piece| {
            let below = piece.path.strip_prefix(folder.path()).unwrap();
            (below.to_string_lossy().into_owned(), piece.split)
        };
        (format, pieces.iter().map(name).collect())
    }

    #[test]
    fn splits_are_told_from_classes_of_the_same_name() {
        let (format, splits) = found(&["train/cat/a.jpg", "val/cat/b.jpg", "test/test/c.jpg"]);
        assert_eq!(format, ExportFormat::Imagefolder);
        let order: Vec<_> = splits.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(order, ["test", "val", "train"]);
        for classes in [
            &["train/a.jpg", "bus/b.jpg"][..],
            &["train/a.jpg", "test/b.jpg"],
            &["cat/a.jpg", "train/x/b.jpg"],
        ] {
            assert_eq!(found(classes).1, [(String::new(), None)], "{classes:?}");
        }
    }

    #[test]
    fn shards_of_every_naming_have_their_split() {
        let cases = [
            ("train-000000.tar", Some(Split::Train)),
            ("imagenet-val-01.tar", Some(Split::Val)),
            ("00000.tar", None),
            ("train_test-0.tar", None),
            ("latest-0.tar", None),
        ];
        for (name, split) in cases {
            assert_eq!(found(&[name]).1, [(name.to_owned(), split)]);
        }
        let (format, pieces) = found(&[
            "data/validation-00000-of-00001.parquet",
            "data/train-00000-of-00001.parquet",
        ]);
        assert_eq!(format, ExportFormat::Parquet);
        assert_eq!(pieces[0].1, Some(Split::Val));
        let (format, pieces) = found(&[
            "ilsvrc12_train_lmdb/data.mdb",
            "ilsvrc12_train_lmdb/lock.mdb",
        ]);
        assert_eq!((format, pieces.len()), (ExportFormat::Lmdb, 1));
        assert_eq!(pieces[0].1, Some(Split::Train));
        let (format, pieces) = found(&["test_leveldb/CURRENT", "test_leveldb/000003.ldb"]);
        assert_eq!(format, ExportFormat::Leveldb);
        assert_eq!(pieces, [("test_leveldb".to_owned(), Some(Split::Test))]);
    }

    #[test]
    fn a_format_that_is_not_there_is_named() {
        let folder = tree(&["cat/a.jpg"]);
        let error = pieces(folder.path(), Some(ExportFormat::Lmdb)).unwrap_err();
        assert!(error.to_string().contains("no lmdb"), "{error}");
        assert!(pieces(&folder.path().join("cat/a.jpg"), None).is_err());
        assert!(pieces(&folder.path().join("none"), None).is_err());
    }
}
