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
