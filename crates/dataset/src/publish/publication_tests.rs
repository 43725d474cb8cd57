//! Publication from the outside: names, conflicts, splits that never move, views that readers load.
#![expect(
    clippy::cast_precision_loss,
    reason = "tests reckon with small numbers"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;
use crate::dataset::stand_in::{arrival, good, true_sample};
use crate::records::{Intake, Outcome};
use crate::store::settings::DatasetSettings;
use crate::summary::summarize;
use crate::verify::verify;
use crate::{Dataset, DatasetError, SampleId};

fn create(root: &Path) -> Dataset {
    Dataset::create(root, &DatasetSettings::default()).unwrap()
}

fn names(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

/// Takes in scenes `from..to` under a label, continuing its order at `seq`.
fn add(dataset: &mut Dataset, label: &str, seq: u64, scenes: std::ops::Range<u64>) {
    dataset
        .commit(
            (seq..)
                .zip(scenes)
                .map(|(seq, scene)| good(label, seq, scene, 100))
                .collect(),
        )
        .unwrap();
}

#[test]
fn what_is_published_is_what_readers_find() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    let labels = ["train", "猫头鹰/owl", "b|[x]"];
    for (n, label) in (0_u64..).zip(labels) {
        let batch = (0..12).map(|seq| {
            arrival(
                label,
                seq,
                Outcome::Prepared(Box::new(true_sample(100 * n + seq))),
            )
        });
        dataset.commit(batch.collect()).unwrap();
    }
    let published = dataset.publish(&names(&labels)).unwrap();
    assert!(published.changed);
    assert_eq!(published.snapshot.number, 1);
    drop(dataset);

    let snapshot = Snapshot::newest(root).unwrap();
    assert_eq!(snapshot.rows.len(), 36);
    let folders: Vec<&str> = snapshot
        .classes
        .iter()
        .map(|class| class.folder.as_str())
        .collect();
    assert!(folders.is_sorted() && folders[2] == "train", "{folders:?}");
    for row in &snapshot.rows {
        let class = snapshot.class_of(row);
        let image = root.join(format!(
            "images/{}/{}/{}.jpg",
            row.split, class.folder, row.id
        ));
        assert_eq!(
            fs::read(image).unwrap(),
            fs::read(Snapshot::object_path(root, &row.id)).unwrap()
        );
        assert_eq!(snapshot.pixels(root, row).unwrap().rgb.len(), 224 * 224 * 3);
    }
    let classes: Vec<Class> =
        serde_json::from_slice(&fs::read(root.join("classes.json")).unwrap()).unwrap();
    assert_eq!(classes, snapshot.classes);
    assert_eq!(
        fs::read_to_string(root.join("index.jsonl"))
            .unwrap()
            .lines()
            .count(),
        36
    );
    assert_eq!(
        fs::read_to_string(root.join("sources/train.txt"))
            .unwrap()
            .lines()
            .count(),
        12
    );
    let card = fs::read_to_string(root.join("README.md")).unwrap();
    for line in [
        "  - split: validation\n    path: images/val/**",
        "          '2': \"train\"",
        "drop_labels: false",
    ] {
        assert!(card.contains(line), "{line}");
    }
    let summary = summarize(root).unwrap();
    assert_eq!(summary.totals.published, 36);
    assert_eq!(summary.names[0].splits.test, 2);
    assert_eq!(summary.published[1].pictures.len(), 12);
    let verified = verify(root, false).unwrap();
    assert_eq!(verified.problems, []);
    assert!(verified.min_distance.unwrap() > 31);
    assert_eq!(
        Snapshot::with_id(root, &snapshot.id[..8]).unwrap().number,
        1
    );
    assert_eq!(Snapshot::numbered(root, 1).unwrap().id, snapshot.id);
    assert!(matches!(
        Snapshot::numbered(root, 2),
        Err(DatasetError::NoSuchSnapshot { .. })
    ));
}

#[test]
fn the_same_content_is_not_published_twice_and_two_runs_agree() {
    let ids: Vec<String> = (0..2)
        .map(|_| {
            let folder = tempfile::tempdir().unwrap();
            let mut dataset = create(folder.path());
            add(&mut dataset, "owl", 0, 0..8);
            let first = dataset.publish(&names(&["owl"])).unwrap();
            let second = dataset.publish(&names(&["owl"])).unwrap();
            assert!(first.changed && !second.changed);
            assert_eq!(first.snapshot, second.snapshot);
            assert_eq!(Snapshot::list(folder.path()).len(), 1);
            // A rejection more is nothing that training sees.
            let reject = Outcome::Rejected {
                reason: "timeout-total".into(),
                detail: "60 s".into(),
            };
            dataset.commit(vec![arrival("owl", 8, reject)]).unwrap();
            assert!(!dataset.publish(&names(&["owl"])).unwrap().changed);
            first.snapshot.id
        })
        .collect();
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn twenty_refreshes_move_no_picture_and_leak_none() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    let all = ["owl", "crow", "wren"];
    let mut seen: BTreeMap<(String, SampleId), Split> = BTreeMap::new();
    for round in 0..20_u64 {
        for (n, label) in (0_u64..).zip(all) {
            let start = 1_000 * n + 3 * round;
            add(&mut dataset, label, 3 * round, start..start + 3);
        }
        // A name leaves now and then, and comes back.
        let listed: Vec<&str> = all
            .into_iter()
            .filter(|label| round % 4 != 3 || *label != "crow")
            .collect();
        dataset.publish(&names(&listed)).unwrap();
        let snapshot = Snapshot::newest(root).unwrap();
        assert_eq!(snapshot.classes.len(), listed.len());
        for row in &snapshot.rows {
            let key = (snapshot.class_of(row).label.clone(), row.group);
            let split = *seen.entry(key).or_insert(row.split);
            assert_eq!(split, row.split, "round {round}");
        }
        for class in &snapshot.classes {
            let count = |split| {
                snapshot
                    .rows
                    .iter()
                    .filter(|row| row.class == class.index && row.split == split)
                    .count() as f64
            };
            let groups = Split::ALL.into_iter().map(count).sum::<f64>();
            assert!(groups < 20.0 || (count(Split::Test) - 0.15 * groups).abs() <= 1.0);
            assert!(groups < 20.0 || (count(Split::Val) - 0.15 * groups).abs() <= 1.0);
        }
    }
    drop(dataset);
    let verified = verify(root, false).unwrap();
    assert_eq!(verified.problems, []);
    assert_eq!(verified.snapshots, 20);
}

#[test]
fn a_picture_of_two_names_stays_with_the_first_and_of_three_with_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = create(folder.path());
    add(&mut dataset, "owl", 0, 0..4);
    add(&mut dataset, "bird", 0, 3..7);
    add(&mut dataset, "wren", 0, 6..9);
    add(&mut dataset, "eagle", 0, 6..7);
    let published = dataset
        .publish(&names(&["bird", "owl", "wren", "eagle"]))
        .unwrap();
    let of = |label: &str| {
        published
            .names
            .iter()
            .find(|name| name.label == label)
            .unwrap()
    };
    assert_eq!(
        (
            of("bird").published,
            of("owl").published,
            of("wren").published
        ),
        (3, 3, 2)
    );
    assert_eq!(
        (of("eagle").published, of("eagle").folder.as_deref()),
        (0, None)
    );
    let conflict = &of("owl").conflicts[0];
    assert_eq!(
        (conflict.kind.as_str(), conflict.other_label.as_str()),
        ("conflict", "bird")
    );
    assert_eq!(of("wren").conflicts[0].kind, "placeholder");
    assert_eq!(of("owl").kept, 4);
    // In another order the other name has it, and the picture keeps its split.
    let split_of = |root: &Path, label: &str| {
        let snapshot = Snapshot::newest(root).unwrap();
        let shared = snapshot.rows.iter().find(|row| {
            snapshot.class_of(row).label == label && row.group == conflict.other_sample
        });
        shared.map(|row| row.split)
    };
    let before = split_of(folder.path(), "bird");
    assert!(before.is_some());
    dataset
        .publish(&names(&["owl", "bird", "wren", "eagle"]))
        .unwrap();
    assert_eq!(split_of(folder.path(), "bird"), None);
    assert_eq!(split_of(folder.path(), "owl"), before);
}

#[test]
fn a_kill_between_snapshot_and_views_is_made_good_at_the_next_open() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..6);
    dataset.publish(&names(&["owl"])).unwrap();
    add(&mut dataset, "owl", 6, 6..12);
    drop(dataset);
    // What is on disk after the snapshot was written and before it was recorded.
    let copy = tempfile::tempdir().unwrap();
    fs::copy(root.join("catalog.db"), copy.path().join("catalog.db")).unwrap();
    let mut dataset = Dataset::open(root).unwrap();
    let second = dataset.publish(&names(&["owl"])).unwrap();
    drop(dataset);
    fs::copy(copy.path().join("catalog.db"), root.join("catalog.db")).unwrap();
    fs::remove_dir_all(root.join("images")).unwrap();
    fs::create_dir_all(root.join("objects/.new")).unwrap();
    fs::write(root.join("objects/.new/scrap.jpg"), b"half a file").unwrap();
    let mut dataset = Dataset::open(root).unwrap();
    assert_eq!(
        fs::read_dir(root.join("images/train/owl")).unwrap().count(),
        8
    );
    assert!(!root.join("objects/.new").exists());
    let third = dataset.publish(&names(&["owl"])).unwrap();
    assert!(!third.changed);
    assert_eq!(third.snapshot.id, second.snapshot.id);
}

#[test]
fn a_lost_catalog_comes_back_from_the_snapshots() {
    for damage in ["overwritten", "cut", "missing"] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut dataset = create(root);
        dataset
            .begin(&[Intake {
                label: "owl".into(),
                goal: Some(9),
                from_seq: 0,
            }])
            .unwrap();
        let reject = Outcome::Rejected {
            reason: "forbidden".into(),
            detail: "403".into(),
        };
        dataset.commit(vec![arrival("owl", 0, reject)]).unwrap();
        add(&mut dataset, "owl", 1, 0..12);
        add(&mut dataset, "crow", 0, 8..15);
        let before = dataset.publish(&names(&["owl", "crow"])).unwrap();
        drop(dataset);
        let path = root.join("catalog.db");
        match damage {
            "missing" => fs::remove_file(&path).unwrap(),
            "cut" => fs::OpenOptions::new()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(5_000)
                .unwrap(),
            _ => fs::write(&path, vec![7; 20_000]).unwrap(),
        }
        let error = Dataset::open(root).unwrap_err();
        assert!(
            matches!(error, DatasetError::Damaged { .. }),
            "{damage}: {error}"
        );
        assert!(error.to_string().contains("--rebuild"), "{error}");
        assert!(Dataset::create(root, &DatasetSettings::default()).is_err());
        assert!(!verify(root, false).unwrap().is_sound());

        let verified = verify(root, true).unwrap();
        assert_eq!(verified.problems, [], "{damage}");
        assert!(verified.rebuilt);
        assert_eq!(verified.kept_aside.is_some(), damage != "missing");
        let mut dataset = Dataset::open(root).unwrap();
        let progress = dataset
            .begin(&[Intake {
                label: "owl".into(),
                goal: Some(9),
                from_seq: 0,
            }])
            .unwrap();
        assert_eq!(
            (
                progress[0].kept,
                progress[0].next_seq,
                progress[0].remaining
            ),
            (9, 13, Some(0))
        );
        let after = dataset.publish(&names(&["owl", "crow"])).unwrap();
        assert!(!after.changed);
        assert_eq!(after.names, before.names);
        add(&mut dataset, "crow", 7, 20..25);
        assert!(dataset.publish(&names(&["owl", "crow"])).unwrap().changed);
        drop(dataset);
        assert_eq!(verify(root, false).unwrap().problems, []);
    }
}

#[test]
fn planted_damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..12);
    dataset.publish(&names(&["owl"])).unwrap();
    drop(dataset);
    assert_eq!(verify(root, false).unwrap().problems, []);
    let snapshot = Snapshot::newest(root).unwrap();
    let object = Snapshot::object_path(root, &snapshot.rows[0].id);
    let content = fs::read(&object).unwrap();
    let found = |what: &str| {
        let problems = verify(root, false).unwrap().problems;
        assert!(!problems.is_empty(), "{what} was not found");
    };

    fs::remove_file(&object).unwrap();
    fs::write(&object, b"other").unwrap();
    found("a changed object");
    fs::remove_file(&object).unwrap();
    found("a missing object");
    fs::write(&object, &content).unwrap();

    fs::write(root.join("images/train/owl/stray.jpg"), b"x").unwrap();
    found("a stray image");
    fs::write(root.join("README.md"), b"x").unwrap();
    fs::remove_dir_all(root.join("sources")).unwrap();
    let repaired = verify(root, true).unwrap();
    assert_eq!(repaired.problems, []);
    assert!(!repaired.rebuilt);

    let path = snapshot.path(root);
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    found("a changed snapshot");
}

/// A dataset of two snapshots; returns them, oldest first.
fn two_snapshots(root: &std::path::Path) -> [Snapshot; 2] {
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..12);
    dataset.publish(&names(&["owl"])).unwrap();
    let first = Snapshot::newest(root).unwrap();
    add(&mut dataset, "crow", 0, 12..20);
    dataset.publish(&names(&["owl", "crow"])).unwrap();
    [first, Snapshot::newest(root).unwrap()]
}

fn spoil(path: &std::path::Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_snapshot_is_published_anew_from_the_catalog() {
    for publishes in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let [first, second] = two_snapshots(root);
        spoil(&second.path(root));
        let error = Snapshot::newest(root).unwrap_err().to_string();
        assert!(error.contains("--rebuild"), "{error}");
        if publishes {
            let mut dataset = Dataset::open(root).unwrap();
            let publication = dataset.publish(&names(&["owl", "crow"])).unwrap();
            assert!(!publication.changed);
        } else {
            let verified = verify(root, true).unwrap();
            assert_eq!(verified.problems, []);
            assert_eq!(verified.snapshots_aside.len(), 1);
            assert!(verified.snapshots_aside[0].exists());
        }
        let restored = Snapshot::newest(root).unwrap();
        assert_eq!((restored.number, &restored.id), (2, &second.id));
        assert_eq!(restored.rows, second.rows);
        assert_eq!(Snapshot::numbered(root, 1).unwrap(), first);
        assert_eq!(verify(root, false).unwrap().problems, []);
    }
}

#[test]
fn a_damaged_older_snapshot_is_put_aside_and_the_newest_stands() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let [first, second] = two_snapshots(root);
    spoil(&first.path(root));
    assert!(!verify(root, false).unwrap().is_sound());
    assert_eq!(Snapshot::newest(root).unwrap(), second);
    assert_eq!(verify(root, true).unwrap().problems, []);
    assert_eq!(Snapshot::newest(root).unwrap(), second);
}

#[test]
fn a_snapshot_that_is_gone_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let [_, second] = two_snapshots(root);
    fs::remove_file(second.path(root)).unwrap();
    let mut dataset = Dataset::open(root).unwrap();
    dataset.publish(&names(&["owl", "crow"])).unwrap();
    assert_eq!(Snapshot::newest(root).unwrap().id, second.id);
}

#[test]
fn catalog_and_newest_snapshot_damaged_together_fall_back_to_the_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let [first, second] = two_snapshots(root);
    spoil(&second.path(root));
    fs::write(root.join("catalog.db"), vec![7; 20_000]).unwrap();
    let verified = verify(root, true).unwrap();
    assert_eq!(verified.problems, []);
    assert_eq!(verified.snapshots_aside.len(), 1);
    assert_eq!(Snapshot::newest(root).unwrap().id, first.id);
}
