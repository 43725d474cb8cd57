//! Snapshots that are damaged, gone or half published, made good from the catalog.

use std::path::Path;

use super::candidate::Candidate;
use super::memory::{self, Record};
use super::records::{newest_recorded, read_splits, record_snapshot, record_splits};
use super::snapshot::{SNAPSHOTS, Snapshot};
use super::snapshot_file;
use super::views::{Stamp, derive};
use crate::dataset::Dataset;
use crate::error::DatasetError;
use crate::store::durable::{keep_aside, make_folder, write_file};

impl Dataset {
    /// Writes the newest snapshot on record again, the same in content, when its file is damaged or gone; a damaged one is kept under
    /// another name.
    ///
    /// What came after it has no split yet and is left out. `false` when the catalog holds something else by now, such as a larger copy of
    /// a picture, so that the file cannot be made of it.
    pub(crate) fn restore_newest(&mut self) -> Result<bool, DatasetError> {
        let Some((number, id)) = self.catalog.sql(newest_recorded)? else {
            return Ok(true);
        };
        let names = self.listed_names()?;
        let candidates = self.catalog.sql(Candidate::read_all)?;
        let mut splits = self.catalog.sql(read_splits)?;
        memory::recall(&self.root, &mut splits);
        let record = Record::of(&splits);
        let mut settled = self.settle_conflicts(&names, &candidates, &record)?;
        // What has no split yet came after it, and stays out.
        let recorded = splits.clone();
        self.assign_splits(&names, &candidates, &mut settled, &mut splits, record);
        let splits = recorded;
        let mut snapshot = self.compose(&names, &candidates, &settled.kept, &splits);
        snapshot.number = number;
        let is_same = snapshot.id == id;
        if is_same && self.is_lost(&snapshot)? {
            self.read_circumstances(&mut snapshot, &names)?;
            self.write(&snapshot)?;
            self.finish_publication()?;
        }
        Ok(is_same)
    }

    /// Whether the file of a snapshot is missing or not what was written.
    pub(super) fn is_lost(&self, snapshot: &Snapshot) -> Result<bool, DatasetError> {
        let path = snapshot.path(&self.root);
        Ok(!path.exists() || load_whole(&path)?.is_none())
    }

    pub(super) fn write(&self, snapshot: &Snapshot) -> Result<(), DatasetError> {
        make_folder(&self.root.join(SNAPSHOTS))?;
        let path = snapshot.path(&self.root);
        if path.exists() {
            keep_aside(&path)?;
        }
        write_file(&path, &snapshot_file::format(snapshot))
    }

    /// Makes good what a kill during a publication left undone: records a snapshot that is on disk only, and derives the
    /// views when they are stale. A damaged snapshot is passed over: the catalog is whole, and the next publication has no need of it.
    pub(crate) fn finish_publication(&mut self) -> Result<(), DatasetError> {
        let list = Snapshot::list(&self.root);
        let recorded = self
            .catalog
            .sql(newest_recorded)?
            .map_or(0, |(number, _)| number);
        for (_, _, path) in list.iter().filter(|(number, ..)| *number > recorded) {
            let Some(snapshot) = load_whole(path)? else {
                continue;
            };
            let changes = self.catalog.begin()?;
            changes.sql(|c| {
                record_snapshot(c, &snapshot)?;
                record_splits(c, &snapshot.splits)
            })?;
            changes.commit()?;
        }
        match list.last() {
            // Views of an older snapshot would pass for the newest while that one is to be restored.
            Some((number, id, path))
                if *number >= recorded && !Stamp::is_current(&self.root, id, *number) =>
            {
                match load_whole(path)? {
                    Some(snapshot) => derive(&self.root, &snapshot).map(drop),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

/// Reads a snapshot; `None` when it is damaged.
fn load_whole(path: &Path) -> Result<Option<Snapshot>, DatasetError> {
    match Snapshot::load(path) {
        Err(DatasetError::Damaged { .. }) => Ok(None),
        other => other.map(Some),
    }
}
