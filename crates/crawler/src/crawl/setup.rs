use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::breaker::Breaker;
use super::driver::{Driver, EngineSlot};
use super::label::{Ending, Label, Seen, Stream};
use crate::engine::Quota;
use crate::frontier::{HostKey, Limits};
use crate::{CrawlError, EngineState, Event, Name, SearchEngine, Start};

impl Driver {
    /// Adds an engine with its pace, and with the pause that it asked for in an earlier run.
    pub(super) fn add_engine(
        &mut self,
        index: usize,
        engine: Arc<dyn SearchEngine>,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let clock = SystemTime::now();
        let mut breaker = Breaker::default();
        let limits = Limits {
            in_flight: if engine.is_serial() {
                1
            } else {
                self.settings.per_engine
            },
            interval: Quota::interval(engine.quotas(), self.settings.engine_interval),
            slowest: self.settings.slowest_interval,
        };
        self.pages.set_limits(&index, limits, now);
        if let Some(until) = self.store.engine_pause(engine.id(), clock)? {
            let wait = until.duration_since(clock).unwrap_or_default();
            if wait <= self.settings.max_wait {
                self.pages.pause(&index, now + wait, now);
            } else {
                breaker.failed(&EngineState::Waiting { until });
            }
        }
        if let Some(state) = breaker.state().cloned() {
            let engine = engine.id().to_owned();
            self.emit(Event::EngineState { engine, state });
        }
        self.engines.push(EngineSlot {
            engine,
            breaker,
            pages: 0,
            hits: 0,
        });
        Ok(())
    }

    pub(super) fn restore_pauses(&mut self, now: Instant) -> Result<(), CrawlError> {
        let clock = SystemTime::now();
        for (host, until) in self.store.paused_hosts(clock)? {
            if let Ok(url) = url::Url::parse(&host) {
                let wait = until.duration_since(clock).unwrap_or_default();
                self.hosts.pause(&HostKey::of(&url), now + wait, now);
            }
        }
        Ok(())
    }

    /// Adds a label; `held` has the labels of each local source.
    pub(super) fn add_label(
        &mut self,
        name: &Name,
        start: &Start,
        held: &[Option<HashSet<&str>>],
    ) -> Result<(), CrawlError> {
        let row = self.store.label(&name.label)?;
        let mut streams = Vec::new();
        for (index, slot) in self.engines.iter().enumerate() {
            // A local source is asked by label, and has nothing for labels it does not hold.
            let queries = match &held[index] {
                None => name.queries.as_slice(),
                Some(labels) if labels.contains(name.label.as_str()) => {
                    std::slice::from_ref(&name.label)
                }
                Some(_) => &[],
            };
            for query in queries {
                let row = self.store.stream(row.id, slot.engine.id(), query)?;
                streams.push(Stream {
                    engine: index,
                    query: query.clone(),
                    row,
                    failed: None,
                    seen: Seen::default(),
                });
            }
        }
        // Most labels have one or two, and a vector takes room for four.
        streams.shrink_to_fit();
        let round = self.kept_round(row.id, &streams)?;
        let at = self.labels.len();
        self.labels.push(Label {
            id: row.id,
            name: name.label.clone(),
            found: row.found,
            cursor: start.from_seq,
            next_seq: start.from_seq,
            remaining: None,
            open: 0,
            streams,
            round,
            rounds: row.rounds,
            depth: row.depth,
            had_goal: start.refresh && start.from_seq > 0,
            satisfied: row.satisfied,
            ending: Ending::Open,
        });
        self.by_label.insert(name.label.clone(), at);
        self.undone += 1;
        self.dirty.insert(at);
        Ok(())
    }
}
