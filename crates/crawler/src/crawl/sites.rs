use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use url::Url;

use super::driver::{Done, Driver};
use super::job::Effect;
use crate::frontier::{HostKey, Limits, Retry};
use crate::net::SiteAnswer;
use crate::optout::{
    CacheLimits, Fetched, NotYet, OptOutPolicy, Refusal, Reservation, RobotsAnswer, RobotsCache,
    RobotsFile, Signal, SiteCache, SiteFile, TdmAnswer, TdmCache, TdmFile, site_of,
};
use crate::{CrawlError, Event, Reject};

/// Websites of which the reason is kept why they cannot be reached.
const DOWN: usize = 10_000;

/// Is one of the files by which a website speaks for all its URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum File {
    Robots,
    TdmRep,
}

impl File {
    /// The name under which it is stored.
    fn name(self) -> &'static str {
        match self {
            Self::Robots => "robots",
            Self::TdmRep => "tdmrep",
        }
    }

    fn url(self, url: &Url) -> Option<Url> {
        match self {
            Self::Robots => RobotsFile::url(url),
            Self::TdmRep => TdmFile::url(url),
        }
    }

    fn read(self) -> usize {
        match self {
            Self::Robots => RobotsFile::READ,
            Self::TdmRep => TdmFile::READ,
        }
    }
}

/// Is a file that is being asked for, and who waits for it.
#[derive(Debug)]
pub(super) struct SiteAsk {
    file: File,
    site: String,
    url: Url,
    host: HostKey,
    tries: u32,
    waiting: Vec<u64>,
}

/// Knows what websites say of their URLs, and asks them.
pub(super) struct Sites {
    robots: RobotsCache,
    tdm: TdmCache,
    pub(super) asks: HashMap<u64, SiteAsk>,
    by_site: HashMap<(File, String), u64>,
    /// Why a website could not be reached in this run.
    down: HashMap<String, Reject>,
}

/// Is what websites say of one URL.
pub(super) enum Clearance {
    /// It may be asked for; what the `TDMRep` file says of it goes with it.
    Clear(Option<Reservation>),
    /// It must not.
    Refused(Reject),
    /// That is not known yet: it waits, and is queued again when it is.
    Waits,
}

impl Sites {
    pub(super) fn new(policy: &OptOutPolicy) -> Self {
        Self {
            robots: SiteCache::new(CacheLimits::default(), policy.watched()),
            tdm: SiteCache::new(CacheLimits::default(), policy.watched()),
            asks: HashMap::new(),
            by_site: HashMap::new(),
            down: HashMap::new(),
        }
    }
}

impl Driver {
    /// Sees whether its website lets a job's URL be asked for; asks the website first where that is not known.
    pub(super) fn clear(&mut self, number: u64, now: Instant) -> Result<Clearance, CrawlError> {
        let job = &self.jobs[&number];
        let target = job.route.target.clone();
        let is_web = !job.local && !job.kept;
        let Some(url) = target.filter(|_| is_web) else {
            return Ok(Clearance::Clear(None));
        };
        let policy = Arc::clone(&self.opt_outs);
        if policy.robots || policy.aipref {
            loop {
                match self.sites.robots.answer(&url, &policy, SystemTime::now()) {
                    RobotsAnswer::Allowed { .. } => break,
                    RobotsAnswer::Refused(refusal) => {
                        return Ok(Clearance::Refused(kept_off(&refusal)));
                    }
                    RobotsAnswer::NotYet(not_yet) => {
                        if let Some(end) =
                            self.find_out(number, File::Robots, &url, &not_yet, now)?
                        {
                            return Ok(end);
                        }
                    }
                }
            }
            if let Some(end) = self.obey_delay(&url, now) {
                return Ok(end);
            }
        }
        if !policy.tdmrep {
            return Ok(Clearance::Clear(None));
        }
        loop {
            match self.sites.tdm.reservation(&url, SystemTime::now()) {
                TdmAnswer::Known(Some(said)) => {
                    return Ok(match said.refusal() {
                        Some(refusal) => Clearance::Refused(kept_off(&refusal)),
                        None => Clearance::Clear(Some(said)),
                    });
                }
                TdmAnswer::Known(None) => return Ok(Clearance::Clear(None)),
                TdmAnswer::NotYet(not_yet) => {
                    if let Some(end) = self.find_out(number, File::TdmRep, &url, &not_yet, now)? {
                        return Ok(end);
                    }
                }
            }
        }
    }

    /// Gets to know a website's file: from the state of an earlier run, or by asking. `None` when it is known now.
    fn find_out(
        &mut self,
        number: u64,
        file: File,
        url: &Url,
        not_yet: &NotYet,
        now: Instant,
    ) -> Result<Option<Clearance>, CrawlError> {
        let (Some(site), Some(address)) = (site_of(url), file.url(url)) else {
            let detail = "a URL of no website".to_owned();
            return Ok(Some(Clearance::Refused(Reject::BadUrl(detail))));
        };
        if let NotYet::Retry { at } = not_yet {
            let reject = self.sites.down.get(&site).cloned().unwrap_or_else(|| {
                let at = crate::stamp::rfc3339(*at);
                Reject::RobotsUnreachable(format!("{address}; it is asked again from {at}"))
            });
            return Ok(Some(Clearance::Refused(reject)));
        }
        let key = (file, site);
        if let Some(ask) = self.sites.by_site.get(&key) {
            let ask = self
                .sites
                .asks
                .get_mut(ask)
                .expect("by_site names kept asks");
            ask.waiting.push(number);
            return Ok(Some(Clearance::Waits));
        }
        let clock = SystemTime::now();
        if let Some(record) = self.store.site(&key.1, file.name())? {
            let is_known = match file {
                File::Robots => self.sites.robots.restore(&key.1, &record, clock),
                File::TdmRep => self.sites.tdm.restore(&key.1, &record, clock),
            };
            if is_known {
                return Ok(None);
            }
        }
        match file {
            File::Robots => self.sites.robots.begin(&key.1, clock),
            File::TdmRep => self.sites.tdm.begin(&key.1, clock),
        }
        let ask_number = self.number();
        let host = HostKey::of(&address);
        self.hosts.push(&host, ask_number, now);
        let ask = SiteAsk {
            file,
            site: key.1.clone(),
            url: address,
            host,
            tries: 0,
            waiting: vec![number],
        };
        self.sites.asks.insert(ask_number, ask);
        self.sites.by_site.insert(key, ask_number);
        Ok(Some(Clearance::Waits))
    }

    /// Keeps to the time that robots.txt wants between two requests; one that wants more than may be waited keeps us off.
    fn obey_delay(&mut self, url: &Url, now: Instant) -> Option<Clearance> {
        let delay = self.sites.robots.crawl_delay(url, SystemTime::now())?;
        if !self.opt_outs.robots || delay <= self.settings.host_interval {
            return None;
        }
        if delay > self.settings.max_crawl_delay {
            let detail = format!(
                "it wants {} s between two requests, and max_crawl_delay is {} s",
                delay.as_secs(),
                self.settings.max_crawl_delay.as_secs()
            );
            return Some(Clearance::Refused(Reject::Robots(detail)));
        }
        let limits = Limits {
            in_flight: 1,
            interval: delay,
            slowest: self.settings.slowest_interval,
        };
        self.hosts.set_limits(&HostKey::of(url), limits, now);
        None
    }

    /// Says whether anything that waits for a website's file is still wanted.
    pub(super) fn is_site_wanted(&self, number: u64) -> bool {
        let mut waiting = self.sites.asks[&number].waiting.iter();
        waiting.any(|job| self.jobs.contains_key(job) && self.is_wanted(*job))
    }

    /// Forgets a file that nobody waits for any more, and those who waited.
    pub(super) fn drop_site(&mut self, number: u64) {
        if let Some(ask) = self.sites.asks.remove(&number) {
            self.sites.by_site.remove(&(ask.file, ask.site));
            for job in ask.waiting {
                self.discard(job);
            }
        }
    }

    /// Starts a request for a website's file.
    pub(super) fn start_site(&mut self, number: u64) {
        let ask = self
            .sites
            .asks
            .get_mut(&number)
            .expect("a queued ask is kept");
        ask.tries += 1;
        self.active += 1;
        self.counters.site_requests += 1;
        self.effects.push(Effect::Site {
            ask: number,
            url: ask.url.clone(),
            most: ask.file.read(),
            interval: self.hosts.interval(&ask.host),
        });
    }

    /// Sends it.
    pub(super) fn send_site(&mut self, number: u64, url: Url, most: usize, interval: Duration) {
        let client = Arc::clone(&self.client);
        let task = async move { Done::Site(number, client.site_file(&url, most, interval).await) };
        self.running.spawn_on(task, &self.border.tasks);
    }

    /// Takes the end of one try: tells those who wait, or tries again.
    pub(super) fn site_ended(
        &mut self,
        number: u64,
        answer: &SiteAnswer,
        now: Instant,
    ) -> Result<(), CrawlError> {
        self.active -= 1;
        let ask = self
            .sites
            .asks
            .get_mut(&number)
            .expect("a running ask is kept");
        let host = ask.host.clone();
        self.hosts.done(&host, now);
        let (is_of_host, asked) = match answer {
            SiteAnswer::Status(status, _, wait) => (Retry::is_of_host(*status), *wait),
            SiteAnswer::Failed(_) => (false, None),
        };
        let reject = match answer {
            SiteAnswer::Status(status, ..) if *status == 429 || *status >= 500 => Some(
                Reject::RobotsUnreachable(format!("{} gave status {status}", ask.url)),
            ),
            SiteAnswer::Status(..) => None,
            SiteAnswer::Failed(reject) => Some(reject.clone()),
        };
        let is_passing = match (answer, &reject) {
            (SiteAnswer::Status(status, ..), _) => Retry::of_status(*status) == Retry::Soon,
            (SiteAnswer::Failed(reject), _) => Retry::of(reject) == Retry::Soon,
        };
        let tries = ask.tries;
        let wait = asked.unwrap_or_default().max(self.backoff.draw(tries));
        if is_of_host {
            self.hosts.strain(&host, now);
        }
        if is_of_host || asked.is_some() {
            self.pause_host(&host, wait, asked.is_some(), now)?;
        }
        if is_passing && tries < self.settings.tries && wait <= self.settings.max_wait {
            self.hosts.pause(&host, now + wait, now);
            self.hosts.push(&host, number, now);
            return Ok(());
        }
        self.site_known(number, answer, reject, now)
    }

    /// Ends the asking for a file: what is known of it is kept, and those who wait are queued again.
    fn site_known(
        &mut self,
        number: u64,
        answer: &SiteAnswer,
        reject: Option<Reject>,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let ask = self.sites.asks.remove(&number).expect("it was just there");
        self.sites.by_site.remove(&(ask.file, ask.site.clone()));
        if let Some(reject) = &reject {
            self.emit(Event::SiteUnreadable {
                url: ask.url.to_string(),
                reject: reject.clone(),
            });
        }
        if let Some(reject) = reject.filter(|_| ask.file == File::Robots) {
            if self.sites.down.len() >= DOWN {
                self.sites.down.clear();
            }
            self.sites.down.insert(ask.site.clone(), reject);
        }
        let fetched = match answer {
            SiteAnswer::Status(status, body, _) => Fetched::from_status(*status, body),
            SiteAnswer::Failed(_) => Fetched::Unreachable,
        };
        let clock = SystemTime::now();
        let record = match ask.file {
            File::Robots => self.sites.robots.finish(&ask.site, fetched, clock),
            File::TdmRep => self.sites.tdm.finish(&ask.site, fetched, clock),
        };
        self.store.keep_site(&ask.site, ask.file.name(), &record)?;
        for job in ask.waiting {
            if self.jobs.contains_key(&job) {
                self.enqueue(job, now)?;
            }
        }
        Ok(())
    }

    /// Gives the asking for a file up because its host wants to be left alone for too long; `false` when the number is none.
    pub(super) fn give_site_up(
        &mut self,
        number: u64,
        reject: Reject,
        now: Instant,
    ) -> Result<bool, CrawlError> {
        if !self.sites.asks.contains_key(&number) {
            return Ok(false);
        }
        let answer = SiteAnswer::Failed(reject.clone());
        self.site_known(number, &answer, Some(reject), now)?;
        Ok(true)
    }
}

/// Turns a signal into the reject under which it is counted.
fn kept_off(refusal: &Refusal) -> Reject {
    match refusal.signal {
        Signal::Robots => Reject::Robots(refusal.evidence.clone()),
        _ => Reject::OptOut(refusal.to_string()),
    }
}
