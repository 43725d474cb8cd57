use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::asking::{PageAsk, PageEnd};
use super::breaker::Breaker;
use super::interrupted::Interrupted;
use super::job::{Effect, Job, Note};
use super::label::Label;
use super::life::Life;
use super::open::{Crawl, Mode};
use super::places::Places;
use super::sessions::Sessions;
use super::sites::Sites;
use crate::frontier::{HostKey, Limits, Pacer};
use crate::net::{Attempt, Backoff, Client, SiteAnswer};
use crate::optout::OptOutPolicy;
use crate::store::{Incoming, Samples, Store};
use crate::{
    Counters, CrawlError, CrawlReport, CrawlSettings, Delivery, Event, Feedback, Progress,
    SearchEngine,
};

/// How long what is under way may go on after a stop.
const GRACE: Duration = Duration::from_secs(5);
/// Files read at a time.
const DISK_READS: usize = 8;

/// Is what connects the driver with the rest of the program.
pub(super) struct Border {
    pub(super) deliveries: mpsc::Sender<Delivery>,
    pub(super) feedback: mpsc::UnboundedReceiver<Feedback>,
    pub(super) events: Box<dyn FnMut(Event) + Send>,
    pub(super) stop: CancellationToken,
    /// Cancelled when the caller has gone.
    pub(super) abort: CancellationToken,
    /// Where requests run.
    pub(super) tasks: Handle,
}

/// Is an engine and how it does in this run.
#[derive(Debug)]
pub(super) struct EngineSlot {
    pub(super) engine: Arc<dyn SearchEngine>,
    pub(super) breaker: Breaker,
    pub(super) pages: u64,
    pub(super) hits: u64,
}

/// Is what a spawned task brings back.
pub(super) enum Done {
    Fetched(u64, Attempt),
    Sent { is_closed: bool },
    Page(u64, PageEnd),
    Site(u64, SiteAnswer),
}

/// Drives one run; owns all of its state, so that nothing needs a lock.
pub(super) struct Driver {
    pub(super) store: Store,
    pub(super) incoming: Incoming,
    pub(super) client: Arc<Client>,
    pub(super) settings: CrawlSettings,
    pub(super) backoff: Backoff,
    pub(super) mode: Mode,
    pub(super) border: Border,
    pub(super) engines: Vec<EngineSlot>,
    pub(super) labels: Vec<Label>,
    pub(super) by_label: HashMap<String, usize>,
    /// Labels of which something changed since they were looked at.
    pub(super) dirty: BTreeSet<usize>,
    pub(super) places: Places,
    pub(super) jobs: HashMap<u64, Job>,
    pub(super) by_url: HashMap<Arc<str>, u64>,
    pub(super) asks: HashMap<u64, PageAsk>,
    pub(super) sessions: Sessions,
    pub(super) opt_outs: Arc<OptOutPolicy>,
    pub(super) sites: Sites,
    pub(super) samples: Samples,
    /// The next number of a job or ask; smaller ones go first.
    pub(super) next_number: u64,
    pub(super) hosts: Pacer<HostKey>,
    pub(super) pages: Pacer<usize>,
    /// Jobs of an earlier run that wait for their turn.
    pub(super) interrupted: Interrupted,
    pub(super) life: Life,
    /// Jobs that wait for their retry.
    pub(super) delayed: BTreeSet<(Instant, u64)>,
    /// Deliveries without a download that wait for a slot.
    pub(super) notes: VecDeque<Note>,
    /// What leaves after the commit.
    pub(super) effects: Vec<Effect>,
    pub(super) running: JoinSet<Done>,
    /// Global slots taken, by downloads and by deliveries that wait for their receiver.
    pub(super) active: usize,
    /// Claims delivered and not settled.
    pub(super) unsettled: usize,
    /// Labels that are not done.
    pub(super) undone: usize,
    /// Whether more feedback can come.
    pub(super) hears: bool,
    /// When what is under way is given up, once the run is being stopped.
    pub(super) give_up: Option<Instant>,
    pub(super) counters: Counters,
}

impl Driver {
    pub(super) fn new(
        crawl: Crawl,
        progress: &[Progress],
        border: Border,
    ) -> Result<Self, CrawlError> {
        let now = Instant::now();
        let starts = crawl.starts();
        let settings = crawl.settings;
        let per_host = Limits {
            in_flight: settings.per_host,
            interval: settings.host_interval,
            slowest: settings.slowest_interval,
        };
        let per_engine = Limits {
            in_flight: settings.per_engine,
            interval: settings.engine_interval,
            slowest: settings.slowest_interval,
        };
        let mut store = crawl.store;
        let mut driver = Self {
            life: Life::begin(&mut store, now)?,
            store,
            incoming: crawl.incoming,
            client: crawl.client,
            backoff: Backoff::new(settings.backoff_base, settings.backoff_cap),
            mode: crawl.mode,
            border,
            engines: Vec::new(),
            labels: Vec::new(),
            by_label: HashMap::new(),
            dirty: BTreeSet::new(),
            places: Places::new(settings.window),
            jobs: HashMap::new(),
            by_url: HashMap::new(),
            asks: HashMap::new(),
            sessions: Sessions::default(),
            sites: Sites::new(&settings.opt_outs),
            opt_outs: Arc::new(settings.opt_outs.clone()),
            samples: crawl.samples,
            next_number: 0,
            hosts: Pacer::new(per_host),
            pages: Pacer::new(per_engine),
            interrupted: Interrupted::default(),
            delayed: BTreeSet::new(),
            notes: VecDeque::new(),
            effects: Vec::new(),
            running: JoinSet::new(),
            active: 0,
            unsettled: 0,
            undone: 0,
            hears: true,
            give_up: None,
            counters: Counters::default(),
            settings,
        };
        let disk = Limits {
            in_flight: DISK_READS,
            interval: Duration::ZERO,
            slowest: Duration::ZERO,
        };
        driver.hosts.set_limits(&HostKey::Disk, disk, now);
        for (index, engine) in crawl.engines.into_iter().enumerate() {
            driver.add_engine(index, engine, now)?;
        }
        driver.restore_pauses(now)?;
        let engines: Vec<Arc<dyn SearchEngine>> = driver
            .engines
            .iter()
            .map(|slot| Arc::clone(&slot.engine))
            .collect();
        let held: Vec<Option<HashSet<&str>>> = engines
            .iter()
            .map(|engine| Some(engine.labels()?.iter().map(String::as_str).collect()))
            .collect();
        for (name, start) in crawl.names.iter().zip(&starts) {
            driver.add_label(name, start, &held)?;
        }
        for known in progress {
            driver.note_progress(&known.label, known.next_seq, known.remaining)?;
        }
        driver.store.commit()?;
        Ok(driver)
    }

    /// Runs to the end.
    pub(super) async fn run(mut self) -> Result<CrawlReport, CrawlError> {
        loop {
            self.turn(Instant::now())?;
            if self.is_over(Instant::now()) {
                return self.finish();
            }
            let wake = tokio::time::Instant::from_std(self.wake());
            let is_stopping = self.give_up.is_some();
            tokio::select! {
                biased;
                () = self.border.abort.cancelled() => return self.finish(),
                () = self.border.stop.cancelled(), if !is_stopping => self.stop(),
                message = self.border.feedback.recv(), if self.hears => {
                    self.hear(message)?;
                }
                Some(done) = self.running.join_next(), if !self.running.is_empty() => {
                    self.take(done)?;
                }
                () = tokio::time::sleep_until(wake) => {}
            }
            self.drain()?;
        }
    }

    /// Takes everything else that has happened by now, so that it shares one transaction.
    fn drain(&mut self) -> Result<(), CrawlError> {
        while let Ok(message) = self.border.feedback.try_recv() {
            self.hear(Some(message))?;
        }
        while let Some(done) = self.running.try_join_next() {
            self.take(done)?;
        }
        Ok(())
    }

    /// Decides, commits, and lets requests and deliveries out.
    fn turn(&mut self, now: Instant) -> Result<(), CrawlError> {
        self.decide(now)?;
        for effect in std::mem::take(&mut self.effects) {
            self.let_out(effect)?;
        }
        Ok(())
    }

    /// Decides what happens next and commits it; only then may `effects` leave.
    pub(super) fn decide(&mut self, now: Instant) -> Result<(), CrawlError> {
        if self.give_up.is_none() {
            // What is let go on the way may leave a label with nothing open, so it is looked at again.
            loop {
                while let Some(label) = self.dirty.pop_first() {
                    self.advance(label, now)?;
                }
                self.start_pages(now)?;
                self.start_downloads(now)?;
                self.send_notes()?;
                self.dirty.extend(self.places.next(self.jobs.len()));
                if self.dirty.is_empty() {
                    break;
                }
            }
        }
        self.life.beat(&mut self.store, now)?;
        self.store.commit()
    }

    /// The next moment at which something can start by itself.
    fn wake(&self) -> Instant {
        if let Some(give_up) = self.give_up {
            return give_up;
        }
        let has_slot = self.active < self.settings.downloads;
        let host = self.hosts.wake().filter(|_| has_slot);
        let retry = self.delayed.first().map(|(due, _)| *due);
        // Once that has passed, whatever ends makes it quiet enough to look again.
        let outlived = Some(self.life.outlives_at());
        let last = outlived.filter(|at| self.interrupted.has_last() && *at > Instant::now());
        let (interrupted, pages) = (self.interrupted.wake(), self.pages.wake());
        let moments = [host, retry, last, interrupted, pages];
        let beat = self.life.next_beat();
        moments.into_iter().flatten().fold(beat, Instant::min)
    }

    /// Hands out nothing more.
    pub(super) fn stop(&mut self) {
        if self.give_up.is_none() {
            self.give_up = Some(Instant::now() + GRACE);
        }
    }

    fn take(&mut self, done: Result<Done, tokio::task::JoinError>) -> Result<(), CrawlError> {
        match done {
            Ok(Done::Fetched(job, attempt)) => self.fetched(job, attempt, Instant::now()),
            Ok(Done::Sent { is_closed }) => {
                self.active -= 1;
                if is_closed {
                    self.stop();
                }
                Ok(())
            }
            Ok(Done::Page(ask, end)) => self.page_ended(ask, end, Instant::now()),
            Ok(Done::Site(ask, answer)) => self.site_ended(ask, &answer, Instant::now()),
            // The runtime is shutting down: what was under way is lost, and goes on in the next run.
            Err(e) if e.is_cancelled() => {
                self.stop();
                Ok(())
            }
            Err(e) => std::panic::resume_unwind(e.into_panic()),
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        (self.border.events)(event);
    }

    /// Returns the next number of a job or ask.
    pub(super) fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}
