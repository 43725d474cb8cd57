use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::driver::{Done, Driver};
use super::job::Effect;
use super::label::{Round, Slot, Stream};
use super::open::Mode;
use crate::engine::{Ask, EngineRequest, EngineState, Hit, Page};
use crate::frontier::recorded;
use crate::net::PageAnswer;
use crate::{CrawlError, Event, Provenance};

/// Is one page that is being asked for.
#[derive(Debug)]
pub(super) struct PageAsk {
    pub(super) label: usize,
    pub(super) stream: usize,
    pub(super) request: EngineRequest,
    pub(super) tries: u32,
}

/// Is what one try for a page brought.
pub(super) enum PageEnd {
    /// A page of hits.
    Page(Page),
    /// Something else, for good.
    State(EngineState),
    /// It wants fewer requests.
    Limited(Option<Duration>),
    /// It may answer later.
    Retry(String, Option<Duration>),
}

impl Driver {
    /// Restores a round whose pages were partly stored by a run before.
    pub(super) fn kept_round(
        &self,
        label: i64,
        streams: &[Stream],
    ) -> Result<Option<Round>, CrawlError> {
        let mut kept = self.store.kept_streams(label)?;
        kept.retain(|kept| streams.iter().any(|stream| stream.row.id == *kept));
        if kept.is_empty() {
            return Ok(None);
        }
        let slots = streams
            .iter()
            .map(|stream| match kept.contains(&stream.row.id) {
                true => Slot::Kept,
                false if self.is_alive(stream) => Slot::Needed,
                false => Slot::Absent,
            })
            .collect();
        Ok(Some(Round { slots }))
    }

    /// Says whether a stream may have another page in this run.
    fn is_alive(&self, stream: &Stream) -> bool {
        let slot = &self.engines[stream.engine];
        let is_local = slot.engine.labels().is_some();
        !stream.row.ended
            && slot.failed.is_none()
            && (is_local || stream.row.page < self.settings.max_pages)
    }

    /// Says whether a label may be asked one round deeper: a refresh goes no deeper than the crawl did, unless
    /// the label is under its goal.
    fn may_go_deeper(&self, label: usize) -> bool {
        let label = &self.labels[label];
        match self.mode {
            Mode::Continue => true,
            Mode::Refresh { .. } if label.rounds < label.depth => true,
            Mode::Refresh { add } => {
                !label.had_goal && label.remaining.is_none_or(|remaining| remaining > add)
            }
        }
    }

    /// Begins a round of pages when there is none; `false` when no stream has another page.
    pub(super) fn begin_round(&mut self, label: usize) -> bool {
        if self.labels[label].round.is_some() {
            return true;
        }
        if !self.may_go_deeper(label) {
            return false;
        }
        let slots: Vec<Slot> = self.labels[label]
            .streams
            .iter()
            .map(|stream| {
                if self.is_alive(stream) {
                    Slot::Needed
                } else {
                    Slot::Absent
                }
            })
            .collect();
        if slots.iter().all(|slot| matches!(slot, Slot::Absent)) {
            return false;
        }
        self.labels[label].round = Some(Round { slots });
        true
    }

    /// Asks for every page of the round that is needed; merges the round when it is complete.
    pub(super) fn push_round(&mut self, label: usize, now: Instant) -> Result<(), CrawlError> {
        for stream in 0..self.labels[label].streams.len() {
            let Some(round) = &self.labels[label].round else {
                return Ok(());
            };
            if !matches!(round.slots[stream], Slot::Needed) {
                continue;
            }
            let (engine, ask) = {
                let stream = &self.labels[label].streams[stream];
                let slot = &self.engines[stream.engine];
                if slot.failed.is_some() {
                    (stream.engine, None)
                } else {
                    let cursor = stream.row.cursor.as_deref();
                    (stream.engine, Some(slot.engine.ask(&stream.query, cursor)))
                }
            };
            match ask {
                None => self.set_slot(label, stream, Slot::Absent),
                Some(Ask::Local(page)) => self.keep(label, stream, &page)?,
                Some(Ask::Failed(state)) => {
                    self.set_slot(label, stream, Slot::Absent);
                    self.fail_engine(engine, state, now)?;
                }
                Some(Ask::Web(request)) => {
                    self.set_slot(label, stream, Slot::Asked);
                    let number = self.number();
                    let ask = PageAsk {
                        label,
                        stream,
                        request,
                        tries: 0,
                    };
                    self.asks.insert(number, ask);
                    self.pages.push(&engine, number, now);
                }
            }
        }
        self.merge(label)
    }

    fn set_slot(&mut self, label: usize, stream: usize, slot: Slot) {
        if let Some(round) = &mut self.labels[label].round {
            round.slots[stream] = slot;
        }
    }

    /// Stores a page and puts it into its round.
    fn keep(&mut self, label: usize, stream: usize, page: &Page) -> Result<(), CrawlError> {
        let state = &mut self.labels[label];
        // A page that completes its round is merged in the same transaction; only one that has to wait is written down.
        let waits = state
            .round
            .as_ref()
            .is_none_or(|round| !round.waits_only_for(stream));
        let row = &mut state.streams[stream].row;
        let first_rank = self.store.keep_page(row, page, waits)?;
        let (number, engine) = (row.page, state.streams[stream].engine);
        let event = Event::PageFetched {
            engine: self.engines[engine].engine.id().to_owned(),
            label: state.name.clone(),
            query: state.streams[stream].query.clone(),
            page: number,
            hits: page.hits.len(),
        };
        let slot = if waits {
            Slot::Kept
        } else {
            Slot::Got(first_rank, page.hits.clone())
        };
        self.set_slot(label, stream, slot);
        self.engines[engine].pages += 1;
        self.engines[engine].hits += page.hits.len() as u64;
        self.emit(event);
        Ok(())
    }

    /// Turns a complete round into candidates, in the transaction that forgets its pages.
    fn merge(&mut self, label: usize) -> Result<(), CrawlError> {
        let state = &mut self.labels[label];
        let Some(mut round) = state.round.take_if(|round| round.is_complete()) else {
            return Ok(());
        };
        let before = state.found;
        if round.slots.iter().any(|slot| !matches!(slot, Slot::Absent)) {
            state.rounds += 1;
        }
        if round.slots.iter().any(|slot| matches!(slot, Slot::Kept)) {
            for page in self.store.kept_pages(state.id)? {
                let own = |stream: &Stream| stream.row.id == page.stream;
                if let Some(at) = state.streams.iter().position(own) {
                    round.slots[at] = Slot::Got(page.first_rank, page.hits);
                }
            }
        }
        for (stream, rank, hit) in round.merged() {
            let stream = &state.streams[stream];
            let engine = self.engines[stream.engine].engine.id();
            let url = recorded(&hit.image_url);
            let (local, id) = (hit.local, stream.row.id);
            let provenance = provenance(engine, &stream.query, rank, hit);
            if self
                .store
                .add_candidate(state.id, state.found, &url, local, id, &provenance)?
            {
                state.found += 1;
            }
        }
        let streams: Vec<i64> = state.streams.iter().map(|stream| stream.row.id).collect();
        self.store
            .end_round(state.id, state.found, state.rounds, &streams)?;
        self.dirty.insert(label);
        if self.labels[label].found > before {
            let event = Event::Found {
                label: self.labels[label].name.clone(),
                count: self.labels[label].found,
            };
            self.emit(event);
        }
        Ok(())
    }

    /// Starts every page that is due; one whose label wants nothing more is put back.
    pub(super) fn start_pages(&mut self, now: Instant) {
        while let Some((engine, number)) = self.pages.pop(now) {
            let ask = self.asks.get_mut(&number).expect("a queued ask is kept");
            if self.labels[ask.label].wants() {
                ask.tries += 1;
                self.counters.page_requests += 1;
                self.effects.push(Effect::Page { ask: number });
            } else {
                let (label, stream) = (ask.label, ask.stream);
                self.asks.remove(&number);
                self.pages.unstarted(&engine, now);
                self.set_slot(label, stream, Slot::Needed);
            }
        }
    }

    /// Sends the request of a page; the answer is parsed where it arrives.
    pub(super) fn send_page(&mut self, number: u64) {
        let ask = &self.asks[&number];
        let request = ask.request.clone();
        let stream = &self.labels[ask.label].streams[ask.stream];
        let cursor = stream.row.cursor.clone();
        let engine = Arc::clone(&self.engines[stream.engine].engine);
        let client = Arc::clone(&self.client);
        let task = async move {
            let end = match client.page(&request).await {
                PageAnswer::Body(body) => match engine.parse(cursor.as_deref(), &body) {
                    Ok(page) => PageEnd::Page(page),
                    Err(EngineState::RateLimited { wait }) => PageEnd::Limited(wait),
                    Err(state) => PageEnd::State(state),
                },
                PageAnswer::State(state) => PageEnd::State(state),
                PageAnswer::Limited(wait) => PageEnd::Limited(wait),
                PageAnswer::Retry { detail, wait } => PageEnd::Retry(detail, wait),
            };
            Done::Page(number, end)
        };
        self.running.spawn_on(task, &self.border.tasks);
    }

    /// Takes the end of one try for a page.
    pub(super) fn page_ended(
        &mut self,
        number: u64,
        end: PageEnd,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let ask = &self.asks[&number];
        let (label, stream, tries) = (ask.label, ask.stream, ask.tries);
        let engine = self.labels[label].streams[stream].engine;
        self.pages.done(&engine, now);
        let (wait, state) = match end {
            PageEnd::Page(page) => {
                self.asks.remove(&number);
                self.keep(label, stream, &page)?;
                return self.merge(label);
            }
            PageEnd::State(EngineState::Empty) => {
                self.asks.remove(&number);
                self.keep(label, stream, &Page::default())?;
                return self.merge(label);
            }
            PageEnd::State(state) => {
                self.asks.remove(&number);
                self.set_slot(label, stream, Slot::Absent);
                self.merge(label)?;
                return self.fail_engine(engine, state, now);
            }
            PageEnd::Limited(wait) => (wait, EngineState::RateLimited { wait }),
            PageEnd::Retry(detail, wait) => (wait, EngineState::Unreachable { detail }),
        };
        let is_too_long = wait.is_some_and(|wait| wait > self.settings.max_wait);
        if tries < self.settings.tries && !is_too_long && self.engines[engine].failed.is_none() {
            let wait = wait.unwrap_or_default().max(self.backoff.draw(tries));
            self.pages.pause(&engine, now + wait, now);
            self.pages.push(&engine, number, now);
            return Ok(());
        }
        self.asks.remove(&number);
        self.set_slot(label, stream, Slot::Absent);
        self.merge(label)?;
        let state = match wait {
            Some(wait) if !wait.is_zero() => {
                let until = SystemTime::now() + wait;
                self.store
                    .pause_engine(self.engines[engine].engine.id(), until)?;
                EngineState::Waiting { until }
            }
            _ => state,
        };
        self.fail_engine(engine, state, now)
    }

    /// Ends an engine for this run; rounds go on without it.
    fn fail_engine(
        &mut self,
        engine: usize,
        state: EngineState,
        now: Instant,
    ) -> Result<(), CrawlError> {
        for number in self.pages.drain(&engine, now) {
            if let Some(ask) = self.asks.remove(&number) {
                self.set_slot(ask.label, ask.stream, Slot::Absent);
                self.merge(ask.label)?;
            }
        }
        // Labels that wait for a place see it when they have one.
        self.dirty.extend(self.places.taken());
        let slot = &mut self.engines[engine];
        if slot.failed.is_none() {
            slot.failed = Some(state.clone());
            let engine = slot.engine.id().to_owned();
            self.emit(Event::EngineState { engine, state });
        }
        Ok(())
    }
}

fn provenance(engine: &str, query: &str, rank: u32, hit: Hit) -> Provenance {
    Provenance {
        engine: engine.to_owned(),
        query: query.to_owned(),
        rank,
        page_url: hit.page_url,
        title: hit.title,
        creator: hit.creator,
        license: hit.license,
        license_url: hit.license_url,
        attribution: hit.attribution,
        final_url: None,
        fetched_at: None,
        tries: 0,
    }
}
