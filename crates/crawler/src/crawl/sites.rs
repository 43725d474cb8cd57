use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use url::Url;

use super::driver::Driver;
use crate::frontier::{HostKey, Limits};
use crate::net::Validators;
use crate::optout::{
    CacheLimits, NotYet, OptOutPolicy, Outcome, Refusal, Reservation, RobotsAnswer, RobotsCache,
    RobotsFile, Signal, SiteCache, SiteFile, SiteRecord, TdmAnswer, TdmCache, TdmFile, site_of,
};
use crate::{CrawlError, Reject};

/// Is one of the files by which a website speaks for all its URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum File {
    Robots,
    TdmRep,
}

impl File {
    /// The name under which it is stored.
    pub(super) fn name(self) -> &'static str {
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

    pub(super) fn read(self) -> usize {
        match self {
            Self::Robots => RobotsFile::READ,
            Self::TdmRep => TdmFile::READ,
        }
    }
}

/// Is a file that is being asked for, and who waits for it.
#[derive(Debug)]
pub(super) struct SiteAsk {
    pub(super) file: File,
    pub(super) site: String,
    pub(super) url: Url,
    pub(super) host: HostKey,
    pub(super) tries: u32,
    /// The version of it that is kept and whole.
    pub(super) known: Option<Validators>,
    pub(super) waiting: Vec<u64>,
}

/// Knows what websites say of their URLs, and asks them.
pub(super) struct Sites {
    pub(super) robots: RobotsCache,
    pub(super) tdm: TdmCache,
    pub(super) asks: HashMap<u64, SiteAsk>,
    pub(super) by_site: HashMap<(File, String), u64>,
    /// Why a website could not be reached in this run.
    pub(super) down: HashMap<String, Reject>,
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
        let mut known = None;
        if let Some(record) = self.store.site(&key.1, file.name())? {
            let is_known = match file {
                File::Robots => self.sites.robots.restore(&key.1, &record, clock),
                File::TdmRep => self.sites.tdm.restore(&key.1, &record, clock),
            };
            if is_known {
                return Ok(None);
            }
            if self.is_whole(&record) {
                known = self.store.site_version(address.as_str())?;
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
            known,
            waiting: vec![number],
        };
        self.sites.asks.insert(ask_number, ask);
        self.sites.by_site.insert(key, ask_number);
        Ok(Some(Clearance::Waits))
    }

    /// Says whether what is kept of a file is all that counts of it, so that it holds on when the server has no other.
    pub(super) fn is_whole(&self, record: &SiteRecord) -> bool {
        record.outcome == Outcome::Body && record.watched == self.opt_outs.watched().key()
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
}

/// Turns a signal into the reject under which it is counted.
fn kept_off(refusal: &Refusal) -> Reject {
    match refusal.signal {
        Signal::Robots => Reject::Robots(refusal.evidence.clone()),
        _ => Reject::OptOut(refusal.to_string()),
    }
}
