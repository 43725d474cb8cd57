use std::process::Command;
use std::time::{Duration, Instant};

use crate::testing::{
    Case, Catalog, Hostile, JPEG, Listed, Server, crawl, hostile_cases, ok, settings,
};
use crate::{CrawlSettings, Mode};

/// Hosts that behave, and the pictures of each.
const GOOD: usize = 8;
const PICTURES: usize = 250;
/// Memory in bytes that a crawl may take beside its bodies.
const BESIDE: u64 = 80_000_000;

/// The limits of a real crawl, and deadlines that a test can wait for.
fn limits() -> CrawlSettings {
    let real = CrawlSettings::default();
    CrawlSettings {
        tries: 2,
        per_host: 2,
        host_interval: Duration::from_millis(40),
        header_timeout: Duration::from_secs(2),
        idle_timeout: Duration::from_secs(2),
        min_rate: 10_000,
        min_rate_grace: Duration::from_secs(3),
        total_timeout: Duration::from_secs(8),
        max_body_bytes: real.max_body_bytes,
        body_budget: real.body_budget,
        downloads: real.downloads,
        ..settings()
    }
}

/// Are the hosts of one race, and the labels that each is crawled for.
struct Hosts {
    good: Vec<Server>,
    bad: Vec<Hostile>,
    labels: Vec<(String, Vec<String>)>,
}

impl Hosts {
    async fn start(cases: &[Case]) -> Self {
        let (mut good, mut bad, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..GOOD {
            let picture = [JPEG, &[b'x'; 5_000]].concat();
            let server = Server::start(move |_, _| (Duration::ZERO, ok(&picture))).await;
            let urls = (0..PICTURES).map(|n| server.url(&format!("/{n}")));
            labels.push((format!("good {n}"), urls.collect()));
            good.push(server);
        }
        for case in cases {
            let server = Hostile::start(case).await;
            labels.push((case.name.to_owned(), vec![server.url()]));
            bad.push(server);
        }
        Self { good, bad, labels }
    }

    /// Crawls them all; returns the longest that a good one took, from its first to its last request.
    async fn race(&self, limits: &CrawlSettings, catalog: &mut Catalog) -> Duration {
        let engines: Vec<(&str, Vec<Vec<String>>)> = self
            .labels
            .iter()
            .map(|(label, urls)| (label.as_str(), vec![urls.clone()]))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        crawl(
            &folder.path().join("crawl.db"),
            limits,
            vec![Listed::engine("l", &engines)],
            None,
            Mode::Continue,
            catalog,
        )
        .await;
        for server in &self.bad {
            assert!(server.requests() <= limits.tries as usize);
        }
        let took = self.good.iter().map(|server| {
            let seen = server.seen();
            assert_eq!(seen.len(), PICTURES);
            seen[PICTURES - 1].at - seen[0].at
        });
        took.max().unwrap()
    }
}

/// Reads a field of the process's memory, in bytes.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

#[test]
#[ignore = "slow: a quarter of a minute, twice"]
fn bad_hosts_neither_slow_good_ones_nor_fill_the_memory() {
    // Memory is that of a process, so this one has a process of its own.
    let name = "crawl::tests::hostile_hosts::the_race";
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--include-ignored", "--nocapture"])
        .env("TRAWL_TEST_RACE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
    println!("{text}");
    assert!(ended.status.success(), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: run by the test above in a process of its own"]
async fn the_race() {
    if std::env::var_os("TRAWL_TEST_RACE").is_none() {
        return;
    }
    let limits = limits();
    let cap = usize::try_from(limits.max_body_bytes).unwrap();
    let cases = hostile_cases(cap);
    let alone = Hosts::start(&[]).await;
    let alone = alone.race(&limits, &mut Catalog::default()).await;
    let hosts = Hosts::start(&cases).await;
    // Forgets the peak so far (proc(5), clear_refs).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = memory("VmRSS:");
    let mut catalog = Catalog::default();
    let start = Instant::now();
    let beside = hosts.race(&limits, &mut catalog).await;
    let peak = memory("VmHWM:").saturating_sub(before);
    println!(
        "alone {alone:?}, beside {} bad hosts {beside:?}, {:?} in all, {peak} bytes more",
        cases.len(),
        start.elapsed()
    );
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let code = catalog.codes(case.name).concat();
            (code != case.code).then(|| format!("{}: `{code}`, not `{}`", case.name, case.code))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for n in 0..GOOD {
        let codes = catalog.codes(&format!("good {n}"));
        assert_eq!(
            codes.iter().filter(|code| *code == "body").count(),
            PICTURES
        );
    }
    assert!(
        alone.as_secs_f64() >= 0.9 * beside.as_secs_f64(),
        "{alone:?} alone, {beside:?} beside bad hosts"
    );
    assert!(peak < limits.body_budget + BESIDE, "{peak} bytes");
}
