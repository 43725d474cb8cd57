//! What one run did: at each engine, and why and where its downloads failed.

use serde::Serialize;
use trawl_crawler::{CrawlReport, EngineEnd};

use crate::audience::{Failures, Tally};
use crate::config::ByteSize;
use crate::output::Output;
use crate::terminal::Table;

/// The most characters of a host in the table; `--json` has it whole.
const HOST: usize = 40;

/// The account of one run; also an object of the `--json` output.
#[derive(Debug, Serialize)]
pub(super) struct Account<'r> {
    engines: Vec<Engine<'r>>,
    /// Requests for pictures, retries and redirects included.
    image_requests: u64,
    /// Requests for pages of engines.
    page_requests: u64,
    /// Requests for robots.txt and its like.
    site_requests: u64,
    retries: u64,
    downloads: u64,
    bytes: u64,
    /// Downloads replaced by another copy of the same picture.
    fallbacks: u64,
    /// Times a host was left alone for a while.
    host_pauses: u64,
    failures: Vec<Failures>,
}

#[derive(Debug, Serialize)]
struct Engine<'r> {
    name: &'r str,
    pages: u64,
    results: u64,
    state: &'static str,
    /// What it said last instead of a page.
    said: Option<String>,
}

impl<'r> Engine<'r> {
    fn of(end: &'r EngineEnd) -> Self {
        Self {
            name: &end.engine,
            pages: end.pages,
            results: end.hits,
            state: end.failed.as_ref().map_or("ok", |state| state.code()),
            said: end.failed.as_ref().map(ToString::to_string),
        }
    }
}

impl<'r> Account<'r> {
    pub(super) fn new(report: &'r CrawlReport, tally: &Tally) -> Self {
        let counters = &report.counters;
        Self {
            engines: report.engines.iter().map(Engine::of).collect(),
            image_requests: counters.requests,
            page_requests: counters.page_requests,
            site_requests: counters.site_requests,
            retries: counters.retries,
            downloads: counters.bodies,
            bytes: counters.bytes,
            fallbacks: tally.fallbacks(),
            host_pauses: tally.pauses(),
            failures: tally.failures(),
        }
    }

    /// Shows it under the names: engines when any was asked, failures when there were any.
    pub(super) fn show(&self, output: Output) {
        if self.page_requests > 0 || self.engines.iter().any(|engine| engine.said.is_some()) {
            let mut table = Table::new(&["engine", "pages", "results", "state"]).text(3);
            for engine in &self.engines {
                table.row(vec![
                    engine.name.to_owned(),
                    engine.pages.to_string(),
                    engine.results.to_string(),
                    engine.said.clone().unwrap_or_else(|| "ok".to_owned()),
                ]);
            }
            output.line("");
            output.line(table.render());
        }
        if !self.failures.is_empty() {
            let header = ["failed in this run", "downloads", "mostly at"];
            let mut table = Table::new(&header).text(2);
            for failure in &self.failures {
                table.row(vec![
                    failure.reason.to_owned(),
                    failure.count.to_string(),
                    whereabouts(failure),
                ]);
            }
            output.line("");
            output.line(table.render());
        }
        if self.image_requests > 0 {
            let copies = match self.fallbacks {
                0 => String::new(),
                copies => format!("; {copies} times another copy of one that failed was asked for"),
            };
            output.line(format!(
                "\n{} requests for pictures, {} of them again; {} pictures, {}{copies}",
                self.image_requests,
                self.retries,
                self.downloads,
                ByteSize(self.bytes)
            ));
        }
    }
}

/// Hosts by how often, as `a.example (12), b.example (3) and 4 more`.
fn whereabouts(failure: &Failures) -> String {
    let named: Vec<String> = failure
        .hosts
        .iter()
        .map(|(host, count)| format!("{} ({count})", short(host)))
        .collect();
    let more = match failure.other_hosts {
        Some(0) => String::new(),
        Some(more) => format!(" and {more} more"),
        None => " and many more".to_owned(),
    };
    format!("{}{more}", named.join(", "))
}

fn short(host: &str) -> String {
    let host = host.split_once("://").map_or(host, |(_, rest)| rest);
    if host.chars().count() <= HOST {
        return host.to_owned();
    }
    let kept: String = host.chars().take(HOST - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_hosts_are_named_and_the_others_counted() {
        let failure = |hosts: Vec<(String, u64)>, other_hosts| Failures {
            reason: "dns",
            count: 20,
            hosts,
            other_hosts,
        };
        let hosts = vec![
            ("https://a.example".to_owned(), 12),
            ("http://b.example:81".to_owned(), 3),
        ];
        assert_eq!(
            whereabouts(&failure(hosts.clone(), Some(4))),
            "a.example (12), b.example:81 (3) and 4 more"
        );
        assert_eq!(
            whereabouts(&failure(hosts, Some(0))),
            "a.example (12), b.example:81 (3)"
        );
        let long = format!("http://{}.example", "x".repeat(60));
        let text = whereabouts(&failure(vec![(long, 1)], None));
        assert_eq!(text, format!("{}… (1) and many more", "x".repeat(39)));
    }
}
