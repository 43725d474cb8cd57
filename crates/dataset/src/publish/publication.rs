//! Making a snapshot of what is kept, and with it the splits.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::Candidate;
use super::conflict::{Fate, Shown, settle};
use super::echo::{Echoes, departed};
use super::folder::folders;
use super::kinship::Kinship;
use super::memory::{self, Record};
use super::records::{
    Splits, newest_recorded, read_splits, record_conflicts, record_names, record_snapshot,
    record_splits,
};
use super::snapshot::{Class, GroupSplit, LabelRecord, Row, Snapshot, SnapshotInfo};
use super::timestamp;
use super::ubiquity::Ubiquity;
use super::unseen;
use super::views::derive;
use crate::dataset::{Dataset, Picture, State, is_chosen, read_thumbnail};
use crate::dedup::{Kin, Related, related};
use crate::error::DatasetError;
use crate::pixels::SampleId;
use crate::summary::{NameSummary, name_summaries};
use crate::terms::{self, Terms};
use crate::thrown;

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

/// What is kept under the names of a publication, one name after the other.
pub(super) struct Settled<'a> {
    pub(super) kept: Vec<Kept<'a>>,
    /// Pairs of places that show the same, by the second place and then the first.
    pub(super) related: Vec<Related>,
    /// What the new ones look like of what was published before.
    pub(super) echoes: Echoes,
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
        let mut new_splits = memory::recall(&self.root, &mut splits);
        let record = Record::of(&splits);
        let mut settled = self.settle_conflicts(&names, &candidates, &record)?;
        new_splits.extend(self.assign_splits(
            &names,
            &candidates,
            &mut settled,
            &mut splits,
            record,
        ));
        let kept = settled.kept;
        if kept.iter().all(|kept| !kept.fate.is_published()) {
            self.record(&names, &kept, &[], None)?;
            return Err(DatasetError::NothingKept {
                path: self.root.clone(),
            });
        }
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

    /// Settles what is shown under several names, and finds what kept pictures look like of each other and of those on record.
    pub(super) fn settle_conflicts<'a>(
        &self,
        names: &[String],
        candidates: &'a [Candidate],
        record: &Record,
    ) -> Result<Settled<'a>, DatasetError> {
        let mut kept: Vec<&Candidate> = Vec::new();
        let mut shown: Vec<Shown> = Vec::new();
        let mut pictures: Vec<Picture> = Vec::new();
        let mut kin: Vec<Kin> = Vec::new();
        let mut kinship = Kinship::default();
        let ubiquity = Ubiquity::of(candidates, names, self.settings.placeholder_hosts);
        for (place, name) in names.iter().enumerate() {
            let from = candidates.partition_point(|candidate| candidate.label < *name);
            let of_name = candidates[from..]
                .iter()
                .take_while(|candidate| candidate.label == *name);
            for candidate in of_name.filter(|candidate| candidate.state == State::Kept) {
                let picture = candidate.picture().ok_or_else(|| {
                    self.catalog.damaged(format!(
                        "place {} of {name:?} has no readable sample",
                        candidate.seq
                    ))
                })?;
                let name = u32::try_from(place).unwrap_or(u32::MAX);
                kin.push(kinship.of(name, &candidate.url, &candidate.provenance));
                kept.push(candidate);
                shown.push(Shown {
                    label: place,
                    vouched: candidate.vouched(),
                    is_everywhere: ubiquity.is_placeholder(candidate),
                    is_chosen: is_chosen(&candidate.provenance.engine),
                });
                pictures.push(picture);
            }
        }
        let departed = departed(candidates, &kept, record);
        for (name, candidate) in (names.len()..).zip(&departed) {
            // Under a name of its own: what it was found for is no reason to look closer.
            let name = u32::try_from(name).unwrap_or(u32::MAX);
            if let Some(picture) = candidate.picture() {
                kin.push(kinship.of(name, &candidate.url, &candidate.provenance));
                pictures.push(picture);
            }
        }
        let is_new = |at: usize| !record.knows(&pictures[at].id);
        let wanted = |first: usize, second: usize| {
            second < kept.len() || first < kept.len() && is_new(first)
        };
        let mut related = self.catalog.sql(|c| {
            let thumbnail = |id: &SampleId| read_thumbnail(c, id);
            related(&pictures, &self.settings, &kin, wanted, thumbnail)
        })?;
        let mut echoes = Echoes::default();
        let of_kept = related.partition_point(|pair| pair.second < kept.len());
        for pair in related.drain(of_kept..) {
            echoes.add(pair.first, pictures[pair.second].id);
        }
        // Of what lost thumbnails told, the record is left.
        self.catalog
            .sql(|c| unseen::recall(c, &self.settings, &kept, &mut related))?;
        let fates = settle(&shown, &related, self.settings.placeholder_names);
        let kept: Vec<Kept<'_>> = kept
            .into_iter()
            .zip(fates)
            .map(|(candidate, fate)| Kept { candidate, fate })
            .collect();
        echoes.add_kept(&kept, &related, record);
        Ok(Settled {
            kept,
            related,
            echoes,
        })
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
                .filter(|kept| kept.fate.is_published())
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
        let why: BTreeMap<(&str, u64), (&'static str, String)> = kept
            .iter()
            .filter(|one| !one.fate.is_published())
            .filter_map(|one| {
                Some((
                    (one.candidate.label.as_str(), one.candidate.seq),
                    said(one, kept)?,
                ))
            })
            .collect();
        let aside: Vec<Candidate> = candidates
            .iter()
            .filter(|c| !is_chosen(c))
            .map(|candidate| {
                let mut aside = candidate.clone();
                if let Some((kind, detail)) = why.get(&(aside.label.as_str(), aside.seq)) {
                    aside.reason = Some((*kind).to_owned());
                    aside.detail = Some(detail.clone());
                }
                aside
            })
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

/// Why a picture is left out, as a code and a line.
fn said(one: &Kept<'_>, kept: &[Kept<'_>]) -> Option<(&'static str, String)> {
    let (kind, other, distance) = one.fate.why()?;
    let Some(other) = other.map(|place| kept[place].candidate) else {
        return Some((kind, thrown::said_alone(kind).to_owned()));
    };
    let sample = other.sample.as_ref().map(|sample| sample.id.to_string());
    let detail = thrown::said(kind, &other.label, &sample.unwrap_or_default(), distance);
    Some((kind, detail))
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
        fidelity: sample.fidelity,
        scores: sample.scores,
        colour: sample.colour,
        restored: candidate.restored,
        settled: candidate.settled,
        provenance: candidate.provenance.clone(),
    })
}
