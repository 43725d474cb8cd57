//! Whole crawls of the gallery.

use std::time::Duration;

use crate::support::{Bench, Site, published};

const THREE: &str = "bird\nfish: 鱼\nflower\n";

/// Crawls the site into `data/names` and gives the summary.
fn crawl(bench: &Bench, site: &Site, more: &str) -> serde_json::Value {
    bench.write("names.txt", THREE);
    let config = bench.config(site.url(), more);
    bench
        .run(&[
            "crawl",
            "names.txt",
            "--config",
            config.to_str().unwrap(),
            "--json",
        ])
        .expect(0)
        .json()
}

#[test]
fn a_list_of_names_becomes_a_published_dataset() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    let result = crawl(&bench, &site, "per_name = 15\nmin_per_name = 10");
    assert_eq!(result["changed"], true);
    for name in result["summary"]["names"].as_array().unwrap() {
        assert_eq!(name["published"], 15, "{name}");
        assert_eq!(
            name["splits"]["train"].as_u64().unwrap()
                + name["splits"]["val"].as_u64().unwrap()
                + name["splits"]["test"].as_u64().unwrap(),
            15
        );
    }
    let root = bench.path("data/names");
    for file in [
        "names.txt",
        "crawl.json",
        "catalog.db",
        "crawl.db",
        "README.md",
        "ATTRIBUTION.md",
        "index.jsonl",
        "classes.json",
        "report.html",
        "sources/bird.txt",
    ] {
        assert!(root.join(file).is_file(), "{file}");
    }
    assert_eq!(
        std::fs::read_to_string(root.join("sources/bird.txt"))
            .unwrap()
            .lines()
            .count(),
        15
    );
    let birds: usize = ["train", "val", "test"]
        .iter()
        .map(|s| {
            std::fs::read_dir(root.join("images").join(s).join("bird"))
                .unwrap()
                .count()
        })
        .sum();
    assert_eq!(birds, 15);
    bench.run(&["verify"]).expect(0);
}

#[test]
fn the_same_command_again_asks_nothing() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    crawl(&bench, &site, "per_name = 12");
    let (images, pages) = (site.image_requests(), site.page_requests());
    let again = crawl(&bench, &site, "per_name = 12");
    assert_eq!(again["changed"], false);
    assert_eq!(
        (site.image_requests(), site.page_requests()),
        (images.clone(), pages),
        "something was asked twice"
    );
    let more = crawl(&bench, &site, "per_name = 20");
    assert_eq!(more["changed"], true);
    assert!(
        site.image_requests().values().all(|n| *n == 1),
        "a picture was fetched twice"
    );
}

#[test]
fn two_runs_at_different_concurrency_give_the_same_snapshot() {
    let site = Site::start(true, Duration::from_millis(3));
    let (slow, fast) = (Bench::new(), Bench::new());
    let one = crawl(
        &slow,
        &site,
        "per_name = 25\ndownloads = 2\nper_host = 1\nwindow = 4",
    );
    let two = crawl(
        &fast,
        &site,
        "per_name = 25\ndownloads = 64\nper_host = 8\nwindow = 64",
    );
    assert_eq!(
        published(&slow.path("data/names")),
        published(&fast.path("data/names"))
    );
    assert_eq!(one["snapshot"], two["snapshot"]);
}

#[test]
fn a_name_in_another_language_finds_the_same_pictures() {
    let site = Site::start(false, Duration::ZERO);
    let (chinese, english) = (Bench::new(), Bench::new());
    chinese.write("n.txt", "fish: 鱼\n");
    english.write("n.txt", "fish\n");
    for bench in [&chinese, &english] {
        let config = bench.config(site.url(), "per_name = 10");
        bench
            .run(&["crawl", "n.txt", "--config", config.to_str().unwrap()])
            .expect(0);
    }
    assert_eq!(
        published(&chinese.path("data/n")),
        published(&english.path("data/n"))
    );
}

#[test]
fn a_refresh_of_an_unchanged_web_is_unchanged_and_fetches_no_picture() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    crawl(&bench, &site, "per_name = 12");
    let before = published(&bench.path("data/names"));
    let images = site.image_requests();
    let refreshed = bench
        .run(&["refresh", "data/names", "--json"])
        .expect(0)
        .json();
    assert_eq!(refreshed["changed"], false);
    assert_eq!(site.image_requests(), images);
    assert!(
        site.page_requests().values().any(|n| *n > 1),
        "the engine was asked again"
    );
    assert_eq!(published(&bench.path("data/names")), before);
}

#[test]
fn a_name_taken_off_the_list_leaves_the_snapshot_and_comes_back_as_it_was() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    crawl(&bench, &site, "per_name = 12");
    let root = bench.path("data/names");
    let before = published(&root);
    bench.write("data/names/names.txt", "bird\nfish: 鱼\n");
    bench.run(&["refresh", "data/names"]).expect(0);
    assert!(!published(&root).iter().any(|row| row.contains(" flower ")));
    bench.write("data/names/names.txt", THREE);
    bench.run(&["refresh", "data/names"]).expect(0);
    assert_eq!(published(&root), before, "ids and splits are as they were");
}

#[test]
fn loopback_is_refused_without_the_flag_and_the_message_names_it() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", "bird\n");
    let config = bench.write(
        "c.toml",
        format!("[engines]\ngallery = \"{}\"\n", site.url()),
    );
    let ended = bench.run(&[
        "crawl",
        "names.txt",
        "--engine",
        "gallery",
        "--config",
        config.to_str().unwrap(),
    ]);
    assert_ne!(ended.code, 0, "{}", ended.stdout);
    assert!(
        format!("{}{}", ended.stdout, ended.stderr).contains("allow-private-hosts"),
        "{}\n{}",
        ended.stdout,
        ended.stderr
    );
    assert!(site.page_requests().is_empty());
}

#[test]
fn a_name_under_its_minimum_ends_with_3_and_is_named() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", "bird\nunicorn of the seventh moon\n");
    let config = bench.config(site.url(), "per_name = 10");
    let ended = bench
        .run(&[
            "crawl",
            "names.txt",
            "--config",
            config.to_str().unwrap(),
            "--json",
        ])
        .expect(3);
    assert_eq!(
        ended.json()["under_minimum"],
        serde_json::json!(["unicorn of the seventh moon"])
    );
    assert!(ended.stderr.contains("unicorn"), "{}", ended.stderr);
}

#[test]
fn a_folder_of_pictures_becomes_a_dataset_without_names_or_goal() {
    let bench = Bench::new();
    for (label, tone) in [("left", 60_u8), ("right", 160)] {
        for i in 0..12_u32 {
            let picture = image::RgbImage::from_fn(120, 90, |x, y| {
                let v = u8::try_from((x * (i + 3) / 7 + y * (i % 5 + 1)) % 256).unwrap();
                image::Rgb([v.wrapping_add(tone), v.wrapping_mul(3), tone])
            });
            let path = bench.write(&format!("photos/{label}/{i}.png"), "");
            picture.save(&path).unwrap();
        }
    }
    let result = bench
        .run(&[
            "crawl",
            "--engine",
            "folder:photos",
            "--out",
            "data/photos",
            "--json",
        ])
        .expect(0)
        .json();
    let names = result["summary"]["names"].as_array().unwrap();
    assert_eq!(names.len(), 2);
    for name in names {
        let count = |key: &str| name[key].as_u64().unwrap();
        assert_eq!(count("found"), 12);
        assert!(count("kept") >= 1);
    }
}

#[test]
fn a_time_budget_stops_cleanly_and_the_same_command_goes_on() {
    let site = Site::start(false, Duration::from_millis(400));
    let bench = Bench::new();
    bench.write("names.txt", THREE);
    let config = bench.config(site.url(), "per_name = 15");
    let config = config.to_str().unwrap();
    bench
        .run(&[
            "crawl",
            "names.txt",
            "--config",
            config,
            "--max-duration",
            "300ms",
        ])
        .expect(3);
    assert!(
        !bench.path("data/names/images").exists(),
        "an unfinished crawl publishes nothing"
    );
    bench
        .run(&["crawl", "names.txt", "--config", config])
        .expect(0);
    assert!(site.image_requests().values().all(|n| *n <= 3));
    assert_eq!(published(&bench.path("data/names")).len(), 45);
}

#[test]
fn a_crawl_without_any_answer_publishes_nothing_and_says_so() {
    let bench = Bench::new();
    bench.write("names.txt", THREE);
    let config = bench.config("http://127.0.0.1:9", "tries = 1");
    let args = [
        "crawl",
        "names.txt",
        "--quiet",
        "--config",
        config.to_str().unwrap(),
    ];
    let ended = bench.run(&args).expect(3);
    assert!(
        ended.stderr.contains("gallery unreachable"),
        "{}",
        ended.stderr
    );
    assert!(!bench.path("data/names/snapshots").exists());
    bench.run(&["train"]).expect(10);
    bench.run(&["snapshot", "data/names"]).expect(10);
    bench.run(&["status", "data/names"]).expect(0);
    // Once the site is there, the same command does it.
    let site = Site::start(false, Duration::ZERO);
    bench.config(site.url(), "per_name = 12");
    bench.run(&args).expect(0);
    assert_eq!(published(&bench.path("data/names")).len(), 36);
}

#[test]
fn a_refresh_that_reaches_no_engine_is_no_success() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    crawl(&bench, &site, "per_name = 12");
    let before = published(&bench.path("data/names"));
    drop(site);
    let config = bench.config("http://127.0.0.1:9", "tries = 1");
    let args = [
        "refresh",
        "data/names",
        "--quiet",
        "--config",
        config.to_str().unwrap(),
    ];
    let ended = bench.run(&args).expect(3);
    assert!(ended.stderr.contains("no engine"), "{}", ended.stderr);
    assert_eq!(published(&bench.path("data/names")), before);
    bench.run(&["verify", "data/names"]).expect(0);
}

#[test]
fn a_folder_of_which_nothing_can_be_kept_is_no_success() {
    let bench = Bench::new();
    bench.write("photos/owl/note.jpg", "no picture");
    let args = ["crawl", "--engine", "folder:photos", "--out", "data/photos"];
    let ended = bench.run(&args).expect(3);
    assert!(ended.stdout.contains("not-an-image"), "{}", ended.stdout);
    assert!(ended.stdout.contains("under minimum"), "{}", ended.stdout);
}

#[test]
fn other_engines_than_before_are_pointed_out() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    crawl(&bench, &site, "per_name = 12");
    bench.write("list.csv", "url,label\n");
    let config = bench.config(site.url(), "per_name = 12");
    let config = config.to_str().unwrap();
    let ended = bench.run(&[
        "crawl",
        "names.txt",
        "--config",
        config,
        "--engine",
        "gallery",
        "--engine",
        "folder:data/names/images/train",
    ]);
    assert!(
        ended
            .stderr
            .contains("warning: data/names was crawled from gallery"),
        "{}",
        ended.stderr
    );
}
