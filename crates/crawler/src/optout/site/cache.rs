use std::time::{Duration, SystemTime};

use hashlink::LruCache;

use super::file::{Fetched, SiteFile};
use super::record::{Outcome, SiteRecord};
use crate::optout::Watched;

/// Bytes that one website takes beyond its name and its rules, roughly.
const OVERHEAD: usize = 256;

/// Bounds what a [`SiteCache`] holds, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// Websites held; the one used longest ago goes first.
    pub sites: usize,
    /// Bytes held, roughly; the newest file stays even when it is larger.
    pub bytes: usize,
    /// How long an answer holds; RFC 9309 (section 2.4) wants no more than 24 hours.
    pub keep: Duration,
    /// How long a fetch may be under way until it counts as lost.
    pub patience: Duration,
    /// Wait after the first attempt that did not reach the file; it doubles from attempt to attempt.
    pub retry_base: Duration,
    /// Longest such wait.
    pub retry_cap: Duration,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self {
            sites: 20_000,
            bytes: 16 * 1024 * 1024,
            keep: Duration::from_hours(24),
            patience: Duration::from_mins(2),
            retry_base: Duration::from_mins(5),
            retry_cap: Duration::from_hours(6),
        }
    }
}

/// Says what is known of a website's file.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup<'a, F> {
    /// Nothing: it was never fetched, or that was too long ago.
    Absent,
    /// It is being fetched.
    Fetching {
        /// When the fetch counts as lost.
        until: SystemTime,
    },
    /// It is known; without a file this is one that says nothing.
    Known(&'a F),
    /// It could not be reached.
    Unreachable {
        /// When it may be fetched again.
        retry_at: SystemTime,
    },
}

/// Says what has to happen before there is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotYet {
    /// Somebody has to fetch the file.
    Fetch,
    /// The file is being fetched.
    Wait {
        /// When to ask again at the latest.
        until: SystemTime,
    },
    /// The file could not be reached.
    Retry {
        /// When it may be fetched again.
        at: SystemTime,
    },
}

#[derive(Debug)]
enum State<F> {
    Fetching,
    Known(F),
    Unreachable,
}

#[derive(Debug)]
struct Entry<F> {
    state: State<F>,
    /// From when to when the state holds.
    since: SystemTime,
    until: SystemTime,
    failures: u32,
    weight: usize,
}

/// Remembers one kind of file for many websites, within its limits.
///
/// A website is named as [`super::site_of`] does. The state of each goes from absent to being fetched
/// ([`SiteCache::begin`]) to known or unreachable ([`SiteCache::finish`]), and with time back to absent.
#[derive(Debug)]
pub struct SiteCache<F> {
    limits: CacheLimits,
    watched: Watched,
    entries: LruCache<String, Entry<F>>,
    bytes: usize,
}

impl<F: SiteFile> SiteCache<F> {
    /// Makes an empty cache for what is said to the watched tokens.
    #[must_use]
    pub fn new(limits: CacheLimits, watched: Watched) -> Self {
        Self {
            limits,
            watched,
            entries: LruCache::new_unbounded(),
            bytes: 0,
        }
    }

    /// Says what is known of a website's file at a moment.
    ///
    /// A moment before the one at which the state began makes it absent: the clock was set back, and nobody
    /// knows how old the file is.
    pub fn lookup(&mut self, site: &str, now: SystemTime) -> Lookup<'_, F> {
        match self.entries.get(site) {
            Some(entry) if entry.since <= now && now < entry.until => match &entry.state {
                State::Fetching => Lookup::Fetching { until: entry.until },
                State::Known(file) => Lookup::Known(file),
                State::Unreachable => Lookup::Unreachable {
                    retry_at: entry.until,
                },
            },
            _ => Lookup::Absent,
        }
    }

    /// Notes that a website's file is being fetched from now on.
    pub fn begin(&mut self, site: &str, now: SystemTime) {
        let failures = self.failures(site);
        self.put(site, State::Fetching, now, self.limits.patience, failures);
    }

    /// Notes how a fetch ended, and returns what to keep for another run.
    pub fn finish(&mut self, site: &str, fetched: Fetched<'_>, now: SystemTime) -> SiteRecord {
        let record = SiteRecord::new::<F>(fetched, self.failures(site), &self.watched, now);
        self.admit(site, &record, now);
        record
    }

    /// Takes in what was kept by an earlier run, and tells whether it is of use.
    ///
    /// It is not when it is too old, from the future, or condensed for other tokens; the file is then fetched
    /// as if nothing had been kept.
    pub fn restore(&mut self, site: &str, record: &SiteRecord, now: SystemTime) -> bool {
        let since = record.fetched();
        let until = since.checked_add(self.span(record));
        let holds = since <= now && until.is_some_and(|until| now < until);
        let usable = holds && record.watched == self.watched.key();
        if usable {
            self.admit(site, record, since);
        }
        usable
    }

    /// Returns how many websites are held.
    #[must_use]
    pub fn sites(&self) -> usize {
        self.entries.len()
    }

    /// Returns about how many bytes are held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn failures(&self, site: &str) -> u32 {
        self.entries.peek(site).map_or(0, |entry| entry.failures)
    }

    fn admit(&mut self, site: &str, record: &SiteRecord, since: SystemTime) {
        let state = match record.outcome {
            Outcome::Body => State::Known(F::read(&record.body, &self.watched)),
            Outcome::Unavailable => State::Known(F::read(b"", &self.watched)),
            Outcome::Unreachable => State::Unreachable,
        };
        self.put(site, state, since, self.span(record), record.failures);
    }

    /// Returns how long a record holds.
    fn span(&self, record: &SiteRecord) -> Duration {
        if record.outcome != Outcome::Unreachable {
            return self.limits.keep;
        }
        let doublings = record.failures.saturating_sub(1).min(31);
        self.limits
            .retry_base
            .saturating_mul(1 << doublings)
            .min(self.limits.retry_cap)
    }

    fn put(
        &mut self,
        site: &str,
        state: State<F>,
        since: SystemTime,
        span: Duration,
        failures: u32,
    ) {
        let file = match &state {
            State::Known(file) => file.weight(),
            State::Fetching | State::Unreachable => 0,
        };
        let entry = Entry {
            state,
            since,
            until: since.checked_add(span).unwrap_or(since),
            failures,
            weight: site.len() + file + OVERHEAD,
        };
        self.bytes += entry.weight;
        if let Some(old) = self.entries.insert(site.to_owned(), entry) {
            self.bytes -= old.weight;
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        let limits = self.limits;
        while self.entries.len() > 1
            && (self.entries.len() > limits.sites || self.bytes > limits.bytes)
        {
            let Some((_, oldest)) = self.entries.remove_lru() else {
                break;
            };
            self.bytes -= oldest.weight;
        }
    }
}

#[cfg(test)]
mod tests;
