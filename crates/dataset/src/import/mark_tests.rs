//! Stored samples in a source: whose mark is believed, and what becomes of those that were edited.

use std::fs;
use std::path::{Path, PathBuf};

use super::tests::{rows, take_in};
use crate::dataset::stand_in::true_sample;
use crate::export::ExportFormat;
use crate::export::tests::{dataset, settings, write};
use crate::pixels::{Preparation, SampleId, load};
use crate::publish::Snapshot;

/// The file with another comment, of the form before marks had a check.
fn unchecked(file: &[u8], id: SampleId) -> Vec<u8> {
    let at = file.windows(8).position(|w| w == b"trawl 2 ").unwrap();
    let mut old = file.to_vec();
    old.drain(at + 41..at + 58);
    old[at + 6] = b'1';
    old[at - 1] -= 17;
    old[at + 8..at + 40].copy_from_slice(id.to_string().as_bytes());
    old
}

/// The file with another id in its mark, and with the check that belongs to both.
fn forged(file: &[u8], id: SampleId) -> Vec<u8> {
    let at = file.windows(8).position(|w| w == b"trawl 2 ").unwrap();
    let name = Preparation::default().name();
    let end = at + 58 + name.len();
    let id = id.to_string();
    let rest = [&file[..at - 4], &file[end..]].concat();
    let said = [id.as_bytes(), b"\0", name.as_bytes(), b"\0", &rest].concat();
    let mut forged = file.to_vec();
    forged[at + 8..at + 40].copy_from_slice(id.as_bytes());
    forged[at + 41..at + 57].copy_from_slice(&blake3::hash(&said).to_hex().as_bytes()[..16]);
    forged
}

/// An export as folders, and the path of each picture in it.
fn exported(folder: &Path) -> (Snapshot, PathBuf, Vec<PathBuf>) {
    let root = folder.join("data");
    let snapshot = dataset(&root);
    let out = folder.join("out");
    write(&root, &snapshot, &out, settings(ExportFormat::Imagefolder)).unwrap();
    let paths = snapshot.rows.iter().map(|row| {
        let class = &snapshot.class_of(row).folder;
        out.join(format!("{}/{class}/{}.jpg", row.split, row.id))
    });
    let paths = paths.collect();
    (snapshot, out, paths)
}

#[test]
fn a_mark_is_believed_of_one_file_only() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source/owl");
    fs::create_dir_all(&source).unwrap();
    let (first, second) = (true_sample(1), true_sample(2));
    // The second file claims the first one's id.
    fs::write(source.join("a.jpg"), &first.jpeg).unwrap();
    fs::write(source.join("b.jpg"), forged(&second.jpeg, first.id)).unwrap();
    let root = folder.path().join("data");
    let (snapshot, counts) = take_in(source.parent().unwrap(), &root, None).unwrap();
    assert_eq!(snapshot.rows.len(), 2, "two pictures, whatever they claim");
    assert!(crate::verify(&root, false).unwrap().problems.is_empty());
    assert!(snapshot.rows.iter().any(|row| row.id == first.id));
    assert_eq!(counts.changed, 0, "nothing says what they were");
}

#[test]
fn what_was_edited_in_an_export_is_a_new_picture_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (snapshot, out, paths) = exported(folder.path());
    // One bit of the coded picture, and the picture of another with this one's comment, as an editor leaves it.
    let mut flipped = fs::read(&paths[0]).unwrap();
    let at = flipped.len() - 300;
    flipped[at] ^= 4;
    fs::write(&paths[0], &flipped).unwrap();
    let comment = |file: &[u8]| {
        let at = file.windows(8).position(|w| w == b"trawl 2 ").unwrap();
        (at - 4, at + 58 + snapshot.preparation.name().len())
    };
    let (was, other) = (fs::read(&paths[1]).unwrap(), true_sample(777).jpeg);
    let ((from, to), (onto, end)) = (comment(&was), comment(&other));
    let edited = [&other[..onto], &was[from..to], &other[end..]].concat();
    fs::write(&paths[1], &edited).unwrap();
    for with_index in [true, false] {
        if !with_index {
            fs::remove_file(out.join("index.jsonl")).unwrap();
            fs::remove_file(out.join("trawl.json")).unwrap();
        }
        let back = folder.path().join(format!("back{with_index}"));
        let (again, counts) = take_in(&out, &back, None).unwrap();
        assert_eq!(counts.changed, if with_index { 2 } else { 0 });
        assert_ne!(again.id, snapshot.id);
        let (rows, before) = (rows(&again), rows(&snapshot));
        assert_eq!(rows.len(), before.len());
        assert_eq!(rows.iter().filter(|row| before.contains(row)).count(), 21);
        for edited in &snapshot.rows[..2] {
            assert!(again.rows.iter().all(|row| row.id != edited.id));
        }
        if with_index {
            // Where it is from is still to be credited, what the download was is no longer true.
            let urls = again.rows.iter().map(|row| row.url == snapshot.rows[1].url);
            assert_eq!(urls.filter(|same| *same).count(), 1);
            let hashes = again.rows.iter().map(|row| &row.sha256);
            assert!(
                hashes
                    .into_iter()
                    .all(|hash| *hash != snapshot.rows[1].sha256)
            );
        }
        assert!(crate::verify(&back, false).unwrap().problems.is_empty());
    }
    // Training and prediction see what it shows now, by the way of any picture.
    let p = Preparation::default();
    assert_ne!(load(&edited, &p).unwrap(), load(&other, &p).unwrap());
}

#[test]
fn a_mark_without_a_check_is_believed_where_the_index_knows_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (snapshot, out, paths) = exported(folder.path());
    let mut index = fs::read_to_string(out.join("index.jsonl")).unwrap();
    for (row, path) in snapshot.rows.iter().zip(&paths) {
        let old = unchecked(&fs::read(path).unwrap(), row.id);
        index = index.replace(&row.object, &blake3::hash(&old).to_hex());
        fs::write(path, old).unwrap();
    }
    fs::write(out.join("index.jsonl"), index).unwrap();
    let (again, counts) = take_in(&out, &folder.path().join("known"), None).unwrap();
    assert_eq!((rows(&again), counts.changed), (rows(&snapshot), 0));
    fs::remove_file(out.join("index.jsonl")).unwrap();
    let (again, _) = take_in(&out, &folder.path().join("unknown"), None).unwrap();
    assert!(
        again
            .rows
            .iter()
            .all(|row| snapshot.rows.iter().all(|before| before.id != row.id))
    );
}
