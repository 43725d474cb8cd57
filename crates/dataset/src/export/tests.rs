//! Exports from the outside: what lies where, in which bytes, and what stops one.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::*;
use crate::dataset::stand_in::{arrival, true_sample};
use crate::error::DatasetError;
use crate::publish::publication_tests::{create, names};
use crate::publish::{Snapshot, Split};
use crate::records::Outcome;

/// Labels that readers stumble over; the last has too few pictures for val and test.
pub(crate) const LABELS: [&str; 4] = ["train", "test tube", "a/b.c", "🦉"];

/// Publishes a small dataset of true samples.
pub(crate) fn dataset(root: &Path) -> Snapshot {
    let mut dataset = create(root);
    for (n, label) in (0_u64..).zip(LABELS) {
        let count = if n == 3 { 2 } else { 7 };
        let batch = (0..count).map(|seq| {
            let sample = Box::new(true_sample(100 * n + seq));
            let mut arrival = arrival(label, seq, Outcome::Prepared(sample));
            arrival.url = format!("http://127.0.0.1/{n}/{seq}.png");
            arrival.claims[0].provenance.license = Some("CC0".to_owned());
            arrival.claims[0].provenance.title = Some(format!("{label} \u{202e}\"{seq}\""));
            arrival
        });
        dataset.commit(batch.collect()).unwrap();
    }
    dataset.publish(&names(&LABELS)).unwrap();
    Snapshot::newest(root).unwrap()
}

pub(crate) fn settings(format: ExportFormat) -> ExportSettings {
    ExportSettings {
        format,
        encoded: false,
    }
}

/// Exports without being asked to stop.
pub(crate) fn write(
    root: &Path,
    snapshot: &Snapshot,
    to: &Path,
    settings: ExportSettings,
) -> Result<Exported, DatasetError> {
    let go_on = &mut |_| ControlFlow::Continue(());
    export(root, snapshot, to, settings, go_on).map(|exported| exported.unwrap())
}

/// Every file below a folder with its content.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(root).unwrap().to_path_buf();
                files.insert(below, fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn every_format_is_whole_says_where_it_is_from_and_has_the_same_bytes_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    for format in ExportFormat::ALL {
        for encoded in [false, true] {
            if encoded && !format.is_caffe() {
                continue;
            }
            let settings = ExportSettings { format, encoded };
            let [first, second] =
                ["1", "2"].map(|n| folder.path().join(format!("{format}{encoded}{n}")));
            fs::create_dir(&second).unwrap();
            let exported = write(&root, &snapshot, &first, settings).unwrap();
            write(&root, &snapshot, &second, settings).unwrap();
            let files = tree(&first);
            assert!(files == tree(&second), "{format}");
            let bytes: u64 = files.values().map(|file| file.len() as u64).sum();
            assert_eq!(exported.bytes, bytes, "{format}");
            assert_eq!(exported.pictures.values().sum::<u64>(), 23);
            let text = |name: &str| String::from_utf8(files[Path::new(name)].clone()).unwrap();
            assert!(text("README.md").contains(&snapshot.id));
            assert!(text("ATTRIBUTION.md").contains("CC0"));
            assert_eq!(text(INDEX).lines().count(), 23);
            let classes: Vec<crate::Class> = serde_json::from_str(&text(CLASSES)).unwrap();
            assert_eq!(classes, snapshot.classes);
            let manifest: Manifest = serde_json::from_str(&text(MANIFEST)).unwrap();
            assert_eq!(manifest.snapshot.id, snapshot.id);
            assert_eq!(manifest.names, LABELS);
            assert_eq!(manifest.raw, format.is_caffe() && !encoded);
        }
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 15, "no hidden folder stays: {left:?}");
}

#[test]
fn folders_number_their_classes_alike_in_every_split() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    let to = folder.path().join("out");
    write(&root, &snapshot, &to, settings(ExportFormat::Imagefolder)).unwrap();
    let classes: Vec<&str> = snapshot.classes.iter().map(|c| c.folder.as_str()).collect();
    let mut pictures = 0;
    for split in Split::ALL {
        let split = to.join(split.as_str());
        let mut folders: Vec<String> = fs::read_dir(&split)
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        folders.sort();
        assert_eq!(folders, classes);
        let metadata = fs::read_to_string(split.join(METADATA)).unwrap();
        for line in metadata.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let name = line["file_name"].as_str().unwrap();
            let class =
                &snapshot.classes[usize::try_from(line["label"].as_u64().unwrap()).unwrap()];
            assert!(name.starts_with(&format!("{}/", class.folder)));
            assert!(split.join(name).is_file());
            assert!(
                line.as_object()
                    .unwrap()
                    .values()
                    .all(|value| !value.is_null())
            );
            pictures += 1;
        }
    }
    assert_eq!(pictures, 23);
    // The class without pictures there is kept by a file that no reader takes for one.
    let owl = &snapshot
        .classes
        .iter()
        .find(|c| c.label == "🦉")
        .unwrap()
        .folder;
    assert!(to.join("val").join(owl).join(".keep").is_file());
}

#[test]
fn shards_hold_whole_samples_in_an_order_that_is_not_that_of_the_classes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    let to = folder.path().join("out");
    write(&root, &snapshot, &to, settings(ExportFormat::Webdataset)).unwrap();
    let mut archive = tar::Archive::new(fs::File::open(to.join("train-000000.tar")).unwrap());
    let mut names = Vec::new();
    let mut classes = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.mode().unwrap(), 0o444);
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(header.mtime().unwrap(), 315_532_800);
        assert!(header.as_ustar().is_some());
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        if name.rsplit('.').next() == Some("cls") {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
            classes.push(text);
        }
        names.push(name);
    }
    for sample in names.chunks(3) {
        let key = sample[0].strip_suffix(".cls").unwrap();
        assert_eq!(sample[1..], [format!("{key}.jpg"), format!("{key}.json")]);
    }
    let mut sorted = classes.clone();
    sorted.sort();
    assert_ne!(classes, sorted);
}

#[test]
fn a_lost_or_changed_picture_stops_the_export_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    let row = &snapshot.rows[5];
    let object = Snapshot::object_path(&root, &row.id);
    let mut bytes = fs::read(&object).unwrap();
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    // A new file, so that the links of the dataset's own views keep the old one.
    fs::remove_file(&object).unwrap();
    fs::write(&object, &bytes).unwrap();
    let to = folder.path().join("out");
    // The view still has the picture as it was stored.
    write(&root, &snapshot, &to, settings(ExportFormat::Webdataset)).unwrap();
    fs::remove_dir_all(root.join("images")).unwrap();
    for (damage, says) in [(true, "not those that were stored"), (false, "missing")] {
        if !damage {
            fs::remove_file(&object).unwrap();
        }
        for format in ExportFormat::ALL {
            let to = folder.path().join(format!("{format}"));
            let error = write(&root, &snapshot, &to, settings(format)).unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, DatasetError::Damaged { .. }), "{text}");
            assert!(
                text.contains(&row.id.to_string()) && text.contains(says),
                "{text}"
            );
            assert!(!to.exists());
        }
    }
    let entries = fs::read_dir(folder.path()).unwrap();
    assert_eq!(entries.count(), 2, "the dataset and the first export");
}

#[test]
fn only_a_free_place_is_taken_and_a_stopped_export_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let snapshot = dataset(&root);
    let plain = settings(ExportFormat::Imagefolder);
    let full = folder.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("x"), "x").unwrap();
    for taken in [&full, &full.join("x"), &root] {
        let error = write(&root, &snapshot, taken, plain).unwrap_err();
        assert!(matches!(error, DatasetError::Occupied { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(&full).unwrap().count(), 1);
    for format in ExportFormat::ALL {
        let to = folder.path().join("out");
        let mut stop = |done| {
            if done < 4 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let stopped = export(&root, &snapshot, &to, settings(format), &mut stop).unwrap();
        assert_eq!(stopped, None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "{format}");
    }
    // What a kill has left is cleared away.
    let scrap = folder.path().join(".out.partial");
    fs::create_dir_all(scrap.join("train")).unwrap();
    fs::write(scrap.join("train/half.jpg"), "half").unwrap();
    write(&root, &snapshot, &folder.path().join("out"), plain).unwrap();
    assert!(!scrap.exists() && !folder.path().join("out/train/half.jpg").exists());
    assert!(!folder.path().join("out/.lock").exists());
    let encoded = ExportSettings {
        encoded: true,
        ..plain
    };
    let error = write(&root, &snapshot, &folder.path().join("e"), encoded).unwrap_err();
    assert!(matches!(error, DatasetError::Settings { .. }), "{error}");
}
