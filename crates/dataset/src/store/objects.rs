//! The folder of sample files, named by their content.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

use super::durable::{make_folder, remove, sync_folder};
use crate::error::DatasetError;
use crate::pixels::{Prepared, SampleId};

/// Syncs that wait for the disk at the same time: the file system writes its journal once for several of them.
const SYNCS: usize = 8;

/// `objects/ab/<id>.jpg` below a dataset folder; files are added, never changed.
#[derive(Debug)]
pub(crate) struct Objects {
    root: PathBuf,
}

impl Objects {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// Where the file of a sample lies below a dataset folder.
    pub(crate) fn path(root: &Path, id: &SampleId) -> PathBuf {
        let name = id.to_string();
        root.join("objects")
            .join(&name[..2])
            .join(format!("{name}.jpg"))
    }

    /// Makes samples durable: all files written and synced under other names, renamed, then each touched folder synced once.
    ///
    /// A file of the right length is there already when the sample came before; it is not written again.
    pub(crate) fn add<'a>(
        &self,
        samples: impl Iterator<Item = &'a Prepared>,
    ) -> Result<(), DatasetError> {
        let mut done = BTreeSet::new();
        let mut folders = BTreeSet::new();
        let mut fresh = Vec::new();
        for sample in samples {
            if !done.insert(sample.id) {
                continue;
            }
            let path = Self::path(&self.root, &sample.id);
            if fs::metadata(&path).is_ok_and(|meta| meta.len() == sample.jpeg.len() as u64) {
                continue;
            }
            let folder = path.parent().expect("objects lie in folders").to_path_buf();
            if !folder.is_dir() {
                make_folder(&folder)?;
                folders.insert(self.root.join("objects"));
            }
            fresh.push((self.write(sample)?, path));
            folders.insert(folder);
        }
        at_once(&fresh, |(scrap, _)| scrap.sync())?;
        for (scrap, path) in &fresh {
            fs::rename(&scrap.path, path).map_err(|e| DatasetError::io(path, e))?;
        }
        let folders: Vec<PathBuf> = folders.into_iter().collect();
        at_once(&folders, |folder| sync_folder(folder))
    }

    fn write(&self, sample: &Prepared) -> Result<Scrap, DatasetError> {
        let folder = self.scraps();
        if !folder.is_dir() {
            make_folder(&folder)?;
        }
        let path = folder.join(format!("{}.jpg", sample.id));
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(&sample.jpeg)?;
            Ok(file)
        });
        match written {
            Ok(file) => Ok(Scrap { path, file }),
            Err(e) => Err(DatasetError::io(&path, e)),
        }
    }

    /// Half-written files wait here for their rename, and after a crash for [`Objects::sweep`].
    fn scraps(&self) -> PathBuf {
        self.root.join("objects").join(".new")
    }

    /// Removes what a crash left half-written.
    pub(crate) fn sweep(&self) -> Result<(), DatasetError> {
        remove(&self.scraps())
    }

    /// Ids of all files in the folder, whatever the catalog says.
    pub(crate) fn list(root: &Path) -> Vec<SampleId> {
        let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        let mut ids: Vec<SampleId> = entries(&root.join("objects"))
            .flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten())
            .filter_map(|file| {
                file.file_name()
                    .to_str()?
                    .strip_suffix(".jpg")?
                    .parse()
                    .ok()
            })
            .collect();
        ids.sort_unstable();
        ids
    }
}

/// A file that has its content and not yet its name.
#[derive(Debug)]
struct Scrap {
    path: PathBuf,
    file: File,
}

impl Scrap {
    fn sync(&self) -> Result<(), DatasetError> {
        self.file
            .sync_all()
            .map_err(|e| DatasetError::io(&self.path, e))
    }
}

/// Does the same to each thing, several at a time, until all are done or one fails.
pub(crate) fn at_once<T: Sync>(
    things: &[T],
    work: impl Fn(&T) -> Result<(), DatasetError> + Sync,
) -> Result<(), DatasetError> {
    if things.len() < SYNCS {
        return things.iter().try_for_each(work);
    }
    let work = &work;
    thread::scope(|scope| {
        let workers: Vec<_> = things
            .chunks(things.len().div_ceil(SYNCS))
            .map(|share| scope.spawn(move || share.iter().try_for_each(work)))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}
