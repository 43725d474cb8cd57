//! How far the shares of val and test are from what was asked for.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::pixels::SampleId;
use crate::publish::{Snapshot, Split};

/// Groups of a name from which on a share says something.
const LEAST: usize = 20;

/// A name whose share of a split is off by more than one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OffQuota {
    /// The name.
    pub label: String,
    /// The split.
    pub split: Split,
    /// Groups that it has.
    pub has: u64,
    /// Groups that it would have by its share.
    pub wanted: u64,
    /// Groups of the name.
    pub groups: u64,
}

/// Names of the newest snapshot with enough groups whose val or test has too many or too few of them. That is no fault: splits are for good,
/// and what names or pages have in common goes into one.
pub(super) fn off_quota(newest: &Snapshot) -> Vec<OffQuota> {
    let mut of_class: BTreeMap<u32, BTreeMap<SampleId, Split>> = BTreeMap::new();
    for row in &newest.rows {
        let groups = of_class.entry(row.class).or_default();
        groups.insert(row.group, row.split);
    }
    let mut off = Vec::new();
    for (class, groups) in of_class.iter().filter(|(_, groups)| groups.len() >= LEAST) {
        let settings = &newest.settings;
        for (split, share) in [
            (Split::Val, settings.val_share),
            (Split::Test, settings.test_share),
        ] {
            let has = groups.values().filter(|of| **of == split).count();
            let wanted = part(share, groups.len());
            if has.abs_diff(wanted) > 1 {
                off.push(OffQuota {
                    label: newest.classes[*class as usize].label.clone(),
                    split,
                    has: has as u64,
                    wanted: wanted as u64,
                    groups: groups.len() as u64,
                });
            }
        }
    }
    off
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share below 1 of a count in memory is far below the limits of both types"
)]
fn part(share: f64, groups: usize) -> usize {
    (share * groups as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::publication_tests::{add, create, names};

    #[test]
    fn a_name_is_off_its_quota_by_more_than_one_group() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = create(folder.path());
        add(&mut dataset, "owl", 0, 0..20);
        dataset.publish(&names(&["owl"])).unwrap();
        let mut snapshot = Snapshot::newest(folder.path()).unwrap();
        assert_eq!(off_quota(&snapshot), []);
        let mut test = snapshot
            .rows
            .iter_mut()
            .filter(|row| row.split == Split::Test);
        test.next().unwrap().split = Split::Train;
        test.next().unwrap().split = Split::Train;
        let off = off_quota(&snapshot);
        let [one] = off.as_slice() else {
            panic!("{off:?}")
        };
        assert_eq!(
            (one.split, one.has, one.wanted, one.groups),
            (Split::Test, 1, 3, 20)
        );
        // Of fewer groups nothing is said.
        snapshot.rows.truncate(19);
        assert_eq!(off_quota(&snapshot), []);
    }
}
