use std::time::{Duration, Instant, SystemTime};

use tokio::time::{sleep, timeout};
use url::Url;

use super::asking::PageEnd;
use super::sessions::Sessions;
use crate::engine::{Ask, Page, Quota, Standing};
use crate::net::{Client, SiteAnswer};
use crate::optout::{CacheLimits, Fetched, RobotsAnswer, RobotsFile, SiteCache, SiteFile, site_of};
use crate::store::LONGEST_PAUSE;
use crate::{CrawlError, CrawlSettings, EngineState, Reject, SearchEngine};

/// Longest time for one engine, openings and the interval between requests included.
const LONGEST: Duration = Duration::from_secs(8);
/// Sessions opened for one page at most: some engines want one for all phrases and one for this phrase.
const OPENINGS: u32 = 3;

/// Tries engines out: one page of one phrase each, asked as a crawl asks, once and without a state file.
///
/// The rules of what may be dialled, the interval between two requests to an engine, and its openings are those of a crawl. A
/// failure is not tried again, and nothing is stored: the requests (one, and one for each opening) are counted in no
/// `crawl.db`.
#[derive(Debug)]
pub struct Prober {
    client: Client,
    settings: CrawlSettings,
}

/// Is what came of trying one engine out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeReport {
    /// The engine's id.
    pub engine: String,
    /// On what terms it is asked.
    pub standing: Standing,
    /// What it said.
    pub outcome: ProbeOutcome,
    /// Requests that left, redirects not counted.
    pub requests: u32,
    /// How long it all took.
    pub took: Duration,
    /// What the engine's clock said when the answer came.
    pub date: Option<SystemTime>,
}

/// Is what an engine said when it was tried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// It found pictures.
    Found {
        /// How many on the first page.
        hits: usize,
        /// The first one's address, where it is on the web.
        picture: Option<Url>,
        /// How long it wants to be left alone from now on, when it says so.
        pause: Option<Duration>,
    },
    /// It did not.
    Failed {
        /// What it said instead; [`EngineState::Empty`] when it understood and knows no picture of this.
        state: EngineState,
        /// The code of the failure where there was no answer ([`Reject::code`]).
        code: Option<&'static str>,
    },
}

/// Is what a website's `robots.txt` says of one URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RobotsProbe {
    /// It may be asked for.
    Allowed,
    /// It must not.
    Refused(String),
    /// The file cannot be had, which means to keep off.
    Unreachable(Reject),
}

impl Prober {
    /// Builds the client; nothing is requested yet.
    ///
    /// # Errors
    ///
    /// [`CrawlError`] for settings under which nothing could be requested.
    pub fn new(settings: &CrawlSettings) -> Result<Self, CrawlError> {
        settings.check()?;
        let mut settings = settings.clone();
        settings.total_timeout = settings.total_timeout.min(LONGEST);
        Ok(Self {
            client: Client::new(&settings)?,
            settings,
        })
    }

    /// Asks an engine for the first page of a phrase; a local source for that of its first label.
    pub async fn engine(&self, engine: &dyn SearchEngine, phrase: &str) -> ProbeReport {
        let began = Instant::now();
        let mut report = ProbeReport {
            engine: engine.id().to_owned(),
            standing: engine.standing(),
            outcome: local(engine).unwrap_or_else(silent),
            requests: 0,
            took: Duration::ZERO,
            date: None,
        };
        if engine.labels().is_none() {
            let asking = self.ask(engine, phrase, &mut report);
            match timeout(LONGEST, asking).await {
                Ok(outcome) => report.outcome = outcome,
                Err(_) => report.outcome = silent(),
            }
        }
        report.took = began.elapsed();
        report
    }

    async fn ask(
        &self,
        engine: &dyn SearchEngine,
        phrase: &str,
        report: &mut ProbeReport,
    ) -> ProbeOutcome {
        let mut sessions = Sessions::default();
        let interval = Quota::interval(engine.quotas(), self.settings.engine_interval);
        loop {
            let question = sessions.question(0, engine, phrase, None, Instant::now());
            question.forget_cookies(&self.client, engine.id());
            report.requests += 1;
            let asked = question.put(&self.client, engine).await;
            report.date = asked.date.or(report.date);
            let state = match asked.end {
                PageEnd::Page(page, _) => return found(&page),
                PageEnd::Opened(scope, session) if report.requests <= OPENINGS => {
                    sessions.keep(0, &scope, session, Instant::now());
                    sleep(interval).await;
                    continue;
                }
                PageEnd::Unchanged => EngineState::schema("unchanged since nothing"),
                PageEnd::Opened(..) => EngineState::schema("its sessions do not last for a page"),
                PageEnd::State(state, _) => state,
                PageEnd::Limited(wait) => EngineState::RateLimited {
                    // As long as a crawl would remember it.
                    wait: wait.map(|wait| wait.min(LONGEST_PAUSE)),
                },
                PageEnd::Retry(detail, _) => EngineState::Unreachable { detail },
            };
            return ProbeOutcome::Failed {
                state,
                code: asked.code,
            };
        }
    }

    /// Fetches the `robots.txt` that governs a URL, and reads what it says to the crawl that the settings stand for.
    pub async fn robots(&self, url: &Url) -> RobotsProbe {
        let (Some(file), Some(site)) = (RobotsFile::url(url), site_of(url)) else {
            let what = "only http and https have a robots.txt".to_owned();
            return RobotsProbe::Unreachable(Reject::BadScheme(what));
        };
        let asking =
            self.client
                .site_file(&file, None, RobotsFile::READ, self.settings.host_interval);
        let answer = timeout(LONGEST, asking).await.unwrap_or_else(|_| {
            SiteAnswer::Failed(Reject::TimeoutTotal(format!("no answer from {file}")))
        });
        let fetched = match &answer {
            SiteAnswer::Status { status, body, .. } => Fetched::from_status(*status, body),
            SiteAnswer::Failed(reject) => return RobotsProbe::Unreachable(reject.clone()),
        };
        let policy = &self.settings.opt_outs;
        let mut cache = SiteCache::<RobotsFile>::new(CacheLimits::default(), policy.watched());
        let now = SystemTime::now();
        cache.begin(&site, now);
        let _ = cache.finish(&site, fetched, now);
        match (cache.answer(url, policy, now), answer) {
            (RobotsAnswer::Allowed { .. }, _) => RobotsProbe::Allowed,
            (RobotsAnswer::Refused(refusal), _) => RobotsProbe::Refused(refusal.evidence),
            (RobotsAnswer::NotYet(_), SiteAnswer::Status { status, .. }) => {
                RobotsProbe::Unreachable(Reject::RobotsUnreachable(format!(
                    "{file} gave status {status}"
                )))
            }
            (RobotsAnswer::NotYet(_), SiteAnswer::Failed(reject)) => {
                RobotsProbe::Unreachable(reject)
            }
        }
    }
}

/// Reads the first page of a local source; `None` for any other engine.
fn local(engine: &dyn SearchEngine) -> Option<ProbeOutcome> {
    let labels = engine.labels()?;
    let Some(first) = labels.first() else {
        return Some(failed(EngineState::Empty));
    };
    Some(match engine.ask(first, None, None) {
        Ask::Local(page) => found(&page),
        Ask::Failed(state) => failed(state),
        Ask::Web(_) => unreachable!("an engine with labels of its own is read from disk"),
    })
}

fn found(page: &Page) -> ProbeOutcome {
    let Some(first) = page.hits.first() else {
        return failed(EngineState::Empty);
    };
    let picture = Url::parse(&first.image_url).ok();
    ProbeOutcome::Found {
        hits: page.hits.len(),
        picture: picture.filter(|url| matches!(url.scheme(), "http" | "https")),
        pause: page.pause,
    }
}

fn failed(state: EngineState) -> ProbeOutcome {
    ProbeOutcome::Failed { state, code: None }
}

/// Is the outcome of an engine that did not answer within the time that it has.
fn silent() -> ProbeOutcome {
    ProbeOutcome::Failed {
        state: EngineState::Unreachable {
            detail: format!("no answer within {} s", LONGEST.as_secs()),
        },
        code: Some("timeout-total"),
    }
}
