//! Changes to the catalog by another hand, which a database's own check does not see; and crawls that went on, which are no such thing.

use std::fs;
use std::path::Path;

use super::verify;
use crate::dataset::stand_in::arrival;
use crate::publish::publication_tests::{add, create, names};
use crate::records::{Intake, Outcome};
use crate::{Dataset, Snapshot};

fn intake(label: &str, goal: Option<u32>) -> Intake {
    Intake {
        label: label.to_owned(),
        goal,
        from_seq: 0,
    }
}

/// Two snapshots of two names that have one picture in common, a goal that is reached and one that is not.
fn published(root: &Path) -> [Snapshot; 2] {
    let mut dataset = create(root);
    dataset
        .begin(&[intake("owl", Some(12)), intake("crow", Some(30))])
        .unwrap();
    let failed = Outcome::Rejected {
        reason: "forbidden".into(),
        detail: "403".into(),
    };
    dataset.commit(vec![arrival("owl", 0, failed)]).unwrap();
    add(&mut dataset, "owl", 1, 0..14);
    dataset.publish(&names(&["owl"])).unwrap();
    let first = Snapshot::newest(root).unwrap();
    add(&mut dataset, "crow", 0, 10..30);
    dataset.publish(&names(&["owl", "crow"])).unwrap();
    drop(dataset);
    assert_eq!(verify(root, false).unwrap().problems, []);
    [first, Snapshot::newest(root).unwrap()]
}

#[test]
fn older_snapshots_that_are_gone_are_missed_until_they_are_taken_off_the_record() {
    for damage in ["removed", "renamed"] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let [first, second] = published(root);
        let path = first.path(root);
        match damage {
            "removed" => fs::remove_file(&path).unwrap(),
            _ => fs::rename(&path, path.with_file_name("old.jsonl")).unwrap(),
        }
        let problems = verify(root, false).unwrap().problems;
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].what.contains("snapshot 1"), "{problems:#?}");
        assert_eq!(verify(root, true).unwrap().problems, []);
        assert_eq!(verify(root, false).unwrap().problems, []);
        assert_eq!(Snapshot::newest(root).unwrap(), second);
    }
}

#[test]
fn a_snapshot_that_a_kill_kept_off_the_record_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let [first, _] = published(root);
    let catalog = root.join("catalog.db");
    let whole = fs::read(&catalog).unwrap();
    let mut dataset = Dataset::open(root).unwrap();
    add(&mut dataset, "crow", 20, 40..45);
    dataset.publish(&names(&["owl", "crow"])).unwrap();
    drop(dataset);
    fs::write(&catalog, whole).unwrap();
    // The views come after the record.
    let stale = first.path(root);
    assert!(stale.exists());
    fs::remove_file(root.join(".derived.json")).unwrap();
    let problems = verify(root, false).unwrap().problems;
    let told = problems.iter().any(|one| one.what.contains("record"));
    assert!(!told, "{problems:#?}");
}
