use std::time::Instant;

use super::driver::Driver;
use super::label::{Ending, Label};
use super::open::Mode;
use crate::{CrawlError, CrawlReport, End, EngineEnd, EngineState, Event, NameEnd};

impl Driver {
    /// Records whether a label is done, and tells it the first time.
    pub(super) fn set_done(&mut self, at: usize, done: bool) {
        let before = self.labels[at].ending;
        if done == (before == Ending::Done) {
            return;
        }
        if !done {
            self.labels[at].ending = Ending::Reopened;
            self.undone += 1;
            return;
        }
        self.labels[at].ending = Ending::Done;
        self.undone -= 1;
        if before == Ending::Open {
            let label = self.labels[at].name.clone();
            let why = self.end(&self.labels[at]);
            self.emit(Event::NameDone { label, why });
        }
    }

    /// Says whether the run is over: all is done and settled, or it was stopped and nothing is under way.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let is_idle = self.running.is_empty() && self.effects.is_empty();
        match self.give_up {
            Some(give_up) => is_idle || now >= give_up,
            None => self.is_complete() && is_idle,
        }
    }

    fn is_complete(&self) -> bool {
        self.undone == 0 && self.unsettled == 0 && self.notes.is_empty() && self.dirty.is_empty()
    }

    /// Closes what is complete, and reports.
    pub(super) fn finish(mut self) -> Result<CrawlReport, CrawlError> {
        let is_refresh = matches!(self.mode, Mode::Refresh { .. });
        if is_refresh && self.give_up.is_none() && self.is_complete() {
            self.store.end_refresh()?;
        }
        // A run whose caller has gone was cut off like one that was killed.
        if self.give_up.is_some() || self.is_complete() {
            self.store.end_life()?;
        }
        self.store.commit()?;
        if self.give_up.is_none() && self.is_complete() {
            self.incoming.clear();
        }
        let names = self
            .labels
            .iter()
            .map(|label| NameEnd {
                label: label.name.clone(),
                end: self.end(label),
                found: label.found,
            })
            .collect();
        let engines = self
            .engines
            .iter()
            .map(|slot| EngineEnd {
                engine: slot.engine.id().to_owned(),
                pages: slot.pages,
                hits: slot.hits,
                failed: slot.breaker.last().cloned(),
            })
            .collect();
        Ok(CrawlReport {
            names,
            engines,
            counters: self.counters,
        })
    }

    fn end(&self, label: &Label) -> End {
        if !label.wants() {
            return End::Goal;
        }
        if label.ending != Ending::Done {
            return End::Stopped;
        }
        let mut engines: Vec<(String, EngineState)> = Vec::new();
        for stream in label.streams.iter().filter(|stream| !stream.row.ended) {
            let slot = &self.engines[stream.engine];
            let id = slot.engine.id();
            if let Some(state) = stream.failed.as_ref().or(slot.breaker.state())
                && engines.iter().all(|(known, _)| known != id)
            {
                engines.push((id.to_owned(), state.clone()));
            }
        }
        let waits = engines.iter().map(|(_, state)| match state {
            EngineState::Waiting { until } => Some(*until),
            _ => None,
        });
        match waits.collect::<Option<Vec<_>>>() {
            _ if engines.is_empty() => End::Exhausted,
            Some(untils) => match untils.into_iter().min() {
                Some(until) => End::Waiting { until },
                None => End::Exhausted,
            },
            None => End::Blocked { engines },
        }
    }
}
