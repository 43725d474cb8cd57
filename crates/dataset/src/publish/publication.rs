//! Making a snapshot of what is kept, and with it the splits.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::Candidate;
use super::conflict::{Fate, settle};
use super::folder::folders;
use super::records::{
    Splits, newest_recorded, read_splits, record_conflicts, record_names, record_snapshot,
    record_splits,
};
use super::snapshot::{Class, GroupSplit, LabelRecord, Row, Snapshot, SnapshotInfo};
use super::views::derive;
use super::{Split, split, timestamp};
use crate::dataset::{Dataset, Picture, State};
use crate::error::DatasetError;
use crate::pixels::SampleId;
use crate::summary::{NameSummary, name_summaries};
use crate::terms::{self, Terms};

/// What a publication came to.
#[derive(Debug)]
pub struct Publication {
    /// The snapshot that now is the newest.
    pub snapshot: SnapshotInfo,
    /// Whether it was made now; false when nothing that training sees has changed since the last one.
    pub changed: bool,
    /// Pictures of it whose file is gone, so that the views lack them; `verify` lists them.
    pub lost: u32,
    /// Where each name stands.
    pub names: Vec<NameSummary>,
}

/// A kept picture with its place in the list of candidates.
pub(super) struct Kept<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) fate: Fate,
}

impl Dataset {
    /// Publishes what is kept under these names, in their order: settles conflicts between names, gives new groups their
    /// split, writes the snapshot and everything derived from it.
    ///
    /// A label that is not among the names leaves the snapshot; its candidates and splits stay on record. Each step is whole or
    /// absent, the snapshot first, so that a kill in between is made good by the next open.
    ///
    /// # Errors
    /// [`DatasetError::NothingKept`] when there is no picture to publish: an empty snapshot would only take the place of a
    /// good one; [`DatasetError::DiskFull`], [`DatasetError::Damaged`] and I/O failures.
    pub fn publish(&mut self, names: &[String]) -> Result<Publication, DatasetError> {
        let names = distinct(names);
        let candidates = self.catalog.sql(Candidate::read_all)?;
        let mut splits = self.catalog.sql(read_splits)?;
        let kept = self.settle_conflicts(&names, &candidates)?;
        if kept.iter().all(|kept| kept.fate != Fate::Published) {
            self.record(&names, &kept, &[], None)?;
            return Err(DatasetError::NothingKept {
                path: self.root.clone(),
            });
        }
        let new_splits = self.assign_splits(&names, &kept, &mut splits);
        let mut snapshot = self.compose(&names, &candidates, &kept, &splits);
        let newest = self.catalog.sql(newest_recorded)?;
        let changed = newest.as_ref().is_none_or(|(_, id)| *id != snapshot.id);
        snapshot.number = if changed {
            let on_disk = Snapshot::list(&self.root)
                .last()
                .map_or(0, |(number, ..)| *number);
            newest
                .as_ref()
                .map_or(0, |(number, _)| *number)
                .max(on_disk)
                + 1
        } else {
            newest.map_or(1, |(number, _)| number)
        };
        self.read_circumstances(&mut snapshot, &names)?;
        if changed || self.is_lost(&snapshot)? {
            self.write(&snapshot)?;
        }
        self.record(&names, &kept, &new_splits, changed.then_some(&snapshot))?;
        let lost = if changed {
            derive(&self.root, &snapshot)?
        } else {
            self.finish_publication()?;
            0
        };
        let snapshot = if changed {
            snapshot
        } else {
            Snapshot::numbered(&self.root, snapshot.number)?
        };
        Ok(Publication {
            snapshot: snapshot.info(&self.root),
            changed,
            lost,
            names: name_summaries(&self.catalog, Some(&snapshot))?,
        })
    }

    pub(super) fn settle_conflicts<'a>(
        &self,
        names: &[String],
        candidates: &'a [Candidate],
    ) -> Result<Vec<Kept<'a>>, DatasetError> {
        let mut kept: Vec<&Candidate> = Vec::new();
        let mut pictures: Vec<(usize, Picture)> = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let from = candidates.partition_point(|candidate| candidate.label < *name);
            let of_name = candidates[from..]
                .iter()
                .take_while(|candidate| candidate.label == *name);
            for candidate in of_name.filter(|candidate| candidate.state == State::Kept) {
                let picture = candidate
                    .sample
                    .as_ref()
                    .and_then(|sample| sample.picture(candidate.seq));
                let picture = picture.ok_or_else(|| {
                    self.catalog.damaged(format!(
                        "place {} of {name:?} has no readable sample",
                        candidate.seq
                    ))
                })?;
                kept.push(candidate);
                pictures.push((place, picture));
            }
        }
        let fates = settle(&pictures, &self.settings);
        Ok(kept
            .into_iter()
            .zip(fates)
            .map(|(candidate, fate)| Kept { candidate, fate })
            .collect())
    }

    /// Gives the groups to be published their splits and returns the new ones.
    fn assign_splits(
        &self,
        names: &[String],
        kept: &[Kept<'_>],
        splits: &mut Splits,
    ) -> Vec<GroupSplit> {
        let everywhere: BTreeMap<SampleId, Split> = splits
            .values()
            .flatten()
            .map(|(group, split)| (*group, *split))
            .collect();
        let mut new = Vec::new();
        for name in names {
            let groups: Vec<SampleId> = kept
                .iter()
                .filter(|kept| kept.candidate.label == *name && kept.fate == Fate::Published)
                .filter_map(|kept| kept.candidate.group)
                .collect();
            let given = splits.entry(name.clone()).or_default();
            // A picture that moves to another label stays in its split.
            let moved = groups
                .iter()
                .filter(|group| !given.contains_key(group))
                .filter_map(|group| Some((*group, *everywhere.get(group)?)));
            let mut added: BTreeMap<SampleId, Split> = moved.collect();
            given.extend(&added);
            let assigned = split::assign(&groups, given, &self.settings);
            given.extend(&assigned);
            added.extend(assigned);
            new.extend(added.into_iter().map(|(group, split)| GroupSplit {
                label: name.clone(),
                group,
                split,
            }));
        }
        new
    }

    pub(super) fn compose(
        &self,
        names: &[String],
        candidates: &[Candidate],
        kept: &[Kept<'_>],
        splits: &Splits,
    ) -> Snapshot {
        let published = || {
            kept.iter()
                .filter(|kept| kept.fate == Fate::Published)
                .map(|kept| kept.candidate)
        };
        let shown: BTreeSet<&str> = published()
            .map(|candidate| candidate.label.as_str())
            .collect();
        let labels: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| shown.contains(name))
            .collect();
        let classes = classes(&labels);
        let index: BTreeMap<&str, u32> = classes
            .iter()
            .map(|c| (c.label.as_str(), c.index))
            .collect();
        let mut rows: Vec<Row> = published()
            .filter_map(|c| row(c, index[c.label.as_str()], splits))
            .collect();
        rows.sort_by_key(|row| (row.class, row.seq));
        let chosen: BTreeSet<(u32, u64)> = rows.iter().map(|row| (row.class, row.seq)).collect();
        let is_chosen = |c: &Candidate| {
            index
                .get(c.label.as_str())
                .is_some_and(|class| chosen.contains(&(*class, c.seq)))
        };
        let aside: Vec<Candidate> = candidates
            .iter()
            .filter(|c| !is_chosen(c))
            .cloned()
            .collect();
        let splits = splits.iter().flat_map(|(label, groups)| {
            groups.iter().map(|(group, split)| GroupSplit {
                label: label.clone(),
                group: *group,
                split: *split,
            })
        });
        let preparation = self.settings.preparation.clone();
        Snapshot {
            number: 0,
            id: Snapshot::content_id(&preparation, &classes, &rows),
            created: timestamp::now(),
            preparation,
            settings: self.settings.clone(),
            terms: Terms::default(),
            classes,
            rows,
            labels: Vec::new(),
            aside,
            splits: splits.collect(),
        }
    }

    /// Adds what does not depend on the pictures: the terms of the crawls, and the labels; names first in their order, then those that
    /// left.
    pub(super) fn read_circumstances(
        &self,
        snapshot: &mut Snapshot,
        names: &[String],
    ) -> Result<(), DatasetError> {
        snapshot.terms = terms::read(&self.catalog)?.unwrap_or_default();
        let mut records: BTreeMap<String, LabelRecord> = self.catalog.sql(|c| {
            c.prepare("SELECT label, goal, from_seq FROM labels")?
                .query_map([], |row| {
                    let label: String = row.get(0)?;
                    let from_seq = row.get::<_, i64>(2)?.unsigned_abs();
                    Ok((
                        label.clone(),
                        LabelRecord {
                            label,
                            listed: false,
                            goal: row.get(1)?,
                            from_seq,
                        },
                    ))
                })?
                .collect()
        })?;
        for name in names {
            let mut record = records.remove(name).unwrap_or_else(|| LabelRecord {
                label: name.clone(),
                listed: false,
                goal: None,
                from_seq: 0,
            });
            record.listed = true;
            snapshot.labels.push(record);
        }
        snapshot.labels.extend(records.into_values());
        Ok(())
    }

    fn record(
        &mut self,
        names: &[String],
        kept: &[Kept<'_>],
        new_splits: &[GroupSplit],
        snapshot: Option<&Snapshot>,
    ) -> Result<(), DatasetError> {
        let changes = self.catalog.begin()?;
        changes.sql(|c| {
            record_names(c, names)?;
            record_conflicts(c, kept)?;
            record_splits(c, new_splits)?;
            snapshot.map_or(Ok(()), |snapshot| record_snapshot(c, snapshot))
        })?;
        changes.commit()
    }
}

fn distinct(names: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names
        .iter()
        .filter(|name| seen.insert(name.as_str()))
        .cloned()
        .collect()
}

fn classes(labels: &[&str]) -> Vec<Class> {
    let mut classes: Vec<Class> = folders(labels)
        .into_iter()
        .zip(labels)
        .map(|(folder, label)| Class {
            index: 0,
            label: (*label).to_owned(),
            folder,
        })
        .collect();
    // UTF-8 bytes sort by code point, as Python's strings do.
    classes.sort_by(|a, b| a.folder.cmp(&b.folder));
    for (index, class) in (0..).zip(&mut classes) {
        class.index = index;
    }
    classes
}

/// `None` only for candidates that the schema rules out: kept without sample, group or split.
fn row(candidate: &Candidate, class: u32, splits: &Splits) -> Option<Row> {
    let group = candidate.group?;
    let sample = candidate.sample.clone()?;
    Some(Row {
        id: sample.id,
        class,
        split: *splits.get(&candidate.label)?.get(&group)?,
        group,
        seq: candidate.seq,
        sha256: sample.sha256,
        width: sample.width,
        height: sample.height,
        format: sample.format,
        bytes: sample.bytes,
        url: candidate.url.clone(),
        pdq: sample.pdq,
        pdq_quality: sample.pdq_quality,
        object: sample.object,
        object_bytes: sample.object_bytes,
        provenance: candidate.provenance.clone(),
    })
}
