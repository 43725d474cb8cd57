//! The end of a crawl: publication, the summary a person reads, the exit code.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use trawl_crawler::{CrawlReport, End, EngineState};
use trawl_dataset::{
    DatasetError, NameSummary, Publication, Summary, scored, summarize, thrown_out,
};

use super::account::Account;
use super::crawl::Job;
use super::ending::{end_text, shortage};
use crate::audience::Ended;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::page;
use crate::pipeline::Harvest;
use crate::reasons::{REPLACED, explain};
use crate::stop::Stop;
use crate::terminal::{Table, wrap};

/// What `--json` prints after a crawl or refresh.
#[derive(Debug, Serialize)]
struct Outcome<'a> {
    dataset: String,
    snapshot: Option<String>,
    changed: bool,
    finished: bool,
    under_minimum: Vec<&'a str>,
    /// What the engines said when none gave a page.
    silent_engines: BTreeMap<&'a str, String>,
    ends: BTreeMap<&'a str, String>,
    requests: u64,
    /// What this run did at each engine, and why its downloads failed.
    run: Account<'a>,
    report: String,
    summary: &'a Summary,
}

/// Publishes what a finished crawl brought in and shows it; a stopped one only says how to go on.
pub(super) fn conclude(
    harvest: Harvest,
    job: &Job,
    names: &[String],
    stop: &Stop,
    output: Output,
) -> Result<Exit, Failure> {
    let Harvest {
        mut dataset,
        report,
        tally,
    } = harvest;
    let report = &report;
    let ends: BTreeMap<&str, String> = report
        .names
        .iter()
        .map(|n| (n.label.as_str(), end_text(&n.end, job.mode)))
        .collect();
    let finished = !report.names.iter().any(|n| matches!(n.end, End::Stopped));
    let publication = if finished {
        match dataset.publish(names) {
            Err(DatasetError::NothingKept { .. }) => None,
            published => Some(published?),
        }
    } else {
        None
    };
    drop(dataset);
    let summary = summarize(&job.root)?;
    if let Some(damage) = &summary.damage {
        output.warn(damage);
    }
    let page = write_report(&job.root, &summary, &ends, false)?;
    show(
        &summary,
        &ends,
        job.record.goal,
        job.record.config.crawl.min_per_name,
        output,
    );
    let account = Account::new(report, &tally);
    account.show(output);
    let silent = silent_engines(report);
    let unreachable = silent
        .iter()
        .any(|(_, state)| matches!(state, EngineState::Unreachable { .. }));
    let under = under_minimum(&summary, names, job);
    let is_success = finished && silent.is_empty();
    count_end(job, report, &summary, names, under.len(), is_success);
    let outcome = Outcome {
        dataset: job.root.display().to_string(),
        snapshot: publication.as_ref().map(|p| p.snapshot.id.clone()),
        changed: publication.as_ref().is_some_and(|p| p.changed),
        finished,
        under_minimum: under.clone(),
        silent_engines: silent
            .iter()
            .map(|(engine, state)| (*engine, state.to_string()))
            .collect(),
        ends: ends.clone(),
        requests: report.counters.requests + report.counters.page_requests,
        run: account,
        report: page.clone(),
        summary: &summary,
    };
    let exit = match &publication {
        None if finished => {
            output.line(format!("\nreport {page}"));
            warn_of_nothing(&summary, output);
            Exit::Partial
        }
        None => {
            let signal = stop.exit();
            let why = match signal {
                Some(_) => "stopped",
                None => "the time limit was reached",
            };
            let root = job.root.display();
            output.note(format!(
                "{why}; nothing is lost, run the same command again to go on, or `trawl snapshot {root}` to publish what is there"
            ));
            signal.unwrap_or(Exit::Partial)
        }
        Some(publication) => {
            output.line("");
            output.line(published_line(publication));
            warn_of_lost(publication.lost, &summary, output);
            output.line(format!("report {page}"));
            if under.is_empty() && !unreachable {
                Exit::Done
            } else {
                Exit::Partial
            }
        }
    };
    if finished && !silent.is_empty() {
        warn_of_silence(&silent, output);
    }
    if !under.is_empty() && finished {
        output.warn(format!(
            "under the minimum of {}: {}; add engines, other search phrases (`label: query | query`) or lower crawl.min_per_name",
            minimum(job.record.goal, job.record.config.crawl.min_per_name),
            under.join(", ")
        ));
    }
    output.object(&outcome);
    Ok(exit)
}

/// Tells monitoring what the crawl came to.
fn count_end(
    job: &Job,
    report: &CrawlReport,
    summary: &Summary,
    names: &[String],
    under_minimum: usize,
    is_success: bool,
) {
    if let Some(metrics) = &job.metrics {
        let ended = Ended {
            snapshot: summary.snapshot.as_ref().map(|s| u64::from(s.number)),
            published: summary.names.iter().map(|n| u64::from(n.published)).sum(),
            under_minimum,
            names: names.len(),
            is_success,
        };
        metrics.conclude(report, ended);
    }
}

/// One line that says what was published.
pub(super) fn published_line(publication: &Publication) -> String {
    let snapshot = &publication.snapshot;
    if publication.changed {
        format!("published snapshot {} ({})", snapshot.number, snapshot.id)
    } else {
        format!("unchanged: snapshot {} ({})", snapshot.number, snapshot.id)
    }
}

fn warn_of_silence(silent: &[(&str, &EngineState)], output: Output) {
    let said: Vec<String> = silent
        .iter()
        .map(|(engine, state)| format!("{engine} {state}"))
        .collect();
    output.warn(format!(
        "no engine gave a page ({}); what is here stays, run the same command again later",
        said.join("; ")
    ));
}

fn warn_of_nothing(summary: &Summary, output: Output) {
    let root = summary.root.display();
    let stays = summary
        .snapshot
        .as_ref()
        .map_or_else(String::new, |snapshot| {
            format!(", and snapshot {} stays", snapshot.number)
        });
    output.warn(format!(
        "nothing is published in {root}: there is no picture of these names to show{stays}; `trawl status {root}` shows why"
    ));
}

fn warn_of_lost(lost: u32, summary: &Summary, output: Output) {
    if lost > 0 {
        output.warn(format!(
            "{lost} pictures of this snapshot have lost their file; `trawl verify {}` lists them and says what helps",
            summary.root.display()
        ));
    }
}

/// What the engines said, when each of them failed before its first page. Where one has answered, asks for a pause or had shown
/// all it has before, the state of each name tells enough.
fn silent_engines(report: &CrawlReport) -> Vec<(&str, &EngineState)> {
    let said = report.engines.iter().map(|end| match &end.failed {
        Some(EngineState::Waiting { .. } | EngineState::RateLimited { .. }) | None => None,
        Some(state) => (end.pages == 0).then_some((end.engine.as_str(), state)),
    });
    said.collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn under_minimum<'n>(summary: &Summary, names: &'n [String], job: &Job) -> Vec<&'n str> {
    let minimum = minimum(job.record.goal, job.record.config.crawl.min_per_name);
    let published: BTreeMap<&str, u32> = summary
        .names
        .iter()
        .map(|n| (n.label.as_str(), n.published))
        .collect();
    names
        .iter()
        .map(String::as_str)
        .filter(|label| published.get(label).copied().unwrap_or(0) < minimum)
        .collect()
}

/// A source that is taken whole, without a goal, must only bring something.
fn minimum(goal: Option<u32>, configured: u32) -> u32 {
    match goal {
        Some(_) => configured,
        None => configured.min(1),
    }
}

/// The table a person reads: one row a name, then the reasons.
pub(super) fn show(
    summary: &Summary,
    ends: &BTreeMap<&str, String>,
    goal: Option<u32>,
    minimum: u32,
    output: Output,
) {
    let mut table = Table::new(&[
        "name",
        "found",
        "fetched",
        "duplicate",
        "unfit",
        "failed",
        "kept",
        "published",
        "state",
    ])
    .text(8);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    // Why names are short is often the same for many, and too long for a column.
    let mut short: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for name in summary
        .names
        .iter()
        .filter(|name| name.listed || ends.contains_key(name.label.as_str()))
    {
        let states = [(REPLACED, name.superseded), (SURPLUS, name.surplus)];
        let reasons = name.reasons.iter().map(|(code, n)| (code.as_str(), *n));
        for (reason, count) in reasons.chain(states).filter(|(_, count)| *count > 0) {
            *counts.entry(reason).or_default() += count;
        }
        // Before the first publication nothing says that a name stays as it is.
        let is_open = summary.snapshot.is_none() && name.kept > 0;
        let state = match goal {
            Some(goal) if is_open && name.kept < goal => "unfinished",
            _ if is_open => "ok",
            _ if name.published < self::minimum(goal, minimum) => "under",
            Some(goal) if name.published < goal => "short",
            _ => "ok",
        };
        if state != "ok" {
            let why = shortage(name, ends.get(name.label.as_str()).map(String::as_str));
            let names = short.entry((state, why)).or_default();
            names.push(&name.label);
        }
        table.row(vec![
            name.label.clone(),
            name.found.to_string(),
            name.downloaded.to_string(),
            duplicates(name).to_string(),
            unfit(name).to_string(),
            name.rejected.to_string(),
            name.kept.to_string(),
            name.published.to_string(),
            state.to_owned(),
        ]);
    }
    output.line(table.render());
    if !short.is_empty() {
        output.line("");
    }
    for ((state, why), names) in short {
        let state = match state {
            "under" => "under minimum",
            state => state,
        };
        for line in wrap(&names.join(", "), &format!("{state}{why}: "), "  ") {
            output.line(line);
        }
    }
    if !counts.is_empty() {
        let mut reasons: Vec<_> = counts.into_iter().collect();
        reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let mut table = Table::new(&["not kept because", "pictures", "that is"]).text(2);
        for (reason, count) in reasons {
            table.row(vec![
                reason.to_owned(),
                count.to_string(),
                meaning(reason).to_owned(),
            ]);
        }
        output.line("");
        output.line(table.render());
    }
}

/// Said of candidates that the goal had no room for.
const SURPLUS: &str = "surplus";

fn meaning(reason: &str) -> &'static str {
    match reason {
        SURPLUS => "good, and more than were wanted",
        REPLACED => "counted as duplicates",
        code => explain(code),
    }
}

/// Downloads that were a picture the name has already, or a smaller copy of it that was replaced.
pub(crate) fn duplicates(name: &NameSummary) -> u32 {
    let flaws: u32 = name
        .reasons
        .iter()
        .filter(|(code, _)| code.contains("duplicate"))
        .map(|(_, count)| count)
        .sum();
    flaws + name.superseded
}

/// Downloads that were no usable picture.
pub(crate) fn unfit(name: &NameSummary) -> u32 {
    name.flawed + name.superseded - duplicates(name)
}

/// Writes `report.html` and gives its path.
pub(super) fn write_report(
    root: &Path,
    summary: &Summary,
    ends: &BTreeMap<&str, String>,
    inline: bool,
) -> Result<String, Failure> {
    let path = root.join("report.html");
    let contents = page::Contents {
        root,
        summary,
        thrown: &thrown_out(root)?,
        scored: &scored(root)?,
        ends,
        inline,
    };
    write_file(&path, page::dataset(&contents)?.as_bytes())?;
    Ok(path.display().to_string())
}

/// Writes a whole file or nothing.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file()
                .set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    };
    write().map_err(|e| Failure::io("write", path, &e))
}
