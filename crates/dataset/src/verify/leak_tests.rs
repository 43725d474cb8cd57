//! Pictures planted where they must not be: found, whichever splits and names they are in.

use std::path::Path;

use super::verify;
use crate::Snapshot;
use crate::dataset::stand_in::sample;
use crate::publish::publication_tests::{add, create, names, plant};
use crate::publish::{Row, Split};
use crate::thrown;

/// A dataset of two names with 20 pictures each, three of which are in val and three in test; returns its one snapshot.
fn published(root: &Path) -> Snapshot {
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..20);
    add(&mut dataset, "crow", 0, 20..40);
    dataset.publish(&names(&["owl", "crow"])).unwrap();
    drop(dataset);
    assert_eq!(verify(root, false).unwrap().problems, []);
    Snapshot::newest(root).unwrap()
}

/// Place of the first row of a name in a split.
fn first(snapshot: &Snapshot, label: &str, split: Split) -> usize {
    let fits = |row: &Row| snapshot.class_of(row).label == label && row.split == split;
    snapshot.rows.iter().position(fits).unwrap()
}

fn told(root: &Path) -> Vec<String> {
    let problems = verify(root, false).unwrap().problems;
    problems.into_iter().map(|problem| problem.what).collect()
}

/// What makes one row a copy of another.
type Copying = fn(&mut Row, &Row);

const COPIES: [(&str, Copying); 3] = [
    ("near-duplicate", |row, of| row.pdq.clone_from(&of.pdq)),
    ("bytes", |row, of| row.sha256.clone_from(&of.sha256)),
    ("group", |row, of| row.group = of.group),
];

#[test]
fn what_is_chosen_by_may_not_be_measured_on() {
    for (what, copy) in COPIES {
        for (split, other) in [
            (Split::Test, Split::Val),
            (Split::Val, Split::Test),
            (Split::Test, Split::Train),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut snapshot = published(folder.path());
            snapshot.number = 2;
            let of = snapshot.rows[first(&snapshot, "owl", other)].clone();
            let at = first(&snapshot, "owl", split);
            copy(&mut snapshot.rows[at], &of);
            let id = snapshot.rows[at].id;
            plant(folder.path(), snapshot);
            let told = told(folder.path());
            let leaks: Vec<&String> = told
                .iter()
                .filter(|what| what.contains("publish anew"))
                .collect();
            assert_eq!(leaks.len(), 1, "{what} of {split} and {other}: {told:#?}");
            let ids = [id, of.id].map(|id| id.to_string());
            assert!(ids.iter().any(|id| leaks[0].starts_with(id)), "{leaks:?}");
            assert!(leaks[0].contains(&format!("{other}")), "{leaks:?}");
        }
    }
}

#[test]
fn a_picture_of_two_names_may_only_be_learned_from() {
    for (what, copy) in &COPIES[..2] {
        for (split, is_breach) in [
            (Split::Test, true),
            (Split::Val, true),
            (Split::Train, false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut snapshot = published(folder.path());
            snapshot.number = 2;
            let of = snapshot.rows[first(&snapshot, "owl", split)].clone();
            let at = first(&snapshot, "crow", split);
            copy(&mut snapshot.rows[at], &of);
            plant(folder.path(), snapshot);
            let told = told(folder.path());
            let is_told = told.iter().any(|what| what.contains("names disagree"));
            assert_eq!(is_told, is_breach, "{what} of {split}: {told:#?}");
        }
    }
}

#[test]
fn a_picture_for_whose_sake_another_name_left_it_out_may_only_be_learned_from() {
    for (split, is_breach) in [(Split::Test, true), (Split::Train, false)] {
        let folder = tempfile::tempdir().unwrap();
        let mut snapshot = published(folder.path());
        snapshot.number = 2;
        let of = snapshot.rows[first(&snapshot, "owl", split)].id.to_string();
        let crow = snapshot.rows.remove(first(&snapshot, "crow", Split::Train));
        let mut aside = crate::publish::Candidate::published("crow", &crow);
        aside.reason = Some("conflict".to_owned());
        aside.detail = Some(thrown::said("conflict", "owl", &of, 40));
        snapshot.aside.push(aside);
        plant(folder.path(), snapshot);
        let told = told(folder.path());
        let is_told = told.iter().any(|what| what.contains("names disagree"));
        assert_eq!(is_told, is_breach, "{split}: {told:#?}");
    }
}

#[test]
fn a_picture_that_moved_and_moved_back_is_told_of_both() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let whole = published(root);
    let mut moved = whole.clone();
    moved.number = 2;
    let at = first(&moved, "owl", Split::Train);
    moved.rows[at].split = Split::Test;
    let moved = plant(root, moved);
    let mut back = whole.clone();
    back.number = 3;
    let back = plant(root, back);
    let problems = verify(root, false).unwrap().problems;
    let told = problems
        .iter()
        .filter(|one| one.what.contains("changed their split"));
    let paths: Vec<&Path> = told.map(|one| one.path.as_path()).collect();
    assert_eq!(paths, [moved.path(root), back.path(root)], "{problems:#?}");
}

#[test]
fn a_picture_that_moved_with_its_name_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut snapshot = published(root);
    snapshot.number = 2;
    let (from, to) = (
        first(&snapshot, "owl", Split::Train),
        first(&snapshot, "crow", Split::Test),
    );
    let (class, split) = (snapshot.rows[to].class, snapshot.rows[to].split);
    (snapshot.rows[from].class, snapshot.rows[from].split) = (class, split);
    assert_eq!(
        snapshot.rows[from].id,
        sample(snapshot.rows[from].seq, 100).id
    );
    plant(root, snapshot);
    let told = told(root);
    assert!(
        told.iter()
            .any(|what| what.contains("was train in snapshot 1")),
        "{told:#?}"
    );
}
