//! What a crawl will take, told without a request or a file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::support::{Bench, Site};

const THREE: &str = "bird\nfish: 鱼\nflower\n";

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn nothing_is_asked_and_nothing_is_made() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", THREE);
    let config = bench.config(site.url(), "per_name = 60\nmax_pages = 20");
    let args = [
        "crawl",
        "names.txt",
        "--config",
        config.to_str().unwrap(),
        "--dry-run",
        "--json",
    ];
    let before = files(&bench.path(""));
    let told = bench.run(&args).expect(0).json();
    assert_eq!(files(&bench.path("")), before);
    assert!(site.page_requests().is_empty() && site.image_requests().is_empty());
    // 120 candidates a name at 50 a page: three pages each, every 20 ms.
    let gallery = &told["engines"][0];
    assert_eq!(gallery["engine"], "gallery");
    assert_eq!(
        (&gallery["queries"], &gallery["pages"]),
        (&3.into(), &9.into())
    );
    assert_eq!(gallery["requests_at_most"], 60);
    assert_eq!(gallery["seconds"], 0.18);
    let total = &told["total"];
    assert_eq!(
        (&total["downloads"], &total["kept"]),
        (&360.into(), &180.into())
    );
    assert_eq!(total["download_bytes"], 360 * 284_000);
    assert_eq!(told["basis"]["bytes_measured"], false);
}

#[test]
fn a_dataset_s_own_figures_and_what_it_has_are_taken_into_account() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", THREE);
    let config = bench.config(site.url(), "min_per_name = 5");
    let config = config.to_str().unwrap();
    let crawl = [
        "crawl",
        "names.txt",
        "--config",
        config,
        "--json",
        "--per-name",
    ];
    bench.run(&[&crawl[..], &["15"]].concat()).expect(0);
    let asked = (site.page_requests(), site.image_requests());
    let before = files(&bench.path("data"));
    let dry = |goal: &str| {
        bench
            .run(&[&crawl[..], &[goal, "--dry-run"]].concat())
            .expect(0)
            .json()
    };
    let same = dry("15");
    assert_eq!(same["total"]["satisfied"], 3, "{same:#}");
    assert_eq!(
        (&same["total"]["requests"], &same["total"]["downloads"]),
        (&0.into(), &0.into())
    );
    let more = dry("20");
    assert_eq!(more["total"]["names"], 3);
    assert_eq!(more["total"]["kept"], 15, "five more a name");
    let basis = &more["basis"];
    assert_eq!(
        (&basis["bytes_measured"], &basis["kept_measured"]),
        (&true.into(), &true.into())
    );
    assert!(basis["sample_bytes"].as_u64().unwrap() > 1_000, "{basis}");
    // The first page has fifty, of which some fifteen are used.
    assert_eq!(more["total"]["requests"], 0, "{more:#}");
    let refresh = bench
        .run(&["refresh", "--dry-run", "--json", "--config", config])
        .expect(0)
        .json();
    assert_eq!(refresh["total"]["kept"], 30, "ten more a name: {refresh:#}");
    assert_eq!(refresh["total"]["pages"], 3, "as deep as the crawl went");
    assert_eq!((site.page_requests(), site.image_requests()), asked);
    assert_eq!(files(&bench.path("data")), before);
}

#[test]
fn quotas_make_days() {
    let bench = Bench::new();
    let names: Vec<String> = (0..500).map(|n| format!("name {n}")).collect();
    bench.write("many.txt", names.join("\n"));
    let args = ["crawl", "many.txt", "--engine", "openverse", "--dry-run"];
    let ended = bench.run(&args).expect(0);
    // Six pages a name at twenty each, two hundred requests a day: fifteen windows, of which the first is free.
    for wanted in ["3000", "2h 30m", "14d", "200 requests in 1d, 0"] {
        assert!(ended.stdout.contains(wanted), "{wanted}: {}", ended.stdout);
    }
    let widest = ended.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest.unwrap() <= 80, "{}", ended.stdout);
    assert!(!bench.path("data").exists());
}

#[test]
fn what_a_dry_run_would_ignore_does_not_go_with_it() {
    let bench = Bench::new();
    bench.write("names.txt", THREE);
    for flags in [&["--retry-failed"][..], &["--metrics-file", "m.prom"]] {
        let ended = bench.run(&[&["crawl", "names.txt", "--dry-run"], flags].concat());
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(ended.stderr.contains(flags[0]), "{}", ended.stderr);
    }
}
