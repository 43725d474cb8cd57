//! `--dry-run`: what a crawl or refresh will take, without a request and without a file.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use trawl_crawler::{
    Assumed, Demand, EngineEstimate, EngineSpec, Estimate, Ledger, Mode, Name, Outlook,
};
use trawl_dataset::{DatasetError, NameSummary, Summary, measure, summarize};

use super::crawl::Job;
use crate::config::ByteSize;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::terminal::{Table, wrap};

/// Decided candidates from which on a dataset's own figures are better than what is assumed.
const ENOUGH: u64 = 30;

/// Says of each figure behind the estimate whether it was measured.
#[derive(Debug, Clone, Copy)]
struct Basis {
    assumed: Assumed,
    is_weighed: bool,
    is_counted: bool,
}

pub(super) fn run(job: &Job, output: Output) -> Result<Exit, Failure> {
    let config = &job.record.config;
    let summary = match summarize(&job.root) {
        Ok(summary) => Some(summary),
        Err(DatasetError::NotADataset { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let ledger = Ledger::read(&job.root.join("crawl.db"))?;
    let names = job.names.clone().unwrap_or_else(|| own_labels(job));
    let demands = demands(&names, summary.as_ref(), &ledger, job);
    let basis = basis(summary.as_ref(), job)?;
    let now = SystemTime::now();
    let settings = config.crawl_settings();
    let estimate = Outlook {
        settings: &settings,
        engines: &job.engines,
        demands: &demands,
        mode: job.mode,
        ledger: &ledger,
        assumed: basis.assumed,
        now,
    }
    .estimate();
    output.line(format!(
        "dry run for {}: nothing is asked and nothing is written",
        job.root.display()
    ));
    show(&estimate, &basis, job, output);
    output.object(&object(&estimate, &basis, job));
    Ok(Exit::Done)
}

/// The labels that local sources bring.
fn own_labels(job: &Job) -> Vec<Name> {
    let mut seen = BTreeSet::new();
    let labels = job.engines.iter().filter_map(|engine| engine.labels());
    labels
        .flatten()
        .filter(|label| seen.insert(label.as_str()))
        .map(|label| Name {
            label: label.clone(),
            queries: vec![label.clone()],
        })
        .collect()
}

/// What each name still wants, as the crawl would have it.
fn demands(names: &[Name], summary: Option<&Summary>, ledger: &Ledger, job: &Job) -> Vec<Demand> {
    let known: BTreeMap<&str, &NameSummary> = summary
        .iter()
        .flat_map(|summary| &summary.names)
        .map(|name| (name.label.as_str(), name))
        .collect();
    names
        .iter()
        .map(|name| {
            let known = known.get(name.label.as_str());
            let kept = known.map_or(0, |name| name.kept);
            let begun = known
                .and_then(|name| name.goal)
                .filter(|_| ledger.is_refresh_open());
            let goal = match (job.record.goal, job.mode) {
                (Some(goal), Mode::Refresh { add }) if known.is_some() => {
                    Some(begun.unwrap_or(goal.max(kept) + add))
                }
                (goal, _) => goal,
            };
            Demand {
                name: name.clone(),
                wanted: goal.map(|goal| goal.saturating_sub(kept)),
                settled: known.map_or(0, |name| name.found.into()),
            }
        })
        .collect()
}

/// Takes the dataset's own figures where there are enough of them.
fn basis(summary: Option<&Summary>, job: &Job) -> Result<Basis, Failure> {
    let mut basis = Basis {
        assumed: Assumed::default(),
        is_weighed: false,
        is_counted: false,
    };
    let Some(summary) = summary else {
        return Ok(basis);
    };
    let measured = measure(&job.root)?;
    if measured.downloads >= ENOUGH && measured.samples >= ENOUGH {
        basis.assumed.download_bytes = measured.download_bytes / measured.downloads;
        basis.assumed.sample_bytes = measured.sample_bytes / measured.samples;
        basis.is_weighed = true;
    }
    let t = &summary.totals;
    let kept = u64::from(t.kept);
    let decided = kept + u64::from(t.superseded) + u64::from(t.rejected) + u64::from(t.flawed);
    if decided >= ENOUGH && kept > 0 {
        (basis.assumed.kept, basis.assumed.candidates) = (kept, decided);
        basis.is_counted = true;
    }
    Ok(basis)
}

fn show(estimate: &Estimate, basis: &Basis, job: &Job, output: Output) {
    let mut table = Table::new(&[
        "engine", "queries", "pages", "requests", "at most", "time", "by quota", "pictures",
    ]);
    let sum = |of: fn(&EngineEstimate) -> u64| estimate.engines.iter().map(of).sum::<u64>();
    let longest = |of: fn(&EngineEstimate) -> Duration| {
        span(estimate.engines.iter().map(of).max().unwrap_or_default())
    };
    for row in &estimate.engines {
        table.row(vec![
            EngineSpec::shown(&row.engine),
            row.queries.to_string(),
            row.pages.to_string(),
            row.requests().to_string(),
            row.requests_at_most.to_string(),
            span(row.time),
            span(row.asking()),
            row.downloads.to_string(),
        ]);
    }
    table.row(vec![
        "total".to_owned(),
        sum(|row| row.queries).to_string(),
        sum(|row| row.pages).to_string(),
        sum(EngineEstimate::requests).to_string(),
        sum(|row| row.requests_at_most).to_string(),
        longest(|row| row.time),
        longest(EngineEstimate::asking),
        estimate.downloads.to_string(),
    ]);
    output.line(table.render());
    output.line("");
    for fact in facts(estimate, basis, job) {
        for line in fact {
            output.line(line);
        }
    }
}

/// What the table does not say.
fn facts(estimate: &Estimate, basis: &Basis, job: &Job) -> Vec<Vec<String>> {
    let assumed = &basis.assumed;
    let fact = |head: &str, text: String| wrap(&text, &format!("{head:<10}"), "          ");
    let mut facts = vec![
        fact(
            "names",
            format!(
                "{} that want pictures, {} that have their goal",
                estimate.names, estimate.satisfied
            ),
        ),
        fact(
            "download",
            format!(
                "{} at {} a picture ({})",
                ByteSize(estimate.bytes),
                ByteSize(assumed.download_bytes),
                from(basis.is_weighed)
            ),
        ),
        fact(
            "keep",
            format!(
                "{} pictures, {} of {} candidates ({}); {} on disk at {} each ({})",
                estimate.kept,
                assumed.kept,
                assumed.candidates,
                from(basis.is_counted),
                ByteSize(estimate.sample_bytes),
                ByteSize(assumed.sample_bytes),
                from(basis.is_weighed)
            ),
        ),
        fact(
            "time",
            format!(
                "{} at least, by intervals and quotas, as if an engine's pictures were at one host",
                span(estimate.time)
            ),
        ),
        fact(
            "at most",
            format!(
                "every phrase to its last page; a request that fails is asked up to {} times",
                job.record.config.crawl.tries
            ),
        ),
    ];
    for row in &estimate.engines {
        for quota in &row.quotas {
            facts.push(fact("quota", format!("{}: {} requests in {}, {} used; {}",
                EngineSpec::shown(&row.engine),
                quota.quota.requests,
                span(quota.quota.window),
                quota.spent,
                if quota.wait.is_zero() {
                    "that is enough".to_owned()
                } else {
                    format!(
                        "the last request may leave in {}: run the same command again each time it ends",
                        span(quota.wait)
                    )
                }
            )));
        }
        if let Some(until) = row.paused_until {
            facts.push(fact(
                "pause",
                format!(
                    "{} wants to be left alone until {}",
                    EngineSpec::shown(&row.engine),
                    humantime::format_rfc3339_seconds(until)
                ),
            ));
        }
    }
    if let Some(limit) = job.time_limit
        && limit < estimate.time
    {
        facts.push(fact(
            "budget",
            format!(
                "{} is less than that: run the same command again to go on",
                span(limit)
            ),
        ));
    }
    facts
}

fn from(is_measured: bool) -> &'static str {
    if is_measured {
        "measured here"
    } else {
        "assumed"
    }
}

/// A span in its two largest units, which is all that an estimate is good for.
fn span(span: Duration) -> String {
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    let text = match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds / 3_600 % 24),
    };
    // "2d 0h" says no more than "2d".
    let parts = text.split_once(" 0");
    parts
        .filter(|(_, unit)| unit.len() == 1)
        .map_or(text.clone(), |(first, _)| first.to_owned())
}

fn object(estimate: &Estimate, basis: &Basis, job: &Job) -> Value {
    let sum = |of: fn(&EngineEstimate) -> u64| estimate.engines.iter().map(of).sum::<u64>();
    let engines: Vec<Value> = estimate.engines.iter().map(engine).collect();
    json!({
        "dry_run": true,
        "dataset": job.root,
        "engines": engines,
        "total": {
            "names": estimate.names,
            "satisfied": estimate.satisfied,
            "queries": sum(|row| row.queries),
            "pages": sum(|row| row.pages),
            "requests": sum(EngineEstimate::requests),
            "requests_at_most": sum(|row| row.requests_at_most),
            "downloads": estimate.downloads,
            "download_bytes": estimate.bytes,
            "kept": estimate.kept,
            "sample_bytes": estimate.sample_bytes,
            "seconds": estimate.time.as_secs_f64(),
        },
        "basis": {
            "download_bytes": basis.assumed.download_bytes,
            "sample_bytes": basis.assumed.sample_bytes,
            "bytes_measured": basis.is_weighed,
            "kept": basis.assumed.kept,
            "of_candidates": basis.assumed.candidates,
            "kept_measured": basis.is_counted,
        },
    })
}

fn engine(row: &EngineEstimate) -> Value {
    let quotas: Vec<Value> = row
        .quotas
        .iter()
        .map(|quota| {
            json!({
                "requests": quota.quota.requests,
                "window_seconds": quota.quota.window.as_secs(),
                "used": quota.spent,
                "wait_seconds": quota.wait.as_secs(),
            })
        })
        .collect();
    let until = row
        .paused_until
        .map(|until| humantime::format_rfc3339_seconds(until).to_string());
    json!({
        "engine": row.engine,
        "queries": row.queries,
        "pages": row.pages,
        "openings": row.openings,
        "requests": row.requests(),
        "requests_at_most": row.requests_at_most,
        "interval_seconds": row.interval.as_secs_f64(),
        "seconds": row.time.as_secs_f64(),
        "seconds_at_most": row.time_at_most.as_secs_f64(),
        "seconds_by_quota": row.asking().as_secs_f64(),
        "quotas": quotas,
        "paused_until": until,
        "downloads": row.downloads,
        "download_seconds": row.download_time.as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_at_most() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (605, "10m 5s"),
            (3_600, "1h"),
            (86_399, "23h 59m"),
            (2 * 86_400, "2d"),
            (71 * 3_600, "2d 23h"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
        assert_eq!(span(Duration::from_millis(1)), "1s");
    }
}
