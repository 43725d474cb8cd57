//! Imports from the outside: every format there and back, others' forms of them, and what strangers may put into them.

use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;

use image::{DynamicImage, ImageFormat, RgbImage};
use prost::Message;

use super::*;
use crate::dataset::stand_in::{arrival, true_sample};
use crate::export::leveldb_layout::log;
use crate::export::tests::{LABELS, dataset, settings, write};
use crate::export::{Datum, ExportFormat, ExportSettings};
use crate::pixels::scene::scene;
use crate::pixels::{Prepared, prepare, unpack};
use crate::publish::{Snapshot, Split};
use crate::quality::Thresholds;
use crate::records::{Arrival, Claim, Outcome};
use crate::{Dataset, DatasetError, Preparation};

/// Takes a source in as the program does and publishes it.
fn take_in(
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
fn rows(snapshot: &Snapshot) -> Vec<String> {
    let mut rows: Vec<String> = snapshot
        .rows
        .iter()
        .map(|row| format!("{} {} {}", row.id, snapshot.class_of(row).label, row.split))
        .collect();
    rows.sort();
    rows
}

/// Only the reasons of what was skipped.
fn skips(counts: &ImportCounts) -> Vec<(&str, u64)> {
    counts
        .skipped
        .iter()
        .map(|(reason, count)| (reason.as_str(), *count))
        .collect()
}

fn picture(seed: u64) -> Vec<u8> {
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

/// A tar file of these names and contents.
fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // Names that the library would refuse to write.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

#[test]
fn shards_of_img2dataset_are_read_and_hostile_ones_counted() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir(&source).unwrap();
    let pictures: Vec<Vec<u8>> = (0..6).map(picture).collect();
    let json = |n: usize| {
        format!(r#"{{"url":"https://h/{n}.jpg","caption":"cat","width":300,"exif":"{{}}"}}"#)
    };
    let texts: Vec<String> = (0..6).map(json).collect();
    let mut files: Vec<(String, &[u8])> = Vec::new();
    for n in 0..6 {
        files.push((format!("00000000{n}.jpg"), &pictures[n]));
        files.push((format!("00000000{n}.json"), texts[n].as_bytes()));
        files.push((format!("00000000{n}.txt"), b"cat"));
    }
    files.push(("../../evil.jpg".to_owned(), &pictures[0]));
    files.push(("/etc/evil.jpg".to_owned(), &pictures[0]));
    files.push(("000000007.txt".to_owned(), b"no picture"));
    files.push(("000000008.jpg".to_owned(), &pictures[0]));
    files.push(("000000009.jpg".to_owned(), &pictures[0]));
    files.push(("000000009.jpg".to_owned(), &pictures[1]));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, c)| (n.as_str(), *c)).collect();
    let mut tar = tar_of(&files);
    // A link and a picture of 4 GB that is not there, before the end.
    let end = tar.len() - 1_024;
    tar.truncate(end);
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.as_old_mut().name[..5].copy_from_slice(b"a.jpg");
    header.as_old_mut().linkname[..11].copy_from_slice(b"/etc/passwd");
    header.set_size(0);
    header.set_cksum();
    tar.extend(header.as_bytes());
    tar.extend([0; 1_024]);
    fs::write(source.join("00000.tar"), &tar).unwrap();
    fs::write(source.join("00000_stats.json"), "{}").unwrap();
    fs::write(source.join("00000.parquet"), "metadata").unwrap();
    let (snapshot, counts) = take_in(&source, &folder.path().join("data"), None).unwrap();
    assert_eq!(snapshot.rows.len(), 6);
    assert_eq!(snapshot.classes[0].label, "cat");
    assert_eq!(snapshot.rows[0].url, "https://h/0.jpg");
    assert_eq!(
        skips(&counts),
        [
            ("mixed-sample", 1),
            ("no-label", 1),
            ("no-picture", 1),
            ("no-plain-file", 1),
            ("unsafe-name", 2),
        ]
    );
    let outside: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(outside.len(), 2, "{outside:?}");
}

#[test]
fn a_shard_that_is_cut_or_lies_about_lengths_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let whole = tar_of(&[("a.jpg", &picture(1)), ("a.cls", b"0")]);
    let path = folder.path().join("x.tar");
    let open = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let mut import = Import::open(&path, None).unwrap();
        import.run(&Preparation::default(), &mut |_| ControlFlow::Continue(()))
    };
    assert!(open(&whole).unwrap());
    for end in (100..whole.len() - 1_100).step_by(700) {
        let error = open(&whole[..end]).unwrap_err().to_string();
        assert!(
            error.contains("x.tar") && error.contains("cut short"),
            "{error}"
        );
    }
    for kind in [
        tar::EntryType::Regular,
        tar::EntryType::GNULongName,
        tar::EntryType::XHeader,
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.as_old_mut().name[..5].copy_from_slice(b"b.jpg");
        header.set_size(7 << 30);
        header.set_cksum();
        assert!(open(header.as_bytes()).is_err(), "{kind:?}");
    }
}

#[test]
fn numbers_without_a_name_and_names_without_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir(&source).unwrap();
    let pictures: Vec<Vec<u8>> = (0..3).map(picture).collect();
    let tar = tar_of(&[
        ("a.jpg", &pictures[0]),
        ("a.cls", b"1"),
        ("b.jpg", &pictures[1]),
        ("b.cls", b"12"),
        ("c.jpg", &pictures[2]),
        ("c.cls", b"-1"),
    ]);
    fs::write(source.join("train-0.tar"), tar).unwrap();
    let (snapshot, counts) = take_in(&source, &folder.path().join("1"), None).unwrap();
    let labels: Vec<&str> = snapshot.classes.iter().map(|c| c.label.as_str()).collect();
    assert_eq!(labels, ["class 000001", "class 000012"]);
    assert_eq!(skips(&counts), [("label-out-of-range", 1)]);
    fs::write(source.join("classes.json"), r#"["x","y"]"#).unwrap();
    let (snapshot, counts) = take_in(&source, &folder.path().join("2"), None).unwrap();
    assert_eq!(snapshot.classes[0].label, "y");
    assert_eq!(skips(&counts), [("label-out-of-range", 2)]);
}

#[test]
fn a_mark_is_believed_of_one_file_only() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source/owl");
    fs::create_dir_all(&source).unwrap();
    let (first, second) = (true_sample(1), true_sample(2));
    // The second file claims the first one's id.
    let text = String::from_utf8_lossy(&first.jpeg)
        .find("trawl 1 ")
        .unwrap();
    let at = second
        .jpeg
        .windows(8)
        .position(|w| w == b"trawl 1 ")
        .unwrap()
        + 8;
    assert!(text > 0);
    let mut forged = second.jpeg.clone();
    forged[at..at + 32].copy_from_slice(first.id.to_string().as_bytes());
    fs::write(source.join("a.jpg"), &first.jpeg).unwrap();
    fs::write(source.join("b.jpg"), &forged).unwrap();
    let root = folder.path().join("data");
    let (snapshot, _) = take_in(source.parent().unwrap(), &root, None).unwrap();
    assert_eq!(snapshot.rows.len(), 2, "two pictures, whatever they claim");
    assert!(crate::verify(&root, false).unwrap().problems.is_empty());
    assert!(snapshot.rows.iter().any(|row| row.id == first.id));
}

/// Runs over a source and says what became of it, which must be an answer and no panic.
fn survives(source: &Path) -> Result<u64, DatasetError> {
    let mut import = Import::open(source, None)?;
    let p = Preparation::default();
    import.run(&p, &mut |_| ControlFlow::Continue(()))?;
    Ok(import.counts().pictures)
}

#[test]
fn databases_with_any_byte_changed_or_any_end_cut_off_answer_and_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    let mut formats = vec![
        (ExportFormat::Lmdb, "val_lmdb/data.mdb"),
        (ExportFormat::Leveldb, "val_leveldb/000003.ldb"),
        (ExportFormat::Leveldb, "val_leveldb/MANIFEST-000002"),
    ];
    if cfg!(feature = "parquet") {
        formats.push((
            ExportFormat::Parquet,
            "data/validation-00000-of-00001.parquet",
        ));
    }
    for (format, file) in formats {
        let out = folder.path().join(format!("{format}"));
        let settings = ExportSettings {
            format,
            encoded: format.is_caffe(),
        };
        if !out.exists() {
            write(&root, &snapshot, &out, settings).unwrap();
        }
        let path = out.join(file);
        let whole = fs::read(&path).unwrap();
        let mut errors = 0;
        let step = whole.len() / 150 + 1;
        for at in (0..whole.len().min(400)).chain((0..whole.len()).step_by(step)) {
            for turn in [0x01, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= turn;
                fs::write(&path, &bytes).unwrap();
                errors += u32::from(survives(&out).is_err());
            }
            fs::write(&path, &whole[..at]).unwrap();
            errors += u32::from(survives(&out).is_err());
        }
        assert!(errors > 100, "{format}: {errors}");
        fs::write(&path, &whole).unwrap();
        assert_eq!(survives(&out).unwrap(), 23);
    }
}

#[test]
fn a_tree_that_leads_back_to_itself_ends() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    let out = folder.path().join("out");
    write(&root, &snapshot, &out, settings(ExportFormat::Lmdb)).unwrap();
    let path = out.join("train_lmdb/data.mdb");
    let mut bytes = fs::read(&path).unwrap();
    let root_at = 4_096 + 16 + 112;
    let page = u64::from_le_bytes(bytes[root_at..root_at + 8].try_into().unwrap());
    let at = usize::try_from(page).unwrap() * 4_096;
    // The leaf becomes a branch whose first node is itself.
    bytes[at + 10] = 1;
    let node = at + usize::from(u16::from_le_bytes([bytes[at + 16], bytes[at + 17]]));
    bytes[node..node + 6].copy_from_slice(&page.to_le_bytes()[..6]);
    fs::write(&path, bytes).unwrap();
    let error = survives(&out).unwrap_err().to_string();
    assert!(error.contains("met twice"), "{error}");
}

#[test]
fn what_caffe_leaves_in_its_log_is_read_the_newest_value_of_each_key() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("cats_train_leveldb");
    fs::create_dir_all(&source).unwrap();
    let record = |seed: u64, label: i32| {
        let pixels = unpack(&picture(seed), &Preparation::default()).unwrap();
        let planes = [2, 1, 0].iter().flat_map(|c| {
            let values = pixels.rgb.chunks_exact(3);
            values.map(|pixel| pixel[*c]).collect::<Vec<u8>>()
        });
        let datum = Datum {
            channels: Some(3),
            height: Some(224),
            width: Some(224),
            data: Some(planes.collect()),
            label: Some(label),
            ..Datum::default()
        };
        datum.encode_to_vec()
    };
    let varint = |mut n: usize| {
        let mut out = Vec::new();
        while n > 127 {
            out.push(u8::try_from(n & 127).unwrap() | 128);
            n >>= 7;
        }
        out.push(u8::try_from(n).unwrap());
        out
    };
    let mut batch = 1_u64.to_le_bytes().to_vec();
    batch.extend(6_u32.to_le_bytes());
    let mut put = |key: &str, value: Option<Vec<u8>>| {
        batch.push(u8::from(value.is_some()));
        batch.extend(varint(key.len()));
        batch.extend(key.as_bytes());
        if let Some(value) = value {
            batch.extend(varint(value.len()));
            batch.extend(value);
        }
    };
    for (n, label) in [(0, 0), (1, 1), (2, 0), (3, 1)] {
        put(&format!("{n:08}_x/{n}.jpg"), Some(record(n, label)));
    }
    put("00000003_x/3.jpg", None);
    put("00000000_x/0.jpg", Some(record(9, 1)));
    fs::write(source.join("000003.log"), log(&batch)).unwrap();
    let edit = [
        &[1, 26][..],
        b"leveldb.BytewiseComparator",
        &[2, 3, 9, 0, 3, 4, 4, 0],
    ]
    .concat();
    fs::write(source.join("MANIFEST-000002"), log(&edit)).unwrap();
    fs::write(source.join("CURRENT"), "MANIFEST-000002\n").unwrap();
    fs::write(source.join("labels.txt"), "cat\ndog\n").unwrap();
    let before = fs::read_dir(&source).unwrap().count();
    let (snapshot, counts) = take_in(&source, &folder.path().join("data"), None).unwrap();
    assert_eq!((counts.pictures, skips(&counts)), (3, vec![]));
    let labels: Vec<&str> = snapshot
        .rows
        .iter()
        .map(|r| snapshot.class_of(r).label.as_str())
        .collect();
    assert_eq!(labels, ["cat", "dog", "dog"]);
    assert_eq!(
        fs::read_dir(&source).unwrap().count(),
        before,
        "the source is as it was"
    );
    let cut = log(&batch);
    fs::write(source.join("000003.log"), &cut[..cut.len() - 9]).unwrap();
    let mut import = Import::open(&source, None).unwrap();
    import
        .run(&Preparation::default(), &mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert_eq!(skips(import.counts()), [("cut-log", 1)]);
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
