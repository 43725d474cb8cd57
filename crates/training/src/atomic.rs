//! Files that are either whole or absent.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::TrainError;

/// Ends the names of files that are being written.
const TEMPORARY: &str = ".tmp";

/// Writes a file by way of a temporary one beside it, synced before it takes its name.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    replace(path, |temporary| {
        let mut file = File::create(temporary)?;
        file.write_all(bytes)
    })
}

/// Writes a value as indented JSON.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), TrainError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| TrainError::io("write", path, error.into()))?;
    bytes.push(b'\n');
    write(path, &bytes)
}

/// Lets `fill` write a temporary file, syncs it and gives it its name.
pub(crate) fn replace(
    path: &Path,
    fill: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result<(), TrainError> {
    let temporary = temporary(path);
    let done = fill(&temporary)
        .and_then(|()| File::open(&temporary)?.sync_all())
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| sync_folder(path));
    done.map_err(|source| {
        // The rest of a failed attempt is of no use; the error to tell is the first.
        drop(fs::remove_file(&temporary));
        TrainError::io("write", path, source)
    })
}

/// Tells whether a file name is that of an attempt which did not end.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && name.strip_suffix(TEMPORARY).is_some()
}

/// Names a temporary beside `path` that no other process uses.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}{TEMPORARY}", std::process::id()))
}

/// Makes the new name durable; only Unix can open a folder for that.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the Unix form can fail")]
fn sync_folder(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, b"one").unwrap();
        write_json(&path, &[1, 2]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "[\n  1,\n  2\n]\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_attempt_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, b"old").unwrap();
        let error = replace(&path, |temporary| {
            fs::write(temporary, b"half")?;
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        });
        assert!(matches!(error, Err(TrainError::DiskFull { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(is_temporary(".a.12.tmp") && !is_temporary("a.json"));
    }
}
