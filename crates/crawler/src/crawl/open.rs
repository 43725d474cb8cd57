use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::driver::{Border, Driver};
use crate::net::{Client, Guard};
use crate::store::{Incoming, Samples, Store};
use crate::{
    CrawlError, CrawlReport, CrawlSettings, Delivery, Event, Feedback, Name, Progress, Reconciled,
    Reject, SearchEngine, Start,
};

/// Says whether a crawl goes on or starts over at the first pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Goes on where the last run stopped; a first run begins.
    Continue,
    /// Asks the engines again from their first pages, for URLs not seen yet; goes on with a refresh that was
    /// interrupted.
    Refresh {
        /// How many are wanted of a name beyond its goal; the `remaining` that comes in is counted from there.
        add: u32,
    },
}

/// Is an opened crawl, ready to run once.
#[derive(Debug)]
pub struct Crawl {
    pub(super) store: Store,
    pub(super) incoming: Incoming,
    pub(super) samples: Samples,
    pub(super) client: Arc<Client>,
    pub(super) settings: CrawlSettings,
    pub(super) engines: Vec<Arc<dyn SearchEngine>>,
    pub(super) names: Vec<Name>,
    pub(super) mode: Mode,
    starts: Vec<Start>,
    resumed: bool,
}

impl Crawl {
    /// Sees whether settings and engines can be used, before anything is written.
    ///
    /// # Errors
    ///
    /// [`CrawlError`] for a setting under which nothing could move, for no engine or the same one twice, and for an
    /// endpoint that may not be asked; without names also when the engines bring none of their own.
    pub fn check(
        settings: &CrawlSettings,
        engines: &[Box<dyn SearchEngine>],
        has_names: bool,
    ) -> Result<(), CrawlError> {
        settings.check()?;
        check_engines(engines, &Guard::new(settings))?;
        if has_names {
            Ok(())
        } else {
            own_labels(engines).map(drop)
        }
    }

    /// Opens the state file, or makes it, and settles names and engines. Nothing is requested yet.
    ///
    /// Without `names`, the labels are those that the local sources hold.
    ///
    /// # Errors
    ///
    /// [`CrawlError`] for settings, engines or names that do not go together, for an endpoint that may not be
    /// asked, and for a state file that cannot be used.
    pub fn open(
        state: &Path,
        settings: CrawlSettings,
        engines: Vec<Box<dyn SearchEngine>>,
        names: Option<Vec<Name>>,
        mode: Mode,
    ) -> Result<Self, CrawlError> {
        Self::check(&settings, &engines, names.is_some())?;
        let names = match names {
            Some(names) => names,
            None => own_labels(&engines)?,
        };
        let engines: Vec<Arc<dyn SearchEngine>> = engines.into_iter().map(Arc::from).collect();
        let mut store = Store::open(state)?;
        let resumed = store.is_refresh_open()?;
        let starts = starts(&mut store, &names, mode)?;
        let client = Arc::new(Client::new(&settings)?);
        Ok(Self {
            store,
            incoming: Incoming::open(state)?,
            samples: Samples::beside(state),
            client,
            settings,
            engines,
            names,
            mode,
            starts,
            resumed,
        })
    }

    #[cfg(test)]
    pub(crate) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    /// The names that are crawled, in order.
    #[must_use]
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// From which candidate on each name is decided in this run.
    #[must_use]
    pub fn starts(&self) -> Vec<Start> {
        self.starts.clone()
    }

    /// Whether this run goes on with a refresh that was interrupted.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Settles what was handed out by an interrupted run and is in the catalog; the rest is delivered again.
    ///
    /// # Errors
    ///
    /// Whatever `knows` fails with, and [`CrawlError`] when the state file fails.
    pub fn reconcile<E: From<CrawlError>>(
        &mut self,
        mut knows: impl FnMut(&str, &str) -> Result<bool, E>,
    ) -> Result<Reconciled, E> {
        let mut counts = Reconciled::default();
        for claim in self.store.handed_out()? {
            if knows(&claim.label, &claim.url)? {
                self.store.settle(claim.label_id, claim.seq, claim.download);
                counts.settled += 1;
            } else {
                self.store.take_back(claim.label_id, claim.seq)?;
                counts.requeued += 1;
            }
        }
        self.store.commit()?;
        Ok(counts)
    }

    /// Takes back what a label had settled from `from` on and the catalog has no longer, as after it was rebuilt; nothing
    /// before the first undecided place can be missing, so that is where to begin.
    ///
    /// `knows` says of a URL whether the catalog has it for this label, and whether for any.
    ///
    /// # Errors
    ///
    /// Whatever `knows` fails with, and [`CrawlError`] when the state file fails.
    pub fn recheck<E: From<CrawlError>>(
        &mut self,
        label: &str,
        from: u64,
        mut knows: impl FnMut(&str) -> Result<(bool, bool), E>,
    ) -> Result<u64, E> {
        let (mut lost, mut from) = (0, from);
        loop {
            let claims = self.store.settled_from(label, from)?;
            let Some(end) = claims.last() else {
                break;
            };
            from = end.seq + 1;
            for claim in claims {
                let (here, anywhere) = knows(&claim.url)?;
                if here {
                    continue;
                }
                lost += 1;
                self.store.take_back(claim.label_id, claim.seq)?;
                if !anywhere {
                    self.store.unsettle(claim.download)?;
                }
            }
        }
        self.store.commit()?;
        Ok(lost)
    }

    /// Crawls until every name has its goal or nothing more is to be had.
    ///
    /// Every claim of every delivery must be answered by [`Feedback::Settled`], every commit by
    /// [`Feedback::Progress`] of the labels it touched: nothing is handed out beyond the window. After `stop`
    /// nothing more is handed out and what is under way has five seconds; so it is when `feedback` or
    /// `deliveries` is closed by the other side. Dropping the future ends it at once. All of these go on in
    /// the next run.
    ///
    /// # Errors
    ///
    /// [`CrawlError`] when the state file fails; candidates and engines that fail are in the report.
    ///
    /// # Panics
    ///
    /// When called outside a tokio runtime, or when the crawl's own thread panicked.
    pub async fn run(
        self,
        progress: Vec<Progress>,
        deliveries: mpsc::Sender<Delivery>,
        feedback: mpsc::UnboundedReceiver<Feedback>,
        events: Box<dyn FnMut(Event) + Send>,
        stop: CancellationToken,
    ) -> Result<CrawlReport, CrawlError> {
        let abort = CancellationToken::new();
        let _abort_on_drop = abort.clone().drop_guard();
        let border = Border {
            deliveries,
            feedback,
            events,
            stop,
            abort,
            tasks: Handle::current(),
        };
        let (done, result) = oneshot::channel();
        // The store writes to disk, so the loop has a thread of its own; its small runtime only keeps time.
        let clock = Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|e| CrawlError::io("the crawl's runtime", e))?;
        thread::Builder::new()
            .name("trawl-crawl".to_owned())
            .spawn(move || {
                let ended = clock.block_on(async {
                    let driver = Driver::new(self, &progress, border)?;
                    driver.run().await
                });
                drop(done.send(ended));
            })
            .map_err(|e| CrawlError::io("the crawl's thread", e))?;
        result
            .await
            .expect("the crawl's thread sends its result unless it panicked")
    }
}

fn check_engines(engines: &[Box<dyn SearchEngine>], guard: &Guard) -> Result<(), CrawlError> {
    if engines.is_empty() {
        return Err(CrawlError::NoEngine);
    }
    let mut seen = HashSet::new();
    for engine in engines {
        if !seen.insert(engine.id()) {
            return Err(CrawlError::EngineTwice {
                engine: engine.id().to_owned(),
            });
        }
        let Some(endpoint) = engine.endpoint() else {
            continue;
        };
        if let Err(reject) = guard.check(endpoint) {
            let (engine, url) = (engine.id().to_owned(), endpoint.to_string());
            let why = reject.to_string();
            return Err(match reject {
                Reject::PrivateAddress(_) | Reject::BadPort(_) => {
                    CrawlError::PrivateEndpoint { engine, url, why }
                }
                _ => CrawlError::Endpoint { engine, url, why },
            });
        }
    }
    Ok(())
}

/// Gathers the labels of the local sources; any other engine needs names.
fn own_labels(engines: &[Box<dyn SearchEngine>]) -> Result<Vec<Name>, CrawlError> {
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for engine in engines {
        let labels = engine.labels().ok_or_else(|| CrawlError::NamesNeeded {
            engine: engine.id().to_owned(),
        })?;
        for label in labels {
            if seen.insert(label) {
                names.push(Name {
                    label: label.clone(),
                    queries: vec![label.clone()],
                });
            }
        }
    }
    if names.is_empty() {
        let sources: Vec<&str> = engines.iter().map(|engine| engine.id()).collect();
        return Err(CrawlError::NoLabels {
            sources: sources.join(", "),
        });
    }
    Ok(names)
}

/// Begins or goes on with what the mode asks for, and says from where each name is decided.
fn starts(store: &mut Store, names: &[Name], mode: Mode) -> Result<Vec<Start>, CrawlError> {
    let is_refresh = matches!(mode, Mode::Refresh { .. });
    if is_refresh && !store.is_refresh_open()? {
        store.begin_refresh()?;
    }
    let mut starts = Vec::with_capacity(names.len());
    for name in names {
        let row = store.label(&name.label)?;
        starts.push(Start {
            label: name.label.clone(),
            from_seq: if is_refresh { row.from_seq } else { 0 },
            refresh: is_refresh && row.refreshing,
        });
    }
    store.commit()?;
    Ok(starts)
}
