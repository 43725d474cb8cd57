//! `trawl verify`: damage of every kind is found and named, one at a time, on copies of one dataset.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use trawl_dataset::{Snapshot, Split};

use crate::support::{Bench, Site};

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn change(path: &Path, how: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    let before = bytes.clone();
    how(&mut bytes);
    assert_ne!(bytes, before, "{} was to be changed", path.display());
    fs::write(path, bytes).unwrap();
}

/// Sample files of the newest snapshot, in its order.
fn objects(root: &Path) -> Vec<PathBuf> {
    let snapshot = Snapshot::newest(root).unwrap();
    let rows = snapshot.rows.iter();
    rows.map(|row| Snapshot::object_path(root, &row.id))
        .collect()
}

/// Some picture below `images/` of a split.
fn view(root: &Path, split: Split) -> PathBuf {
    let snapshot = Snapshot::newest(root).unwrap();
    let row = snapshot.rows.iter().find(|row| row.split == split).unwrap();
    let folder = root.join("images").join(split.as_str());
    folder
        .join(&snapshot.class_of(row).folder)
        .join(format!("{}.jpg", row.id))
}

fn snapshot_file(root: &Path) -> PathBuf {
    let mut files = fs::read_dir(root.join("snapshots")).unwrap().flatten();
    files.next().unwrap().path()
}

fn swap(bytes: &mut Vec<u8>, one: &str, other: &str) {
    let text = String::from_utf8(std::mem::take(bytes)).unwrap();
    *bytes = text.replacen(one, other, 1).into_bytes();
}

/// What is done to a copy; it returns what the report must name.
type Damage = fn(&Path) -> &'static str;

const DAMAGES: [(&str, Damage); 18] = [
    ("a bit of a sample file", |root| {
        change(&objects(root)[0], |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        });
        "objects"
    }),
    ("a sample file cut in half", |root| {
        change(&objects(root)[1], |bytes| bytes.truncate(bytes.len() / 2));
        "objects"
    }),
    ("a sample file that is gone", |root| {
        fs::remove_file(&objects(root)[2]).unwrap();
        "objects"
    }),
    ("two sample files exchanged", |root| {
        let files = objects(root);
        let [one, other] = [0, 1].map(|at: usize| fs::read(&files[at]).unwrap());
        fs::write(&files[0], other).unwrap();
        fs::write(&files[1], one).unwrap();
        "objects"
    }),
    ("a picture moved from train to val", |root| {
        let from = view(root, Split::Train);
        let to = from.to_string_lossy().replace("/train/", "/val/");
        fs::rename(from, to).unwrap();
        "images"
    }),
    ("a picture of train copied into test", |root| {
        let from = view(root, Split::Train);
        let to = from.to_string_lossy().replace("/train/", "/test/");
        fs::copy(from, to).unwrap();
        "images/test"
    }),
    ("a picture of images/ overwritten by another", |root| {
        let path = view(root, Split::Val);
        fs::remove_file(&path).unwrap();
        fs::copy(view(root, Split::Test), path).unwrap();
        "images/val"
    }),
    ("a row of the snapshot in another split", |root| {
        change(&snapshot_file(root), |bytes| {
            swap(bytes, "\"split\":\"test\"", "\"split\":\"train\"");
        });
        "snapshots"
    }),
    ("the snapshot without its last line", |root| {
        change(&snapshot_file(root), |bytes| {
            bytes.pop();
            let end = bytes.iter().rposition(|byte| *byte == b'\n').unwrap();
            bytes.truncate(end + 1);
        });
        "snapshots"
    }),
    ("the snapshot gone", |root| {
        fs::remove_file(snapshot_file(root)).unwrap();
        "snapshots"
    }),
    ("the head of the catalog", |root| {
        change(&root.join("catalog.db"), |bytes| bytes[..100].fill(0x55));
        "catalog.db"
    }),
    ("pages in the middle of the catalog", |root| {
        change(&root.join("catalog.db"), |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle..middle + 8_192].fill(0xa5);
        });
        "catalog.db"
    }),
    ("half of the catalog", |root| {
        change(&root.join("catalog.db"), |bytes| {
            bytes.truncate(bytes.len() / 2);
        });
        "catalog.db"
    }),
    ("the catalog gone", |root| {
        fs::remove_file(root.join("catalog.db")).unwrap();
        "catalog.db"
    }),
    ("a line of index.jsonl", |root| {
        change(&root.join("index.jsonl"), |bytes| {
            let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
            bytes.drain(..=end);
        });
        "index.jsonl"
    }),
    ("a word of ATTRIBUTION.md", |root| {
        change(&root.join("ATTRIBUTION.md"), |bytes| {
            swap(bytes, "public domain", "all rights reserved");
        });
        "ATTRIBUTION.md"
    }),
    ("the order of classes.json", |root| {
        change(&root.join("classes.json"), |bytes| {
            swap(bytes, "bird", "flower");
        });
        "classes.json"
    }),
    ("an address in sources/", |root| {
        change(&root.join("sources/bird.txt"), |bytes| {
            bytes.truncate(bytes.len() - 3);
        });
        "sources/bird.txt"
    }),
];

#[test]
fn each_of_eighteen_damages_is_found_and_named() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", "bird\nflower\n");
    let config = bench.config(site.url(), "per_name = 15");
    let args = ["crawl", "names.txt", "--config", config.to_str().unwrap()];
    bench.run(&args).expect(0);
    let whole = bench.path("data/names");
    copy(&whole, &bench.path("copy"));
    bench.run(&["verify", "copy"]).expect(0);
    for (number, (what, damage)) in DAMAGES.into_iter().enumerate() {
        let name = format!("damaged-{number}");
        let root = bench.path(&name);
        copy(&whole, &root);
        let named = damage(&root);
        let ended = bench.run(&["verify", &name]);
        assert_eq!(ended.code, 1, "{what}: {}{}", ended.stdout, ended.stderr);
        let told = format!("{}{}", ended.stdout, ended.stderr);
        assert!(told.contains(named), "{what} is not named: {told}");
        fs::remove_dir_all(root).unwrap();
    }
}
