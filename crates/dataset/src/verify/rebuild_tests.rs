//! What a rebuild keeps when the thumbnails are lost, by which crops and copies with a logo are told.

use std::fs;
use std::path::Path;

use image::{RgbImage, imageops};

use super::verify;
use crate::dataset::stand_in::{arrival, sample_of};
use crate::pixels::scene::scene;
use crate::publish::publication_tests::{create, names};
use crate::records::{Arrival, Outcome};
use crate::{Dataset, Snapshot};

fn picture(seed: u64) -> RgbImage {
    RgbImage::from_raw(200, 150, scene(seed, 200, 150)).unwrap()
}

fn whole(label: &str, seq: u64, seed: u64) -> Arrival {
    let sample = sample_of(&format!("{seed}"), &picture(seed), 100);
    arrival(label, seq, Outcome::Prepared(Box::new(sample)))
}

fn crop(label: &str, seq: u64, seed: u64) -> Arrival {
    let image = imageops::crop_imm(&picture(seed), 10, 7, 180, 136).to_image();
    let sample = sample_of(&format!("crop of {seed}"), &image, 90);
    arrival(label, seq, Outcome::Prepared(Box::new(sample)))
}

/// Label, place, kind, the other picture and the distance of each dispute on record.
fn disputes(root: &Path) -> Vec<(String, i64, String, String, u32)> {
    let dataset = Dataset::open(root).unwrap();
    let query =
        "SELECT label, seq, kind, other_sample, distance FROM conflicts ORDER BY label, seq";
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        ))
    };
    dataset
        .catalog
        .sql(|c| c.prepare(query)?.query_map([], read)?.collect())
        .unwrap()
}

/// Two names, the second of which has crops of the first one's pictures, too far for the hash of the whole.
fn published(root: &Path) -> Snapshot {
    let mut dataset = create(root);
    dataset
        .commit((0..20).map(|n| whole("owl", n, n)).collect())
        .unwrap();
    let crops = (0..12).map(|n| crop("crow", n, n));
    let others = (12..24).map(|n| whole("crow", n, 100 + n));
    dataset.commit(crops.chain(others).collect()).unwrap();
    dataset.publish(&names(&["owl", "crow"])).unwrap();
    drop(dataset);
    let told = disputes(root).into_iter().filter(|one| one.4 > 31).count();
    assert!(told > 4, "the distance alone tells too many: {told}");
    assert_eq!(verify(root, false).unwrap().problems, []);
    Snapshot::newest(root).unwrap()
}

#[test]
fn what_lost_thumbnails_told_stays_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let before = published(root);
    let disputed = disputes(root);
    fs::remove_file(root.join("catalog.db")).unwrap();
    let verified = verify(root, true).unwrap();
    assert_eq!(verified.problems, []);
    assert!(verified.rebuilt && verified.without_thumbnail > 0);
    assert_eq!(Snapshot::list(root).len(), 1);
    assert_eq!(Snapshot::newest(root).unwrap(), before);
    assert_eq!(disputes(root), disputed);
    // Nor does a later publication bring it back, whatever else it has.
    let mut dataset = Dataset::open(root).unwrap();
    assert!(!dataset.publish(&names(&["owl", "crow"])).unwrap().changed);
    dataset.commit(vec![whole("crow", 24, 200)]).unwrap();
    dataset.publish(&names(&["owl", "crow"])).unwrap();
    drop(dataset);
    let after = Snapshot::newest(root).unwrap();
    assert_eq!(after.rows.len(), before.rows.len() + 1);
    assert!(before.rows.iter().all(|row| after.rows.contains(row)));
    assert_eq!(verify(root, false).unwrap().problems, []);
}

#[test]
fn a_kill_amid_a_rebuild_costs_no_thumbnails() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let before = published(root);
    // Between the two renames there is no catalog.
    let aside = |n: u32| root.join(format!("catalog.db.damaged-{n}"));
    fs::rename(root.join("catalog.db"), aside(10)).unwrap();
    fs::write(aside(9), "an older one").unwrap();
    let verified = verify(root, true).unwrap();
    assert_eq!(verified.problems, []);
    assert_eq!((verified.rebuilt, verified.without_thumbnail), (true, 0));
    assert_eq!(Snapshot::newest(root).unwrap(), before);
}
