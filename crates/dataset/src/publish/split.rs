//! Which part of a dataset a picture is in.
//!
//! Groups, not pictures, are given to splits, so near-duplicates never lie on both sides. A group keeps its split for good;
//! growth fills the quotas with new groups and shrinkage moves nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

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

/// Gives the groups of one name that have no split yet one each; `given` holds those that have.
///
/// In the order of `hash(salt, group)`, new groups fill test up to `round(test_share * groups)`, then validation likewise, and the
/// rest trains.
pub(crate) fn assign(
    groups: &[SampleId],
    given: &BTreeMap<SampleId, Split>,
    settings: &DatasetSettings,
) -> BTreeMap<SampleId, Split> {
    let count = |split| {
        groups
            .iter()
            .filter(|group| given.get(group) == Some(&split))
            .count()
    };
    let mut missing_test =
        quota(settings.test_share, groups.len()).saturating_sub(count(Split::Test));
    let mut missing_val = quota(settings.val_share, groups.len()).saturating_sub(count(Split::Val));
    let mut new: Vec<&SampleId> = groups
        .iter()
        .filter(|group| !given.contains_key(group))
        .collect();
    new.sort_by_key(|group| place(&settings.salt, group));
    let mut assigned = BTreeMap::new();
    for group in new {
        let split = if missing_test > 0 {
            missing_test -= 1;
            Split::Test
        } else if missing_val > 0 {
            missing_val -= 1;
            Split::Val
        } else {
            Split::Train
        };
        assigned.insert(*group, split);
    }
    assigned
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
}
