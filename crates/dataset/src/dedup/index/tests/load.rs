//! The index against the clock.

use std::fs;
use std::time::Instant;

use super::crowd::Crowd;
use crate::dedup::index::{Index, each_pair};
use crate::pixels::Orientations;

/// Seconds and MB more than before that it takes to find all pairs on two threads.
fn joined(name: &str, hashes: &[Orientations], radius: u32) -> (f64, u64) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2);
    // Makes the system forget the peak so far, where it allows that.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (before, begun) = (kib("VmRSS:"), Instant::now());
    let mut found = 0_u64;
    pool.build()
        .unwrap()
        .scope(|_| each_pair(hashes, radius, |_, _| true, |_| found += 1));
    let seconds = begun.elapsed().as_secs_f64();
    let more = kib("VmHWM:").saturating_sub(before) / 1_024;
    println!(
        "{name}, {} hashes within {radius}: {seconds:.2} s, {more} MB more, {found} pairs",
        hashes.len()
    );
    assert!(found > 0, "one in ten is a copy");
    (seconds, more)
}

fn kib(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

/// Run alone and optimised: `cargo test --release -p trawl-dataset a_million_pictures -- --ignored --nocapture --test-threads 1`.
#[test]
#[ignore = "slow: a million pictures"]
fn a_million_pictures_are_joined_in_a_minute_and_a_hundred_thousand_in_3_seconds() {
    for (name, mut crowd) in [("uniform", Crowd::uniform(1)), ("alike", Crowd::alike(1))] {
        let hashes = crowd.take(1_000_000);
        let (seconds, more) = joined(name, &hashes[..100_000], 31);
        assert!(seconds < 3.0, "{seconds:.2} s");
        assert!(more < 150, "{more} MB");
        let (seconds, more) = joined(name, &hashes[..100_000], 60);
        assert!(seconds < 30.0, "{seconds:.2} s");
        assert!(more < 150, "{more} MB");
        let (seconds, more) = joined(name, &hashes, 31);
        assert!(seconds < 60.0, "{seconds:.2} s");
        assert!(more < 500, "{more} MB");

        let (mut index, begun) = (Index::new(), Instant::now());
        let mut found = 0;
        for hashes in &hashes[..100_000] {
            found += index.within(hashes, 60).len();
            index.insert(hashes);
        }
        let seconds = begun.elapsed().as_secs_f64();
        println!(
            "{name}, 100000 hashes one after the other within 60: {seconds:.2} s, {found} pairs"
        );
        assert!(seconds < 30.0, "{seconds:.2} s");
    }
}
