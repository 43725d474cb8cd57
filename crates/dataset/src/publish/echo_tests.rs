//! Pictures that were published before and come again in another file, under another name or after another one.

use std::collections::BTreeMap;
use std::path::Path;

use super::publication_tests::{create, names};
use super::{Snapshot, Split};
use crate::dataset::stand_in::{arrival, good, sample};
use crate::import::GivenSplit;
use crate::quality::Thresholds;
use crate::records::{Intake, Outcome};
use crate::store::settings::DatasetSettings;
use crate::{Dataset, SampleId, verify};

const SCENES: u64 = 40;

fn splits(root: &Path) -> BTreeMap<SampleId, Split> {
    let rows = Snapshot::newest(root).unwrap().rows;
    rows.iter().map(|row| (row.id, row.split)).collect()
}

fn judged(tiny: f32) -> DatasetSettings {
    DatasetSettings {
        quality: Thresholds {
            tiny,
            ..Thresholds::off()
        },
        ..DatasetSettings::default()
    }
}

/// Takes scenes in at a size, from a place on.
fn take_in(dataset: &mut Dataset, label: &str, from: u64, side: u32) {
    let batch = (0..SCENES).map(|scene| good(label, from + scene, scene, side));
    dataset.commit(batch.collect()).unwrap();
}

#[test]
fn copies_of_pictures_that_a_threshold_threw_out_follow_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = Dataset::create(root, &judged(64.0)).unwrap();
    take_in(&mut dataset, "owl", 0, 100);
    dataset.publish(&names(&["owl"])).unwrap();
    let before = splits(root);
    drop(dataset);
    // The pictures leave, and so does the name, nearly.
    let mut dataset = Dataset::create(root, &judged(150.0)).unwrap();
    dataset.commit(vec![good("owl", SCENES, 500, 200)]).unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    assert_eq!(splits(root).len(), 1);
    take_in(&mut dataset, "owl", SCENES + 1, 200);
    dataset.publish(&names(&["owl"])).unwrap();
    let after = splits(root);
    let held = before.values().filter(|split| **split != Split::Train);
    assert_eq!(held.count(), 12);
    for scene in 0..SCENES {
        let [old, new] = [100, 200].map(|side| sample(scene, side).id);
        assert_eq!(after[&new], before[&old], "{scene}");
    }
    drop(dataset);
    // And back: whichever copy of a picture is shown, it is where it was.
    let mut dataset = Dataset::create(root, &judged(64.0)).unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    let again = splits(root);
    for scene in 0..SCENES {
        let [old, new] = [100, 200].map(|side| sample(scene, side).id);
        let shown = again.get(&old).or_else(|| again.get(&new));
        assert_eq!(shown, Some(&before[&old]), "{scene}");
    }
    drop(dataset);
    assert_eq!(verify(root, false).unwrap().problems, []);
}

#[test]
fn what_measured_under_one_name_is_not_learned_from_under_another() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    take_in(&mut dataset, "owl", 0, 100);
    dataset.publish(&names(&["owl"])).unwrap();
    let before = splits(root);
    take_in(&mut dataset, "bird", 0, 200);
    dataset.publish(&names(&["bird", "owl"])).unwrap();
    // Both names show it now: it may train, where it did, and measures nothing.
    let disputed = splits(root);
    for scene in 0..SCENES {
        let [old, new] = [100, 200].map(|side| sample(scene, side).id);
        let expected = Some(Split::Train).filter(|split| before[&old] == *split);
        assert_eq!(disputed.get(&new).copied(), expected, "{scene}");
        assert_eq!(disputed.get(&old), None);
    }
    dataset.publish(&names(&["bird"])).unwrap();
    let alone = splits(root);
    for scene in 0..SCENES {
        let [old, new] = [100, 200].map(|side| sample(scene, side).id);
        assert_eq!(alone[&new], before[&old], "{scene}");
    }
    drop(dataset);
    assert_eq!(verify(root, false).unwrap().problems, []);
}

#[test]
fn a_picture_that_came_with_two_splits_under_two_names_has_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    let mut given = Vec::new();
    for (label, split) in [("owl", Split::Test), ("bird", Split::Train)] {
        take_in(&mut dataset, label, 0, 100);
        given.extend((0..SCENES).map(|seq| GivenSplit {
            label: label.to_owned(),
            seq,
            split,
        }));
    }
    assert_eq!(dataset.give_splits(&given).unwrap(), 40);
    for label in ["bird", "owl", "bird"] {
        dataset.publish(&names(&[label])).unwrap();
        let splits = splits(root);
        assert_eq!(splits.len(), 40);
        assert!(
            splits.values().all(|split| *split == Split::Test),
            "{label}"
        );
    }
}

#[test]
fn a_smaller_copy_that_a_person_took_back_costs_no_picture_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let settings = judged(64.0);
    let mut dataset = Dataset::create(root, &settings).unwrap();
    let intake = Intake {
        label: "owl".to_owned(),
        goal: None,
        from_seq: 0,
    };
    dataset.begin(std::slice::from_ref(&intake)).unwrap();
    let failed = || {
        let outcome = Outcome::Rejected {
            reason: "server-error".to_owned(),
            detail: "503".to_owned(),
        };
        arrival("owl", 1, outcome)
    };
    let batch = vec![
        good("owl", 0, 7, 60),
        failed(),
        good("owl", 2, 7, 200),
        good("owl", 3, 8, 200),
    ];
    dataset.commit(batch).unwrap();
    let [small, large] = [60, 200].map(|side| sample(7, side).id);
    dataset.restore(&[small], None).unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    let before = splits(root);
    assert!(before.contains_key(&small) && before.contains_key(&large));
    // What lies between fails once more, so that all behind it is decided about anew.
    assert_eq!(dataset.reopen(&[failed().url]).unwrap(), 1);
    dataset.begin(&[intake]).unwrap();
    dataset.commit(vec![failed()]).unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    assert_eq!(splits(root), before);
    drop(dataset);
    // And once more by thresholds that it does not meet and then meets again.
    for (tiny, count) in [(250.0, 1), (64.0, 3)] {
        let mut dataset = Dataset::create(root, &judged(tiny)).unwrap();
        dataset.publish(&names(&["owl"])).unwrap();
        assert_eq!(splits(root).len(), count, "{tiny}");
    }
    assert_eq!(splits(root), before);
}
