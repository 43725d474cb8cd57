//! Bars of a crawl: what is found, fetched and kept.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::ProgressBar;
use trawl_crawler::Event;
use trawl_dataset::Progress;

use crate::config::ByteSize;
use crate::output::Output;
use crate::terminal::{Pulse, SCREEN, style};

/// Shows what crawler and catalog report.
#[derive(Debug)]
pub(crate) struct Bars {
    find: ProgressBar,
    fetch: ProgressBar,
    keep: ProgressBar,
    found: Sum,
    kept: Sum,
    fetched: u64,
    failed: u64,
    bytes: u64,
    /// What is wanted, as words; empty when all that is found is.
    goal: String,
    pulse: Pulse,
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

impl Bars {
    /// Starts from what the catalog already holds.
    pub(super) fn new(output: Output, standing: &[Progress]) -> Self {
        let add = |template: &str, total: u64| {
            if !output.bars() {
                return ProgressBar::hidden();
            }
            let bar = SCREEN.add(ProgressBar::new(total));
            bar.set_style(style(template));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        };
        let total: u64 = standing
            .iter()
            .map(|p| u64::from(p.kept) + u64::from(p.remaining.unwrap_or(0)))
            .sum();
        Self {
            find: add("find   {pos} candidates  {msg}", 0),
            fetch: add("fetch  {pos} pictures, {rate}  {msg}", 0),
            keep: add("keep   {bar:30} {pos}/{len}", total),
            found: Sum::default(),
            kept: Sum::default(),
            fetched: 0,
            failed: 0,
            bytes: 0,
            goal: if standing.iter().all(|name| name.remaining.is_some()) {
                format!(" of {total}")
            } else {
                String::new()
            },
            pulse: Pulse::new(output),
        }
    }

    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::PageFetched { engine, query, .. } => {
                self.find.set_message(format!("{engine}: {query}"));
            }
            Event::EngineWaits { engine, wait, .. } => {
                self.find
                    .set_message(format!("{engine} pauses {:.0} s", wait.as_secs_f64()));
            }
            Event::Found { label, count } => {
                self.found.set(label, *count);
                self.find.set_position(self.found.total);
            }
            Event::Fetched { bytes, .. } => {
                self.bytes += bytes;
                self.fetched += 1;
                self.fetch.inc(1);
                self.say_fetched();
            }
            Event::Rejected { .. } => {
                self.failed += 1;
                self.say_fetched();
            }
            _ => {}
        }
        let Self {
            found,
            fetched,
            failed,
            kept,
            goal,
            pulse,
            ..
        } = self;
        pulse.beat(|| {
            let (found, kept) = (found.total, kept.total);
            format!("so far: {found} candidates, {fetched} pictures fetched, {failed} failed, {kept} kept{goal}")
        });
    }

    fn say_fetched(&self) {
        self.fetch
            .set_message(format!("{}, {} failed", ByteSize(self.bytes), self.failed));
    }

    pub(super) fn committed(&mut self, progress: &[Progress]) {
        for p in progress {
            self.kept.set(&p.label, u64::from(p.kept));
        }
        self.keep.set_position(self.kept.total);
    }

    /// Pictures kept by now, of all names.
    pub(super) fn kept(&self) -> u64 {
        self.kept.total
    }

    pub(super) fn finish(&self) {
        for bar in [&self.find, &self.fetch, &self.keep] {
            bar.finish_and_clear();
        }
    }
}
