use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Instant;

use url::Url;

use super::driver::Driver;
use super::job::{Job, Note, Past, Phase, Route, Ticket, What};
use super::label::Seen;
use super::sites::Clearance;
use crate::frontier::{HostKey, is_too_long};
use crate::store::{Candidate, Fate};
use crate::{CrawlError, Event, License, Reject};

impl Driver {
    /// Looks at a label again: fills its window, asks for more pages when the window reaches past what is
    /// found, and sees whether it is done.
    pub(super) fn advance(&mut self, label: usize, now: Instant) -> Result<(), CrawlError> {
        if self.labels[label].wants() && !self.places.enter(label, self.jobs.len()) {
            self.set_done(label, false);
            return Ok(());
        }
        let mut may_find_more = true;
        while self.labels[label].wants() {
            let state = &self.labels[label];
            let limit = state.limit(self.settings.window);
            let (from, to) = (state.cursor, limit.min(state.found));
            if from < to {
                self.admit_range(label, from, to, now)?;
                self.labels[label].cursor = to;
            }
            if limit <= self.labels[label].found {
                break;
            }
            may_find_more = self.begin_round(label);
            if !may_find_more {
                break;
            }
            self.push_round(label, now)?;
            if self.labels[label].round.is_some() {
                break;
            }
        }
        let state = &self.labels[label];
        let is_exhausted = !may_find_more && state.cursor >= state.found && state.open == 0;
        let is_done = !state.wants() || is_exhausted;
        if is_done {
            self.places.leave(label);
            for stream in &mut self.labels[label].streams {
                stream.seen = Seen::default();
            }
        }
        self.set_done(label, is_done);
        Ok(())
    }

    fn admit_range(
        &mut self,
        label: usize,
        from: u64,
        to: u64,
        now: Instant,
    ) -> Result<(), CrawlError> {
        for candidate in self.store.candidates(self.labels[label].id, from, to)? {
            self.admit(label, candidate, now)?;
        }
        Ok(())
    }

    /// Takes one candidate in: joins the job that its URL has already, or makes one.
    fn admit(
        &mut self,
        label: usize,
        candidate: Candidate,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let ticket: Ticket = (label, candidate.seq);
        if let Some(number) = self.by_url.get(candidate.url.as_str()) {
            let job = self.jobs.get_mut(number).expect("by_url names kept jobs");
            if !job.has(label) {
                match job.phase {
                    Phase::Waiting | Phase::Running => job.claims.push(ticket),
                    Phase::Ended => job.waiters.push(ticket),
                }
                self.labels[label].open += 1;
            }
            return Ok(());
        }
        self.labels[label].open += 1;
        let url: Arc<str> = candidate.url.into();
        let target = Url::parse(&url).ok().filter(|_| !is_too_long(&url));
        let is_file = candidate.local && target.as_ref().is_some_and(|t| t.scheme() == "file");
        let kept = matches!(candidate.fate, Fate::Open)
            && target.is_some()
            && self.incoming.take_left(candidate.download);
        let host = match &target {
            Some(target) if !is_file && !kept => HostKey::of(target),
            _ => HostKey::Disk,
        };
        let number = self.number();
        let job = Job {
            download: candidate.download,
            url: Arc::clone(&url),
            local: is_file,
            kept,
            has_body: false,
            tries: candidate.tries,
            past: Past::None,
            route: Route {
                target,
                host,
                visited: Vec::new(),
            },
            reservation: None,
            phase: Phase::Waiting,
            claims: vec![ticket],
            waiters: Vec::new(),
        };
        self.by_url.insert(url, number);
        self.jobs.insert(number, job);
        match candidate.fate {
            Fate::Settled => self.note(number, What::Known),
            // Which licences are wanted may have changed since.
            Fate::Rejected(reject) if !matches!(reject, Reject::License(_)) => {
                self.give_up(number, reject, now)?;
            }
            Fate::Rejected(_) | Fate::Open => {
                let refusal = match self.refuse(number) {
                    None => self.refuse_license(number, label, candidate.seq)?,
                    refusal => refusal,
                };
                match refusal {
                    Some(reject) => self.reject(number, reject, now)?,
                    None => self.take_up(number, now)?,
                }
            }
        }
        Ok(())
    }

    /// Says why a candidate's licence is not wanted; local files are the person's own.
    fn refuse_license(
        &self,
        number: u64,
        label: usize,
        seq: u64,
    ) -> Result<Option<Reject>, CrawlError> {
        if self.settings.licenses.is_any() || self.jobs[&number].local {
            return Ok(None);
        }
        let found = self.store.provenance(self.labels[label].id, seq)?;
        let (name, url) = (found.license.as_deref(), found.license_url.as_deref());
        if self.settings.licenses.allow(License::read(name, url)) {
            return Ok(None);
        }
        let told = name.or(url).unwrap_or("none is told");
        let detail = format!("{told}; wanted: {}", self.settings.licenses);
        Ok(Some(Reject::License(detail)))
    }

    /// Ends a job without a body: its claims go on to other copies of their pictures where there are any, and are told
    /// where there are none.
    pub(super) fn give_up(
        &mut self,
        number: u64,
        reject: Reject,
        now: Instant,
    ) -> Result<(), CrawlError> {
        if reject.lets_fall_back() && !self.jobs[&number].local {
            for (label, seq) in self.jobs[&number].claims.clone() {
                let next = self.store.fall_back(self.labels[label].id, seq, &reject)?;
                if let Some(candidate) = next {
                    let from = self.jobs[&number].url.to_string();
                    let to = candidate.url.clone();
                    self.emit(Event::FellBack { from, to });
                    self.release(number, label);
                    self.admit(label, candidate, now)?;
                }
            }
        }
        if self.jobs.contains_key(&number) {
            self.note(number, What::Rejected(reject));
        }
        Ok(())
    }

    /// Queues a job, but lets one wait for its turn of which an earlier run has counted a try and left no result.
    pub(super) fn take_up(&mut self, number: u64, now: Instant) -> Result<(), CrawlError> {
        let job = self.jobs.get_mut(&number).expect("the job is kept");
        if job.tries == 0 || job.kept || job.local {
            return self.enqueue(number, now);
        }
        job.phase = Phase::Waiting;
        job.past = Past::Interrupted;
        let tries = job.tries;
        self.interrupted.push(tries, self.settings.tries, number);
        Ok(())
    }

    /// Says why a job must not be asked for at all.
    pub(super) fn refuse(&self, number: u64) -> Option<Reject> {
        let job = &self.jobs[&number];
        let Some(target) = &job.route.target else {
            let why = if is_too_long(&job.url) {
                "longer than 8 KiB"
            } else {
                "no absolute URL"
            };
            return Some(Reject::BadUrl(why.to_owned()));
        };
        if job.kept {
            return None;
        }
        if job.tries >= self.settings.tries {
            let detail = format!("{} tries in runs that ended before the answer", job.tries);
            return Some(Reject::TriesExhausted(detail));
        }
        if job.local {
            return None;
        }
        self.client.guard().check(target).err()
    }

    /// Queues a job at its host, when its website lets it; a host that wants to be left alone for longer than may be waited is given up.
    pub(super) fn enqueue(&mut self, number: u64, now: Instant) -> Result<(), CrawlError> {
        let job = self.jobs.get_mut(&number).expect("the job is kept");
        job.phase = Phase::Waiting;
        let host = job.route.host.clone();
        match self.hosts.paused_until(&host, now) {
            Some(until) if until - now > self.settings.max_wait => {
                let reject = barred(&host, until - now);
                self.reject(number, reject, now)
            }
            _ => match self.clear(number, now)? {
                Clearance::Clear(reservation) => {
                    let job = self.jobs.get_mut(&number).expect("the job is kept");
                    job.reservation = reservation;
                    self.hosts.push(&host, number, now);
                    Ok(())
                }
                Clearance::Refused(reject) => self.reject(number, reject, now),
                Clearance::Waits => Ok(()),
            },
        }
    }

    /// Says whether any label still wants the result of a job.
    pub(super) fn is_wanted(&self, number: u64) -> bool {
        let job = &self.jobs[&number];
        job.claims
            .iter()
            .any(|&(label, _)| self.labels[label].wants())
    }

    /// Forgets a job that nobody wants any more; its candidates stay as they are in the store.
    pub(super) fn discard(&mut self, number: u64) {
        if let Entry::Occupied(entry) = self.jobs.entry(number) {
            let job = entry.remove();
            self.by_url.remove(&job.url);
            if job.kept {
                self.incoming.leave(job.download);
            }
            for (label, _) in job.claims.into_iter().chain(job.waiters) {
                self.labels[label].open -= 1;
                self.dirty.insert(label);
            }
        }
    }

    /// Takes one label's claim off a job, and forgets the job with its last.
    pub(super) fn release(&mut self, number: u64, label: usize) {
        let Entry::Occupied(mut entry) = self.jobs.entry(number) else {
            return;
        };
        let job = entry.get_mut();
        let before = job.claims.len();
        job.claims.retain(|ticket| ticket.0 != label);
        self.labels[label].open -= before - job.claims.len();
        self.dirty.insert(label);
        if job.claims.is_empty() && job.waiters.is_empty() {
            let job = entry.remove();
            self.by_url.remove(&job.url);
        }
    }

    /// Queues a delivery without a download, to every label that claims the job.
    pub(super) fn note(&mut self, number: u64, what: What) {
        let job = self.jobs.get_mut(&number).expect("the job is kept");
        job.phase = Phase::Ended;
        let claims = job.claims.clone();
        self.notes.push_back(Note {
            job: number,
            claims,
            what,
        });
    }
}

/// Builds the reject of a host that is paused for too long.
pub(super) fn barred(host: &HostKey, wait: std::time::Duration) -> Reject {
    Reject::RateLimited(format!("{host} wants {} s of pause", wait.as_secs()))
}
