//! What an engine's outcome means for a person, and what to do about it.

use std::time::{Duration, SystemTime};

use trawl_crawler::engine::{Quota, Standing};
use trawl_crawler::{EngineState, Ledger, ProbeOutcome, ProbeReport};

use super::check::{Check, Level};
use super::engines::PHRASE;
use super::roster::{self, Entry};

/// An engine that was asked.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) entry: &'a Entry,
    pub(super) report: &'a ProbeReport,
    pub(super) quotas: &'a [Quota],
    /// What the datasets here have used of its quotas.
    pub(super) ledger: &'a Ledger,
    pub(super) now: SystemTime,
}

/// Puts an outcome into words.
pub(super) fn of(asked: &Asked) -> Check {
    let Asked { entry, report, .. } = asked;
    let told = |level, state, text: String| {
        let kind = kind(report.standing);
        let answers = matches!(state, "ok" | "empty");
        let quota = quota(asked).filter(|_| answers);
        let quota = quota.map_or_else(String::new, |quota| format!("; {quota}"));
        Check::engine(&entry.spec, level, state, format!("{kind}: {text}{quota}"))
    };
    let (state, code) = match &report.outcome {
        ProbeOutcome::Found { hits, pause, .. } => {
            let pictures = if *hits == 1 { "picture" } else { "pictures" };
            let seconds = report.took.as_secs_f64();
            let text = if report.standing == Standing::Local {
                format!("{hits} {pictures} of its first label")
            } else {
                format!("{hits} {pictures} for \"{PHRASE}\" in {seconds:.1} s")
            };
            return match pause {
                None => told(Level::Ok, "ok", text),
                Some(pause) => told(
                    Level::Ok,
                    "ok",
                    format!(
                        "{text}, and now wants {} s without a request",
                        pause.as_secs()
                    ),
                ),
            };
        }
        ProbeOutcome::Failed { state, code } => (state, *code),
    };
    let failed = level(entry);
    match state {
        EngineState::Empty => told(
            Level::Warn,
            "empty",
            format!("it answers, and has no picture for \"{PHRASE}\""),
        )
        .next("nothing, where it cannot have one; otherwise look at the filters in [search], or at the engine's file"),
        EngineState::Blocked { .. } => told(failed, "blocked", state.to_string())
            .next(refused(entry, report.standing)),
        EngineState::RateLimited { wait } => {
            let until = wait.map(|wait| asked.now + wait);
            let text = until.map_or_else(
                || "rate limited, it does not say for how long".to_owned(),
                |until| format!("rate limited until {}", humantime::format_rfc3339_seconds(until)),
            );
            told(failed, "rate-limited", text)
                .next("leave it alone until then (a day where it does not say), and set a larger crawl.engine_interval")
        }
        EngineState::Waiting { until } => waiting(entry, report.standing, *until),
        EngineState::SchemaChanged { .. } if report.standing == Standing::Custom => {
            told(failed, "changed", state.to_string())
                .next("compare the site's answer with the places that the engine's file names (docs/custom-engines.md)")
        }
        EngineState::SchemaChanged { .. } => told(failed, "changed", state.to_string()).next(
            "update trawl, or write a bug report: a crawl keeps such answers in `samples` beside crawl.db; other engines go on",
        ),
        EngineState::Unreachable { .. } => {
            told(failed, "unreachable", state.to_string()).next(unreachable(entry, code))
        }
        _ => told(failed, "failed", state.to_string()).next("see docs/engines.md"),
    }
}

/// What is said of an engine that is not asked unless somebody names it.
pub(super) fn not_asked(entry: &Entry) -> Check {
    let kind = kind(roster::standing(&entry.spec));
    let found = format!("{kind}: not asked, since nobody named it");
    Check::engine(&entry.spec, Level::Skip, "not-asked", found).next(format!(
        "--engine {} or --all asks it; read docs/engines.md first",
        entry.spec
    ))
}

/// What is said of an engine without its key.
pub(super) fn no_key(entry: &Entry, variable: &str, url: &str) -> Check {
    let level = if entry.is_named {
        Level::Fail
    } else {
        Level::Skip
    };
    let found = format!("{}: no key", kind(roster::standing(&entry.spec)));
    Check::engine(&entry.spec, level, "no-key", found).next(format!(
        "get one at {url} and set {variable} in the environment"
    ))
}

/// What is said of an engine that wants to be left alone, as a crawl here was told or has counted.
pub(super) fn waiting(entry: &Entry, standing: Standing, until: SystemTime) -> Check {
    let until = humantime::format_rfc3339_seconds(until);
    let found = format!("{}: wants to be left alone until {until}", kind(standing));
    Check::engine(&entry.spec, level(entry), "waiting", found)
        .next("crawl again then; other engines go on meanwhile")
}

/// What is said of an engine that cannot be asked as it is configured; the error says the remedy.
pub(super) fn wrong(entry: &Entry, error: String) -> Check {
    Check::engine(&entry.spec, level(entry), "misconfigured", error)
        .next("mend that; docs/engines.md and docs/custom-engines.md say what goes where")
}

fn level(entry: &Entry) -> Level {
    if entry.is_named {
        Level::Fail
    } else {
        Level::Warn
    }
}

fn kind(standing: Standing) -> &'static str {
    match standing {
        Standing::Documented => "official",
        Standing::Unofficial => "unofficial",
        Standing::Custom => "described by a file",
        Standing::Local => "on this machine",
    }
}

/// What is used of the fullest quota that is counted, by the datasets here.
fn quota(asked: &Asked) -> Option<String> {
    let quotas = asked.quotas.iter();
    let counted = quotas.filter(|quota| quota.window > Duration::from_mins(10));
    let said: Vec<String> = counted
        .map(|quota| {
            let id = &asked.report.engine;
            let spent = asked.ledger.spent(id, *quota, asked.now);
            format!(
                "{} of {} requests {} used here",
                spent.map_or(0, |spent| spent.requests),
                quota.requests,
                window(quota.window)
            )
        })
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn window(window: Duration) -> String {
    match window.as_secs() {
        3_600 => "an hour".to_owned(),
        86_400 => "a day".to_owned(),
        seconds => format!("in {} days", seconds.div_ceil(86_400)),
    }
}

fn refused(entry: &Entry, standing: Standing) -> String {
    match standing {
        Standing::Unofficial => format!(
            "leave it alone for a day and ask more slowly then, or leave it out: docs/engines.md says more of {}",
            entry.spec
        ),
        _ => {
            "set crawl.contact, check the key where it has one, and see docs/engines.md".to_owned()
        }
    }
}

/// What to do about an engine that did not answer, by the code of the failure.
fn unreachable(entry: &Entry, code: Option<&str>) -> String {
    let key = match entry.spec.split_once(':') {
        None => format!("engines.{}", entry.spec),
        Some((_, file)) => format!("the endpoint in {file}"),
    };
    match code {
        Some("dns") => format!(
            "check the network and its name server (/etc/resolv.conf), then {key}; behind a proxy set crawl.proxy"
        ),
        Some("tls") => "check the clock and the system's certificates (package ca-certificates); a proxy that opens TLS is not trusted".to_owned(),
        Some("timeout-connect" | "connection") => format!(
            "check the network, a firewall on the way, and {key}; behind a proxy set crawl.proxy"
        ),
        Some("timeout-header" | "timeout-idle" | "timeout-total" | "cut-short") => {
            "it is slow or overloaded, or something on the way holds it up: try again later, or raise crawl.idle_timeout".to_owned()
        }
        Some("private-address" | "bad-port") => {
            "if that is meant, add --allow-private-hosts; otherwise its name leads to the wrong place".to_owned()
        }
        _ => "it is out of order at the moment: try again later".to_owned(),
    }
}
