//! Kill -9 at random moments: ids, labels and splits equal those of an undisturbed run, and no URL is asked above its tries.

use std::time::{Duration, Instant};

use crate::support::{Bench, Site, published};

/// Where each name stands and what was turned away for which reason, to tell what a kill has cost.
fn rejects(bench: &Bench) -> serde_json::Value {
    bench.run(&["status", "--json"]).expect(0).json()
}

const TRIES: usize = 3;

#[test]
fn five_kills_change_nothing() {
    kills(5, 12);
}

#[test]
#[ignore = "slow: twenty kills"]
fn twenty_kills_change_nothing() {
    kills(20, 40);
}

fn kills(count: usize, per_name: u32) {
    let names = "bird\ninsect\nfruit\nflower\nfish: 鱼\n";
    let more = format!("per_name = {per_name}\ntries = {TRIES}");
    let site = Site::start(true, Duration::from_millis(20));
    let undisturbed = Bench::new();
    undisturbed.write("names.txt", names);
    let config = undisturbed.config(site.url(), &more);
    let started = Instant::now();
    undisturbed
        .run(&["crawl", "names.txt", "--config", config.to_str().unwrap()])
        .expect(0);
    let whole = started.elapsed();

    // A site of its own, so that its log is that of the killed crawl alone, and its 429s are fresh.
    let site = Site::start(true, Duration::from_millis(20));
    let killed = Bench::new();
    killed.write("names.txt", names);
    let config = killed.config(site.url(), &more);
    let args = ["crawl", "names.txt", "--config", config.to_str().unwrap()];
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for kill in 0..count {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let share =
            0.05 + 0.9 * (f64::from(u32::try_from(random >> 40).unwrap()) / f64::from(1 << 24));
        let mut child = killed.spawn(&args);
        let deadline = Instant::now() + whole.mul_f64(share / 2.0);
        while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::park_timeout(Duration::from_millis(2));
        }
        let finished = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        if finished && kill > 0 {
            break;
        }
    }
    killed.run(&args).expect(0);
    let (expected, got) = (
        published(&undisturbed.path("data/names")),
        published(&killed.path("data/names")),
    );
    let missing: Vec<_> = expected.iter().filter(|row| !got.contains(row)).collect();
    let surplus: Vec<_> = got.iter().filter(|row| !expected.contains(row)).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "missing after the kills: {missing:#?}\nsurplus: {surplus:#?}\nundisturbed: {:#?}\nkilled: {:#?}",
        rejects(&undisturbed),
        rejects(&killed)
    );
    let above: Vec<_> = site
        .image_requests()
        .into_iter()
        .filter(|(_, n)| *n > TRIES)
        .collect();
    assert!(above.is_empty(), "asked more than {TRIES} times: {above:?}");
    killed.run(&["verify"]).expect(0);
}
