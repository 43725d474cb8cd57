//! The folder of an export: made beside its place under another name, and renamed when it is complete.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::DatasetError;
use crate::store::durable::{make_folder, remove, sync_folder};
use crate::store::lock::{LOCK_FILE, Lock};
use crate::store::objects::at_once;

/// Small files that wait to be synced together.
const WAITING: usize = 256;

/// A folder in the making; dropped unfinished, it leaves a hidden folder, which the next export to the same place removes.
#[derive(Debug)]
pub(super) struct Package {
    to: PathBuf,
    scrap: PathBuf,
    folders: BTreeSet<PathBuf>,
    waiting: Vec<(PathBuf, File)>,
    bytes: u64,
    lock: Lock,
}

impl Package {
    /// Begins the folder `to`, which must not be there or be empty.
    pub(super) fn begin(to: &Path) -> Result<Self, DatasetError> {
        let to = std::path::absolute(to).map_err(|e| DatasetError::io(to, e))?;
        if !is_free(&to) {
            return Err(DatasetError::Occupied { path: to });
        }
        let name = to
            .file_name()
            .ok_or_else(|| DatasetError::Occupied { path: to.clone() })?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".partial");
        let scrap = to.with_file_name(hidden);
        make_folder(&scrap)?;
        let lock = Lock::take(&scrap)?;
        for entry in fs::read_dir(&scrap).map_err(|e| DatasetError::io(&scrap, e))? {
            let entry = entry.map_err(|e| DatasetError::io(&scrap, e))?;
            if entry.file_name() != LOCK_FILE {
                remove(&entry.path())?;
            }
        }
        Ok(Self {
            folders: BTreeSet::from([scrap.clone()]),
            to,
            scrap,
            waiting: Vec::new(),
            bytes: 0,
            lock,
        })
    }

    /// Makes a folder below, and those between.
    pub(super) fn folder(&mut self, relative: &Path) -> Result<PathBuf, DatasetError> {
        let folder = self.scrap.join(relative);
        if self.folders.contains(&folder) {
            return Ok(folder);
        }
        make_folder(&folder)?;
        let between = folder.ancestors().take_while(|f| *f != self.scrap);
        self.folders.extend(between.map(Path::to_path_buf));
        Ok(folder)
    }

    /// Adds a small file.
    pub(super) fn add(&mut self, relative: &Path, content: &[u8]) -> Result<(), DatasetError> {
        let path = self.path(relative)?;
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(content)?;
            Ok(file)
        });
        let file = written.map_err(|e| DatasetError::io(&path, e))?;
        self.bytes += content.len() as u64;
        self.waiting.push((path, file));
        if self.waiting.len() >= WAITING {
            self.settle()?;
        }
        Ok(())
    }

    /// Begins a file that is written piece by piece.
    pub(super) fn begin_file(&mut self, relative: &Path) -> Result<Sheet, DatasetError> {
        let path = self.path(relative)?;
        let file = File::create(&path).map_err(|e| DatasetError::io(&path, e))?;
        Ok(Sheet {
            path,
            out: BufWriter::with_capacity(1 << 18, file),
            bytes: 0,
        })
    }

    /// Makes a begun file durable.
    pub(super) fn end_file(&mut self, sheet: Sheet) -> Result<(), DatasetError> {
        let Sheet { path, out, bytes } = sheet;
        let file = out
            .into_inner()
            .map_err(|e| DatasetError::io(&path, e.into_error()))?;
        file.sync_all().map_err(|e| DatasetError::io(&path, e))?;
        self.bytes += bytes;
        Ok(())
    }

    /// Adds a file in one go, piece by piece.
    pub(super) fn stream(
        &mut self,
        relative: &Path,
        write: impl FnOnce(&mut Sheet) -> std::io::Result<()>,
    ) -> Result<(), DatasetError> {
        let mut sheet = self.begin_file(relative)?;
        write(&mut sheet).map_err(|e| DatasetError::io(&sheet.path, e))?;
        self.end_file(sheet)
    }

    fn path(&mut self, relative: &Path) -> Result<PathBuf, DatasetError> {
        self.folder(relative.parent().unwrap_or(Path::new("")))?;
        Ok(self.scrap.join(relative))
    }

    fn settle(&mut self) -> Result<(), DatasetError> {
        at_once(&self.waiting, |(path, file)| {
            file.sync_all().map_err(|e| DatasetError::io(path, e))
        })?;
        self.waiting.clear();
        Ok(())
    }

    /// Makes everything durable and gives the folder its name; returns how many bytes lie in it.
    pub(super) fn finish(mut self) -> Result<u64, DatasetError> {
        self.settle()?;
        self.folders.iter().try_for_each(|f| sync_folder(f))?;
        remove(&self.scrap.join(LOCK_FILE))?;
        if self.to.is_dir() {
            // Not everywhere does a rename replace an empty folder; one that is not empty any more stays.
            fs::remove_dir(&self.to).map_err(|e| DatasetError::io(&self.to, e))?;
        }
        fs::rename(&self.scrap, &self.to).map_err(|e| DatasetError::io(&self.to, e))?;
        sync_folder(self.to.parent().unwrap_or(Path::new(".")))?;
        drop(self.lock);
        Ok(self.bytes)
    }

    /// Takes everything away again.
    pub(super) fn abandon(self) -> Result<(), DatasetError> {
        remove(&self.scrap)
    }
}

/// Whether nothing is there, or an empty folder.
fn is_free(to: &Path) -> bool {
    match fs::symlink_metadata(to) {
        Ok(meta) if meta.is_dir() => {
            fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_none())
        }
        Ok(_) => false,
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
    }
}

/// A file in the making; `std::io::Write` goes to it.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) path: PathBuf,
    out: BufWriter<File>,
    pub(super) bytes: u64,
}

impl Sheet {
    /// Writes over the beginning of what was written.
    pub(super) fn rewrite(&mut self, content: &[u8]) -> std::io::Result<()> {
        use std::io::{Seek, SeekFrom};
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(content)?;
        self.out.seek(SeekFrom::End(0)).map(drop)
    }
}

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
