//! What a crawl tells of itself: the tables, the object, the log and the metrics file, all from one stream of events.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Bench, Site};

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

fn count<'l>(lines: &'l [Value], event: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

#[test]
fn log_object_tables_and_metrics_tell_the_same_story() {
    let (bench, site) = (Bench::new(), Site::start(true, Duration::ZERO));
    let config = bench.config(site.url(), "").display().to_string();
    bench.write("names.txt", "bird\nflag\n");
    let ended = bench
        .run(&[
            "crawl",
            "names.txt",
            "--per-name",
            "8",
            "--config",
            &config,
            "--json",
            "--verbose",
            "--log-format",
            "json",
            "--metrics-file",
            "trawl.prom",
        ])
        .expect(0);
    let run = &ended.json()["run"];
    let log = lines(&ended.stderr);
    assert!(log.iter().all(|line| line["timestamp"].is_string()
        && line["level"].is_string()
        && line["message"].is_string()));

    // Each failure in the log is in the account, under its reason and at its host.
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for line in count(&log, "rejected") {
        let reason = line["reason"].as_str().unwrap();
        *reasons.entry(reason.to_owned()).or_default() += 1;
        assert!(line["host"].as_str().unwrap().starts_with("http://"));
        assert!(line["url"].as_str().unwrap().contains("/image"));
    }
    assert!(!reasons.is_empty(), "a site with faults has failures");
    let failures = run["failures"].as_array().unwrap();
    let told: BTreeMap<String, u64> = failures
        .iter()
        .map(|f| {
            (
                f["reason"].as_str().unwrap().to_owned(),
                f["count"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, reasons);
    for failure in failures {
        let named: u64 = failure["hosts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|h| h[1].as_u64().unwrap())
            .sum();
        assert!(
            named > 0 && named <= failure["count"].as_u64().unwrap(),
            "{failure}"
        );
    }

    // So is each request, and the site has seen as many.
    let started = count(&log, "started").len() as u64;
    assert_eq!(run["image_requests"], started);
    let asked: usize = site.download_requests().values().sum();
    assert_eq!(started, asked as u64, "{:?}", site.download_requests());
    let policies: usize = site.policy_requests().values().sum();
    assert_eq!(run["site_requests"], policies as u64);
    assert_eq!(run["downloads"], count(&log, "fetched").len() as u64);
    assert_eq!(run["retries"], count(&log, "retrying").len() as u64);
    let pages: usize = site.page_requests().values().sum();
    assert_eq!(run["page_requests"], pages as u64);
    assert_eq!(run["engines"][0]["pages"], count(&log, "page").len() as u64);
    assert_eq!(count(&log, "name-done").len(), 2);

    // And the file that monitoring reads.
    let metrics = std::fs::read_to_string(bench.path("trawl.prom")).unwrap();
    let value = |name: &str, label: &str| -> u64 {
        let start = format!("trawl_{name}{{{label}dataset=\"data/names\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{start} in {metrics}"))
            .parse()
            .unwrap()
    };
    assert_eq!(value("requests_total", "kind=\"image\","), started);
    assert_eq!(value("requests_total", "kind=\"page\","), pages as u64);
    for (reason, count) in &reasons {
        let label = format!("reason=\"{reason}\",");
        assert_eq!(value("failures_total", &label), *count);
    }
    assert_eq!(
        value("downloads_total", ""),
        run["downloads"].as_u64().unwrap()
    );
    assert_eq!(value("kept_pictures", ""), 16);
    assert_eq!(value("published_pictures", ""), 16);
    assert_eq!(value("names", ""), 2);
    assert_eq!(value("exit_code", ""), 0);
    assert_eq!(value("running", ""), 0);
    assert_eq!(value("engine_up", "engine=\"gallery\","), 1);
}

#[test]
fn a_person_reads_where_it_failed_and_a_quiet_run_says_nothing() {
    let (bench, site) = (Bench::new(), Site::start(true, Duration::ZERO));
    let config = bench.config(site.url(), "").display().to_string();
    bench.write("names.txt", "bird\n");
    let crawl = |out: &str, more: &[&str]| {
        let mut args = vec![
            "crawl",
            "names.txt",
            "--per-name",
            "8",
            "--config",
            &config,
            "--out",
            out,
        ];
        args.extend(more);
        bench.run(&args).expect(0)
    };
    let shown = crawl("a", &[]);
    let at = shown
        .stdout
        .find("failed in this run")
        .unwrap_or_else(|| panic!("{}", shown.stdout));
    assert!(
        shown.stdout[at..].contains("127.0.0.1:"),
        "{}",
        shown.stdout
    );
    let engines = shown
        .stdout
        .find("engine   ")
        .unwrap_or_else(|| panic!("{}", shown.stdout));
    let row = shown.stdout[engines..].lines().nth(1).unwrap();
    assert!(row.starts_with("gallery") && row.ends_with("ok"), "{row}");
    assert!(
        shown.stdout.contains("requests for pictures"),
        "{}",
        shown.stdout
    );

    let quiet = crawl("b", &["--quiet", "--log-file", "crawl.log"]);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let log = std::fs::read_to_string(bench.path("crawl.log")).unwrap();
    assert!(
        log.lines()
            .all(|line| line.contains("INFO") || line.contains("WARN")),
        "{log}"
    );
    assert!(
        !log.contains("bird"),
        "names are for --verbose alone: {log}"
    );
}

#[test]
fn a_run_that_fails_says_so_in_its_metrics_and_in_json_lines() {
    let bench = Bench::new();
    bench.write("names.txt", "bird\n\u{0}\n");
    let args = [
        "crawl",
        "names.txt",
        "--engine",
        "gallery",
        "--metrics-file",
        "trawl.prom",
        "--log-format",
        "json",
    ];
    let ended = bench.run(&args).expect(2);
    let last = lines(&ended.stderr).pop().unwrap();
    assert_eq!(last["level"], "ERROR");
    assert!(
        last["message"].as_str().unwrap().contains("names.txt"),
        "{last}"
    );
    let metrics = std::fs::read_to_string(bench.path("trawl.prom")).unwrap();
    assert!(
        metrics.contains("trawl_exit_code{dataset=\"data/names\"} 2\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("trawl_last_success_timestamp_seconds{dataset=\"data/names\"} 0\n"),
        "{metrics}"
    );

    let ended = bench.run(&["status", "--log-file", "none/x.log"]).expect(1);
    assert!(ended.error().contains("none/x.log"), "{}", ended.stderr);
}
