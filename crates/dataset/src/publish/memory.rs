//! Which split a picture has been in, whatever group it belongs to by now.
//!
//! A group is named by the picture that founded it. When one that comes late, or was taken back, founds a group of its own, pictures that
//! were published before belong to a group without a split. What is on record for each of them decides then, since what has been learned
//! from cannot measure any more, and what has measured must not be learned from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::candidate::Candidate;
use super::records::Splits;
use super::snapshot::GroupSplit;
use super::{Snapshot, Split};
use crate::pixels::SampleId;
use crate::thrown::repeated;

/// Adds to the splits on record those of the pictures of all snapshots, and returns what is new, when the newest has pictures that are not on
/// record: the splits of groups alone were written down at first.
pub(super) fn recall(root: &Path, splits: &mut Splits) -> Vec<GroupSplit> {
    let is_known = |snapshot: &Snapshot| {
        snapshot.rows.iter().all(|row| {
            let of = splits.get(&snapshot.class_of(row).label);
            of.is_some_and(|of| of.contains_key(&row.id))
        })
    };
    // A snapshot that cannot be read is `verify`'s concern.
    if Snapshot::newest(root).is_ok_and(|newest| is_known(&newest)) {
        return Vec::new();
    }
    let mut new = Vec::new();
    for (_, _, path) in Snapshot::list(root) {
        let Ok(snapshot) = Snapshot::load(&path) else {
            continue;
        };
        for row in &snapshot.rows {
            let label = &snapshot.class_of(row).label;
            let of = splits.entry(label.clone()).or_default();
            of.entry(row.id).or_insert_with(|| {
                new.push(GroupSplit {
                    label: label.clone(),
                    group: row.id,
                    split: row.split,
                });
                row.split
            });
        }
    }
    new
}

/// Where a picture, or all of several, have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// Nowhere: none was ever published.
    New,
    /// All in this one.
    One(Split),
    /// In several.
    Torn,
}

impl Past {
    /// Both taken together.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::New, past) | (past, Self::New) => past,
            (Self::One(a), Self::One(b)) if a == b => self,
            _ => Self::Torn,
        }
    }
}

/// The splits on record whatever the name: a picture stays in its split when it moves to another one.
#[derive(Debug)]
pub(super) struct Record {
    of: BTreeMap<SampleId, Past>,
}

impl Record {
    pub(super) fn of(splits: &Splits) -> Self {
        let mut record = Self {
            of: BTreeMap::new(),
        };
        for (id, split) in splits.values().flatten() {
            record.add(*id, *split);
        }
        record
    }

    /// Adds the split of a picture or of a group, which is named by a picture.
    pub(super) fn add(&mut self, id: SampleId, split: Split) {
        let past = self.of.entry(id).or_insert(Past::New);
        *past = past.and(Past::One(split));
    }

    pub(super) fn past(&self, id: &SampleId) -> Past {
        self.of.get(id).copied().unwrap_or(Past::New)
    }

    pub(super) fn knows(&self, id: &SampleId) -> bool {
        self.of.contains_key(id)
    }
}

/// The pictures of each group of a name: its own, those that gave way to them and those that repeat them.
#[derive(Debug)]
pub(super) struct Twins {
    of_group: BTreeMap<SampleId, BTreeSet<SampleId>>,
}

impl Twins {
    /// Reads them off a name's part of all candidates, which are sorted by name.
    pub(super) fn of(candidates: &[Candidate], name: &str) -> Self {
        let from = candidates.partition_point(|candidate| *candidate.label < *name);
        let of_name = || {
            let rest = candidates[from..].iter();
            rest.take_while(|candidate| candidate.label == name)
        };
        let mut of_group: BTreeMap<SampleId, BTreeSet<SampleId>> = BTreeMap::new();
        let mut group_of: BTreeMap<SampleId, SampleId> = BTreeMap::new();
        for candidate in of_name() {
            if let (Some(group), Some(sample)) = (candidate.group, &candidate.sample) {
                of_group.entry(group).or_default().insert(sample.id);
                group_of.insert(sample.id, group);
            }
        }
        for candidate in of_name().filter(|candidate| candidate.group.is_none()) {
            let reason = candidate.reason.as_deref().unwrap_or_default();
            let detail = candidate.detail.as_deref().unwrap_or_default();
            if let (Some(sample), (Some(of), _)) = (&candidate.sample, repeated(reason, detail))
                && let Some(group) = group_of.get(&of)
            {
                of_group.entry(*group).or_default().insert(sample.id);
            }
        }
        Self { of_group }
    }

    /// Where the pictures of a group have been.
    pub(super) fn past(&self, group: &SampleId, record: &Record) -> Past {
        let twins = self.of_group.get(group).into_iter().flatten();
        twins.fold(Past::New, |past, id| past.and(record.past(id)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::dataset::Dataset;
    use crate::dataset::stand_in::{arrival, good, sample};
    use crate::records::{Intake, Outcome};
    use crate::store::settings::DatasetSettings;
    use crate::verify;

    fn intake() -> Intake {
        Intake {
            label: "owl".to_owned(),
            goal: None,
            from_seq: 0,
        }
    }

    /// Publishes scenes 0 to 39 of 100 pixels, before each of which stands a download that failed.
    fn published(root: &Path) -> (Dataset, BTreeMap<SampleId, Split>) {
        let mut dataset = Dataset::create(root, &DatasetSettings::default()).unwrap();
        dataset.begin(&[intake()]).unwrap();
        let failed = |seq| {
            let outcome = Outcome::Rejected {
                reason: "server-error".to_owned(),
                detail: "503".to_owned(),
            };
            arrival("owl", seq, outcome)
        };
        let failed = (0..40).map(failed);
        let good = (0..40).map(|scene| good("owl", 40 + scene, scene, 100));
        dataset.commit(failed.chain(good).collect()).unwrap();
        dataset.publish(&["owl".to_owned()]).unwrap();
        (dataset, splits(root))
    }

    fn splits(root: &Path) -> BTreeMap<SampleId, Split> {
        let rows = Snapshot::newest(root).unwrap().rows;
        rows.iter().map(|row| (row.id, row.split)).collect()
    }

    /// Has the failed downloads come after all, as scenes of `side` pixels.
    fn come_late(dataset: &mut Dataset, side: u32) {
        let late: Vec<_> = (0..40).map(|seq| good("owl", seq, seq, side)).collect();
        let urls: Vec<String> = late.iter().map(|one| one.url.clone()).collect();
        assert_eq!(dataset.reopen(&urls).unwrap(), 40);
        dataset.begin(&[intake()]).unwrap();
        dataset.commit(late).unwrap();
        dataset.publish(&["owl".to_owned()]).unwrap();
    }

    #[test]
    fn a_picture_whose_group_is_founded_anew_stays_in_its_split() {
        let folder = tempfile::tempdir().unwrap();
        let (mut dataset, before) = published(folder.path());
        // The smaller copies found the groups, of which the pictures of before are the heads again.
        come_late(&mut dataset, 80);
        assert_eq!(splits(folder.path()), before);
        drop(dataset);
        assert_eq!(verify(folder.path(), false).unwrap().problems, []);
    }

    #[test]
    fn a_larger_copy_that_comes_before_takes_the_split_of_what_it_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let (mut dataset, before) = published(folder.path());
        come_late(&mut dataset, 200);
        let after = splits(folder.path());
        assert_eq!(after.len(), 40);
        for scene in 0..40 {
            let (old, new) = (sample(scene, 100).id, sample(scene, 200).id);
            assert_eq!(after[&new], before[&old], "{scene}");
        }
        drop(dataset);
        assert_eq!(verify(folder.path(), false).unwrap().problems, []);
    }

    #[test]
    fn a_dataset_whose_record_has_groups_alone_remembers_by_its_snapshots() {
        let folder = tempfile::tempdir().unwrap();
        let (mut dataset, before) = published(folder.path());
        // As it was written at first; the groups are those of pictures that are gone.
        let forget = "UPDATE splits SET group_id = 'f' || substr(group_id, 2)";
        dataset.catalog.sql(|c| c.execute(forget, [])).unwrap();
        come_late(&mut dataset, 80);
        assert_eq!(splits(folder.path()), before);
    }

    #[test]
    fn pasts_add_up_and_names_do_not_matter() {
        let id = |n: u32| SampleId::of_pixels("memory", 0, &n.to_le_bytes());
        let (train, test) = (Past::One(Split::Train), Past::One(Split::Test));
        assert_eq!(Past::New.and(Past::New), Past::New);
        assert_eq!((Past::New.and(test), test.and(Past::New)), (test, test));
        assert_eq!((test.and(test), test.and(train)), (test, Past::Torn));
        assert_eq!(Past::Torn.and(Past::New), Past::Torn);
        let splits = Splits::from([
            (
                "owl".to_owned(),
                BTreeMap::from([(id(0), Split::Test), (id(1), Split::Test)]),
            ),
            ("tit".to_owned(), BTreeMap::from([(id(0), Split::Train)])),
        ]);
        let mut record = Record::of(&splits);
        assert_eq!(record.past(&id(0)), Past::Torn);
        assert_eq!(record.past(&id(1)), test);
        assert_eq!(
            (record.past(&id(2)), record.knows(&id(2))),
            (Past::New, false)
        );
        record.add(id(2), Split::Train);
        assert_eq!(record.past(&id(2)), train);
        let twins = Twins {
            of_group: BTreeMap::from([(id(7), BTreeSet::from([id(1), id(3)]))]),
        };
        assert_eq!(twins.past(&id(7), &record), test);
        record.add(id(3), Split::Train);
        assert_eq!(twins.past(&id(7), &record), Past::Torn);
        assert_eq!(twins.past(&id(8), &record), Past::New);
    }
}
