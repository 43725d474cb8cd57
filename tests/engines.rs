//! Engines that files describe, by the program.

use std::path::Path;
use std::time::Duration;

use crate::support::{Bench, Site, published};

const THREE: &str = "bird\nfish: 鱼\nflower\n";

/// Copies a shipped file, with the endpoint of a running site.
fn describe(bench: &Bench, name: &str, site: &str) -> String {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/engines");
    let text = std::fs::read_to_string(shipped.join(name)).unwrap();
    let usual = "endpoint = \"http://127.0.0.1:8765/\"";
    assert!(text.contains(usual));
    bench.write(
        &format!("sites/{name}"),
        text.replace(usual, &format!("endpoint = \"{site}/\"")),
    );
    format!("custom:sites/{name}")
}

/// Crawls with one engine and gives the summary.
fn crawl(bench: &Bench, site: &str, engine: &str, goal: u32) -> serde_json::Value {
    bench.write("names.txt", THREE);
    let config = bench.config(site, &format!("per_name = {goal}"));
    let config = config.to_str().unwrap();
    bench
        .run(&[
            "crawl",
            "names.txt",
            "--engine",
            engine,
            "--config",
            config,
            "--json",
        ])
        .expect(0)
        .json()
}

#[test]
fn the_gallery_described_in_a_file_gives_the_same_snapshot_as_the_built_in_engine() {
    let site = Site::start(true, Duration::ZERO);
    let (own, described) = (Bench::new(), Bench::new());
    let engine = describe(&described, "gallery.toml", site.url());
    let one = crawl(&own, site.url(), "gallery", 40);
    let pages = site.page_requests();
    let two = crawl(&described, site.url(), &engine, 40);
    assert_eq!(
        published(&own.path("data/names")),
        published(&described.path("data/names"))
    );
    assert_eq!(one["snapshot"], two["snapshot"]);
    let mut asked = std::collections::BTreeMap::new();
    for (path, n) in site.page_requests() {
        // The parameters are the same, in whatever order.
        let (page, query) = path.split_once('?').expect("a search has parameters");
        let mut parameters: Vec<&str> = query.split('&').collect();
        parameters.sort_unstable();
        *asked
            .entry(format!("{page}?{}", parameters.join("&")))
            .or_insert(0) += n;
    }
    assert_eq!(asked.len(), pages.len(), "it asks for the same pages");
    assert!(asked.values().all(|n| *n == 2), "once each: {asked:?}");
}

#[test]
fn a_refresh_from_another_folder_finds_the_file() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    let engine = describe(&bench, "gallery.toml", site.url());
    crawl(&bench, site.url(), &engine, 12);
    let before = published(&bench.path("data/names"));
    let elsewhere = Bench::new();
    let dataset = bench.path("data/names");
    let refreshed = elsewhere.run(&["refresh", dataset.to_str().unwrap()]);
    let refreshed = refreshed.expect(0);
    assert!(
        refreshed.stderr.contains("trawl demo gallery is asked at"),
        "{}",
        refreshed.stderr
    );
    assert_eq!(published(&dataset), before);
}

#[test]
fn the_pages_for_people_are_crawled_as_html() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    let engine = describe(&bench, "example-html.toml", site.url());
    crawl(&bench, site.url(), &engine, 12);
    assert_eq!(published(&bench.path("data/names")).len(), 36);
    let index = std::fs::read_to_string(bench.path("data/names/index.jsonl")).unwrap();
    assert!(index.contains("/picture/"), "landing pages are kept");
}

#[test]
fn a_file_with_a_defect_is_wrong_usage_and_nothing_is_asked_or_made() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", THREE);
    let config = bench.config(site.url(), "");
    let engine = describe(&bench, "gallery.toml", site.url());
    let fine = std::fs::read_to_string(bench.path("sites/gallery.toml")).unwrap();
    for (from, to, hint) in [
        (
            "image = \"/url\"",
            "image = \"url\"",
            "results.image: `url` is no JSON pointer",
        ),
        ("by = \"page\"", "by = \"pages\"", "unknown variant `pages`"),
        (
            "[states]",
            "[key]\nvariable = \"GALLERY_TEST_KEY\"\nparam = \"k\"\n[states]",
            "GALLERY_TEST_KEY is not set",
        ),
    ] {
        bench.write("sites/gallery.toml", fine.replacen(from, to, 1));
        let config = config.to_str().unwrap();
        let ended = bench.run(&[
            "crawl",
            "names.txt",
            "--engine",
            &engine,
            "--config",
            config,
        ]);
        let ended = ended.expect(2);
        let error = ended.error();
        assert!(
            error.contains("gallery.toml") && error.contains(hint),
            "{error}"
        );
    }
    let ended = bench.run(&["crawl", "names.txt", "--engine", "custom:sites/none.toml"]);
    assert!(ended.expect(2).error().contains("sites/none.toml"));
    assert!(site.page_requests().is_empty() && !bench.path("data").exists());
}

#[test]
fn a_key_comes_from_the_variable_that_the_file_names_and_is_written_nowhere() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", THREE);
    let engine = describe(&bench, "gallery.toml", site.url());
    let text = std::fs::read_to_string(bench.path("sites/gallery.toml")).unwrap();
    let keyed = text + "\n[key]\nvariable = \"GALLERY_TEST_KEY\"\nparam = \"apikey\"\n";
    bench.write("sites/gallery.toml", keyed);
    let config = bench.config(site.url(), "per_name = 10");
    let output = bench
        .command(&[
            "crawl",
            "names.txt",
            "--engine",
            &engine,
            "--config",
            config.to_str().unwrap(),
        ])
        .env("GALLERY_TEST_KEY", "s3cr3tValue42")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = [output.stdout, output.stderr].concat();
    assert!(!String::from_utf8_lossy(&said).contains("s3cr3tValue42"));
    let mut folders = vec![bench.path("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let shows = bytes.windows(13).any(|part| part == b"s3cr3tValue42");
            assert!(!shows, "{}", path.display());
        }
    }
}
