//! How much memory and time the frontier takes, with everything real but the network: a list on disk, the driver with its pacer, and
//! `crawl.db` with every claim and commit.
#![expect(clippy::cast_precision_loss, reason = "figures for a person to read")]

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::crawl::driver::{Border, Driver};
use crate::crawl::job::Effect;
use crate::net::{Attempt, SiteAnswer};
use crate::{
    Claim, Crawl, CrawlSettings, Delivery, EngineSpec, Event, Feedback, Mode, Reject, build_engine,
};

/// Hosts that the URLs are spread over.
const HOSTS: u64 = 5_003;

/// Is how much is loaded.
struct Load {
    candidates: u64,
    labels: u64,
    /// How many are handed out after all were found.
    handed: u64,
}

/// Is what was measured.
#[derive(Debug)]
struct Figures {
    list: Duration,
    fill: Duration,
    open: Duration,
    hand: Duration,
    /// Time on a processor of the thread that hands out, which others at work on the machine do not lengthen much.
    busy: Duration,
    handed: u64,
    bytes: u64,
    most_jobs: usize,
}

/// Writes a list whose labels take turns, the hardest order for what reads it page by page.
fn write_list(path: &Path, load: &Load) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    writeln!(file, "label,url").unwrap();
    for n in 0..load.candidates {
        let (label, host) = (n % load.labels, n.wrapping_mul(2_654_435_761) % HOSTS);
        writeln!(
            file,
            "name {label},https://images-{host}.example.org/photos/{:08x}/{n}.jpg",
            n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
        )
        .unwrap();
    }
    file.flush().unwrap();
}

fn driver(folder: &Path, window: usize) -> (Driver, mpsc::UnboundedSender<Feedback>) {
    let settings = CrawlSettings {
        window,
        ..CrawlSettings::default()
    };
    driver_under(folder, settings)
}

/// Opens the list of a folder under these settings, ready to decide.
pub(super) fn driver_under(
    folder: &Path,
    settings: CrawlSettings,
) -> (Driver, mpsc::UnboundedSender<Feedback>) {
    let spec = EngineSpec::Urls {
        file: folder.join("list.csv"),
        label: None,
    };
    let engine = build_engine(&spec, &crate::EngineOptions::default()).unwrap();
    let state = folder.join("crawl.db");
    let crawl = Crawl::open(&state, settings, vec![engine], None, Mode::Continue).unwrap();
    let (deliveries, _) = mpsc::channel(1);
    let (say, feedback) = mpsc::unbounded_channel();
    let border = Border {
        deliveries,
        feedback,
        events: Box::new(|_: Event| {}),
        stop: CancellationToken::new(),
        abort: CancellationToken::new(),
        tasks: Handle::current(),
    };
    (Driver::new(crawl, &[], border).unwrap(), say)
}

/// Decides in order, like a catalog, and says so.
#[derive(Default)]
struct Decided {
    labels: HashMap<String, (u64, BTreeSet<u64>)>,
}

impl Decided {
    fn take(&mut self, driver: &mut Driver, delivery: Delivery) {
        let url = delivery.url;
        for Claim { label, seq, .. } in delivery.claims {
            let (next_seq, waiting) = self.labels.entry(label.clone()).or_default();
            waiting.insert(seq);
            while waiting.first() == Some(next_seq) {
                waiting.pop_first();
                *next_seq += 1;
            }
            let progress = Feedback::Progress {
                label: label.clone(),
                next_seq: *next_seq,
                remaining: None,
            };
            driver.hear(Some(progress)).unwrap();
            let url = url.clone();
            driver.hear(Some(Feedback::Settled { label, url })).unwrap();
        }
    }
}

/// Finds every candidate through rounds of pages.
fn fill(driver: &mut Driver, now: Instant) {
    for label in 0..driver.labels.len() {
        while driver.begin_round(label) {
            driver.push_round(label, now).unwrap();
            driver.store.commit().unwrap();
        }
    }
}

/// Hands out as many as wanted; every start is answered at once by a 404, which is settled. The clock goes on by itself where only a
/// host's interval is waited for.
fn hand_out(driver: &mut Driver, wanted: u64) -> (u64, usize) {
    let (mut now, mut started, mut most_jobs) = (Instant::now(), 0, 0);
    let mut decided = Decided::default();
    while started < wanted {
        driver.decide(now).unwrap();
        most_jobs = most_jobs.max(driver.jobs.len());
        let effects = std::mem::take(&mut driver.effects);
        if effects.is_empty() {
            let Some(wake) = driver.hosts.wake() else {
                break;
            };
            assert!(wake > now, "something can be started and is not");
            now = wake;
        }
        for effect in effects {
            match effect {
                Effect::Fetch { job, .. } => {
                    started += 1;
                    let attempt = Attempt::Failed {
                        reject: Reject::from_status(404),
                        retry: false,
                        wait: None,
                        busy: false,
                        headers: Vec::new(),
                    };
                    driver.fetched(job, attempt, now).unwrap();
                }
                Effect::Send(delivery) => {
                    driver.active -= 1;
                    decided.take(driver, delivery);
                }
                Effect::Site { ask, .. } => {
                    let none = SiteAnswer::none();
                    driver.site_ended(ask, &none, now).unwrap();
                }
                Effect::ReadKept { .. } | Effect::Page { .. } => panic!("nothing is kept or asked"),
            }
        }
    }
    (started, most_jobs)
}

fn measure(load: &Load) -> Figures {
    let folder = tempfile::tempdir().unwrap();
    write_list(&folder.path().join("list.csv"), load);
    let begun = Instant::now();
    let (mut filled, _say) = driver(folder.path(), 64);
    let list = begun.elapsed();
    let begun = Instant::now();
    fill(&mut filled, begun);
    let fill = begun.elapsed();
    drop(filled);
    let bytes = fs::metadata(folder.path().join("crawl.db")).unwrap().len();

    let begun = Instant::now();
    drop(crate::store::Store::open(&folder.path().join("crawl.db")).unwrap());
    let open = begun.elapsed();
    let (mut handing, _say) = driver(folder.path(), 64);
    let (begun, before) = (Instant::now(), busy());
    let (handed, most_jobs) = hand_out(&mut handing, load.handed);
    Figures {
        list,
        fill,
        open,
        hand: begun.elapsed(),
        busy: busy().saturating_sub(before),
        handed,
        bytes,
        most_jobs,
    }
}

impl Figures {
    fn rate(&self) -> f64 {
        self.handed as f64 / self.hand.as_secs_f64()
    }

    fn print(&self, load: &Load) {
        println!(
            "{} candidates of {} labels: list read in {:.1} s, found at {:.0}/s, opened in {:.2} s, handed out {} at {:.0}/s ({:.0}/s of its processor), \
             {} jobs at most, {:.0} bytes each on disk, {} MB of memory at most",
            load.candidates,
            load.labels,
            self.list.as_secs_f64(),
            load.candidates as f64 / self.fill.as_secs_f64(),
            self.open.as_secs_f64(),
            self.handed,
            self.rate(),
            self.handed as f64 / self.busy.as_secs_f64(),
            self.most_jobs,
            self.bytes as f64 / load.candidates as f64,
            peak_kib() / 1_024
        );
    }
}

/// How long this thread has run on a processor.
fn busy() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split_whitespace().next();
    let nanos = first.and_then(|first| first.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// The most memory this process has had, in KiB; 0 where the system does not tell.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

#[tokio::test]
async fn a_hundred_thousand_candidates_are_found_and_handed_out_in_bounded_memory() {
    let load = Load {
        candidates: 100_000,
        labels: 100,
        handed: 100_000,
    };
    let figures = measure(&load);
    figures.print(&load);
    assert_eq!(figures.handed, load.candidates);
    assert!(figures.most_jobs <= 100 * 64, "{} jobs", figures.most_jobs);
    assert!(
        figures.bytes < 300 * load.candidates,
        "{} bytes",
        figures.bytes
    );
    // A tenth of what the release build must do alone: this one is slower, and shares the machine.
    assert!(figures.rate() > 2_000.0, "{:.0}/s", figures.rate());
}

/// Run alone and optimised: `cargo test --release -p trawl-crawler ten_million -- --ignored --nocapture --test-threads 1`.
#[tokio::test]
#[ignore = "slow: ten million candidates"]
async fn ten_million_candidates_take_200_mb_and_leave_at_20_000_a_second() {
    let count = |key, otherwise| {
        let text: Option<String> = std::env::var(key).ok();
        text.map_or(otherwise, |text| text.parse().unwrap())
    };
    let candidates = count("TRAWL_LOAD", 10_000_000);
    let labels = count("TRAWL_LABELS", 1_000);
    let load = Load {
        candidates,
        labels,
        handed: candidates,
    };
    let figures = measure(&load);
    figures.print(&load);
    assert_eq!(figures.handed, load.candidates);
    assert!(figures.rate() >= 20_000.0, "{:.0}/s", figures.rate());
    assert!(peak_kib() < 200_000_000 / 1_024, "{} KiB", peak_kib());
}
