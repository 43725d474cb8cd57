//! Asking the engines, all at the same time.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinSet;
use trawl_crawler::{
    Crawl, CrawlError, CrawlSettings, EngineSpec, Ledger, ProbeOutcome, ProbeReport, Prober,
    RobotsProbe, SearchEngine, build_engine,
};

use super::check::{Check, Level};
use super::roster::{self, Entry};
use super::verdict::{self, Asked};
use crate::args::DoctorArgs;
use crate::commands::{crawl, notes};
use crate::config::{Config, keys};
use crate::exit::Failure;
use crate::locate::DATA;
use crate::output::Output;

/// What is searched for: common enough for every engine, and harmless.
pub(super) const PHRASE: &str = "red fox";

/// What became of all engines.
#[derive(Debug)]
pub(super) struct Answers {
    /// One check an engine, in the order of the list.
    pub(super) checks: Vec<Check>,
    pub(super) robots: Check,
    /// How far this machine's clock is from that of each engine that answered.
    pub(super) clocks: Vec<(String, Duration)>,
}

/// An engine that can be asked, or what is to be said instead.
enum Place {
    Ready(Box<dyn SearchEngine>),
    Said(Check),
}

/// Asks every engine of the list that may be asked.
pub(super) async fn ask(
    args: &DoctorArgs,
    config: &Config,
    output: Output,
) -> Result<Answers, Failure> {
    let settings = config.crawl_settings();
    let prober = Arc::new(Prober::new(&settings)?);
    let entries = roster::entries(args, config, &keys::from_environment(&[]));
    let (ledger, mut checks) = ledgers(Path::new(DATA));
    let now = SystemTime::now();
    let mut places: Vec<(Entry, Place)> = Vec::new();
    for entry in entries {
        let place = place(&entry, config, &settings, &ledger, now);
        places.push((entry, place));
    }
    let mut running = JoinSet::new();
    let mut said: Vec<Option<Check>> = Vec::new();
    let mut named = Vec::new();
    for (at, (entry, place)) in places.into_iter().enumerate() {
        match place {
            Place::Said(check) => said.push(Some(check)),
            Place::Ready(engine) => {
                said.push(None);
                named.push(entry.spec.clone());
                let prober = Arc::clone(&prober);
                running.spawn(async move {
                    let report = prober.engine(&*engine, PHRASE).await;
                    let skew = report.date.map(skew);
                    (at, entry, report, engine.quotas().to_vec(), skew)
                });
            }
        }
    }
    if !named.is_empty() {
        output.note(format!(
            "asking {} for \"{PHRASE}\", one page each",
            named.join(", ")
        ));
    }
    let mut clocks = Vec::new();
    let mut reports: Vec<(usize, ProbeReport)> = Vec::new();
    while let Some(joined) = running.join_next().await {
        let (at, entry, report, quotas, skew) =
            joined.map_err(|e| Failure::failed(format!("a probe ended early: {e}")))?;
        clocks.extend(skew.map(|skew| (entry.spec.clone(), skew)));
        said[at] = Some(verdict::of(&Asked {
            entry: &entry,
            report: &report,
            quotas: &quotas,
            ledger: &ledger,
            now,
        }));
        reports.push((at, report));
    }
    reports.sort_by_key(|(at, _)| *at);
    let robots = robots(&prober, &settings, reports.iter().map(|(_, report)| report)).await;
    checks.extend(said.into_iter().flatten());
    Ok(Answers {
        checks,
        robots,
        clocks,
    })
}

fn skew(date: SystemTime) -> Duration {
    let now = SystemTime::now();
    now.duration_since(date)
        .or_else(|_| date.duration_since(now))
        .unwrap_or_default()
}

/// Reads what the datasets here say of engines, so that none is asked that wants to be left alone.
fn ledgers(data: &Path) -> (Ledger, Vec<Check>) {
    let (mut ledger, mut checks) = (Ledger::default(), Vec::new());
    let folders = std::fs::read_dir(data).into_iter().flatten().flatten();
    let mut states: Vec<_> = folders
        .map(|folder| folder.path().join("crawl.db"))
        .filter(|state| state.is_file())
        .collect();
    states.sort();
    for state in states {
        match Ledger::read_engines(&state) {
            Ok(one) => ledger.merge(one),
            Err(error) => {
                let found = match &error {
                    CrawlError::Locked { path } => format!(
                        "a crawl has {} open: what it used of quotas is not counted below",
                        path.display()
                    ),
                    _ => error.to_string(),
                };
                checks.push(Check::engine("quotas", Level::Warn, "unknown", found));
            }
        }
    }
    (ledger, checks)
}

/// Builds an engine and sees whether it may be asked now.
fn place(
    entry: &Entry,
    config: &Config,
    settings: &CrawlSettings,
    ledger: &Ledger,
    now: SystemTime,
) -> Place {
    if !entry.is_asked {
        return Place::Said(verdict::not_asked(entry));
    }
    match build(entry, config, settings) {
        Err(failure) => Place::Said(failure),
        Ok(engine) => {
            let until = ledger.pause(engine.id(), now);
            let until = until.max(ledger.exhausted(engine.id(), engine.quotas(), now));
            match until {
                Some(until) => Place::Said(verdict::waiting(entry, engine.standing(), until)),
                None => Place::Ready(engine),
            }
        }
    }
}

fn build(
    entry: &Entry,
    config: &Config,
    settings: &CrawlSettings,
) -> Result<Box<dyn SearchEngine>, Check> {
    let wrong = |error: &dyn std::fmt::Display| verdict::wrong(entry, error.to_string());
    let full = crawl::absolute_engine(&entry.spec).map_err(|e| wrong(&e))?;
    let spec: EngineSpec = full.parse().map_err(|e: CrawlError| wrong(&e))?;
    let notes = notes::read(std::slice::from_ref(&spec)).map_err(|e| wrong(&e))?;
    let options = config.engine_options(keys::from_environment(&notes));
    let engine = match build_engine(&spec, &options) {
        Ok(engine) => engine,
        Err(error) => {
            return Err(match roster::missing_key(&error) {
                Some((variable, url)) => verdict::no_key(entry, variable, url),
                None => wrong(&Failure::from(error)),
            });
        }
    };
    let one = [engine];
    match Crawl::check(settings, &one, true) {
        Ok(()) => {
            let [engine] = one;
            Ok(engine)
        }
        Err(error) => Err(wrong(&Failure::from(error))),
    }
}

/// Fetches the `robots.txt` of the first picture's host, as a crawl would before the picture.
async fn robots(
    prober: &Prober,
    settings: &CrawlSettings,
    mut reports: impl Iterator<Item = &ProbeReport>,
) -> Check {
    let check = |level, found: String| Check::machine("robots.txt", level, found);
    if !settings.opt_outs.robots {
        return check(
            Level::Warn,
            "not obeyed (optouts.robots = false)".to_owned(),
        );
    }
    let picture = reports.find_map(|report| match &report.outcome {
        ProbeOutcome::Found { picture, .. } => picture.clone(),
        ProbeOutcome::Failed { .. } => None,
    });
    let Some(picture) = picture else {
        let why = "no engine named a picture whose host could be asked";
        return check(Level::Skip, why.to_owned());
    };
    let host = picture.host_str().unwrap_or_default().to_owned();
    match prober.robots(&picture).await {
        RobotsProbe::Allowed => check(Level::Ok, format!("read at {host}, which allows the first picture")),
        RobotsProbe::Refused(rule) => check(
            Level::Ok,
            format!("read at {host}, which keeps trawl off the first picture ({rule})"),
        ),
        RobotsProbe::Unreachable(reject) => check(Level::Warn, format!("{host}: {reject}"))
            .next("pictures of a host are left alone while its robots.txt cannot be had; other hosts may do better"),
    }
}
