use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use url::Url;

use super::driver::{Done, Driver};
use super::job::Effect;
use super::sites::{File, SiteAsk};
use crate::frontier::Retry;
use crate::net::{SiteAnswer, Validators};
use crate::optout::{Fetched, Outcome, SiteRecord};
use crate::stamp::unix;
use crate::{CrawlError, Event, Reject};

/// Websites of which the reason is kept why they cannot be reached.
const DOWN: usize = 10_000;

impl Driver {
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
            known: ask.known.clone(),
            most: ask.file.read(),
            interval: self.hosts.interval(&ask.host),
        });
    }

    /// Sends it.
    pub(super) fn send_site(
        &mut self,
        number: u64,
        url: Url,
        known: Option<Validators>,
        most: usize,
        interval: Duration,
    ) {
        let client = Arc::clone(&self.client);
        let task = async move {
            let file = client.site_file(&url, known.as_ref(), most, interval);
            Done::Site(number, file.await)
        };
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
            SiteAnswer::Status { status, wait, .. } => (Retry::is_of_host(*status), *wait),
            SiteAnswer::Failed(_) => (false, None),
        };
        let reject = match answer {
            SiteAnswer::Status { status, .. } if *status == 429 || *status >= 500 => Some(
                Reject::RobotsUnreachable(format!("{} gave status {status}", ask.url)),
            ),
            SiteAnswer::Status { .. } => None,
            SiteAnswer::Failed(reject) => Some(reject.clone()),
        };
        let is_passing = match (answer, &reject) {
            (SiteAnswer::Status { status, .. }, _) => Retry::of_status(*status) == Retry::Soon,
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
        let record = match self.renewed(&ask, answer)? {
            Some(record) => record,
            None => self.learned(&ask, answer)?,
        };
        self.store.keep_site(&ask.site, ask.file.name(), &record)?;
        for job in ask.waiting {
            if self.jobs.contains_key(&job) {
                self.enqueue(job, now)?;
            }
        }
        Ok(())
    }

    /// Takes what is kept of a file for as good as new, when its server says that there is no other version.
    fn renewed(
        &mut self,
        ask: &SiteAsk,
        answer: &SiteAnswer,
    ) -> Result<Option<SiteRecord>, CrawlError> {
        let is_same = matches!(answer, SiteAnswer::Status { status: 304, .. });
        if !is_same || ask.known.is_none() {
            return Ok(None);
        }
        let kept = self.store.site(&ask.site, ask.file.name())?;
        let Some(mut record) = kept.filter(|record| self.is_whole(record)) else {
            return Ok(None);
        };
        let clock = SystemTime::now();
        record.fetched_at = unix(clock);
        let holds = match ask.file {
            File::Robots => self.sites.robots.restore(&ask.site, &record, clock),
            File::TdmRep => self.sites.tdm.restore(&ask.site, &record, clock),
        };
        Ok(holds.then_some(record))
    }

    /// Takes in what the asking came to.
    fn learned(&mut self, ask: &SiteAsk, answer: &SiteAnswer) -> Result<SiteRecord, CrawlError> {
        let (fetched, validators) = match answer {
            SiteAnswer::Status {
                status,
                body,
                validators,
                ..
            } => (Fetched::from_status(*status, body), validators.clone()),
            SiteAnswer::Failed(_) => (Fetched::Unreachable, None),
        };
        let clock = SystemTime::now();
        let record = match ask.file {
            File::Robots => self.sites.robots.finish(&ask.site, fetched, clock),
            File::TdmRep => self.sites.tdm.finish(&ask.site, fetched, clock),
        };
        let validators = validators.filter(|_| record.outcome == Outcome::Body);
        self.store.keep_site_version(ask.url.as_str(), validators)?;
        Ok(record)
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
