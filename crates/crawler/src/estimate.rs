use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use crate::engine::{Ask, Quota};
use crate::{CrawlSettings, Ledger, Mode, Name, SearchEngine};

/// Is everything that an estimate is made from; [`Outlook::estimate`] depends on nothing else and requests nothing.
#[derive(Debug)]
pub struct Outlook<'a> {
    /// The limits of the crawl.
    pub settings: &'a CrawlSettings,
    /// What is asked; lists and folders are read for what they hold.
    pub engines: &'a [Box<dyn SearchEngine>],
    /// The names, and how many pictures each still wants.
    pub demands: &'a [Demand],
    /// Whether the crawl goes on or starts over at the first pages.
    pub mode: Mode,
    /// What was asked before.
    pub ledger: &'a Ledger,
    /// What pictures are taken to be like.
    pub assumed: Assumed,
    /// The moment from which quotas are counted.
    pub now: SystemTime,
}

/// Is what one name wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The name with its phrases.
    pub name: Name,
    /// Pictures wanted beyond those that are kept; `None` for everything that is found.
    pub wanted: Option<u32>,
    /// Candidates that were downloaded or given up before, whatever became of them.
    pub settled: u64,
}

/// Is what pictures are taken to be like, measured where there is something to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumed {
    /// Bytes of one download.
    pub download_bytes: u64,
    /// Bytes of one kept sample.
    pub sample_bytes: u64,
    /// Of `candidates` candidates so many are kept.
    pub kept: u64,
    /// See `kept`; at least 1.
    pub candidates: u64,
}

impl Default for Assumed {
    /// What is taken to be so before anything was downloaded.
    ///
    /// A download: Wikimedia's copy of a photograph at 960 pixels has 284 kB (its copy at 500 pixels 92 kB, an original often
    /// several megabytes). A sample: the mean of 224 pixels square at quality 95 over the demo site's pictures, 16.8 kB (`trawl
    /// crawl --engine folder:data/gallery`). Kept: one candidate of two, a guess; on the demo site with its faults it is 61 of 97,
    /// and the web has more dead links, opt-outs and duplicates.
    fn default() -> Self {
        Self {
            download_bytes: 284_000,
            sample_bytes: 17_000,
            kept: 1,
            candidates: 2,
        }
    }
}

/// Is what a crawl will take, by all that is known before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Each engine, in the order given.
    pub engines: Vec<EngineEstimate>,
    /// Names that want something.
    pub names: u64,
    /// Names that have their goal, and for which nothing is asked.
    pub satisfied: u64,
    /// Candidates that will be downloaded.
    pub downloads: u64,
    /// Bytes of those that come over the network.
    pub bytes: u64,
    /// Pictures that will be kept.
    pub kept: u64,
    /// Bytes of the kept samples.
    pub sample_bytes: u64,
    /// The longest time that one engine or one host of pictures takes; all are asked at the same time.
    pub time: Duration,
}

/// Is what a crawl will ask of one engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineEstimate {
    /// The engine's id.
    pub engine: String,
    /// Phrases that have more pages, one for each name that has it.
    pub queries: u64,
    /// Pages until the goal is reached.
    pub pages: u64,
    /// What must be opened before: cookies or tokens.
    pub openings: u64,
    /// Pages and openings when every phrase is asked to its last page; what fails and is asked again is not in it.
    pub requests_at_most: u64,
    /// The least time between two requests.
    pub interval: Duration,
    /// Pages and openings at that interval.
    pub time: Duration,
    /// The same for `requests_at_most`.
    pub time_at_most: Duration,
    /// The quotas that are counted, each with what it makes the engine wait.
    pub quotas: Vec<QuotaEstimate>,
    /// When it may be asked again, when it asked for a pause.
    pub paused_until: Option<SystemTime>,
    /// Candidates of it that will be downloaded.
    pub downloads: u64,
    /// The downloads at the interval of one host, as if all its pictures were at one.
    pub download_time: Duration,
}

/// Is what a counted quota means for the requests that are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaEstimate {
    /// The quota.
    pub quota: Quota,
    /// What is used of the window that has begun.
    pub spent: u32,
    /// From now until the last request may leave.
    pub wait: Duration,
}

impl EngineEstimate {
    /// Pages and openings that are expected.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.pages + self.openings
    }

    /// How long the engine takes: its interval, and the longest of its quotas.
    #[must_use]
    pub fn asking(&self) -> Duration {
        let waits = self.quotas.iter().map(|quota| quota.wait);
        self.time.max(waits.max().unwrap_or_default())
    }
}

/// Is one phrase at one engine.
struct Stream<'a> {
    engine: usize,
    query: &'a str,
    /// Pages that may still come.
    left: u64,
    /// Hits on each of them.
    page: u64,
    /// Pages taken by the estimate.
    taken: u64,
}

/// Counts what all names together ask of one engine.
#[derive(Default)]
struct Tally {
    estimate: EngineEstimate,
    pages_at_most: u64,
    /// Scopes of sessions that pages need, and of those that they may need.
    scopes: HashSet<String>,
    scopes_at_most: HashSet<String>,
    /// Downloads that are read from disk.
    on_disk: u64,
}

impl Outlook<'_> {
    /// Works out what the crawl will take.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let mut total = Estimate::default();
        let mut tallies: Vec<Tally> = self.engines.iter().map(|_| Tally::default()).collect();
        for demand in self.demands {
            if demand.wanted == Some(0) {
                total.satisfied += 1;
                continue;
            }
            total.names += 1;
            let downloads = self.name(demand, &mut tallies);
            let kept = downloads.saturating_mul(self.assumed.kept) / self.assumed.candidates.max(1);
            total.downloads += downloads;
            total.kept += demand.wanted.map_or(kept, |wanted| kept.min(wanted.into()));
        }
        let on_disk: u64 = tallies.iter().map(|tally| tally.on_disk).sum();
        let from_web = total.downloads.saturating_sub(on_disk);
        total.bytes = from_web.saturating_mul(self.assumed.download_bytes);
        total.sample_bytes = total.kept.saturating_mul(self.assumed.sample_bytes);
        for (engine, tally) in self.engines.iter().zip(tallies) {
            let row = self.engine(&**engine, tally);
            total.time = total.time.max(row.asking()).max(row.download_time);
            total.engines.push(row);
        }
        total
    }

    /// Adds what one name asks of the engines, round by round as the crawl does; returns its downloads.
    fn name(&self, demand: &Demand, tallies: &mut [Tally]) -> u64 {
        let label = self.ledger.label(&demand.name.label);
        let starts_over =
            matches!(self.mode, Mode::Refresh { .. }) && !self.ledger.is_refresh_open();
        // What a refresh asks again shows nothing new by itself, and a name that has its goal is asked no deeper.
        let repeated = if starts_over {
            u64::from(label.depth)
        } else {
            0
        };
        let is_bounded = match (self.mode, demand.wanted) {
            (Mode::Refresh { add }, Some(wanted)) => repeated > 0 && wanted <= add,
            _ => false,
        };
        let candidates = demand.wanted.map_or(u64::MAX, |wanted| {
            u64::from(wanted)
                .saturating_mul(self.assumed.candidates)
                .div_ceil(self.assumed.kept.max(1))
        });
        let mut streams = self.streams(demand, starts_over);
        if is_bounded {
            for stream in &mut streams {
                stream.left = stream.left.min(repeated);
            }
        }
        for stream in &streams {
            let tally = &mut tallies[stream.engine];
            let is_asked = self.engines[stream.engine].labels().is_none();
            if stream.left > 0 && is_asked {
                tally.estimate.queries += 1;
                tally.pages_at_most += stream.left;
                let opening = self.engines[stream.engine].opening(stream.query);
                tally.scopes_at_most.extend(opening.map(|o| o.scope));
            }
        }
        let known = label.found.saturating_sub(demand.settled).min(candidates);
        let mut parts = interleaved(&vec![known; streams.len()], known);
        let mut short = candidates - known;
        let mut round = 0;
        while (short > 0 || round < repeated) && streams.iter().any(|s| s.left > s.taken) {
            let is_new = round >= repeated || is_bounded;
            let hits: Vec<u64> = streams
                .iter_mut()
                .map(|stream| {
                    if stream.taken == stream.left {
                        return 0;
                    }
                    stream.taken += 1;
                    if is_new { stream.page } else { 0 }
                })
                .collect();
            let taken = interleaved(&hits, short);
            short -= taken.iter().sum::<u64>();
            for (part, taken) in parts.iter_mut().zip(taken) {
                *part += taken;
            }
            round += 1;
        }
        for (stream, part) in streams.iter().zip(&parts) {
            let engine = &*self.engines[stream.engine];
            let tally = &mut tallies[stream.engine];
            tally.estimate.downloads += part;
            if engine.labels().is_none() && stream.taken > 0 {
                tally.estimate.pages += stream.taken;
                let opening = engine.opening(stream.query);
                tally.scopes.extend(opening.map(|o| o.scope));
            }
            if engine.labels().is_some() && is_on_disk(engine, stream.query) {
                tally.on_disk += part;
            }
        }
        parts.iter().sum()
    }

    /// Lists the streams of a name in the crawl's order, with the pages that each may still have.
    fn streams<'d>(&self, demand: &'d Demand, starts_over: bool) -> Vec<Stream<'d>> {
        let name = &demand.name;
        let mut streams = Vec::new();
        for (at, engine) in self.engines.iter().enumerate() {
            let is_local = engine.labels().is_some();
            let own = std::slice::from_ref(&name.label);
            for query in if is_local { own } else { &name.queries } {
                let done = self.ledger.stream(&name.label, engine.id(), query);
                let (pages, ended) = if starts_over {
                    (0, false)
                } else {
                    (done.pages, done.ended)
                };
                let (most, page) = if is_local {
                    let held = held(&**engine, query);
                    (u64::from(held > 0 && pages == 0), held)
                } else {
                    let most = engine.most_pages().unwrap_or(u32::MAX);
                    let most = most.min(self.settings.max_pages);
                    let most = most.saturating_sub(pages);
                    (most.into(), engine.page_size().into())
                };
                streams.push(Stream {
                    engine: at,
                    query,
                    left: if ended { 0 } else { most },
                    page,
                    taken: 0,
                });
            }
        }
        streams
    }

    fn engine(&self, engine: &dyn SearchEngine, tally: Tally) -> EngineEstimate {
        let mut row = tally.estimate;
        engine.id().clone_into(&mut row.engine);
        row.openings = tally.scopes.len() as u64;
        row.requests_at_most = tally.pages_at_most + tally.scopes_at_most.len() as u64;
        row.paused_until = self.ledger.pause(engine.id(), self.now);
        row.download_time = times(
            self.settings.host_interval,
            row.downloads.saturating_sub(tally.on_disk),
        );
        if engine.labels().is_some() {
            return row;
        }
        row.interval = Quota::interval(engine.quotas(), self.settings.engine_interval);
        row.time = times(row.interval, row.requests());
        row.time_at_most = times(row.interval, row.requests_at_most);
        let counted = engine.quotas().iter().filter(|quota| quota.is_counted());
        row.quotas = counted
            .map(|&quota| {
                let spent = self.ledger.spent(engine.id(), quota, self.now);
                let rest = spent.map_or(quota.window, |spent| {
                    let end = spent.began + quota.window;
                    end.duration_since(self.now).unwrap_or_default()
                });
                let spent = spent.map_or(0, |spent| spent.requests);
                QuotaEstimate {
                    quota,
                    spent,
                    wait: wait(quota, spent, rest, row.requests()),
                }
            })
            .collect();
        row
    }
}

/// Returns from now until the last of so many requests may leave: `rest` is what is left of the window that has begun.
pub(crate) fn wait(quota: Quota, spent: u32, rest: Duration, requests: u64) -> Duration {
    let free = u64::from(quota.requests.saturating_sub(spent));
    let beyond = requests.saturating_sub(free);
    match beyond.div_ceil(u64::from(quota.requests.max(1))) {
        0 => Duration::ZERO,
        windows => rest + times(quota.window, windows - 1),
    }
}

fn times(span: Duration, count: u64) -> Duration {
    span.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Says how many of `wanted` hits come from each part when they are taken in turn.
pub(crate) fn interleaved(parts: &[u64], mut wanted: u64) -> Vec<u64> {
    let mut taken = vec![0; parts.len()];
    loop {
        let open: Vec<usize> = (0..parts.len())
            .filter(|&at| taken[at] < parts[at])
            .collect();
        let Some(least) = open.iter().map(|&at| parts[at] - taken[at]).min() else {
            return taken;
        };
        let each = least.min(wanted / open.len() as u64);
        for &at in &open {
            taken[at] += each;
        }
        wanted -= each * open.len() as u64;
        if each < least {
            for &at in open.iter().take(usize::try_from(wanted).unwrap_or(0)) {
                taken[at] += 1;
            }
            return taken;
        }
    }
}

/// Counts what a local source has for a label.
fn held(engine: &dyn SearchEngine, label: &str) -> u64 {
    let (mut count, mut cursor) = (0, None);
    while let Ask::Local(page) = engine.ask(label, cursor.as_deref(), None) {
        count += page.hits.len() as u64;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    count
}

/// Says whether what a local source has for a label is read from disk and not downloaded.
fn is_on_disk(engine: &dyn SearchEngine, label: &str) -> bool {
    match engine.ask(label, None, None) {
        Ask::Local(page) => page.hits.first().is_some_and(|hit| hit.local),
        _ => false,
    }
}
