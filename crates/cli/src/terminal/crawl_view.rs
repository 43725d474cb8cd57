//! Bars of a crawl: what is found, fetched and kept.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar};
use trawl_crawler::Event;
use trawl_dataset::Progress;

use super::bar::style;
use crate::output::Output;

/// Shows what crawler and catalog report.
#[derive(Debug)]
pub(crate) struct CrawlView {
    output: Output,
    find: ProgressBar,
    fetch: ProgressBar,
    keep: ProgressBar,
    found: Sum,
    kept: Sum,
    fetched: u64,
    failed: u64,
    bytes: u64,
    _bars: MultiProgress,
}

/// Counts by name with their sum, since a hundred thousand names are not to be added up for each picture.
#[derive(Debug, Default)]
struct Sum {
    parts: BTreeMap<String, u64>,
    total: u64,
}

impl Sum {
    fn set(&mut self, name: &str, count: u64) {
        if let Some(part) = self.parts.get_mut(name) {
            self.total = self.total - *part + count;
            *part = count;
        } else {
            self.parts.insert(name.to_owned(), count);
            self.total += count;
        }
    }
}

impl CrawlView {
    /// Starts from what the catalog already holds.
    pub(crate) fn new(output: Output, standing: &[Progress]) -> Self {
        let bars = MultiProgress::new();
        let add = |template: &str, total: u64| {
            if !output.bars() {
                return ProgressBar::hidden();
            }
            let bar = bars.add(ProgressBar::new(total));
            bar.set_style(style(template));
            bar.enable_steady_tick(std::time::Duration::from_millis(200));
            bar
        };
        let mut kept = Sum::default();
        for p in standing {
            kept.set(&p.label, u64::from(p.kept));
        }
        let total = standing
            .iter()
            .map(|p| u64::from(p.kept) + u64::from(p.remaining.unwrap_or(0)))
            .sum();
        let view = Self {
            output,
            find: add("find   {pos} candidates  {msg}", 0),
            fetch: add("fetch  {pos} pictures, {rate}  {msg}", 0),
            keep: add("keep   {bar:30} {pos}/{len}", total),
            found: Sum::default(),
            kept,
            fetched: 0,
            failed: 0,
            bytes: 0,
            _bars: bars,
        };
        view.keep.set_position(view.kept.total);
        view
    }

    /// One thing the crawler did.
    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::PageFetched {
                engine,
                label,
                query,
                page,
                hits,
            } => {
                self.find.set_message(format!("{engine}: {query}"));
                self.output.detail(format!(
                    "page {page} of {engine} `{query}` for {label}: {hits} results"
                ));
            }
            Event::Found { label, count } => {
                self.found.set(label, *count);
                self.find.set_position(self.found.total);
            }
            Event::Finished {
                url,
                bytes,
                ok,
                reason,
            } => {
                if *ok {
                    self.fetched += 1;
                    self.bytes += bytes;
                    self.fetch.inc(1);
                } else {
                    self.failed += 1;
                }
                self.fetch.set_message(format!(
                    "{}, {} failed",
                    crate::config::ByteSize(self.bytes),
                    self.failed
                ));
                self.output.detail(match reason {
                    Some(reason) => format!("failed ({reason}) {url}"),
                    None => format!("fetched {url}"),
                });
            }
            Event::EngineState { engine, state } => {
                self.output.note(format!("engine {engine}: {state}"));
            }
            Event::Retrying {
                url,
                reason,
                after,
                tries,
            } => {
                self.output.detail(format!(
                    "try {} in {:.1} s ({reason}): {url}",
                    tries + 1,
                    after.as_secs_f64()
                ));
            }
            Event::HostPaused { host, wait } => self
                .output
                .detail(format!("pause of {:.1} s for {host}", wait.as_secs_f64())),
            Event::NameDone { label, .. } => self
                .output
                .detail(format!("{label}: nothing more to fetch")),
            _ => {}
        }
    }

    /// What a commit changed.
    pub(crate) fn committed(&mut self, progress: &[Progress]) {
        for p in progress {
            self.kept.set(&p.label, u64::from(p.kept));
        }
        self.keep.set_position(self.kept.total);
    }

    /// Takes the bars away.
    pub(crate) fn finish(&self) {
        for bar in [&self.find, &self.fetch, &self.keep] {
            bar.finish_and_clear();
        }
    }
}
