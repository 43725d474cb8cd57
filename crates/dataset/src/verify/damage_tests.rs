//! Damage to catalog, snapshots, objects and views: found, and made good where something whole is left to make it of.

use std::fs;
use std::path::Path;

use super::verify;
use crate::dataset::stand_in::{arrival, sample_of};
use crate::publish::publication_tests::{add, create, names};
use crate::records::{Intake, Outcome};
use crate::store::settings::DatasetSettings;
use crate::{Dataset, DatasetError, Snapshot};

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
fn two_snapshots(root: &Path) -> [Snapshot; 2] {
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..12);
    dataset.publish(&names(&["owl"])).unwrap();
    let first = Snapshot::newest(root).unwrap();
    add(&mut dataset, "crow", 0, 12..20);
    dataset.publish(&names(&["owl", "crow"])).unwrap();
    [first, Snapshot::newest(root).unwrap()]
}

fn spoil(path: &Path) {
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

#[test]
fn a_rebuild_publishes_nothing_of_an_unfinished_crawl() {
    for damaged in [0, 1] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let snapshots = two_snapshots(root);
        let mut dataset = Dataset::open(root).unwrap();
        add(&mut dataset, "crow", 8, 30..35);
        drop(dataset);
        spoil(&snapshots[damaged].path(root));
        let verified = verify(root, true).unwrap();
        assert_eq!(verified.problems, []);
        assert_eq!(verified.snapshots_aside.len(), 1);
        let newest = Snapshot::newest(root).unwrap();
        assert_eq!((newest.number, &newest.id), (2, &snapshots[1].id));
        assert_eq!(newest.rows, snapshots[1].rows);
        let mut dataset = Dataset::open(root).unwrap();
        let publication = dataset.publish(&names(&["owl", "crow"])).unwrap();
        assert_eq!(
            (publication.changed, publication.snapshot.number),
            (true, 3)
        );
        drop(dataset);
        assert_eq!(verify(root, false).unwrap().problems, []);
    }
}

#[test]
fn views_stay_those_of_a_newest_snapshot_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let [_, second] = two_snapshots(root);
    let card = fs::read(root.join("README.md")).unwrap();
    fs::remove_file(second.path(root)).unwrap();
    drop(Dataset::open(root).unwrap());
    assert_eq!(fs::read(root.join("README.md")).unwrap(), card);
    assert_eq!(verify(root, true).unwrap().problems, []);
    assert_eq!(Snapshot::newest(root).unwrap().id, second.id);
}

#[test]
fn sample_files_come_back_from_the_views() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let [_, second] = two_snapshots(root);
    fs::remove_dir_all(root.join("objects")).unwrap();
    assert!(!verify(root, false).unwrap().is_sound());
    let verified = verify(root, true).unwrap();
    assert_eq!(verified.problems, []);
    assert_eq!(verified.objects_restored, second.rows.len() as u64);
    assert!(Snapshot::object_path(root, &second.rows[0].id).is_file());
}

#[test]
fn a_picture_that_is_lost_altogether_holds_nothing_else_up() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let [_, second] = two_snapshots(root);
    let row = &second.rows[0];
    let object = Snapshot::object_path(root, &row.id);
    let view = root
        .join("images")
        .join(crate::publish::image_path(&second, row));
    let content = fs::read(&object).unwrap();
    // A view that is a link to the file changes with it.
    fs::write(&object, b"other").unwrap();
    let changed = verify(root, true).unwrap().problems;
    assert_eq!(changed.len(), 1, "{changed:?}");
    fs::remove_file(&object).unwrap();
    let copy = verify(root, false).unwrap().problems;
    fs::write(&view, content).unwrap();
    let whole = verify(root, false).unwrap().problems;
    fs::remove_file(view).unwrap();
    for _ in 0..2 {
        let problems = verify(root, true).unwrap().problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].path, object);
        assert!(problems[0].what.contains("from a backup"), "{problems:?}");
    }
    assert!(changed[0].what.contains("from a backup") && copy[0].what.contains("from a backup"));
    assert!(whole[0].what.contains("from images/"), "{whole:?}");
    let error = second.pixels(root, row).unwrap_err().to_string();
    assert!(error.contains("verify"), "{error}");
    let mut dataset = Dataset::open(root).unwrap();
    add(&mut dataset, "crow", 8, 30..35);
    let publication = dataset.publish(&names(&["owl", "crow"])).unwrap();
    assert_eq!((publication.changed, publication.lost), (true, 1));
}

#[test]
fn a_snapshot_on_record_that_is_gone_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let snapshots = two_snapshots(root);
    for snapshot in &snapshots {
        fs::remove_file(snapshot.path(root)).unwrap();
    }
    assert_eq!(verify(root, false).unwrap().problems.len(), 2);
    assert_eq!(verify(root, true).unwrap().problems, []);
    assert_eq!(Snapshot::newest(root).unwrap().id, snapshots[1].id);
}

#[test]
fn a_rebuild_takes_over_the_thumbnails_that_can_still_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    two_snapshots(root);
    let count = |what: &str| {
        let dataset = Dataset::open(root).unwrap();
        let query = format!("SELECT count(*) FROM samples WHERE {what}");
        let count = |c: &rusqlite::Connection| c.query_row(&query, [], |row| row.get::<_, i64>(0));
        dataset.catalog.sql(count).unwrap()
    };
    let all = count("thumbnail IS NOT NULL");
    assert!(all > 0);
    let dataset = Dataset::open(root).unwrap();
    let damage = "UPDATE downloads SET sha256 = 'x' WHERE id = 3;
        UPDATE samples SET thumbnail = x'00' WHERE id = (SELECT max(id) FROM samples)";
    dataset.catalog.sql(|c| c.execute_batch(damage)).unwrap();
    drop(dataset);
    let verified = verify(root, true).unwrap();
    assert!(verified.rebuilt);
    assert_eq!(count("thumbnail IS NOT NULL"), all - 1);
    assert_eq!(verified.without_thumbnail, 1);
}

#[test]
fn a_catalog_that_was_changed_by_hand_does_not_agree_with_the_snapshot() {
    for change in [
        "UPDATE splits SET split = CASE split WHEN 'train' THEN 'test' ELSE 'train' END",
        "UPDATE samples SET pdq_quality = 1 WHERE id = (SELECT max(id) FROM samples)",
        "UPDATE downloads SET sha256 = 'x' WHERE id = 3",
        "UPDATE downloads SET url = url || '?' WHERE id = 2",
        "UPDATE candidates SET provenance = json_set(provenance, '$.license', 'CC0') WHERE seq = 3",
        "DELETE FROM candidates WHERE seq = 7",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let [_, second] = two_snapshots(root);
        let dataset = Dataset::open(root).unwrap();
        dataset.catalog.sql(|c| c.execute(change, [])).unwrap();
        drop(dataset);
        let problems = verify(root, false).unwrap().problems;
        let line = format!("{problems:?}");
        assert!(
            line.contains("does not agree with snapshot 2"),
            "{change}: {line}"
        );
        let verified = verify(root, true).unwrap();
        assert_eq!(verified.problems, [], "{change}");
        assert!(verified.rebuilt && verified.kept_aside.is_some());
        assert_eq!(Snapshot::newest(root).unwrap().id, second.id);
    }
}

#[test]
fn pictures_too_flat_for_a_hash_are_counted_beside_the_proof() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..12);
    let flat = |seq: u64| {
        // A slow slope, steeper with each.
        let slope = |x: u32, y: u32| {
            u8::try_from(100 + x * u32::try_from(seq).unwrap() / 12 + y / 9).unwrap()
        };
        let picture = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([slope(x, y); 3]));
        let sample = sample_of(&format!("slope {seq}"), &picture, 200);
        assert!(sample.pdq_quality < 50);
        arrival("owl", seq, Outcome::Prepared(Box::new(sample)))
    };
    dataset.commit(vec![flat(12), flat(13)]).unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    drop(dataset);
    let verified = verify(root, false).unwrap();
    assert_eq!(verified.problems, []);
    assert_eq!(verified.untelling, 2);
    let (held, train) = verified.compared.unwrap();
    assert_eq!(held + train, 12);
    assert!(!verified.confirmed_among_kin && !verified.parts_among_kin);
}
