//! Tar shards, those of other programs and broken ones.

use std::fs;
use std::ops::ControlFlow;

use super::tests::{picture, skips, take_in};
use super::*;
use crate::Preparation;

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
