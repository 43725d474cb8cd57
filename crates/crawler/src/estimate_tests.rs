//! Estimates by hand-computed values.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::engine::Quota;
use crate::estimate::{interleaved, wait};
use crate::store::{LabelLedger, StreamLedger};
use crate::{
    Assumed, CrawlSettings, Demand, EngineOptions, EngineSpec, Estimate, Ledger, Mode, Name,
    Outlook, SearchEngine, Spent, build_engine,
};

const HOUR: Duration = Duration::from_hours(1);

fn engines(specs: &[&str]) -> Vec<Box<dyn SearchEngine>> {
    let built = specs.iter().map(|spec| {
        let spec: EngineSpec = spec.parse().unwrap();
        build_engine(&spec, &EngineOptions::default()).unwrap()
    });
    built.collect()
}

fn demand(label: &str, queries: &[&str], wanted: Option<u32>, settled: u64) -> Demand {
    let queries = queries.iter().map(|query| (*query).to_owned()).collect();
    let label = label.to_owned();
    Demand {
        name: Name { label, queries },
        wanted,
        settled,
    }
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + HOUR * 500_000
}

fn estimate(specs: &[&str], demands: &[Demand], mode: Mode, ledger: &Ledger) -> Estimate {
    Outlook {
        settings: &CrawlSettings::default(),
        engines: &engines(specs),
        demands,
        mode,
        ledger,
        assumed: Assumed::default(),
        now: now(),
    }
    .estimate()
}

const TWO: [&str; 2] = ["openverse", "wikimedia"];

#[test]
fn a_new_name_takes_rounds_until_its_candidates_are_there() {
    let demands = [demand("owl", &["owl"], Some(60), 0)];
    let told = estimate(&TWO, &demands, Mode::Continue, &Ledger::default());
    // 120 candidates at 20 + 50 a round: two rounds, and of the second 20 and 30.
    let [openverse, wikimedia] = &told.engines[..] else {
        panic!("two engines")
    };
    assert_eq!((openverse.queries, openverse.pages), (1, 2));
    assert_eq!((wikimedia.queries, wikimedia.pages), (1, 2));
    assert_eq!((openverse.downloads, wikimedia.downloads), (40, 80));
    // Three seconds between two requests of a guest, of which there may be twenty a minute.
    assert_eq!(openverse.interval.as_secs(), 3);
    assert_eq!((openverse.time.as_secs(), wikimedia.time.as_secs()), (6, 2));
    assert_eq!(openverse.requests_at_most, 20);
    assert_eq!(openverse.time_at_most.as_secs(), 60);
    assert_eq!(openverse.quotas.len(), 1, "the one of a day is counted");
    assert_eq!(openverse.quotas[0].wait, Duration::ZERO);
    assert!(wikimedia.quotas.is_empty());
    assert_eq!((told.names, told.satisfied), (1, 0));
    assert_eq!((told.downloads, told.kept), (120, 60));
    assert_eq!(told.bytes, 120 * 284_000);
    assert_eq!(told.sample_bytes, 60 * 17_000);
    // Eighty downloads at ten a second.
    assert_eq!(told.time.as_secs(), 8);
}

#[test]
fn a_quota_of_a_day_makes_days_and_what_is_spent_of_it_counts() {
    let labels: Vec<String> = (0..300).map(|n| format!("name {n}")).collect();
    let demands: Vec<Demand> = labels
        .iter()
        .map(|label| demand(label, &[label], Some(60), 0))
        .collect();
    let mut ledger = Ledger::default();
    for (ledger_of, requests, spent, wait) in [(None, 600, 0, 48), (Some(50), 600, 50, 23 + 48)] {
        if let Some(requests) = ledger_of {
            let began = now() - HOUR;
            ledger = Ledger::of(
                &[],
                &[],
                &[("openverse", HOUR * 24, Spent { requests, began })],
            );
        }
        let told = estimate(&TWO, &demands, Mode::Continue, &ledger);
        let openverse = &told.engines[0];
        assert_eq!(openverse.requests(), requests);
        assert_eq!(openverse.quotas[0].spent, spent);
        assert_eq!(openverse.quotas[0].wait, HOUR * wait);
        assert_eq!(openverse.time.as_secs(), 1_800);
        assert_eq!(openverse.asking(), HOUR * wait);
        assert_eq!(told.time, HOUR * wait);
    }
}

#[test]
fn what_is_known_and_kept_is_not_asked_for_again() {
    let stream = |pages, ended| StreamLedger { pages, ended };
    let ledger = Ledger::of(
        &[(
            "owl",
            LabelLedger {
                found: 100,
                depth: 3,
            },
        )],
        &[
            ("owl", "openverse", "owl", stream(3, false)),
            ("owl", "wikimedia", "owl", stream(3, true)),
        ],
        &[],
    );
    let demands = [
        demand("owl", &["owl"], Some(30), 40),
        demand("cat", &["cat"], Some(0), 0),
    ];
    let told = estimate(&TWO, &demands, Mode::Continue, &ledger);
    assert_eq!((told.names, told.satisfied), (1, 1));
    // Sixty candidates are wanted, and sixty are found and not yet asked for.
    assert_eq!((told.downloads, told.kept), (60, 30));
    let [openverse, wikimedia] = &told.engines[..] else {
        panic!("two engines")
    };
    assert_eq!((openverse.pages, wikimedia.pages), (0, 0));
    assert_eq!(
        (openverse.requests_at_most, wikimedia.requests_at_most),
        (17, 0)
    );
    assert_eq!((openverse.queries, wikimedia.queries), (1, 0));
}

#[test]
fn a_refresh_goes_as_deep_as_before_and_deeper_only_under_the_goal() {
    let label = LabelLedger {
        found: 210,
        depth: 3,
    };
    let stream = StreamLedger {
        pages: 3,
        ended: true,
    };
    let ledger = Ledger::of(
        &[("owl", label)],
        &[("owl", "openverse", "owl", stream)],
        &[],
    );
    let refresh = |wanted| {
        let demands = [demand("owl", &["owl"], Some(wanted), 210)];
        let told = estimate(&TWO, &demands, Mode::Refresh { add: 10 }, &ledger);
        let engines = told.engines.iter();
        let pages: Vec<(u64, u64)> = engines.map(|e| (e.pages, e.requests_at_most)).collect();
        (pages, told.downloads)
    };
    assert_eq!(refresh(10), (vec![(3, 3), (3, 3)], 20));
    assert_eq!(refresh(30), (vec![(4, 20), (4, 20)], 60));
}

#[test]
fn tokens_are_requests_too() {
    let demands = [demand("owl", &["owl", "猫头鹰"], Some(60), 0)];
    let told = estimate(
        &["duckduckgo", "baidu"],
        &demands,
        Mode::Continue,
        &Ledger::default(),
    );
    // 120 candidates at 2 x 100 + 2 x 30 a round: one round.
    let [duckduckgo, baidu] = &told.engines[..] else {
        panic!("two engines")
    };
    assert_eq!((duckduckgo.pages, duckduckgo.openings), (2, 2));
    assert_eq!(duckduckgo.requests_at_most, 2 * 5 + 2);
    assert_eq!((baidu.pages, baidu.openings), (2, 1), "one for all phrases");
    assert_eq!(baidu.requests_at_most, 2 * 20 + 1);
    assert_eq!(duckduckgo.time.as_secs(), 4);
    assert_eq!((duckduckgo.downloads, baidu.downloads), (60, 60));
}

#[test]
fn a_folder_is_read_and_not_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("owl")).unwrap();
    for n in 0..3 {
        fs::write(folder.path().join(format!("owl/{n}.jpg")), b"x").unwrap();
    }
    let spec = format!("folder:{}", folder.path().display());
    let demands = [demand("owl", &["owl"], None, 0)];
    let told = estimate(&[&spec], &demands, Mode::Continue, &Ledger::default());
    assert_eq!((told.downloads, told.bytes, told.kept), (3, 0, 1));
    let row = &told.engines[0];
    assert_eq!((row.queries, row.pages, row.requests_at_most), (0, 0, 0));
    assert_eq!(
        (row.time, row.download_time),
        (Duration::ZERO, Duration::ZERO)
    );
}

#[test]
fn hits_are_taken_in_turn_as_the_crawl_merges_them() {
    assert_eq!(interleaved(&[20, 50], 50), [20, 30]);
    assert_eq!(interleaved(&[20, 50], 999), [20, 50]);
    assert_eq!(interleaved(&[5, 5, 5], 7), [3, 2, 2]);
    assert_eq!(interleaved(&[0, 4], 0), [0, 0]);
    assert!(interleaved(&[], 3).is_empty());
}

#[test]
fn a_window_that_is_over_its_limit_waits_for_its_end() {
    let quota = Quota::an_hour(10);
    let rest = Duration::from_mins(20);
    for (spent, requests, minutes) in [
        (0, 10, 0),
        (0, 11, 20),
        (4, 16, 20),
        (4, 17, 80),
        (99, 1, 20),
        (99, 0, 0),
    ] {
        assert_eq!(
            wait(quota, spent, rest, requests),
            Duration::from_mins(minutes),
            "{spent} {requests}"
        );
    }
}
