//! Publication from the outside: names, conflicts, splits that never move, views that readers load.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests reckon with small numbers"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;
use crate::dataset::stand_in::{arrival, good, true_sample};
use crate::quality::Thresholds;
use crate::records::{Arrival, Intake, Outcome};
use crate::store::settings::DatasetSettings;
use crate::summary::summarize;
use crate::verify::verify;
use crate::{Codec, Dataset, DatasetError, SampleId};

pub(crate) fn create(root: &Path) -> Dataset {
    Dataset::create(root, &unjudged()).unwrap()
}

/// The default settings, but scenes are not asked to be sharp.
pub(crate) fn unjudged() -> DatasetSettings {
    DatasetSettings {
        quality: Thresholds::off(),
        ..DatasetSettings::default()
    }
}

pub(crate) fn names(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

/// Takes in scenes `from..to` under a label, continuing its order at `seq`.
pub(crate) fn add(dataset: &mut Dataset, label: &str, seq: u64, scenes: std::ops::Range<u64>) {
    dataset
        .commit(
            (seq..)
                .zip(scenes)
                .map(|(seq, scene)| good(label, seq, scene, 100))
                .collect(),
        )
        .unwrap();
}

/// Writes down as published what a test has made of a snapshot.
pub(crate) fn plant(root: &Path, mut snapshot: Snapshot) -> Snapshot {
    snapshot.id = Snapshot::content_id(&snapshot.preparation, &snapshot.classes, &snapshot.rows);
    let content = super::snapshot_file::format(&snapshot);
    fs::write(snapshot.path(root), content).unwrap();
    derive(root, &snapshot).unwrap();
    drop(Dataset::open(root).unwrap());
    snapshot
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
    if !Codec::LibjpegTurbo.is_available() {
        let mut foreign = snapshot.clone();
        foreign.preparation.codec = Codec::LibjpegTurbo;
        let error = foreign.pixels(root, &snapshot.rows[0]).unwrap_err();
        let remedy = "-v2-turbo; use a trawl built with `--features libjpeg-turbo`";
        assert!(error.to_string().ends_with(remedy), "{error}");
    }
    let mut first = snapshot.clone();
    first.preparation.path = 1;
    let error = first.pixels(root, &snapshot.rows[0]).unwrap_err();
    assert!(
        error.to_string().contains("-v1") && error.to_string().contains("another --out"),
        "{error}"
    );
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

fn rejected(label: &str, seq: u64) -> Arrival {
    let reason = "server-error".into();
    let detail = "503".into();
    arrival(label, seq, Outcome::Rejected { reason, detail })
}

/// Has what failed in this round and the one before come after all, as copies of pictures of these rounds.
fn come_late(dataset: &mut Dataset, labels: [&str; 3], round: u64) {
    let mut late = Vec::new();
    for (n, label) in (0..).zip(labels) {
        for (back, side) in [(0, 180), (1, 70)] {
            let round = round - back;
            late.push(good(label, 6 * round, 1_000 * n + 3 * round + 2, side));
        }
    }
    let urls: Vec<String> = late.iter().map(|one| one.url.clone()).collect();
    assert_eq!(dataset.reopen(&urls).unwrap(), 6);
    let intake = |label: &&str| Intake {
        label: (*label).to_owned(),
        goal: None,
        from_seq: 0,
    };
    let intakes: Vec<Intake> = labels.iter().map(intake).collect();
    dataset.begin(&intakes).unwrap();
    dataset.commit(late).unwrap();
}

#[test]
fn twenty_refreshes_move_no_picture_and_leak_none() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    let all = ["owl", "crow", "wren"];
    let mut seen: BTreeMap<SampleId, Split> = BTreeMap::new();
    for round in 0..20_u64 {
        for (n, label) in (0_u64..).zip(all) {
            let start = 1_000 * n + 3 * round;
            let mut batch = vec![rejected(label, 6 * round)];
            batch.extend((0..3).map(|m| good(label, 6 * round + 1 + m, start + m, 100)));
            // A larger copy of a picture of an earlier round takes its place, and a smaller one of another is refused.
            let (one, other) = (start - round, start + 1 - round);
            let side = 101 + u32::try_from(round).unwrap();
            batch.push(good(label, 6 * round + 4, one, side));
            batch.push(good(label, 6 * round + 5, other, 60));
            dataset.commit(batch).unwrap();
        }
        // Every third time what had failed comes after all, before everything of its round: copies, smaller and larger.
        if round % 3 == 2 {
            come_late(&mut dataset, all, round);
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
            let split = *seen.entry(row.id).or_insert(row.split);
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
            // Nothing is lost to two splits.
            assert_eq!(groups.round() as u64, 3 * (round + 1), "round {round}");
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
fn derived_files_of_an_earlier_version_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..6);
    dataset.publish(&names(&["owl"])).unwrap();
    drop(dataset);
    // As they were left before there were credits.
    let stamp = root.join(".derived.json");
    let mut old: serde_json::Value = serde_json::from_slice(&fs::read(&stamp).unwrap()).unwrap();
    old.as_object_mut().unwrap().remove("form");
    let files = old["files"].as_object_mut().unwrap();
    assert!(files.remove("ATTRIBUTION.md").is_some());
    fs::write(&stamp, old.to_string()).unwrap();
    fs::remove_file(root.join("ATTRIBUTION.md")).unwrap();
    assert_eq!(verify(root, false).unwrap().problems, []);
    drop(Dataset::open(root).unwrap());
    assert!(root.join("ATTRIBUTION.md").is_file());
    assert_eq!(verify(root, false).unwrap().problems, []);
}

#[test]
fn an_empty_snapshot_never_takes_the_place_of_a_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    let nothing = |result: Result<_, DatasetError>| {
        matches!(result.map(drop), Err(DatasetError::NothingKept { .. }))
    };
    assert!(nothing(dataset.publish(&names(&["owl"]))));
    assert!(Snapshot::list(root).is_empty());
    add(&mut dataset, "owl", 0, 0..10);
    dataset.publish(&names(&["owl"])).unwrap();
    assert!(nothing(dataset.publish(&names(&["crow"]))));
    assert_eq!(Snapshot::newest(root).unwrap().classes[0].label, "owl");
}
