//! Times the index of near hashes on two threads: `cargo run --release -p trawl-dataset --example dedup_speed -- [COUNT..]`.
//!
//! Two crowds of made-up hashes (`src/dedup/index/tests/crowd.rs` says how): one as far apart as photographs are, one that
//! shares a structure; both with one copy in ten. Processor time is given beside the clock's, since the machine may be shared.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "an example talks to a person in round numbers"
)]

use std::error::Error;
use std::time::Instant;
use std::{env, fs};

use trawl_dataset::Orientations;
use trawl_dataset::index::{Index, each_pair, groups, nearest};

#[path = "../src/dedup/index/tests/crowd.rs"]
mod crowd;

use crowd::Crowd;

fn main() -> Result<(), Box<dyn Error>> {
    let counts: Vec<usize> = env::args()
        .skip(1)
        .map(|count| count.parse())
        .collect::<Result<_, _>>()?;
    let counts = if counts.is_empty() {
        vec![100_000, 1_000_000]
    } else {
        counts
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    for (name, crowd) in [
        ("uniform", Crowd::uniform as fn(u64) -> Crowd),
        ("alike", Crowd::alike),
    ] {
        for count in &counts {
            let hashes = crowd(1).take(*count);
            println!("{count} hashes, {name}: {}", apart(&hashes));
            pool.install(|| measure(&hashes));
        }
    }
    Ok(())
}

fn measure(hashes: &[Orientations]) {
    let many = hashes.len() > 100_000;
    for radius in [31, 60] {
        if radius > 31 && many {
            continue;
        }
        timed(&format!("pairs within {radius}"), || {
            let mut found = 0_u64;
            each_pair(hashes, radius, |_, _| true, |_| found += 1);
            format!("{found} pairs")
        });
    }
    if many {
        return;
    }
    timed("groups within 31", || {
        let groups = groups(hashes, 31);
        let first = groups.iter().enumerate().filter(|(at, group)| at == *group);
        format!("{} groups", first.count())
    });
    timed("one after the other within 60", || {
        let mut index = Index::new();
        let mut found = 0;
        for hashes in hashes {
            found += index.within(hashes, 60).len();
            index.insert(hashes);
        }
        format!("{found} pairs")
    });
    let (asked, others) = hashes.split_at(hashes.len() * 3 / 10);
    timed("nearest of seven tenths to three", || {
        let found = nearest(asked, others);
        let least = found.iter().flatten().map(|found| found.near.distance);
        format!("{} at the least", least.min().unwrap_or(256))
    });
}

fn timed(what: &str, work: impl FnOnce() -> String) {
    // Makes the system forget the peak so far, where it allows that.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (before, busy, begun) = (kib("VmRSS:"), ticks(), Instant::now());
    let outcome = work();
    println!(
        "  {what}: {:.2} s, {:.2} s of processors, {} MB more at the peak, {outcome}",
        begun.elapsed().as_secs_f64(),
        (ticks() - busy) as f64 / 100.0,
        (kib("VmHWM:") - before) / 1_024,
    );
}

/// How far apart the first hashes are, as they are and in their best orientation.
fn apart(hashes: &[Orientations]) -> String {
    let some = &hashes[..hashes.len().min(400)];
    let mut plain = Vec::new();
    let mut least = Vec::new();
    for (at, a) in some.iter().enumerate() {
        for b in &some[..at] {
            plain.push(a.plain().distance(&b.plain()));
            least.push(trawl_dataset::index::near(a, b).distance);
        }
    }
    plain.sort_unstable();
    least.sort_unstable();
    let at = |of: &[u32], share: usize| of.get(of.len() * share / 100).copied().unwrap_or(0);
    format!(
        "plain distances {} to {} (5 to 95 %), in the best orientation {} to {}",
        at(&plain, 5),
        at(&plain, 95),
        at(&least, 5),
        at(&least, 95)
    )
}

fn kib(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

/// Hundredths of seconds that processors have worked for this process.
fn ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let times = fields.split(' ').skip(11).take(2);
    times.filter_map(|field| field.parse::<u64>().ok()).sum()
}
