//! Pictures that several names show, that a person took back, and that belong with others: where they may lie.

use std::collections::BTreeMap;
use std::path::Path;

use super::publication_tests::{add, create, names, unjudged};
use super::{Grouping, Snapshot, Split};
use crate::dataset::stand_in::{arrival, good, sample};
use crate::records::Outcome;
use crate::store::settings::DatasetSettings;
use crate::{Dataset, SampleId, State, thrown_out, verify};

/// Split and label of every published picture.
fn places(root: &Path) -> BTreeMap<SampleId, (String, Split)> {
    let snapshot = Snapshot::newest(root).unwrap();
    let place = |row: &super::Row| (snapshot.class_of(row).label.clone(), row.split);
    snapshot
        .rows
        .iter()
        .map(|row| (row.id, place(row)))
        .collect()
}

fn id(scene: u64) -> SampleId {
    sample(scene, 100).id
}

fn kinds(dataset: &Dataset) -> Vec<(String, String)> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    dataset
        .catalog
        .sql(|c| {
            c.prepare("SELECT label, kind FROM conflicts ORDER BY label, seq")?
                .query_map([], read)?
                .collect()
        })
        .unwrap()
}

#[test]
fn disputed_pictures_are_never_held_out() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..20);
    add(&mut dataset, "bird", 0, 0..10);
    add(&mut dataset, "bird", 10, 100..110);
    dataset.publish(&names(&["owl", "bird"])).unwrap();
    let places = places(root);
    for scene in 0..10 {
        assert_eq!(places[&id(scene)], ("owl".to_owned(), Split::Train));
    }
    let held = |label: &str| {
        let of_label = places.values().filter(|place| place.0 == label);
        of_label.filter(|place| place.1 != Split::Train).count()
    };
    assert_eq!((held("owl"), held("bird")), (6, 4));
    let kinds = kinds(&dataset);
    assert_eq!(kinds.iter().filter(|k| k.1 == "shared").count(), 10);
    assert_eq!(kinds.iter().filter(|k| k.1 == "conflict").count(), 10);
}

#[test]
fn a_picture_that_is_disputed_after_it_was_held_out_leaves_and_nothing_moves() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..20);
    dataset.publish(&names(&["owl"])).unwrap();
    let before = places(root);
    // A second name claims them all.
    add(&mut dataset, "bird", 0, 0..20);
    add(&mut dataset, "bird", 20, 100..103);
    let published = dataset.publish(&names(&["owl", "bird"])).unwrap();
    let after = places(root);
    for (id, place) in &before {
        match place.1 {
            Split::Train => assert_eq!(after[id], *place),
            _ => assert!(!after.contains_key(id)),
        }
    }
    let contested = kinds(&dataset)
        .iter()
        .filter(|k| k.1 == "contested")
        .count();
    assert_eq!(contested, 6);
    assert_eq!(published.names[0].conflicts.len(), 20);
    drop(dataset);
    let thrown = thrown_out(root).unwrap();
    let codes = |code: &str| thrown.iter().filter(|one| one.reason == code).count();
    assert_eq!((codes("contested"), codes("conflict")), (6, 20));
    assert_eq!(verify(root, false).unwrap().problems, []);
}

#[test]
fn what_was_thrown_out_is_taken_back_and_lies_with_its_copies() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    add(&mut dataset, "owl", 0, 0..12);
    // A smaller copy of each, which has other pixels and is thrown out.
    let copies = (0..12).map(|scene| good("owl", 12 + scene, scene, 80));
    dataset.commit(copies.collect()).unwrap();
    add(&mut dataset, "bird", 0, 0..1);
    dataset.publish(&names(&["owl", "bird"])).unwrap();
    let copy = |scene: u64| sample(scene, 80).id;
    let ids: Vec<SampleId> = (1..12).map(copy).collect();
    let thrown = thrown_out(root).unwrap();
    let first = thrown.iter().find(|one| one.sample == copy(3)).unwrap();
    assert_eq!(
        (first.reason.as_str(), first.of),
        ("near-duplicate", Some(id(3)))
    );
    assert!(first.file.starts_with("objects/"));

    let restored = dataset.restore(&ids, None).unwrap();
    assert!(
        restored
            .iter()
            .all(|one| one.changed && one.was == State::Flawed)
    );
    dataset.publish(&names(&["owl", "bird"])).unwrap();
    let after = places(root);
    for scene in 1..12 {
        assert_eq!(after[&copy(scene)], after[&id(scene)], "{scene}");
    }
    // Once more changes nothing, and a picture that is not there is an error with its id.
    assert!(
        dataset
            .restore(&ids, None)
            .unwrap()
            .iter()
            .all(|one| !one.changed)
    );
    let error = dataset
        .restore(&[id(99)], Some("owl"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&id(99).to_string()) && error.contains("\"owl\""),
        "{error}"
    );
    // A picture of two names goes where a person says; it is in one split for good.
    let split = after[&id(0)].1;
    dataset.restore(&[id(0)], Some("bird")).unwrap();
    dataset.publish(&names(&["owl", "bird"])).unwrap();
    assert_eq!(places(root)[&id(0)], ("bird".to_owned(), split));
    drop(dataset);
    assert_eq!(verify(root, false).unwrap().problems, []);
    // It is on record in the snapshot, so that a rebuild has it too.
    std::fs::remove_file(root.join("catalog.db")).unwrap();
    let before = Snapshot::newest(root).unwrap();
    assert_eq!(verify(root, true).unwrap().problems, []);
    assert_eq!(Snapshot::newest(root).unwrap().id, before.id);
}

/// A picture whose landing page is `page`.
fn on_page(seq: u64, scene: u64, page: u64) -> crate::Arrival {
    let mut arrival = arrival("owl", seq, Outcome::Prepared(Box::new(sample(scene, 100))));
    arrival.claims[0].provenance.page_url = Some(format!("https://site.example/page/{page}"));
    arrival
}

#[test]
fn pictures_of_one_page_lie_in_one_split_and_bridges_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let settings = DatasetSettings {
        group_by: Grouping::Page,
        ..unjudged()
    };
    let mut dataset = Dataset::create(root, &settings).unwrap();
    // Pages of three pictures each.
    dataset
        .commit((0..30).map(|n| on_page(n, n, n / 3)).collect())
        .unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    let first = places(root);
    let mut held = Vec::new();
    for page in 0..10 {
        let splits: Vec<Split> = (0..3).map(|n| first[&id(3 * page + n)].1).collect();
        assert!(
            splits.windows(2).all(|pair| pair[0] == pair[1]),
            "{splits:?}"
        );
        held.extend((splits[0] != Split::Train).then_some(page));
    }
    assert!(!held.is_empty());
    // More of a page follow it, held out or not; nothing else moves.
    let more = (0..10).map(|page| on_page(30 + page, 100 + page, page));
    dataset.commit(more.collect()).unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    let second = places(root);
    for page in 0..10 {
        assert_eq!(second[&id(100 + page)], second[&id(3 * page)]);
    }
    assert!(first.iter().all(|(id, place)| second[id] == *place));
}

#[test]
fn old_groups_of_two_splits_keep_them_and_what_comes_between_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = create(root);
    // All of one page, and split apart while pages did not count.
    dataset
        .commit((0..20).map(|n| on_page(n, n, 1)).collect())
        .unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    let first = places(root);
    drop(dataset);
    let settings = DatasetSettings {
        group_by: Grouping::Page,
        ..unjudged()
    };
    let mut dataset = Dataset::create(root, &settings).unwrap();
    dataset
        .commit((20..24).map(|n| on_page(n, n, 1)).collect())
        .unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    assert_eq!(places(root), first);
    let bridges = kinds(&dataset).iter().filter(|k| k.1 == "bridge").count();
    assert_eq!(bridges, 4);
    let thrown = thrown_out(root).unwrap();
    assert!(
        thrown[0].detail.contains("two splits"),
        "{}",
        thrown[0].detail
    );
}

#[test]
fn groups_that_a_wider_distance_unites_are_parted_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let narrow = DatasetSettings {
        near_distance: 0,
        near_quality: 100,
        ..unjudged()
    };
    let mut dataset = Dataset::create(root, &narrow).unwrap();
    // Every scene twice, which nobody notices: copies land in different splits.
    let twice = (0..40).map(|n| good("owl", n, n / 2, 100 + u32::try_from(n).unwrap()));
    dataset.commit(twice.collect()).unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    let first = places(root);
    drop(dataset);
    let mut dataset = Dataset::create(root, &unjudged()).unwrap();
    dataset.publish(&names(&["owl"])).unwrap();
    let second = places(root);
    assert!(second.iter().all(|(id, place)| first[id] == *place));
    let bridges = kinds(&dataset).iter().filter(|k| k.1 == "bridge").count();
    assert!(bridges > 0);
    assert_eq!(second.len() + bridges, first.len());
    drop(dataset);
    let verified = verify(root, false).unwrap();
    assert_eq!(verified.problems, []);
    assert!(verified.min_distance.unwrap() > 31);
}
