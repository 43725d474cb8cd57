//! Changes to the catalog by another hand, which a database's own check does not see; and crawls that went on, which are no such thing.

use std::fs;
use std::path::Path;

use super::verify;
use crate::dataset::stand_in::{arrival, good};
use crate::publish::publication_tests::{add, create, names, unjudged};
use crate::records::{Intake, Outcome};
use crate::store::settings::DatasetSettings;
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

fn change(root: &Path, sql: &str) {
    let dataset = Dataset::open(root).unwrap();
    dataset.catalog.sql(|c| c.execute_batch(sql)).unwrap();
}

/// What is changed, and what the complaint must name.
const CHANGES: [(&str, &str); 24] = [
    (
        "UPDATE labels SET listed = 0 WHERE label = 'crow'",
        "list of names",
    ),
    (
        "UPDATE labels SET place = 7 WHERE label = 'crow'",
        "list of names",
    ),
    (
        "UPDATE labels SET goal = 1 WHERE label = 'crow'",
        "list of names",
    ),
    (
        "UPDATE labels SET from_seq = 9 WHERE label = 'crow'",
        "list of names",
    ),
    (
        "INSERT INTO labels (label, place) VALUES ('wren', 9)",
        "list of names",
    ),
    ("DELETE FROM conflicts WHERE kind = 'conflict'", "disputed"),
    ("UPDATE conflicts SET distance = 9", "disputed"),
    (
        "UPDATE meta SET value = json_set(value, '$.near_distance', 0) WHERE key = 'settings'",
        "settings",
    ),
    (
        "UPDATE meta SET value = json_set(value, '$.salt', 'x') WHERE key = 'settings'",
        "settings",
    ),
    (
        "UPDATE meta SET value = json_set(value, '$.preparation.jpeg_quality', 10) WHERE key = 'settings'",
        "settings",
    ),
    ("INSERT INTO meta VALUES ('terms', '{}')", "settings"),
    (
        "DELETE FROM meta WHERE key LIKE 'seal %'",
        "record of splits",
    ),
    (
        "UPDATE candidates SET group_id = (SELECT sample FROM downloads WHERE id = 3) WHERE seq = 4",
        "another group",
    ),
    (
        "UPDATE candidates SET group_id = '0123456789abcdef0123456789abcdef' WHERE seq = 4",
        "founded",
    ),
    (
        "UPDATE candidates SET restored = 2 WHERE seq = 4 AND label = 'owl'",
        "another reason",
    ),
    (
        "UPDATE candidates SET state = 'surplus', group_id = NULL WHERE seq = 12 AND label = 'crow'",
        "beyond a goal",
    ),
    (
        "UPDATE candidates SET state = 'surplus', group_id = NULL WHERE seq = 5 AND label = 'owl'",
        "beyond a goal",
    ),
    (
        "UPDATE downloads SET colour = 'mauve' WHERE id = 3",
        "colour",
    ),
    (
        "UPDATE downloads SET colour = 'converted' WHERE id = 3",
        "described otherwise",
    ),
    (
        "INSERT INTO splits VALUES ('owl', '0123456789abcdef0123456789abcdef', 'test')",
        "splits",
    ),
    (
        "DELETE FROM snapshots WHERE number = 1",
        "record of snapshots",
    ),
    (
        "DELETE FROM snapshots WHERE number = 2",
        "not on the catalog's record",
    ),
    (
        "UPDATE snapshots SET id = 'x' WHERE number = 1",
        "snapshot 1 (x) is missing",
    ),
    ("ALTER TABLE conflicts RENAME COLUMN kind TO kine", "kind"),
];

#[test]
fn what_another_hand_has_changed_in_the_catalog_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    published(root);
    let catalog = root.join("catalog.db");
    let whole = fs::read(&catalog).unwrap();
    for (sql, named) in CHANGES {
        // By itself, since the next to open the dataset makes good what it can.
        rusqlite::Connection::open(&catalog)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        let problems = verify(root, false).unwrap().problems;
        assert!(
            problems.iter().any(|one| one.what.contains(named)),
            "{sql}: {problems:#?}"
        );
        fs::write(&catalog, &whole).unwrap();
    }
}

#[test]
fn a_rebuild_undoes_what_another_hand_has_changed() {
    for (sql, named) in CHANGES {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let [_, second] = published(root);
        rusqlite::Connection::open(root.join("catalog.db"))
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        let problems = verify(root, true).unwrap().problems;
        if named == "disputed" {
            // The remedy is another one.
            assert!(
                problems[0].what.contains("`trawl snapshot"),
                "{problems:#?}"
            );
            let mut dataset = Dataset::open(root).unwrap();
            dataset.publish(&names(&["owl", "crow"])).unwrap();
        } else {
            assert_eq!(problems, [], "{sql}");
        }
        assert_eq!(verify(root, false).unwrap().problems, [], "{sql}");
        assert_eq!(Snapshot::newest(root).unwrap().rows, second.rows, "{sql}");
    }
}

#[test]
fn a_crawl_that_went_on_and_was_cut_off_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    published(root);
    let sound = |what: &str| assert_eq!(verify(root, false).unwrap().problems, [], "{what}");
    let settings = DatasetSettings {
        near_distance: 20,
        salt: "another".to_owned(),
        ..unjudged()
    };
    let mut dataset = Dataset::create(root, &settings).unwrap();
    dataset
        .begin(&[
            intake("owl", Some(14)),
            intake("crow", None),
            intake("wren", Some(4)),
        ])
        .unwrap();
    sound("other settings and goals");
    // A gap before what came, better copies of what is published, and a name that nobody announced.
    add(&mut dataset, "wren", 1, 50..53);
    dataset.commit(vec![good("crow", 20, 11, 200)]).unwrap();
    add(&mut dataset, "heron", 0, 60..62);
    sound("downloads");
    let failed = vec!["http://127.0.0.1/owl/0.png".to_owned()];
    assert_eq!(dataset.reopen(&failed).unwrap(), 1);
    sound("a failure that is to come again");
    // It founds the group of what is published, and the goal is lower by now.
    dataset
        .begin(&[intake("owl", Some(5)), intake("crow", None)])
        .unwrap();
    dataset.commit(vec![good("owl", 0, 3, 80)]).unwrap();
    sound("decided anew");
    let id = crate::dataset::stand_in::sample(7, 100).id;
    dataset.restore(&[id], None).unwrap();
    sound("taken back");
    drop(dataset);
    sound("closed");
    let mut dataset = Dataset::open(root).unwrap();
    dataset.publish(&names(&["owl", "crow", "wren"])).unwrap();
    drop(dataset);
    sound("published");
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

#[test]
fn thumbnails_that_are_not_what_was_stored_are_found_and_removed() {
    for (damage, count) in [
        (
            "UPDATE samples SET thumbnail = zeroblob(1056) WHERE id = (SELECT max(id) FROM samples)",
            1,
        ),
        ("UPDATE samples SET thumbnail = randomblob(1056)", 30),
        (
            "UPDATE samples SET thumbnail = substr(thumbnail, 1, 500) WHERE id = (SELECT max(id) FROM samples)",
            1,
        ),
        (
            "UPDATE samples SET thumbnail = NULL WHERE id = (SELECT max(id) FROM samples)",
            1,
        ),
        (
            "UPDATE samples SET thumbnail = (SELECT thumbnail FROM samples LIMIT 1) WHERE id = (SELECT max(id) FROM samples)",
            1,
        ),
        (
            "UPDATE samples SET thumbnail = x'00', thumbnail_check = NULL WHERE id = (SELECT max(id) FROM samples)",
            1,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let [_, second] = published(root);
        change(root, damage);
        let problems = verify(root, false).unwrap().problems;
        assert_eq!(problems.len(), 1, "{damage}: {problems:#?}");
        assert!(
            problems[0].what.contains(&format!("stored: {count},")),
            "{problems:#?}"
        );
        let verified = verify(root, true).unwrap();
        assert_eq!(verified.problems, [], "{damage}");
        assert_eq!(
            (verified.rebuilt, verified.without_thumbnail),
            (false, count)
        );
        assert_eq!(Snapshot::newest(root).unwrap(), second);
    }
}
