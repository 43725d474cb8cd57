//! One writer per dataset, enforced by the kernel so that no lock outlives its process.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::Path;

use crate::error::DatasetError;

/// Name of the lock file in the dataset folder.
pub(crate) const LOCK_FILE: &str = ".lock";

/// The exclusive right to write to a dataset, given back when dropped or when the process ends in any way.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the dataset at `root` or says who holds it.
    pub(crate) fn take(root: &Path) -> Result<Self, DatasetError> {
        let path = root.join(LOCK_FILE);
        let io = |e| DatasetError::io(&path, e);
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = fs::read_to_string(&path).unwrap_or_default();
                let holder = match pid.trim() {
                    "" => "process unknown".to_owned(),
                    pid => format!("process {}", pid.chars().take(20).collect::<String>()),
                };
                return Err(DatasetError::Locked {
                    path: root.to_path_buf(),
                    holder,
                });
            }
            Err(TryLockError::Error(e)) => return Err(io(e)),
        }
        // Only for the message above; what the lock means does not depend on it.
        file.set_len(0).map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_comer_hears_who_was_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        match Lock::take(folder.path()) {
            Err(DatasetError::Locked { holder, .. }) => {
                assert_eq!(holder, format!("process {}", std::process::id()));
            }
            other => panic!("{other:?}"),
        }
        drop(first);
        Lock::take(folder.path()).unwrap();
    }
}
