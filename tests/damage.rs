//! Bad input: one line with path and remedy, the designed exit code, nothing lost.

use std::time::Duration;

use crate::support::{Bench, Site, published};

#[test]
fn names_files_that_cannot_be_used_say_where() {
    let bench = Bench::new();
    for (bytes, hint) in [
        (&b"owl\n\xff\xfe\n"[..], "line 2"),
        (&b""[..], "no name"),
        (&b"# only a comment\n\n"[..], "no name"),
        (&b"owl\n: query\n"[..], "line 2"),
    ] {
        bench.write("names.txt", bytes);
        let ended = bench
            .run(&["crawl", "names.txt", "--engine", "gallery"])
            .expect(2);
        assert!(
            ended.error().contains("names.txt") && ended.error().contains(hint),
            "{}",
            ended.error()
        );
    }
    assert!(!bench.path("data").exists());
}

#[test]
fn a_folder_with_other_things_is_not_made_a_dataset() {
    let bench = Bench::new();
    bench.write("names.txt", "owl\n");
    bench.write("photos/holiday.jpg", "x");
    let ended = bench
        .run(&[
            "crawl",
            "names.txt",
            "--engine",
            "gallery",
            "--out",
            "photos",
        ])
        .expect(2);
    assert!(
        ended.error().contains("photos") && ended.error().contains("--out"),
        "{}",
        ended.error()
    );
    assert_eq!(std::fs::read_dir(bench.path("photos")).unwrap().count(), 1);
}

#[test]
fn a_second_run_on_a_locked_dataset_ends_with_11() {
    let site = Site::start(false, Duration::from_millis(200));
    let bench = Bench::new();
    bench.write("names.txt", "bird\n");
    let config = bench.config(site.url(), "per_name = 30");
    let args = ["crawl", "names.txt", "--config", config.to_str().unwrap()];
    let mut first = bench.spawn(&args);
    let patience = std::time::Instant::now() + Duration::from_secs(20);
    while site.page_requests().is_empty() && std::time::Instant::now() < patience {
        std::thread::park_timeout(Duration::from_millis(10));
    }
    let second = bench.run(&args).expect(11);
    assert!(second.error().contains("data/names"), "{}", second.error());
    assert_eq!(first.wait().unwrap().code(), Some(0), "the first goes on");
    bench.run(&args).expect(0);
}

#[test]
fn a_damaged_catalog_is_named_and_rebuilt() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", "bird\nflower\n");
    let config = bench.config(site.url(), "per_name = 12");
    let args = ["crawl", "names.txt", "--config", config.to_str().unwrap()];
    bench.run(&args).expect(0);
    let root = bench.path("data/names");
    let before = published(&root);
    let catalog = root.join("catalog.db");
    for side in ["catalog.db-wal", "catalog.db-shm"] {
        let _ = std::fs::remove_file(root.join(side));
    }
    let mut bytes = std::fs::read(&catalog).unwrap();
    let middle = bytes.len() / 2;
    bytes[..100].fill(0x55);
    bytes[middle..middle + 64].fill(0x55);
    std::fs::write(&catalog, bytes).unwrap();
    for command in [
        &args[..],
        &["status", "data/names"],
        &["snapshot", "data/names"],
    ] {
        let ended = bench.run(command).expect(1);
        assert!(
            ended.error().contains("catalog.db") && ended.error().contains("verify"),
            "{}",
            ended.error()
        );
    }
    bench.run(&["verify", "data/names"]).expect(1);
    bench.run(&["verify", "data/names", "--rebuild"]).expect(0);
    bench.run(&["verify", "data/names"]).expect(0);
    assert_eq!(published(&root), before);
    let again = bench
        .run(&["snapshot", "data/names", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        again["changed"], false,
        "the rebuilt catalog publishes the same"
    );
    bench.run(&args).expect(0);
    assert_eq!(published(&root), before);
    // What was downloaded after the last snapshot is not in the rebuilt catalog; a higher goal asks for it again.
    bench.config(site.url(), "per_name = 18");
    bench.run(&args).expect(0);
    assert_eq!(published(&root).len(), 36);
}

#[test]
fn verify_finds_a_changed_object_and_a_changed_snapshot() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", "bird\n");
    let config = bench.config(site.url(), "per_name = 10");
    bench
        .run(&["crawl", "names.txt", "--config", config.to_str().unwrap()])
        .expect(0);
    let root = bench.path("data/names");
    let row = trawl_dataset::Snapshot::newest(&root)
        .unwrap()
        .rows
        .remove(0);
    let object = trawl_dataset::Snapshot::object_path(&root, &row.id);
    let good = std::fs::read(&object).unwrap();
    let mut bad = good.clone();
    let at = bad.len() - 40;
    bad[at] ^= 0x10;
    std::fs::write(&object, bad).unwrap();
    let ended = bench.run(&["verify", "data/names"]).expect(1);
    assert!(
        ended.stdout.contains(&row.id.to_string()),
        "{}",
        ended.stdout
    );
    std::fs::write(&object, good).unwrap();
    bench.run(&["verify", "data/names"]).expect(0);
    let snapshot = std::fs::read_dir(root.join("snapshots"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = std::fs::read_to_string(&snapshot).unwrap();
    std::fs::write(
        &snapshot,
        text.replacen("\"train\"", "\"val\"", 1)
            .replacen("\"Train\"", "\"Val\"", 1),
    )
    .unwrap();
    bench.run(&["verify", "data/names"]).expect(1);
    // The catalog is whole, so what was published comes back.
    let before = std::fs::read_to_string(&snapshot).unwrap();
    bench.run(&["verify", "data/names", "--rebuild"]).expect(0);
    assert_eq!(published(&root).len(), 10);
    bench.run(&["verify", "data/names"]).expect(0);
    std::fs::write(&snapshot, before).unwrap();
    bench
        .run(&["crawl", "names.txt", "--config", config.to_str().unwrap()])
        .expect(0);
    bench.run(&["verify", "data/names"]).expect(0);
}
