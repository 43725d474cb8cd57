use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::CrawlError;

/// Holds the bodies that have arrived and are not stored by the catalog yet, one file a download.
///
/// Without it a kill would lose what was downloaded and waits to be decoded, and each loss costs the URL one of its
/// tries. The files are not synced: they outlive the process, not a power cut, after which they are asked again.
#[derive(Debug)]
pub(crate) struct Incoming {
    folder: PathBuf,
    left: HashSet<i64>,
}

/// Ending of a file that is whole; one being written has another.
const WHOLE: &str = "body";

impl Incoming {
    /// Opens the folder beside the state file and sees what an interrupted run has left.
    pub(crate) fn open(state: &Path) -> Result<Self, CrawlError> {
        let folder = state.with_file_name("incoming");
        fs::create_dir_all(&folder).map_err(|e| CrawlError::io(&folder, e))?;
        // Files are read by a path without links only, and the dataset may be given by a relative one.
        let folder = fs::canonicalize(&folder).map_err(|e| CrawlError::io(&folder, e))?;
        let entries = fs::read_dir(&folder).map_err(|e| CrawlError::io(&folder, e))?;
        let mut left = HashSet::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            let number = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok());
            match number.filter(|_| path.extension().is_some_and(|ending| ending == WHOLE)) {
                Some(number) => drop(left.insert(number)),
                // Half a file, or no file of ours: the body is asked for again.
                None => drop(fs::remove_file(&path)),
            }
        }
        Ok(Self { folder, left })
    }

    /// The file of a download's body.
    pub(crate) fn path(&self, download: i64) -> PathBuf {
        self.folder.join(format!("{download}.{WHOLE}"))
    }

    /// Says whether an interrupted run left the body of this download; each is told once.
    pub(crate) fn take_left(&mut self, download: i64) -> bool {
        self.left.remove(&download)
    }

    /// Takes note that a body that was told of is not wanted now, and still there if it is later.
    pub(crate) fn leave(&mut self, download: i64) {
        self.left.insert(download);
    }

    /// Removes the folder after a run that left nothing open.
    pub(crate) fn clear(&self) {
        // What cannot be removed is found and removed by the next run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_a_path_that_can_be_read_whatever_the_state_is_called() {
        let dir = tempfile::tempdir().unwrap();
        let crooked = dir.path().join("a/../b");
        fs::create_dir_all(dir.path().join("a")).unwrap();
        fs::create_dir_all(dir.path().join("b")).unwrap();
        let incoming = Incoming::open(&crooked.join("crawl.db")).unwrap();
        fs::write(incoming.path(3), "x").unwrap();
        let path = incoming.path(3);
        assert_eq!(fs::canonicalize(&path).unwrap(), path);
    }

    #[test]
    fn whole_files_are_told_once_and_half_ones_removed() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("crawl.db");
        let incoming = Incoming::open(&state).unwrap();
        fs::write(incoming.path(7), "x").unwrap();
        fs::write(dir.path().join("incoming/8.part"), "x").unwrap();
        let mut incoming = Incoming::open(&state).unwrap();
        assert!(incoming.take_left(7) && !incoming.take_left(7) && !incoming.take_left(8));
        incoming.leave(7);
        assert!(incoming.take_left(7));
        assert!(!dir.path().join("incoming/8.part").exists());
        incoming.clear();
        assert!(!dir.path().join("incoming").exists());
    }
}
