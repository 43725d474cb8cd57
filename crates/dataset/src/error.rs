//! Failures of a whole operation; what is wrong with one picture is a [`crate::Flaw`].

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A failure that stops the operation; every message names the path and the remedy.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// There is no dataset in the folder.
    #[error("{} is not a dataset: it holds no catalog.db; give the folder that `trawl crawl` wrote", path.display())]
    NotADataset {
        /// The folder that was looked at.
        path: PathBuf,
    },
    /// The dataset has no snapshot yet.
    #[error("{} has no published snapshot yet; finish the crawl or run `trawl snapshot {}`", path.display(), path.display())]
    NotPublished {
        /// The dataset folder.
        path: PathBuf,
    },
    /// There is no picture to publish.
    #[error("{} has nothing to publish: no picture of its names is kept; see `trawl status {}` for the reasons", path.display(), path.display())]
    NothingKept {
        /// The dataset folder.
        path: PathBuf,
    },
    /// No snapshot with the number or id that was asked for.
    #[error("{} has no snapshot {wanted}; see its snapshots folder for those it has", path.display())]
    NoSuchSnapshot {
        /// The dataset folder.
        path: PathBuf,
        /// The number or id asked for.
        wanted: String,
    },
    /// Another process writes to the dataset.
    #[error("{} is locked by another run ({holder}); wait until it ends or stop it", path.display())]
    Locked {
        /// The dataset folder.
        path: PathBuf,
        /// What the lock file says about the holder, such as `process 4711`.
        holder: String,
    },
    /// The disk or the quota is full.
    #[error("no space left to write {}; free some and run the same command again, nothing is lost", path.display())]
    DiskFull {
        /// The file or folder being written.
        path: PathBuf,
    },
    /// A stored file is not what was written.
    #[error("{} is damaged ({detail}); {remedy}", path.display())]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
        /// What to do about it.
        remedy: String,
    },
    /// The file was written by a later version of the program.
    #[error("{} has schema {found}, this version knows up to {known}; use a newer trawl", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema number found.
        found: i64,
        /// The newest schema number known.
        known: i64,
    },
    /// The operating system refused a file operation.
    #[error("cannot use {}: {source}; check the path and its permissions", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The settings do not fit the dataset or make no sense.
    #[error("settings do not fit {}: {detail}", path.display())]
    Settings {
        /// The dataset folder.
        path: PathBuf,
        /// Which setting, what was found and what is possible.
        detail: String,
    },
    /// A picture that was asked for is not there.
    #[error("{} has no stored picture {id}{}; `trawl restore {}` lists what was thrown out", path.display(), of(label.as_deref()), path.display())]
    NoSuchSample {
        /// The dataset folder.
        path: PathBuf,
        /// The id asked for.
        id: String,
        /// The name it was asked for, if one was given.
        label: Option<String>,
    },
    /// Something lies where an export or an import is to go.
    #[error("{} is not free: name a folder that does not exist yet, or an empty one", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// What is to be taken in cannot be read.
    #[error("cannot take in {}: {detail}", path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it and what to do.
        detail: String,
    },
    /// Two URLs claim one place in the order of a label.
    #[error(
        "place {seq} of {label:?} already belongs to another URL than {url}; crawl.db and catalog.db are from different runs, restore both from one backup"
    )]
    PlaceTaken {
        /// The label.
        label: String,
        /// The place in the label's order.
        seq: u64,
        /// The URL that came second.
        url: String,
    },
    /// A download was called known that the catalog does not have.
    #[error(
        "the catalog has no outcome for {url}; crawl.db and catalog.db are from different runs, run the crawl again"
    )]
    UnknownUrl {
        /// The URL.
        url: String,
    },
}

fn of(label: Option<&str>) -> String {
    label.map_or_else(String::new, |label| format!(" under {label:?}"))
}

/// The remedy for a damaged catalog of the dataset at `root`.
pub(crate) fn rebuild(root: &Path) -> String {
    format!(
        "`trawl verify {} --rebuild` restores it from the objects and snapshots",
        root.display()
    )
}

/// `SQLITE_IOERR_SHORT_READ`, `SQLITE_IOERR_DATA` and `SQLITE_IOERR_CORRUPTFS`.
const DAMAGE: [i32; 3] = [522, 8_202, 8_458];

impl DatasetError {
    /// Sorts an I/O failure on `path` into disk-full and the rest.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { path, source },
        }
    }

    /// Sorts a failure of the database at `path` into disk-full, damaged and the rest.
    pub(crate) fn sql(path: &Path, source: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let damaged = || Self::Damaged {
            path: path.to_path_buf(),
            detail: source.to_string(),
            remedy: rebuild(path.parent().unwrap_or(path)),
        };
        let extended = source.sqlite_error().map(|error| error.extended_code);
        match source.sqlite_error_code() {
            // A file that ends early or that the file system calls corrupt is damage, not a matter of permissions.
            Some(ErrorCode::SystemIoFailure) if extended.is_some_and(|c| DAMAGE.contains(&c)) => {
                damaged()
            }
            Some(ErrorCode::DiskFull) => Self::DiskFull {
                path: path.to_path_buf(),
            },
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure,
            ) => Self::Io {
                path: path.to_path_buf(),
                source: io::Error::other(source.to_string()),
            },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked {
                path: path.to_path_buf(),
                holder: "another program holds the catalog".to_owned(),
            },
            _ => damaged(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let full = DatasetError::io(Path::new("x"), io::ErrorKind::StorageFull.into());
        assert!(matches!(full, DatasetError::DiskFull { .. }));
        let other = DatasetError::io(Path::new("x"), io::ErrorKind::NotFound.into());
        assert!(matches!(other, DatasetError::Io { .. }));
    }

    #[test]
    fn messages_are_one_line_with_path_and_remedy() {
        let locked = DatasetError::Locked {
            path: "data/birds".into(),
            holder: "process 7".into(),
        };
        let text = locked.to_string();
        assert!(text.contains("data/birds") && text.contains("process 7") && text.contains("wait"));
        assert!(!text.contains('\n') && !text.ends_with('.'));
    }
}
