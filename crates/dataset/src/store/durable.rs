//! Files that are either whole or not there, whatever happens in between.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::DatasetError;

/// Writes a file under another name, syncs it, renames it and syncs its folder.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> Result<(), DatasetError> {
    write_whole(path, |mut file| file.write_all(content))
}

/// Writes a file as [`write_file`] does, piece by piece, so that it need not fit into memory; returns its BLAKE3.
pub(crate) fn stream_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<blake3::Hash, DatasetError> {
    let mut hasher = blake3::Hasher::new();
    write_whole(path, |file| {
        let mut out = BufWriter::new(Hashed {
            file,
            hasher: &mut hasher,
        });
        write(&mut out)?;
        out.flush()
    })?;
    Ok(hasher.finalize())
}

/// Hashes what passes through.
struct Hashed<'a> {
    file: &'a File,
    hasher: &'a mut blake3::Hasher,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn write_whole(
    path: &Path,
    write: impl FnOnce(&File) -> io::Result<()>,
) -> Result<(), DatasetError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(folder)
        .map_err(|e| DatasetError::io(folder, e))?;
    write(file.as_file()).map_err(|e| DatasetError::io(path, e))?;
    file.as_file()
        .sync_all()
        .map_err(|e| DatasetError::io(path, e))?;
    make_readable(file.as_file(), path)?;
    file.persist(path)
        .map_err(|e| DatasetError::io(path, e.error))?;
    sync_folder(folder)
}

/// Temporary files are made for their owner alone; what is kept is readable as the folder allows.
#[cfg(unix)]
fn make_readable(file: &File, path: &Path) -> Result<(), DatasetError> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
        .map_err(|e| DatasetError::io(path, e))
}

#[cfg(not(unix))]
fn make_readable(_: &File, _: &Path) -> Result<(), DatasetError> {
    Ok(())
}

/// Makes the names in a folder durable; where folders cannot be synced, the file system orders renames by itself.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), DatasetError> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|opened| opened.sync_all())
            .map_err(|e| DatasetError::io(folder, e))?;
    }
    Ok(())
}

/// The first free name `<name>.damaged-N` beside a damaged file.
pub(crate) fn aside(path: &Path) -> PathBuf {
    (1..=u32::MAX)
        .map(|n| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".damaged-{n}"));
            PathBuf::from(name)
        })
        .find(|aside| !aside.exists())
        .expect("some number is free")
}

/// Moves a damaged file out of the way, where it stays for whoever wants to look at it.
pub(crate) fn put_aside(path: &Path) -> Result<PathBuf, DatasetError> {
    let aside = aside(path);
    fs::rename(path, &aside).map_err(|e| DatasetError::io(path, e))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))?;
    Ok(aside)
}

/// Gives a damaged file a second name, under which it stays when the first one is written anew.
pub(crate) fn keep_aside(path: &Path) -> Result<PathBuf, DatasetError> {
    let aside = aside(path);
    if fs::hard_link(path, &aside).is_err() {
        fs::copy(path, &aside).map_err(|e| DatasetError::io(path, e))?;
    }
    Ok(aside)
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<(), DatasetError> {
    fs::create_dir_all(folder).map_err(|e| DatasetError::io(folder, e))
}

/// Removes a file or folder that may not be there.
pub(crate) fn remove(path: &Path) -> Result<(), DatasetError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(e) => Err(e),
    };
    match removed {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(DatasetError::io(path, e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_replaces_its_predecessor_and_leaves_no_scraps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card");
        write_file(&path, b"one").unwrap();
        write_file(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert!(write_file(&folder.path().join("no/such"), b"").is_err());
    }

    #[test]
    fn a_streamed_file_is_whole_or_absent_and_its_hash_is_that_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        let hash = stream_file(&path, |out| {
            (0..10_000).try_for_each(|n| writeln!(out, "line {n}"))
        });
        assert_eq!(hash.unwrap(), blake3::hash(&fs::read(&path).unwrap()));
        let failed = stream_file(&path, |out| {
            writeln!(out, "half")?;
            Err(io::Error::other("the rest is lost"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap().len(), 10_000 * 6 + 38_890);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
