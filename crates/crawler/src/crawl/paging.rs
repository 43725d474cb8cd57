use std::time::Instant;

use super::asking::PageAsk;
use super::driver::Driver;
use super::label::{Round, Slot, Stream};
use super::open::Mode;
use crate::engine::{Ask, Hit, Page};
use crate::frontier::recorded;
use crate::net::Validators;
use crate::store::PageVersion;
use crate::{CrawlError, Event, Provenance};

/// Is what a stream has shown.
pub(super) enum Shown {
    /// A page; with how its server names this version, and the number under which that is kept.
    New {
        page: Page,
        validators: Option<Validators>,
        number: Option<i64>,
    },
    /// The page that it had shown before: all of its hits are candidates.
    Again(PageVersion),
}

impl Shown {
    /// A page of which no version is kept.
    pub(super) fn page(page: Page) -> Self {
        Self::New {
            page,
            validators: None,
            number: None,
        }
    }
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
            && stream.failed.is_none()
            && slot.breaker.state().is_none()
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
            let (engine, local) = {
                let stream = &self.labels[label].streams[stream];
                let slot = &self.engines[stream.engine];
                let is_local = slot.engine.labels().is_some();
                let cursor = stream.row.cursor.as_deref();
                let ask = is_local.then(|| slot.engine.ask(&stream.query, cursor, None));
                (stream.engine, ask)
            };
            match local {
                Some(Ask::Local(page)) => self.keep(label, stream, Shown::page(page))?,
                Some(Ask::Failed(state)) => {
                    self.labels[label].streams[stream].failed = Some(state.clone());
                    self.set_slot(label, stream, Slot::Absent);
                    self.fail_engine(engine, state, now)?;
                }
                _ if self.engines[engine].breaker.state().is_some() => {
                    self.set_slot(label, stream, Slot::Absent);
                }
                _ => {
                    self.set_slot(label, stream, Slot::Asked);
                    let number = self.number();
                    let ask = PageAsk {
                        label,
                        stream,
                        tries: 0,
                        openings: 0,
                        session: None,
                        request: None,
                        known: None,
                    };
                    self.asks.insert(number, ask);
                    self.pages.push(&engine, number, now);
                }
            }
        }
        self.merge(label)
    }

    pub(super) fn set_slot(&mut self, label: usize, stream: usize, slot: Slot) {
        if let Some(round) = &mut self.labels[label].round {
            round.slots[stream] = slot;
        }
    }

    /// Stores a page and puts it into its round.
    pub(super) fn keep(
        &mut self,
        label: usize,
        stream: usize,
        shown: Shown,
    ) -> Result<(), CrawlError> {
        let state = &mut self.labels[label];
        // A page that completes its round is merged in the same transaction; only one that has to wait is written down.
        let waits = state
            .round
            .as_ref()
            .is_none_or(|round| !round.waits_only_for(stream));
        let Stream {
            row, seen, engine, ..
        } = &mut state.streams[stream];
        let engine = *engine;
        let unchanged = matches!(shown, Shown::Again(_));
        let (page, hits, version) = match shown {
            Shown::Again(known) => {
                let page = Page {
                    next: known.next,
                    ..Page::default()
                };
                (page, known.hits, None)
            }
            Shown::New {
                mut page,
                validators,
                number,
            } => {
                if self.engines[engine].engine.labels().is_none() && !seen.is_new(&page.hits) {
                    // Some engines go on for ever, with what they have shown before.
                    page.next = None;
                }
                let hits = u32::try_from(page.hits.len()).unwrap_or(u32::MAX);
                let version = number.map(|number| {
                    let version = validators.map(|validators| PageVersion {
                        validators,
                        next: page.next.clone(),
                        hits,
                    });
                    (number, version)
                });
                (page, hits, version)
            }
        };
        let first_rank = self.store.keep_page(row, &page, hits, waits)?;
        if let Some((number, version)) = version {
            let (id, page) = (row.id, row.page);
            self.store
                .keep_page_version(id, page, number, version.as_ref())?;
        }
        let number = row.page;
        let event = Event::PageFetched {
            engine: self.engines[engine].engine.id().to_owned(),
            label: state.name.clone(),
            query: state.streams[stream].query.clone(),
            page: number,
            hits,
            unchanged,
        };
        let slot = if waits {
            Slot::Kept
        } else {
            Slot::Got(first_rank, page.hits)
        };
        self.set_slot(label, stream, slot);
        self.engines[engine].pages += 1;
        self.engines[engine].hits += u64::from(hits);
        self.emit(event);
        Ok(())
    }

    /// Turns a complete round into candidates, in the transaction that forgets its pages.
    pub(super) fn merge(&mut self, label: usize) -> Result<(), CrawlError> {
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
        source_id: hit.source_id,
        sha1: hit.sha1,
        width: hit.width,
        height: hit.height,
        fallbacks: copies(&hit.fallbacks),
        ..Provenance::default()
    }
}

/// Returns the other copies as they are recorded; a page that names very many is not worth all of them.
fn copies(fallbacks: &[String]) -> Vec<String> {
    const MOST: usize = 4;
    let copies = fallbacks.iter().take(MOST);
    copies.map(|url| recorded(url)).collect()
}
