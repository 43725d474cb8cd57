//! LMDB and LevelDB, as Caffe leaves them and with anything in them changed.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use prost::Message;

use super::tests::{picture, skips, take_in};
use super::*;
use crate::export::leveldb_layout::log;
use crate::export::tests::{dataset, settings, write};
use crate::export::{Datum, ExportFormat, ExportSettings};
use crate::pixels::unpack;
use crate::{DatasetError, Preparation};

/// Runs over a source and says what became of it, which must be an answer and no panic.
pub(super) fn survives(source: &Path) -> Result<u64, DatasetError> {
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
