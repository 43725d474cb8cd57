//! Files of one picture that differ: the same pixels written otherwise, and another compression of one size.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::stand_in::arrival;
use super::*;
use crate::pixels::scene::scene;
use crate::pixels::{Preparation, prepare};
use crate::publish::publication_tests::unjudged;
use crate::records::{Arrival, Outcome};

const SIDE: u32 = 300;

fn png(compression: CompressionType, filter: FilterType) -> Vec<u8> {
    let mut out = Vec::new();
    PngEncoder::new_with_quality(&mut out, compression, filter)
        .write_image(&scene(4, SIDE, SIDE), SIDE, SIDE, ExtendedColorType::Rgb8)
        .unwrap();
    out
}

fn jpeg(quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let side = u16::try_from(SIDE).unwrap();
    jpeg_encoder::Encoder::new(&mut out, quality)
        .encode(
            &scene(4, SIDE, SIDE),
            side,
            side,
            jpeg_encoder::ColorType::Rgb,
        )
        .unwrap();
    out
}

fn comes(seq: u64, file: &[u8]) -> Arrival {
    let sample = prepare(file, &Preparation::default()).unwrap();
    arrival("owl", seq, Outcome::Prepared(Box::new(sample)))
}

/// State and reason of each of these files, as they come one after the other.
fn fates(files: &[Vec<u8>]) -> Vec<(String, Option<String>)> {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = Dataset::create(folder.path(), &unjudged()).unwrap();
    let batch = (0..).zip(files).map(|(seq, file)| comes(seq, file));
    dataset.commit(batch.collect()).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    dataset
        .catalog
        .sql(|c| {
            c.prepare("SELECT state, reason FROM candidates ORDER BY seq")?
                .query_map([], read)?
                .collect()
        })
        .unwrap()
}

fn fate(state: &str, reason: Option<&str>) -> (String, Option<String>) {
    (state.to_owned(), reason.map(str::to_owned))
}

#[test]
fn the_same_pixels_in_another_file_are_the_same_picture() {
    let fast = png(CompressionType::Fast, FilterType::NoFilter);
    let best = png(CompressionType::Best, FilterType::Paeth);
    assert_ne!(fast, best);
    let duplicate = |code| fate("flawed", Some(code));
    assert_eq!(
        fates(&[fast.clone(), best, fast]),
        [
            fate("kept", None),
            duplicate("duplicate-pixels"),
            duplicate("duplicate-bytes")
        ]
    );
}

#[test]
fn of_one_size_the_less_compressed_copy_stays_whichever_comes_first() {
    let kept = fate("kept", None);
    let replaced = fate("superseded", Some("less-compressed-copy"));
    assert_eq!(
        fates(&[jpeg(60), jpeg(95)]),
        [replaced.clone(), kept.clone()]
    );
    let repeated = fate("flawed", Some("near-duplicate"));
    assert_eq!(fates(&[jpeg(95), jpeg(60)]), [kept.clone(), repeated]);
    // What nothing was taken away from comes before any JPEG.
    let lossless = png(CompressionType::Fast, FilterType::NoFilter);
    assert_eq!(fates(&[jpeg(95), lossless]), [replaced, kept]);
}

/// The file as it was marked before marks had a check of 16 digits.
fn unchecked(file: &[u8]) -> Vec<u8> {
    let at = file.windows(8).position(|w| w == b"trawl 2 ").unwrap();
    let mut old = file.to_vec();
    old.drain(at + 41..at + 58);
    old[at + 6] = b'1';
    old[at - 1] -= 17;
    old
}

#[test]
fn a_dataset_of_unchecked_marks_keeps_its_files_whatever_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let settings = unjudged();
    let mut dataset = Dataset::create(root, &settings).unwrap();
    let file = png(CompressionType::Fast, FilterType::NoFilter);
    let of_old = || {
        let mut old = prepare(&file, &settings.preparation).unwrap();
        old.jpeg = unchecked(&old.jpeg);
        old
    };
    let old = of_old();
    let object = crate::Snapshot::object_path(root, &old.id);
    let bytes = old.jpeg.clone();
    let arrive = |seq, sample| arrival("owl", seq, Outcome::Prepared(Box::new(sample)));
    dataset.commit(vec![arrive(0, old)]).unwrap();
    // The same pixels from elsewhere are stored with a check now, and find the older file in their place.
    dataset.commit(vec![comes(1, &file)]).unwrap();
    dataset.publish(&["owl".to_owned()]).unwrap();
    assert_eq!(std::fs::read(&object).unwrap(), bytes);
    // A lost file comes back as it was.
    std::fs::remove_file(&object).unwrap();
    dataset.commit(vec![comes(2, &file)]).unwrap();
    assert_eq!(std::fs::read(&object).unwrap(), bytes);
    drop(dataset);
    let snapshot = crate::Snapshot::newest(root).unwrap();
    assert_eq!(snapshot.pixels(root, &snapshot.rows[0]).unwrap().side, 224);
    let found = crate::verify(root, false).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
}
