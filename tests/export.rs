//! Exports and imports as a person runs them: there and back, refused, stopped.

use std::fs;
use std::path::Path;

use crate::support::{Bench, picture, published};

/// A folder of pictures of two names, taken in as a dataset.
fn dataset(bench: &Bench) {
    for (n, name) in (0..).zip(["owl", "bullet train"]) {
        for picture_number in 0..8 {
            let bytes = picture(20 * n + picture_number);
            bench.write(&format!("pictures/{name}/{picture_number}.png"), bytes);
        }
    }
    let result = bench
        .run(&["import", "pictures", "--to", "data/first", "--json"])
        .expect(0)
        .json();
    assert_eq!(result["pictures"], 16);
    assert_eq!(result["format"], "imagefolder");
}

#[test]
fn every_format_goes_there_and_back() {
    let bench = Bench::new();
    dataset(&bench);
    let first = published(&bench.path("data/first"));
    for format in ["imagefolder", "webdataset", "parquet", "lmdb", "leveldb"] {
        let mut args = vec!["export", "--format", format, "--to", format, "--json"];
        if format.ends_with("db") {
            args.push("--encoded");
        }
        // Without a folder, the newest published dataset.
        let result = bench.run(&args).expect(0).json();
        assert_eq!(result["export"]["format"], format);
        assert_eq!(result["export"]["classes"], 2);
        let back = format!("back/{format}");
        bench.run(&["import", format, "--to", &back]).expect(0);
        assert_eq!(published(&bench.path(&back)), first, "{format}");
        // The same once more finds everything there.
        let again = bench
            .run(&["import", format, "--to", &back, "--json"])
            .expect(0)
            .json();
        assert_eq!(again["changed"], false);
        bench.run(&["verify", &back]).expect(0);
        bench.run(&["snapshot", &back]).expect(0);
    }
}

#[test]
fn what_cannot_be_written_or_read_is_said_and_leaves_nothing() {
    let bench = Bench::new();
    dataset(&bench);
    let export = |to: &str, more: &[&str]| {
        let args = [
            &[
                "export",
                "data/first",
                "--format",
                "imagefolder",
                "--to",
                to,
            ],
            more,
        ]
        .concat();
        bench.run(&args)
    };
    let ended = export("pictures", &[]).expect(2);
    assert!(ended.error().contains("is not free"), "{}", ended.error());
    let ended = export("out", &["--snapshot", "7"]).expect(10);
    assert!(ended.error().contains("snapshot 7"), "{}", ended.error());
    let ended = export("out", &["--encoded"]).expect(2);
    assert!(ended.error().contains("lmdb"), "{}", ended.error());
    let ended = bench.run(&["import", "none", "--to", "data/x"]).expect(2);
    assert!(ended.error().contains("at none"), "{}", ended.error());
    bench.write("empty/readme.txt", "x");
    let ended = bench.run(&["import", "empty", "--to", "data/x"]).expect(10);
    assert!(ended.error().contains("--format"), "{}", ended.error());
    let ended = bench
        .run(&["import", "pictures", "--to", "pictures"])
        .expect(2);
    assert!(ended.error().contains("is the source"), "{}", ended.error());
    // One lost file stops an export, by name; the views, which link to it, are lost as well.
    let row = published(&bench.path("data/first")).remove(0);
    let id = row.split(' ').next().unwrap();
    fs::remove_file(bench.path(&format!("data/first/objects/{}/{id}.jpg", &id[..2]))).unwrap();
    fs::remove_dir_all(bench.path("data/first/images")).unwrap();
    let ended = export("out", &[]).expect(1);
    assert!(ended.error().contains(id), "{}", ended.error());
    assert!(!bench.path("out").exists() && !bench.path(".out.partial").exists());
    let ended = bench
        .run(&["import", "pictures", "--to", "data/first"])
        .expect(0);
    assert!(ended.stdout.contains("unchanged") || ended.stdout.contains("snapshot"));
}

#[test]
fn an_export_that_is_killed_leaves_no_half_under_its_name() {
    let bench = Bench::new();
    dataset(&bench);
    let args = ["export", "data/first", "--format", "lmdb", "--to", "out"];
    for wait in [0, 2, 5, 9, 14, 20] {
        let mut child = bench.spawn(&args);
        std::thread::park_timeout(std::time::Duration::from_millis(wait));
        let _ = child.kill();
        let _ = child.wait();
        let out = bench.path("out");
        assert!(!out.exists() || is_whole(&out), "after {wait} ms");
        if out.exists() {
            fs::remove_dir_all(out).unwrap();
        }
    }
    bench.run(&args).expect(0);
    assert!(is_whole(&bench.path("out")) && !bench.path(".out.partial").exists());
}

/// The credits are written last.
fn is_whole(out: &Path) -> bool {
    fs::read_to_string(out.join("ATTRIBUTION.md")).is_ok_and(|text| text.contains("16 pictures"))
}

#[test]
fn nothing_new_is_put_into_a_dataset_or_into_what_is_taken_in() {
    let bench = Bench::new();
    dataset(&bench);
    for inside in [
        "images/x",
        "sub",
        "objects/mine",
        "snapshots/mine",
        "../first/x",
    ] {
        let to = format!("data/first/{inside}");
        let args = [
            "export",
            "data/first",
            "--format",
            "imagefolder",
            "--to",
            &to,
        ];
        let ended = bench.run(&args).expect(2);
        assert!(
            ended.error().contains("lies in the dataset"),
            "{}",
            ended.error()
        );
    }
    let args = [
        "export",
        "data/first",
        "--format",
        "imagefolder",
        "--to",
        "data",
    ];
    let ended = bench.run(&args).expect(2);
    assert!(
        ended.error().contains("holds the dataset"),
        "{}",
        ended.error()
    );
    let ended = bench
        .run(&["import", "pictures", "--to", "pictures/in"])
        .expect(2);
    assert!(
        ended.error().contains("lies in the source"),
        "{}",
        ended.error()
    );
    assert!(!bench.path("pictures/in").exists());
    let args = ["import", "data/first/images", "--to", "data/first/second"];
    let ended = bench.run(&args).expect(2);
    assert!(
        ended.error().contains("lies in the dataset"),
        "{}",
        ended.error()
    );
    bench.run(&["verify", "data/first"]).expect(0);
}

#[test]
fn what_was_edited_in_an_export_comes_back_as_new_pictures_and_is_counted() {
    let bench = Bench::new();
    dataset(&bench);
    let args = "export data/first --format imagefolder --to out";
    bench.run(&args.split(' ').collect::<Vec<_>>()).expect(0);
    let owls = bench.path("out/train/owl");
    let file = fs::read_dir(owls).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.len() - 300;
    bytes[at] ^= 2;
    fs::write(&file, bytes).unwrap();
    let ended = bench.run(&["import", "out", "--to", "back"]).expect(0);
    let said = "changed since they were exported, taken as new pictures: 1";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    let again = bench
        .run(&["import", "out", "--to", "back", "--json"])
        .expect(0);
    assert_eq!(again.json()["changed_pictures"], 1);
    let diff = bench
        .run(&["diff", "data/first", "back", "--json"])
        .expect(0)
        .json();
    let owl = &diff["names"][0];
    assert_eq!(owl["added"].as_array().unwrap().len(), 1, "{diff}");
    assert_eq!(owl["removed"].as_array().unwrap().len(), 1, "{diff}");
}

#[test]
fn a_file_that_is_no_snapshot_is_not_called_a_damaged_one() {
    let bench = Bench::new();
    dataset(&bench);
    bench.write("notes.txt", "owls\n");
    for file in [
        "notes.txt",
        "data/first/index.jsonl",
        "data/first/classes.json",
    ] {
        let ended = bench.run(&["diff", file, "data/first"]).expect(10);
        assert!(
            ended.error().contains("is not a snapshot file"),
            "{}",
            ended.error()
        );
    }
    let snapshots = bench.path("data/first/snapshots");
    let file = fs::read_dir(snapshots)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let file = file.to_str().unwrap();
    bench.run(&["diff", file, "data/first"]).expect(0);
    // One that was is damaged, even where it does not begin as one.
    fs::write(file, "x").unwrap();
    let ended = bench.run(&["diff", file, file]).expect(1);
    assert!(ended.error().contains("--rebuild"), "{}", ended.error());
}
