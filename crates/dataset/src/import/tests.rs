//! Imports from the outside: every format there and back, others' forms of them, and what strangers may put into them.

use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;

use image::{DynamicImage, ImageFormat, RgbImage};

use super::database_tests::survives;
use super::*;
use crate::dataset::stand_in::{arrival, true_sample};
use crate::export::tests::{LABELS, dataset, settings, write};
use crate::export::{ExportFormat, ExportSettings};
use crate::pixels::scene::scene;
use crate::pixels::{Prepared, prepare};
use crate::publish::{Snapshot, Split};
use crate::quality::Thresholds;
use crate::records::{Arrival, Claim, Outcome};
use crate::{Dataset, DatasetError, Preparation};

/// Takes a source in as the program does and publishes it.
pub(super) fn take_in(
    source: &Path,
    root: &Path,
    format: Option<ExportFormat>,
) -> Result<(Snapshot, ImportCounts), DatasetError> {
    let mut import = Import::open(source, format)?;
    let settings = import.settings().cloned().unwrap_or_default();
    let mut dataset = Dataset::create(root, &settings)?;
    let mut given = Vec::new();
    let p = settings.preparation;
    let ended = import.run(&p, &mut |event| {
        if let ImportEvent::Item(item) = event {
            if let Some(split) = item.split {
                given.push(GivenSplit {
                    label: item.label.clone(),
                    seq: item.seq,
                    split,
                });
            }
            let outcome = match item.prepare(&p) {
                Ok(sample) => Outcome::Prepared(Box::new(sample)),
                Err(flaw) => Outcome::Flawed(flaw),
            };
            let vouched = item.vouched();
            let claim = Claim {
                vouched,
                label: item.label,
                seq: item.seq,
                provenance: item.provenance,
            };
            let arrival = Arrival {
                url: item.url,
                claims: vec![claim],
                outcome,
            };
            dataset.commit(vec![arrival]).unwrap();
        }
        ControlFlow::Continue(())
    })?;
    assert!(ended);
    dataset.give_splits(&given)?;
    dataset.publish(&import.labels())?;
    drop(dataset);
    Ok((Snapshot::newest(root)?, import.counts().clone()))
}

/// What counts of a snapshot: id, label and split of each picture.
pub(super) fn rows(snapshot: &Snapshot) -> Vec<String> {
    let mut rows: Vec<String> = snapshot
        .rows
        .iter()
        .map(|row| format!("{} {} {}", row.id, snapshot.class_of(row).label, row.split))
        .collect();
    rows.sort();
    rows
}

/// Only the reasons of what was skipped.
pub(super) fn skips(counts: &ImportCounts) -> Vec<(&str, u64)> {
    counts
        .skipped
        .iter()
        .map(|(reason, count)| (reason.as_str(), *count))
        .collect()
}

pub(super) fn picture(seed: u64) -> Vec<u8> {
    true_sample(seed).jpeg
}

#[test]
fn what_was_exported_comes_back_with_ids_labels_splits_and_all_that_was_known() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    for format in ExportFormat::ALL {
        let out = folder.path().join(format!("{format}"));
        let settings = ExportSettings {
            format,
            encoded: format.is_caffe(),
        };
        write(&root, &snapshot, &out, settings).unwrap();
        for with_index in [true, false] {
            if !with_index {
                for file in ["index.jsonl", "trawl.json"] {
                    fs::remove_file(out.join(file)).unwrap();
                }
            }
            let back = folder.path().join(format!("{format}{with_index}"));
            let (again, counts) = take_in(&out, &back, None).unwrap();
            assert_eq!(counts.pictures, 23, "{format} {counts:?}");
            assert_eq!(skips(&counts), [], "{format}");
            assert_eq!(rows(&again), rows(&snapshot), "{format} {with_index}");
            assert_eq!(again.classes, snapshot.classes, "{format}");
            assert!(crate::verify(&back, false).unwrap().problems.is_empty());
            for row in &again.rows {
                let before = snapshot.rows.iter().find(|r| r.id == row.id).unwrap();
                assert_eq!(row.object, before.object, "the file is the same");
                if with_index {
                    let known = |r: &crate::Row| {
                        (
                            r.url.clone(),
                            r.pdq.clone(),
                            r.sha256.clone(),
                            r.width,
                            r.provenance.clone(),
                        )
                    };
                    assert_eq!(known(row), known(before), "{format}");
                } else if !format.is_caffe() {
                    assert_eq!(row.url, before.url);
                    assert_eq!(row.provenance.license, before.provenance.license);
                }
            }
        }
    }
}

#[test]
fn what_a_dataset_had_kept_stays_however_it_measures_as_a_sample() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let mut dataset_settings = crate::DatasetSettings {
        quality: Thresholds::off(),
        ..crate::DatasetSettings::default()
    };
    dataset_settings.quality.low_information = 0.999;
    let mut dataset = Dataset::create(&root, &dataset_settings).unwrap();
    // Their downloads had something in every cell, their samples have not.
    let samples = (0..8).map(|seed| {
        let mut sample = true_sample(seed);
        assert!(sample.scores.detail < 0.999, "{:?}", sample.scores);
        sample.scores.detail = 1.0;
        sample
    });
    let mut samples: Vec<Prepared> = samples.collect();
    // The last one is a copy of the first that a person took back.
    let copy = RgbImage::from_raw(96, 80, scene(0, 96, 80)).unwrap();
    let copy = DynamicImage::from(copy).brighten(3);
    let mut png = Cursor::new(Vec::new());
    copy.write_to(&mut png, ImageFormat::Png).unwrap();
    let mut copy = prepare(&png.into_inner(), &Preparation::default()).unwrap();
    copy.scores.detail = 1.0;
    let taken_back = copy.id;
    samples.push(copy);
    let arrivals = (0..).zip(samples).map(|(seq, sample)| {
        let outcome = Outcome::Prepared(Box::new(sample));
        arrival("owl", seq, outcome)
    });
    dataset.commit(arrivals.collect()).unwrap();
    dataset.publish(&["owl".to_owned()]).unwrap();
    assert_eq!(Snapshot::newest(&root).unwrap().rows.len(), 8);
    dataset.restore(&[taken_back], None).unwrap();
    dataset.publish(&["owl".to_owned()]).unwrap();
    drop(dataset);
    let snapshot = Snapshot::newest(&root).unwrap();
    assert_eq!(snapshot.rows.len(), 9);
    for format in ExportFormat::ALL {
        let out = folder.path().join(format!("{format}"));
        let settings = ExportSettings {
            format,
            encoded: format.is_caffe(),
        };
        write(&root, &snapshot, &out, settings).unwrap();
        let back = folder.path().join(format!("{format}-back"));
        let (again, _) = take_in(&out, &back, None).unwrap();
        assert_eq!(rows(&again), rows(&snapshot), "{format}");
        for row in &again.rows {
            assert_eq!(row.scores.unwrap().detail.to_bits(), 1.0_f32.to_bits());
            assert_eq!(row.restored, row.id == taken_back, "{format}");
            assert_eq!(row.settled, row.id != taken_back, "{format}");
        }
        // Thresholds hold for what was imported as they did where it comes from.
        let mut stricter = dataset_settings.clone();
        stricter.quality.tiny = 1_000.0;
        let mut dataset = Dataset::open(&back).unwrap();
        dataset.adopt(&stricter).unwrap();
        dataset.publish(&["owl".to_owned()]).unwrap();
        let left = Snapshot::newest(&back).unwrap();
        assert_eq!(left.rows.len(), 1, "{format}");
        assert_eq!(left.rows[0].id, taken_back, "{format}");
    }
}

#[test]
fn bare_pixels_come_back_as_they_are_with_labels_and_splits() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    let named = |snapshot: &Snapshot| -> Vec<String> {
        let mut named: Vec<String> = snapshot
            .rows
            .iter()
            .map(|row| format!("{} {} {}", row.url, snapshot.class_of(row).label, row.split))
            .collect();
        named.sort();
        named
    };
    for format in [ExportFormat::Lmdb, ExportFormat::Leveldb] {
        let out = folder.path().join(format!("{format}"));
        write(&root, &snapshot, &out, settings(format)).unwrap();
        let back = folder.path().join(format!("{format}-back"));
        let (again, _) = take_in(&out, &back, None).unwrap();
        assert_eq!(named(&again), named(&snapshot), "{format}");
        for row in &again.rows {
            let before = snapshot.rows.iter().find(|r| r.url == row.url).unwrap();
            let pixels = snapshot.pixels(&root, before).unwrap();
            let name = snapshot.preparation.name();
            // The id is that of the pixels as they came, so that it says that none was lost.
            assert_eq!(row.id, crate::SampleId::of_pixels(&name, 224, &pixels.rgb));
        }
    }
}

#[test]
fn folders_without_splits_are_split_and_those_of_others_are_labels() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("pictures");
    for (n, class) in (0..).zip(["cat", "dog"]) {
        fs::create_dir_all(source.join(class).join("deeper")).unwrap();
        for seed in 0..5 {
            let name = format!("{class}/deeper/{seed} #%.JPG");
            fs::write(source.join(name), picture(50 * n + seed)).unwrap();
        }
        fs::write(source.join(class).join("Thumbs.db"), "x").unwrap();
        fs::write(source.join(class).join("broken.png"), "x").unwrap();
    }
    #[cfg(unix)]
    {
        let outside = folder.path().join("secret.jpg");
        fs::write(&outside, picture(999)).unwrap();
        std::os::unix::fs::symlink(&outside, source.join("cat/link.jpg")).unwrap();
        std::os::unix::fs::symlink(folder.path(), source.join("cat/up")).unwrap();
    }
    let (snapshot, counts) = take_in(&source, &folder.path().join("data"), None).unwrap();
    assert_eq!(snapshot.rows.len(), 10);
    assert_eq!(
        counts.pictures, 12,
        "the broken ones are candidates as well"
    );
    if cfg!(unix) {
        assert_eq!(skips(&counts), [("no-picture", 2), ("outside", 2)]);
    }
    let labels: Vec<&str> = snapshot.classes.iter().map(|c| c.label.as_str()).collect();
    assert_eq!(labels, ["cat", "dog"]);
    for split in Split::ALL {
        assert!(snapshot.rows.iter().any(|row| row.split == split));
    }
    assert!(
        snapshot
            .rows
            .iter()
            .all(|row| row.url.starts_with("file:///"))
    );
    assert!(
        snapshot
            .rows
            .iter()
            .all(|row| row.url.contains("%20%23%25.JPG"))
    );
}

#[test]
fn a_picture_that_a_source_has_in_two_splits_stays_where_it_measures() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("pictures");
    for split in ["train", "val", "test"] {
        fs::create_dir_all(source.join(split).join("cat")).unwrap();
    }
    for seed in 0..6 {
        fs::write(source.join(format!("train/cat/{seed}.jpg")), picture(seed)).unwrap();
    }
    fs::write(source.join("test/cat/again.jpg"), picture(2)).unwrap();
    fs::write(source.join("val/cat/own.jpg"), picture(7)).unwrap();
    let (snapshot, _) = take_in(&source, &folder.path().join("data"), None).unwrap();
    let splits = |split| snapshot.rows.iter().filter(|r| r.split == split).count();
    assert_eq!(
        (
            splits(Split::Train),
            splits(Split::Val),
            splits(Split::Test)
        ),
        (5, 1, 1)
    );
}

#[test]
fn a_manifest_that_is_not_understood_is_named_and_a_newer_one_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir_all(source.join("cat")).unwrap();
    fs::write(source.join("cat/a.jpg"), picture(1)).unwrap();
    fs::write(source.join("trawl.json"), "{}").unwrap();
    let error = survives(&source).unwrap_err().to_string();
    assert!(
        error.contains("trawl.json") && error.contains("take it away"),
        "{error}"
    );
}

#[test]
fn a_dataset_is_not_taken_for_folders_but_its_views_are_folders() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    let error = survives(&root).unwrap_err().to_string();
    assert!(error.contains("images folder"), "{error}");
    let (again, _) = take_in(&root.join("images"), &folder.path().join("back"), None).unwrap();
    assert_eq!(again.rows.len(), snapshot.rows.len());
    let labels: Vec<&str> = again.classes.iter().map(|c| c.label.as_str()).collect();
    assert!(
        LABELS.iter().all(|label| labels.contains(label)),
        "{labels:?}"
    );
}
