//! What works and what does not.

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Bench, Canned, Ended, Site};

/// Every engine's address, for tests that must ask nobody else.
const ENGINES: [&str; 9] = [
    "BAIDU",
    "BING",
    "DUCKDUCKGO",
    "FLICKR",
    "GALLERY",
    "OPENVERSE",
    "PEXELS",
    "PIXABAY",
    "WIKIMEDIA",
];
const KEYS: [&str; 5] = [
    "FLICKR_API_KEY",
    "PEXELS_API_KEY",
    "PIXABAY_API_KEY",
    "OPENVERSE_CLIENT_ID",
    "OPENVERSE_CLIENT_SECRET",
];

/// Runs `trawl doctor` with every engine but those given at an address where nobody listens.
fn doctor(bench: &Bench, args: &[&str], variables: &[(&str, &str)]) -> Ended {
    let args = [&["doctor", "--allow-private-hosts"], args].concat();
    let mut command = bench.command(&args);
    for key in KEYS {
        command.env_remove(key);
    }
    for engine in ENGINES.into_iter().filter(|engine| *engine != "GALLERY") {
        command.env(format!("TRAWL_ENGINES_{engine}"), "http://127.0.0.1:1/");
    }
    command.env("TRAWL_CRAWL_ENGINE_INTERVAL", "10ms");
    command.env("TRAWL_CRAWL_IDLE_TIMEOUT", "1s");
    for (name, value) in variables {
        command.env(name, value);
    }
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Ended {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// The check of this name.
#[track_caller]
fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut checks = report["checks"].as_array().unwrap().iter();
    let found = checks.find(|check| check["check"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

const OPENVERSE: &str = r#"{"page_count":1,"results":[{"url":"http://127.0.0.1:1/a.jpg"}]}"#;

#[test]
fn an_engine_in_each_state_is_told_and_what_to_do() {
    let cases = [
        (
            "200 OK",
            "",
            OPENVERSE,
            "ok",
            0,
            "1 picture for \"red fox\"",
            "",
        ),
        (
            "200 OK",
            "",
            r#"{"page_count":0,"results":[]}"#,
            "empty",
            0,
            "no picture for",
            "filters",
        ),
        ("403 No", "", "", "blocked", 1, "blocked", "crawl.contact"),
        (
            "429 Slow",
            "Retry-After: 7200\r\n",
            "",
            "rate-limited",
            1,
            "rate limited until 20",
            "leave it alone",
        ),
        (
            "200 OK",
            "",
            r#"{"new":1}"#,
            "changed",
            1,
            "not understood",
            "bug report",
        ),
        (
            "503 Busy",
            "",
            "",
            "unreachable",
            1,
            "status 503",
            "try again later",
        ),
    ];
    for (status, headers, body, state, code, found, next) in cases {
        let site = Canned::start(status, headers, body);
        let bench = Bench::new();
        let ended = doctor(
            &bench,
            &["--engine", "openverse", "--json"],
            &[("TRAWL_ENGINES_OPENVERSE", site.url())],
        )
        .expect(code);
        let report = ended.json();
        assert_eq!(report["well"], code == 0);
        let openverse = check(&report, "openverse");
        assert_eq!(openverse["state"], state, "{report:#}");
        let text = openverse["found"].as_str().unwrap();
        assert!(text.contains("official") && text.contains(found), "{text}");
        let advice = openverse["next"].as_str().unwrap_or_default();
        assert!(advice.contains(next), "{advice}");
        assert_eq!(site.requests(), 1, "one page, and no second try");
        assert!(site.heads().contains("q=red+fox"), "{}", site.heads());
        assert!(!bench.path("data").exists(), "nothing is made");
    }
}

#[test]
fn without_a_network_every_engine_is_unreachable_within_ten_seconds() {
    let bench = Bench::new();
    let began = Instant::now();
    let ended = doctor(
        &bench,
        &["--all", "--json"],
        &[
            ("FLICKR_API_KEY", "k3y-of-me"),
            ("PEXELS_API_KEY", "k3y-of-me"),
            ("PIXABAY_API_KEY", "k3y-of-me"),
            ("TRAWL_ENGINES_GALLERY", "http://127.0.0.1:1/"),
        ],
    );
    let ended = ended.expect(1);
    assert!(began.elapsed() < Duration::from_secs(10));
    let report = ended.json();
    for engine in ENGINES {
        let check = check(&report, &engine.to_lowercase());
        assert_eq!(check["state"], "unreachable", "{check:#}");
        let next = check["next"].as_str().unwrap();
        assert!(next.contains("check the network"), "{next}");
    }
    assert_eq!(check(&report, "flickr")["level"], "warn", "nobody named it");
    assert_eq!(check(&report, "openverse")["level"], "fail");
    assert_eq!(check(&report, "robots.txt")["level"], "skip");
    assert!(!ended.stdout.contains("k3y-of-me") && !ended.stderr.contains("k3y-of-me"));
}

#[test]
fn a_missing_key_counts_only_where_the_engine_was_named() {
    let site = Canned::start("200 OK", "", OPENVERSE);
    let bench = Bench::new();
    let variables = [
        ("TRAWL_ENGINES_OPENVERSE", site.url()),
        ("TRAWL_CRAWL_ENGINES", "openverse"),
    ];
    let report = doctor(&bench, &["--json"], &variables).expect(0).json();
    let flickr = check(&report, "flickr");
    assert_eq!(
        (&flickr["state"], &flickr["level"]),
        (&"no-key".into(), &"skip".into())
    );
    assert!(flickr["next"].as_str().unwrap().contains("FLICKR_API_KEY"));
    assert!(
        flickr["next"]
            .as_str()
            .unwrap()
            .contains("https://www.flickr.com")
    );
    for engine in ["baidu", "bing", "duckduckgo"] {
        assert_eq!(check(&report, engine)["state"], "not-asked");
    }
    let named = doctor(&bench, &["--engine", "pexels", "--json"], &variables);
    let report = named.expect(1).json();
    assert_eq!(check(&report, "pexels")["level"], "fail");
    assert_eq!(site.requests(), 1, "who is not named is not asked");
}

#[test]
fn a_key_that_is_refused_is_told_by_its_variable_alone() {
    let site = Canned::start("401 No", "", "bad key k3y-of-me");
    let bench = Bench::new();
    let variables = [
        ("TRAWL_ENGINES_PEXELS", site.url()),
        ("PEXELS_API_KEY", "k3y-of-me"),
    ];
    for json in [&["--json"][..], &[]] {
        let args = [&["--engine", "pexels"], json].concat();
        let ended = doctor(&bench, &args, &variables).expect(1);
        assert!(ended.stdout.contains("PEXELS_API_KEY"), "{}", ended.stdout);
        assert!(!ended.stdout.contains("k3y-of-me") && !ended.stderr.contains("k3y-of-me"));
    }
    assert!(site.heads().contains("k3y-of-me"), "it was sent");
}

#[test]
fn the_demo_site_and_an_engine_of_a_file_are_well() {
    let site = Site::start(false, Duration::ZERO);
    let bench = Bench::new();
    let shipped = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../config/engines/gallery.toml"
    );
    let text = std::fs::read_to_string(shipped).unwrap();
    bench.write(
        "site.toml",
        text.replace("http://127.0.0.1:8765", site.url()),
    );
    let args = [
        "--engine",
        "gallery",
        "--engine",
        "custom:site.toml",
        "--json",
    ];
    let variables = [("TRAWL_ENGINES_GALLERY", site.url())];
    let report = doctor(&bench, &args, &variables).expect(0).json();
    for engine in ["gallery", "custom:site.toml"] {
        let state = check(&report, engine)["state"].as_str().unwrap();
        assert!(matches!(state, "ok" | "empty"), "{report:#}");
    }
    let private = bench
        .command(&["doctor", "--engine", "gallery", "--json"])
        .env("TRAWL_ENGINES_GALLERY", site.url())
        .output()
        .unwrap();
    assert_eq!(private.status.code(), Some(1));
    let said = String::from_utf8_lossy(&private.stdout);
    assert!(said.contains("--allow-private-hosts"), "{said}");
}

#[test]
fn robots_txt_is_read_at_the_first_picture_s_host_and_clocks_are_compared() {
    let host = Canned::start("200 OK", "", "User-agent: *\nDisallow: /secret\n");
    let page = OPENVERSE.replace("http://127.0.0.1:1/", host.url());
    let site = Canned::start("200 OK", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", &page);
    let bench = Bench::new();
    let variables = [("TRAWL_ENGINES_OPENVERSE", site.url())];
    let args = ["--engine", "openverse", "--json"];
    let report = doctor(&bench, &args, &variables).expect(0).json();
    let robots = check(&report, "robots.txt");
    assert_eq!(robots["level"], "ok", "{robots:#}");
    assert!(
        host.heads().starts_with("GET /robots.txt"),
        "{}",
        host.heads()
    );
    let clock = check(&report, "clock");
    assert_eq!(clock["level"], "warn", "{clock:#}");
    assert!(clock["next"].as_str().unwrap().contains("NTP"));
}

#[test]
fn a_wrong_configuration_is_a_finding_and_nobody_is_asked() {
    let site = Canned::start("200 OK", "", OPENVERSE);
    let bench = Bench::new();
    let variables = [
        ("TRAWL_ENGINES_OPENVERSE", site.url()),
        ("TRAWL_CRAWL_TRIE", "5"),
    ];
    let ended = doctor(&bench, &["--engine", "openverse", "--json"], &variables);
    let report = ended.expect(1).json();
    let found = check(&report, "configuration")["found"].as_str().unwrap();
    assert!(found.contains("TRAWL_CRAWL_TRIES"), "{found}");
    assert_eq!(check(&report, "data folder")["level"], "ok");
    assert_eq!(site.requests(), 0);
}

#[test]
fn contact_proxy_and_configuration_are_told() {
    let bench = Bench::new();
    bench.write(
        "c.toml",
        "[crawl]\nproxy = \"http://me:s3cret@127.0.0.1:1\"\n",
    );
    let args = [
        "--engine",
        "openverse",
        "--config",
        "c.toml",
        "--contact",
        "me@example.org",
    ];
    let ended = doctor(&bench, &args, &[("HTTPS_PROXY", "http://p:1")]).expect(1);
    for wanted in [
        "me@example.org",
        "c.toml, TRAWL_CRAWL_ENGINE_INTERVAL",
        "every request goes through http://127.0.0.1:1, which",
        "not working: openverse",
        "flex (CPU",
    ] {
        assert!(ended.stdout.contains(wanted), "{wanted}: {}", ended.stdout);
    }
    assert!(!ended.stdout.contains("s3cret"), "{}", ended.stdout);
    let widest = ended.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest.unwrap() <= 80, "{}", ended.stdout);
}
