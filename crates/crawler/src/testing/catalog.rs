use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::optout::OptOutPolicy;
use crate::{
    Crawl, CrawlReport, CrawlSettings, Delivery, DeliveryOutcome, Event, Feedback, Mode, Name,
    Progress, SearchEngine,
};
/// Settings that test quickly and stay on loopback.
pub(crate) fn settings() -> CrawlSettings {
    let ms = Duration::from_millis;
    CrawlSettings {
        allow_private_hosts: true,
        loopback_only: true,
        host_interval: Duration::ZERO,
        slowest_interval: ms(20),
        engine_interval: Duration::ZERO,
        per_host: 8,
        connect_timeout: ms(1_000),
        header_timeout: ms(300),
        idle_timeout: ms(300),
        total_timeout: ms(1_000),
        backoff_base: ms(10),
        backoff_cap: ms(40),
        max_body_bytes: 100_000,
        body_budget: 1_000_000,
        opt_outs: nothing_obeyed(),
        ..CrawlSettings::default()
    }
}

/// Asks for no file of a website, so that tests of other things see only the requests that they mean.
fn nothing_obeyed() -> OptOutPolicy {
    OptOutPolicy {
        robots: false,
        robots_tag: false,
        tdmrep: false,
        aipref: false,
        agents: Vec::new(),
    }
}

pub(crate) fn names(labels: &[&str]) -> Vec<Name> {
    labels
        .iter()
        .map(|&label| Name {
            label: label.to_owned(),
            queries: vec![label.to_owned()],
        })
        .collect()
}

/// Is what one delivery was, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) url: String,
    pub(crate) what: String,
    pub(crate) claims: Vec<(String, u64)>,
}

/// Stores deliveries like a catalog would: decided in order, a goal a label, all bodies kept.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) goal: Option<u32>,
    /// (label, url) of all that is stored.
    pub(crate) known: HashSet<(String, String)>,
    /// Outcome by label and seq.
    pub(crate) rows: HashMap<String, BTreeMap<u64, Got>>,
    pub(crate) log: Vec<Got>,
    pub(crate) outcomes: HashMap<String, String>,
    /// Lengths of the bodies, as they came.
    pub(crate) lengths: Vec<usize>,
    /// Whether runs take back what failed before, and what that was.
    pub(crate) retry_failed: bool,
    pub(crate) taken_back: BTreeMap<&'static str, u64>,
    /// Bodies that arrive from here on are not settled any more.
    pub(crate) deaf_after: Option<usize>,
}

impl Catalog {
    pub(crate) fn progress(&self, label: &str, from_seq: u64) -> Progress {
        let empty = BTreeMap::new();
        let rows = self.rows.get(label).unwrap_or(&empty);
        let mut next_seq = from_seq;
        while rows.contains_key(&next_seq) {
            next_seq += 1;
        }
        let decided = rows.iter().filter(|(seq, _)| **seq < next_seq);
        let kept = decided.filter(|(_, got)| got.what == "body").count();
        let kept = u32::try_from(kept).unwrap();
        Progress {
            label: label.to_owned(),
            next_seq,
            remaining: self.goal.map(|goal| goal.saturating_sub(kept)),
        }
    }

    /// The URLs kept for a label up to its goal, in order: what must not depend on timing.
    pub(crate) fn kept(&self, label: &str) -> Vec<String> {
        let rows = self.rows.get(label).into_iter().flatten();
        let kept = rows.filter(|(_, got)| got.what == "body");
        let most = self.goal.map_or(usize::MAX, |goal| goal as usize);
        kept.take(most).map(|(_, got)| got.url.clone()).collect()
    }

    pub(crate) fn codes(&self, label: &str) -> Vec<String> {
        let rows = self.rows.get(label).into_iter().flatten();
        rows.map(|(_, got)| got.what.clone()).collect()
    }

    /// Forgets URLs as if they had never been delivered.
    pub(crate) fn reopen(&mut self, urls: &[String]) {
        self.known.retain(|(_, url)| !urls.contains(url));
        for rows in self.rows.values_mut() {
            rows.retain(|_, got| !urls.contains(&got.url));
        }
        for url in urls {
            self.outcomes.remove(url);
        }
    }

    fn store(&mut self, delivery: &Delivery) -> Got {
        let what = match &delivery.outcome {
            DeliveryOutcome::Body(body) => {
                self.lengths.push(body.bytes.len());
                "body"
            }
            DeliveryOutcome::Rejected(reject) => reject.code(),
            DeliveryOutcome::Known => "known",
        };
        self.log.push(Got {
            url: delivery.url.clone(),
            what: what.to_owned(),
            claims: delivery
                .claims
                .iter()
                .map(|c| (c.label.clone(), c.seq))
                .collect(),
        });
        // What is known has the outcome that it had for the other label.
        let what = match what {
            "known" => self.outcomes[&delivery.url].clone(),
            what => what.to_owned(),
        };
        self.outcomes.insert(delivery.url.clone(), what.clone());
        let got = Got {
            url: delivery.url.clone(),
            what,
            claims: delivery
                .claims
                .iter()
                .map(|claim| (claim.label.clone(), claim.seq))
                .collect(),
        };
        for (label, seq) in &got.claims {
            self.known.insert((label.clone(), got.url.clone()));
            let rows = self.rows.entry(label.clone()).or_default();
            let earlier = rows.insert(*seq, got.clone());
            assert!(
                earlier.is_none_or(|e| e.url == got.url),
                "one seq, two URLs"
            );
        }
        got
    }
}

/// Opens and runs a crawl against the catalog until it ends, or until it has been stored that many times.
pub(crate) async fn crawl(
    state: &Path,
    settings: &CrawlSettings,
    engines: Vec<Box<dyn SearchEngine>>,
    labels: Option<&[&str]>,
    mode: Mode,
    catalog: &mut Catalog,
) -> (Option<CrawlReport>, Vec<Event>) {
    crawl_names(state, settings, engines, labels.map(names), mode, catalog).await
}

/// The same for names that have phrases of their own.
pub(crate) async fn crawl_names(
    state: &Path,
    settings: &CrawlSettings,
    engines: Vec<Box<dyn SearchEngine>>,
    names: Option<Vec<Name>>,
    mode: Mode,
    catalog: &mut Catalog,
) -> (Option<CrawlReport>, Vec<Event>) {
    let mut crawl = Crawl::open(state, settings.clone(), engines, names, mode).unwrap();
    crawl
        .reconcile(|label, url| {
            Ok::<_, crate::CrawlError>(catalog.known.contains(&(label.to_owned(), url.to_owned())))
        })
        .unwrap();
    for start in crawl.starts() {
        let label = start.label;
        let from = catalog.progress(&label, start.from_seq).next_seq;
        let knows = |url: &str| {
            let here = catalog.known.contains(&(label.clone(), url.to_owned()));
            Ok::<_, crate::CrawlError>((here, catalog.outcomes.contains_key(url)))
        };
        crawl.recheck(&label, from, knows).unwrap();
    }
    if catalog.retry_failed {
        let reopen = |urls: &[String]| -> Result<(), crate::CrawlError> {
            catalog.reopen(urls);
            Ok(())
        };
        let counts = crawl.retry_failed(reopen).unwrap();
        catalog.taken_back = counts;
    }
    let starts: HashMap<String, u64> = crawl
        .starts()
        .into_iter()
        .map(|start| (start.label, start.from_seq))
        .collect();
    let progress = starts
        .iter()
        .map(|(label, from)| catalog.progress(label, *from))
        .collect();
    let (deliver, mut deliveries) = mpsc::channel(4);
    let (say, feedback) = mpsc::unbounded_channel();
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let client = crawl.client();
    let free = client.free_bytes();
    let run = crawl.run(
        progress,
        deliver,
        feedback,
        Box::new(move |event| sink.lock().unwrap().push(event)),
        CancellationToken::new(),
    );
    tokio::pin!(run);
    let report = loop {
        tokio::select! {
            report = &mut run => break Some(report.unwrap()),
            Some(delivery) = deliveries.recv() => {
                if catalog.deaf_after.is_some_and(|n| catalog.log.len() >= n) {
                    break None;
                }
                let got = catalog.store(&delivery);
                drop(delivery);
                for (label, _) in got.claims {
                    let Progress { label, next_seq, remaining } = catalog.progress(&label, starts[&label]);
                    say.send(Feedback::Progress { label: label.clone(), next_seq, remaining }).unwrap();
                    say.send(Feedback::Settled { label, url: got.url.clone() }).unwrap();
                }
            }
        }
    };
    if report.is_some() {
        assert_eq!(client.free_bytes(), free, "every body gave its share back");
    }
    let events = std::mem::take(&mut *events.lock().unwrap());
    (report, events)
}
