use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::driver::{Done, Driver};
use super::label::Slot;
use super::open::Mode;
use super::paging::Shown;
use super::question::Question;
use crate::engine::{EngineState, Page, SearchEngine, Session};
use crate::net::Validators;
use crate::store::{LONGEST_PAUSE, PageVersion};
use crate::{CrawlError, Event};

/// Is one page that is being asked for.
#[derive(Debug)]
pub(super) struct PageAsk {
    pub(super) label: usize,
    pub(super) stream: usize,
    pub(super) tries: u32,
    /// Sessions opened for it.
    pub(super) openings: u32,
    /// The session under which it was sent.
    pub(super) session: Option<u64>,
    /// The number under which its version is kept; `None` for a page of which none can be.
    pub(super) request: Option<i64>,
    /// The version that is known, of which its server was told.
    pub(super) known: Option<PageVersion>,
}

/// Is what one try for a page brought.
pub(super) enum PageEnd {
    /// A page of hits, and how its server names this version.
    Page(Page, Option<Validators>),
    /// The version that is known.
    Unchanged,
    /// A session, with its scope; the page itself is still to be asked for.
    Opened(String, Session),
    /// Something else, for good, and the answer when it is worth keeping.
    State(EngineState, Option<Vec<u8>>),
    /// It wants fewer requests.
    Limited(Option<Duration>),
    /// It may answer later.
    Retry(String, Option<Duration>),
}

impl Driver {
    /// Starts every page that is due; one whose label wants nothing more is put back.
    pub(super) fn start_pages(&mut self, now: Instant) -> Result<(), CrawlError> {
        while let Some((engine, number)) = self.pages.pop(now) {
            let ask = &self.asks[&number];
            let (label, stream) = (ask.label, ask.stream);
            if !self.labels[label].wants() {
                self.asks.remove(&number);
                self.pages.unstarted(&engine, now);
                self.set_slot(label, stream, Slot::Needed);
                continue;
            }
            if let Some(until) = self.spend(engine)? {
                self.pages.unstarted(&engine, now);
                self.asks.remove(&number);
                self.set_slot(label, stream, Slot::Absent);
                self.merge(label)?;
                self.fail_engine(engine, EngineState::Waiting { until }, now)?;
                continue;
            }
            let ask = self.asks.get_mut(&number).expect("a queued ask is kept");
            ask.tries += 1;
            self.counters.page_requests += 1;
            self.effects.push(super::job::Effect::Page { ask: number });
        }
        Ok(())
    }

    /// Counts one request against the engine's quotas; says until when it must wait when one of them is used up.
    fn spend(&mut self, engine: usize) -> Result<Option<SystemTime>, CrawlError> {
        let engine = Arc::clone(&self.engines[engine].engine);
        let clock = SystemTime::now();
        let quotas = engine.quotas().iter().filter(|quota| quota.is_counted());
        for quota in quotas {
            if let Some(until) = self.store.spend(engine.id(), *quota, clock)? {
                self.store.pause_engine(engine.id(), until)?;
                return Ok(Some(until));
            }
        }
        Ok(None)
    }

    /// Sends the request of a page, or of what must be opened before it; the answer is read where it arrives.
    pub(super) fn send_page(&mut self, number: u64) -> Result<(), CrawlError> {
        let ask = &self.asks[&number];
        let stream = &self.labels[ask.label].streams[ask.stream];
        let (id, page) = (stream.row.id, stream.row.page + 1);
        let engine = Arc::clone(&self.engines[stream.engine].engine);
        let (query, cursor) = (&stream.query, stream.row.cursor.as_deref());
        let mut question =
            self.sessions
                .question(stream.engine, &*engine, query, cursor, Instant::now());
        let (request, known) = self.known_version(id, page, &*engine, &question)?;
        question.hold_against(known.as_ref().map(|known| known.validators.clone()));
        if let Some(ask) = self.asks.get_mut(&number) {
            ask.session = question.session();
            ask.request = request;
            ask.known = known;
        }
        let client = Arc::clone(&self.client);
        question.forget_cookies(&client, engine.id());
        let task = async move {
            let asked = question.put(&client, &*engine).await;
            Done::Page(number, asked.end)
        };
        self.running.spawn_on(task, &self.border.tasks);
        Ok(())
    }

    /// Returns the number under which the version of a page is kept, and in a refresh the version that is.
    fn known_version(
        &self,
        stream: i64,
        page: u32,
        engine: &dyn SearchEngine,
        question: &Question,
    ) -> Result<(Option<i64>, Option<PageVersion>), CrawlError> {
        let Some(words) = question.lasting_words() else {
            return Ok((None, None));
        };
        let number = self.store.request_number(&words, &engine.reading());
        let known = match self.mode {
            Mode::Refresh { .. } => self.store.page_version(stream, page, number)?,
            Mode::Continue => None,
        };
        Ok((Some(number), known))
    }

    /// Takes the end of one try for a page.
    pub(super) fn page_ended(
        &mut self,
        number: u64,
        end: PageEnd,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let ask = &self.asks[&number];
        let (label, stream) = (ask.label, ask.stream);
        let engine = self.labels[label].streams[stream].engine;
        self.pages.done(&engine, now);
        match end {
            PageEnd::Page(page, validators) => {
                let ask = self.asks.remove(&number).expect("it was just there");
                self.prove_session(label, stream);
                self.engines[engine].breaker.passed();
                if let Some(pause) = page.pause {
                    self.rest(engine, pause, now)?;
                }
                let number = ask.request;
                self.keep(
                    label,
                    stream,
                    Shown::New {
                        page,
                        validators,
                        number,
                    },
                )?;
                self.merge(label)
            }
            PageEnd::Unchanged => {
                let ask = self.asks.remove(&number).expect("it was just there");
                self.engines[engine].breaker.passed();
                let known = ask.known.expect("only a known page can be unchanged");
                self.keep(label, stream, Shown::Again(known))?;
                self.merge(label)
            }
            PageEnd::State(EngineState::Empty, _) => {
                self.asks.remove(&number);
                self.prove_session(label, stream);
                self.engines[engine].breaker.passed();
                self.keep(label, stream, Shown::page(Page::default()))?;
                self.merge(label)
            }
            PageEnd::Opened(scope, session) => {
                self.sessions.keep(engine, &scope, session, now);
                self.open_again(number, engine, now)
            }
            PageEnd::State(state, answer) => {
                let is_refused = matches!(state, EngineState::Blocked { .. });
                if is_refused && self.refuse_session(number) {
                    return self.open_again(number, engine, now);
                }
                self.page_failed(number, state, answer, now)
            }
            PageEnd::Limited(wait) => {
                let state = EngineState::RateLimited { wait };
                self.page_delayed(number, state, wait, now)
            }
            PageEnd::Retry(detail, wait) => {
                let state = EngineState::Unreachable { detail };
                self.page_delayed(number, state, wait, now)
            }
        }
    }

    /// Asks again, under a session that was just opened or after one that has run out. That is no other try.
    fn open_again(&mut self, number: u64, engine: usize, now: Instant) -> Result<(), CrawlError> {
        let ask = self.asks.get_mut(&number).expect("a running ask is kept");
        ask.openings += 1;
        if ask.openings > 2 * self.settings.tries {
            let state = EngineState::schema("its sessions do not last for a page");
            return self.page_failed(number, state, None, now);
        }
        ask.tries -= 1;
        if let Some(state) = self.engines[engine].breaker.state().cloned() {
            return self.page_failed(number, state, None, now);
        }
        self.pages.push(&engine, number, now);
        Ok(())
    }

    fn prove_session(&mut self, label: usize, stream: usize) {
        let stream = &self.labels[label].streams[stream];
        let opening = self.engines[stream.engine].engine.opening(&stream.query);
        if let Some(opening) = opening {
            self.sessions.prove(stream.engine, &opening.scope);
        }
    }

    /// Drops the session of a page that was refused; says whether another one is worth a try.
    fn refuse_session(&mut self, number: u64) -> bool {
        let ask = &self.asks[&number];
        let Some(session) = ask.session else {
            return false;
        };
        let stream = &self.labels[ask.label].streams[ask.stream];
        let opening = self.engines[stream.engine].engine.opening(&stream.query);
        opening.is_some_and(|opening| self.sessions.refuse(stream.engine, &opening.scope, session))
    }

    /// Waits and asks for a page again, or gives it up after its tries or when the wait is too long.
    fn page_delayed(
        &mut self,
        number: u64,
        state: EngineState,
        wait: Option<Duration>,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let ask = &self.asks[&number];
        let tries = ask.tries;
        let wait = wait.map(|wait| wait.min(LONGEST_PAUSE));
        let engine = self.labels[ask.label].streams[ask.stream].engine;
        let is_too_long = wait.is_some_and(|wait| wait > self.settings.max_wait);
        let is_open = self.engines[engine].breaker.state().is_none();
        if tries < self.settings.tries && !is_too_long && is_open {
            let wait = wait.unwrap_or_default().max(self.backoff.draw(tries));
            self.pages.pause(&engine, now + wait, now);
            self.pages.push(&engine, number, now);
            self.emit(Event::EngineWaits {
                engine: self.engines[engine].engine.id().to_owned(),
                state: Some(state),
                wait,
            });
            return Ok(());
        }
        let state = match wait {
            Some(wait) if !wait.is_zero() => {
                let until = SystemTime::now() + wait;
                let id = self.engines[engine].engine.id();
                self.store.pause_engine(id, until)?;
                EngineState::Waiting { until }
            }
            _ => state,
        };
        self.page_failed(number, state, None, now)
    }

    /// Gives a page up: its stream takes no further part in this run, and its engine when the breaker says so.
    fn page_failed(
        &mut self,
        number: u64,
        mut state: EngineState,
        answer: Option<Vec<u8>>,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let ask = self.asks.remove(&number).expect("a running ask is kept");
        let engine = self.labels[ask.label].streams[ask.stream].engine;
        if let (EngineState::SchemaChanged { sample, .. }, Some(answer)) = (&mut state, answer) {
            *sample = self.samples.keep(self.engines[engine].engine.id(), &answer);
        }
        let stream = &mut self.labels[ask.label].streams[ask.stream];
        stream.failed = Some(state.clone());
        if matches!(state, EngineState::SchemaChanged { .. }) {
            // A cursor that was kept with an unchanged page may be what is not understood any more.
            self.store.forget_page_versions(stream.row.id)?;
        }
        self.set_slot(ask.label, ask.stream, Slot::Absent);
        self.merge(ask.label)?;
        self.fail_engine(engine, state, now)
    }

    /// Leaves an engine alone for a while, as a page of it asked for; it ends for this run when that is too long.
    fn rest(&mut self, engine: usize, pause: Duration, now: Instant) -> Result<(), CrawlError> {
        let pause = pause.min(LONGEST_PAUSE);
        self.pages.pause(&engine, now + pause, now);
        let until = SystemTime::now() + pause;
        let id = self.engines[engine].engine.id();
        self.store.pause_engine(id, until)?;
        if pause > self.settings.max_wait {
            return self.fail_engine(engine, EngineState::Waiting { until }, now);
        }
        self.emit(Event::EngineWaits {
            engine: self.engines[engine].engine.id().to_owned(),
            state: None,
            wait: pause,
        });
        Ok(())
    }

    /// Tells the breaker of a failure; when that opens it, the engine ends for this run and rounds go on without it.
    pub(super) fn fail_engine(
        &mut self,
        engine: usize,
        state: EngineState,
        now: Instant,
    ) -> Result<(), CrawlError> {
        // Labels that wait for a place see it when they have one.
        self.dirty.extend(self.places.taken());
        let slot = &mut self.engines[engine];
        let opens = slot.breaker.failed(&state);
        let id = slot.engine.id().to_owned();
        self.emit(Event::EngineState { engine: id, state });
        if !opens {
            return Ok(());
        }
        for number in self.pages.drain(&engine, now) {
            if let Some(ask) = self.asks.remove(&number) {
                self.set_slot(ask.label, ask.stream, Slot::Absent);
                self.merge(ask.label)?;
            }
        }
        Ok(())
    }
}
