//! Which part of a dataset a picture is in.
//!
//! Groups, not pictures, are given to splits, so near-duplicates never lie on both sides. A group keeps its split for good;
//! growth fills the quotas with new groups and shrinkage moves nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::unit::Unit;
use crate::pixels::SampleId;
use crate::store::settings::DatasetSettings;

/// A name with this many groups gets at least one each for test and validation.
const SURE_OF_ONE: usize = 10;

/// A part of the dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// To learn from.
    Train,
    /// To choose settings and the best epoch by.
    Val,
    /// To measure the result on.
    Test,
}

impl Split {
    /// All splits, in the order in which they are listed.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// The lower-case name, also that of the split's folder.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }

    /// Reads [`Split::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|split| split.as_str() == name)
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Gives the units of one name that have no split yet one each; every group of a unit gets the unit's, those of units that have one
/// already among them.
///
/// In the order of `hash(salt, group)` of their first groups, new units fill test up to `round(test_share * groups)` groups, then
/// validation likewise, and the rest trains. Where they are too few for both, as after many have left, both lack the same. A unit of several groups that no longer fits into what is missing is passed over, unless
/// a split that must not be empty has nothing else. Disputed units train.
pub(super) fn assign(units: &[Unit], settings: &DatasetSettings) -> BTreeMap<SampleId, Split> {
    let groups: usize = units.iter().map(|unit| unit.groups.len()).sum();
    let count = |split| {
        let given = units.iter().filter(|unit| unit.split == Some(split));
        given.map(|unit| unit.groups.len()).sum::<usize>()
    };
    let mut new: Vec<(&Unit, Option<Split>)> = units
        .iter()
        .filter(|unit| unit.split.is_none())
        .map(|unit| (unit, unit.is_shared.then_some(Split::Train)))
        .collect();
    new.sort_by_key(|(unit, _)| place(&settings.salt, &unit.groups[0]));
    let free = new.iter().filter(|(_, chosen)| chosen.is_none());
    let free = free.map(|(unit, _)| unit.groups.len()).sum();
    let wanted = [settings.test_share, settings.val_share].map(|share| quota(share, groups));
    let has = [Split::Test, Split::Val].map(count);
    for (at, split) in [Split::Test, Split::Val].into_iter().enumerate() {
        let wanted = has[at] + shared_out(free, wanted, has)[at];
        let mut has = has[at];
        for (unit, chosen) in new.iter_mut().filter(|(_, chosen)| chosen.is_none()) {
            if has + unit.groups.len() <= wanted {
                has += unit.groups.len();
                *chosen = Some(split);
            }
        }
        if has == 0 && wanted > 0 {
            let free = new.iter_mut().filter(|(_, chosen)| chosen.is_none());
            // The first of the smallest; it must leave something to learn from.
            if let Some((unit, chosen)) = free.min_by_key(|(unit, _)| unit.groups.len())
                && 2 * unit.groups.len() <= groups
            {
                *chosen = Some(split);
            }
        }
    }
    let old = units.iter().filter_map(|unit| Some((unit, unit.split?)));
    let new = new
        .into_iter()
        .map(|(unit, chosen)| (unit, chosen.unwrap_or(Split::Train)));
    old.chain(new)
        .flat_map(|(unit, split)| unit.groups.iter().map(move |group| (*group, split)))
        .collect()
}

/// How many of so many free groups test and validation get: what each lacks or, where that is too much, so many that they lack the same.
fn shared_out(free: usize, wanted: [usize; 2], has: [usize; 2]) -> [usize; 2] {
    let [test, val] = [0, 1].map(|at| wanted[at].saturating_sub(has[at]));
    if test + val <= free {
        return [test, val];
    }
    // Test gets the odd one.
    let test_gets = (free + test + 1).saturating_sub(val) / 2;
    let test_gets = test_gets.min(free).min(test);
    [test_gets, (free - test_gets).min(val)]
}

fn quota(share: f64, groups: usize) -> usize {
    let least = usize::from(groups >= SURE_OF_ONE && share > 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share below 1 of a count in memory is far below the limits of both types"
    )]
    let rounded = (share * groups as f64).round() as usize;
    rounded.max(least)
}

/// A group's place in the order, which nobody can choose and nothing disturbs.
fn place(salt: &str, group: &SampleId) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"trawl split 1\0");
    hasher.update(&(salt.len() as u64).to_le_bytes());
    hasher.update(salt.as_bytes());
    hasher.update(group.as_bytes());
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(n: u32) -> SampleId {
        SampleId::of_pixels("split test", 0, &n.to_le_bytes())
    }

    /// Units of one group each, with the splits on record.
    fn single(groups: &[SampleId], given: &BTreeMap<SampleId, Split>) -> Vec<Unit> {
        let unit = |group: &SampleId| Unit {
            groups: vec![*group],
            split: given.get(group).copied(),
            is_shared: false,
        };
        groups.iter().map(unit).collect()
    }

    fn assign(
        groups: &[SampleId],
        given: &BTreeMap<SampleId, Split>,
        settings: &DatasetSettings,
    ) -> BTreeMap<SampleId, Split> {
        let mut all = super::assign(&single(groups, given), settings);
        all.retain(|group, _| !given.contains_key(group));
        all
    }

    #[test]
    fn quotas_are_met_and_small_names_train() {
        let settings = DatasetSettings::default();
        for (n, test, val) in [
            (1, 0, 0),
            (3, 0, 0),
            (4, 1, 1),
            (10, 2, 2),
            (20, 3, 3),
            (60, 9, 9),
        ] {
            let groups: Vec<SampleId> = (0..n).map(group).collect();
            let splits = assign(&groups, &BTreeMap::new(), &settings);
            let count = |split| splits.values().filter(|s| **s == split).count();
            assert_eq!(
                (count(Split::Test), count(Split::Val)),
                (test, val),
                "{n} groups"
            );
            assert_eq!(splits.len(), n as usize);
        }
        let tiny = DatasetSettings {
            test_share: 0.01,
            val_share: 0.01,
            ..settings
        };
        let groups: Vec<SampleId> = (0..10).map(group).collect();
        let splits = assign(&groups, &BTreeMap::new(), &tiny);
        assert_eq!(splits.values().filter(|s| **s != Split::Train).count(), 2);
    }

    #[test]
    fn thirty_rounds_of_growth_and_loss_move_nothing() {
        let settings = DatasetSettings::default();
        let mut given: BTreeMap<SampleId, Split> = BTreeMap::new();
        let mut present: Vec<SampleId> = Vec::new();
        for round in 0..30_u32 {
            present.extend((0..7).map(|n| group(round * 100 + n)));
            present.retain(|id| id.as_bytes()[0] % 9 != (round % 9) as u8);
            let new = assign(&present, &given, &settings);
            assert!(new.keys().all(|group| !given.contains_key(group)));
            given.extend(new);
            if round > 5 {
                let count = |split| present.iter().filter(|g| given[g] == split).count();
                assert!(count(Split::Test) + 1 >= quota(0.15, present.len()));
                assert!(count(Split::Train) > present.len() / 2);
            }
        }
    }

    #[test]
    fn where_few_come_test_and_validation_lack_the_same() {
        assert_eq!(shared_out(9, [4, 4], [2, 1]), [2, 3]);
        assert_eq!(shared_out(2, [4, 4], [2, 2]), [1, 1]);
        assert_eq!(shared_out(3, [4, 4], [2, 2]), [2, 1]);
        assert_eq!(shared_out(2, [6, 6], [6, 4]), [0, 2]);
        assert_eq!(shared_out(1, [6, 6], [2, 5]), [1, 0]);
        assert_eq!(shared_out(1, [6, 6], [5, 2]), [0, 1]);
        assert_eq!(shared_out(0, [6, 6], [5, 2]), [0, 0]);
        // 26 groups have four each; two of either leave and two come.
        let settings = DatasetSettings::default();
        let groups: Vec<SampleId> = (0..28).map(group).collect();
        let mut given = assign(&groups[..26], &BTreeMap::new(), &settings);
        let mut present = groups;
        for split in [Split::Test, Split::Val] {
            for _ in 0..2 {
                let gone = present.iter().position(|g| given.get(g) == Some(&split));
                present.remove(gone.unwrap());
            }
        }
        given.extend(assign(&present, &given, &settings));
        let count = |split| present.iter().filter(|g| given[g] == split).count();
        assert_eq!((count(Split::Test), count(Split::Val)), (3, 3));
        assert_eq!(quota(0.15, present.len()), 4);
    }

    #[test]
    fn the_order_of_groups_does_not_matter_and_the_salt_does() {
        let settings = DatasetSettings::default();
        let groups: Vec<SampleId> = (0..40).map(group).collect();
        let mut turned = groups.clone();
        turned.reverse();
        let none = BTreeMap::new();
        assert_eq!(
            assign(&groups, &none, &settings),
            assign(&turned, &none, &settings)
        );
        let other = DatasetSettings {
            salt: "other".into(),
            ..settings.clone()
        };
        assert_ne!(
            assign(&groups, &none, &settings),
            assign(&groups, &none, &other)
        );
    }

    #[test]
    fn a_unit_stays_together_and_large_ones_do_not_fill_a_held_out_split() {
        let settings = DatasetSettings::default();
        let unit = |from: u32, len: u32| Unit {
            groups: (from..from + len).map(group).collect(),
            split: None,
            is_shared: false,
        };
        let mut units = vec![unit(0, 12), unit(20, 3), unit(30, 2)];
        units.extend((40..63).map(|n| unit(n, 1)));
        let splits = super::assign(&units, &settings);
        for unit in &units {
            let of_unit: Vec<Split> = unit.groups.iter().map(|g| splits[g]).collect();
            assert!(of_unit.windows(2).all(|pair| pair[0] == pair[1]));
        }
        let count = |split| splits.values().filter(|s| **s == split).count();
        assert_eq!((count(Split::Test), count(Split::Val)), (6, 6));
        // Three hosts only: one each is held out when that leaves half to learn from.
        let few = super::assign(&[unit(0, 14), unit(20, 3), unit(30, 3)], &settings);
        assert_eq!(few[&group(0)], Split::Train);
        assert_eq!(few.values().filter(|s| **s != Split::Train).count(), 6);
        let one = super::assign(&[unit(0, 20)], &settings);
        assert!(one.values().all(|split| *split == Split::Train));
    }

    #[test]
    fn disputed_units_train_and_the_others_fill_the_quotas() {
        let settings = DatasetSettings::default();
        let groups: Vec<SampleId> = (0..20).map(group).collect();
        let mut units = single(&groups, &BTreeMap::new());
        units
            .iter_mut()
            .take(8)
            .for_each(|unit| unit.is_shared = true);
        let splits = super::assign(&units, &settings);
        assert!(groups[..8].iter().all(|g| splits[g] == Split::Train));
        let count = |split| splits.values().filter(|s| **s == split).count();
        assert_eq!((count(Split::Test), count(Split::Val)), (3, 3));
    }
}
