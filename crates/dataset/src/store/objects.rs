//! The folder of sample files, named by their content.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::durable::{make_folder, remove, sync_folder};
use crate::error::DatasetError;
use crate::pixels::{Prepared, SampleId};

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

    /// Makes samples durable: each file synced under another name and renamed, then each touched folder synced once.
    ///
    /// A file of the right length is there already when the sample came before; it is not written again.
    pub(crate) fn add<'a>(
        &self,
        samples: impl Iterator<Item = &'a Prepared>,
    ) -> Result<(), DatasetError> {
        let mut done = BTreeSet::new();
        let mut folders = BTreeSet::new();
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
            let scrap = self.scraps().join(format!("{}.jpg", sample.id));
            self.write(&scrap, &sample.jpeg)?;
            fs::rename(&scrap, &path).map_err(|e| DatasetError::io(&path, e))?;
            folders.insert(folder);
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    fn write(&self, scrap: &Path, content: &[u8]) -> Result<(), DatasetError> {
        make_folder(&self.scraps())?;
        File::create(scrap)
            .and_then(|mut file| {
                file.write_all(content)?;
                file.sync_all()
            })
            .map_err(|e| DatasetError::io(scrap, e))
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
