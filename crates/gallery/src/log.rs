//! The request log: every request in order of arrival, for tests and the curious.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Serialize, Serializer};

/// Entries kept; older ones are dropped and counted.
const CAPACITY: usize = 1_000_000;

/// One request, logged when it arrives and completed when it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// When the request arrived, since the start of the site; seconds in JSON.
    #[serde(serialize_with = "as_seconds")]
    pub at: Duration,
    /// Port that it came to.
    pub port: u16,
    /// Method, in capitals.
    pub method: String,
    /// Path with its query, as sent.
    pub path: String,
    /// HTTP status of the answer; 0 while it is pending, and for ever when the client leaves before it is given.
    pub status: u16,
    /// The fault that the URL has, also when this request was served in spite of it (the second one after a 429).
    pub fault: Option<String>,
    /// Bytes of the answer's body; for a body that never ends, those handed to the connection so far.
    pub bytes: u64,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
}

fn as_seconds<S: Serializer>(at: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(at.as_secs_f64())
}

/// A body's bytes as they are sent, for bodies whose size nobody knows in advance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<AtomicU64>);

impl Meter {
    pub(crate) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What an answer adds to the entry of its request.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) fault: Option<&'static str>,
    pub(crate) bytes: u64,
    pub(crate) meter: Option<Meter>,
}

/// Names an entry to be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// The log of a running site; clones share the same entries.
///
/// It keeps the newest million entries, and counts what it drops.
#[derive(Debug, Clone)]
pub struct RequestLog {
    started: Instant,
    capacity: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<(LogEntry, Option<Meter>)>,
    /// Number, since the start of the site, of the oldest entry kept.
    first: u64,
    dropped: u64,
}

impl RequestLog {
    pub(crate) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    fn with_capacity(capacity: usize) -> Self {
        Self {
            started: Instant::now(),
            capacity,
            kept: Arc::default(),
        }
    }

    /// Returns the entries kept, in order of arrival.
    #[must_use]
    pub fn entries(&self) -> Vec<LogEntry> {
        let kept = self.lock();
        let read = |(entry, meter): &(LogEntry, Option<Meter>)| {
            let mut entry = entry.clone();
            if let Some(meter) = meter {
                entry.bytes = meter.read();
            }
            entry
        };
        kept.entries.iter().map(read).collect()
    }

    /// Says how many old entries were dropped since the start or the last [`clear`](Self::clear).
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// Forgets all entries.
    pub fn clear(&self) {
        let mut kept = self.lock();
        kept.first += kept.entries.len() as u64;
        kept.entries.clear();
        kept.dropped = 0;
    }

    /// Logs a request at its arrival.
    pub(crate) fn arrived(
        &self,
        port: u16,
        method: String,
        path: String,
        user_agent: Option<String>,
    ) -> Ticket {
        let mut kept = self.lock();
        // Taken under the lock, so that the entries' times never go backwards.
        let at = self.started.elapsed();
        if kept.entries.len() == self.capacity {
            kept.entries.pop_front();
            kept.first += 1;
            kept.dropped += 1;
        }
        let entry = LogEntry {
            at,
            port,
            method,
            path,
            status: 0,
            fault: None,
            bytes: 0,
            user_agent,
        };
        kept.entries.push_back((entry, None));
        Ticket(kept.first + kept.entries.len() as u64 - 1)
    }

    /// Completes a request's entry, unless it was dropped or cleared meanwhile.
    pub(crate) fn answered(&self, ticket: Ticket, answer: Answered) {
        let mut kept = self.lock();
        let place = ticket
            .0
            .checked_sub(kept.first)
            .and_then(|place| usize::try_from(place).ok());
        let Some((entry, meter)) = place.and_then(|place| kept.entries.get_mut(place)) else {
            return;
        };
        entry.status = answer.status;
        entry.fault = answer.fault.map(str::to_owned);
        entry.bytes = answer.bytes;
        *meter = answer.meter;
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic of another holder leaves the entries whole: each change is a single push or assignment.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(log: &RequestLog, path: &str) -> Ticket {
        log.arrived(8766, "GET".to_owned(), path.to_owned(), None)
    }

    #[test]
    fn an_entry_is_there_at_arrival_and_completed_by_the_answer() {
        let log = RequestLog::new();
        let ticket = arrive(&log, "/image/a.jpg");
        assert_eq!(log.entries()[0].status, 0);
        log.answered(
            ticket,
            Answered {
                status: 200,
                fault: Some("stall"),
                bytes: 7,
                meter: None,
            },
        );
        let entry = log.entries().remove(0);
        assert_eq!(
            (entry.status, entry.fault.as_deref(), entry.bytes),
            (200, Some("stall"), 7)
        );
    }

    #[test]
    fn a_meter_goes_on_counting_after_the_answer_began() {
        let log = RequestLog::new();
        let meter = Meter::default();
        let ticket = arrive(&log, "/image/endless.jpg");
        log.answered(
            ticket,
            Answered {
                status: 200,
                meter: Some(meter.clone()),
                ..Answered::default()
            },
        );
        meter.add(10);
        meter.add(5);
        assert_eq!(log.entries()[0].bytes, 15);
    }

    #[test]
    fn the_oldest_entries_are_dropped_and_counted() {
        let log = RequestLog::with_capacity(2);
        let first = arrive(&log, "/1");
        arrive(&log, "/2");
        let third = arrive(&log, "/3");
        log.answered(
            first,
            Answered {
                status: 404,
                ..Answered::default()
            },
        );
        log.answered(
            third,
            Answered {
                status: 200,
                ..Answered::default()
            },
        );
        let seen: Vec<_> = log
            .entries()
            .into_iter()
            .map(|e| (e.path, e.status))
            .collect();
        assert_eq!(seen, [("/2".to_owned(), 0), ("/3".to_owned(), 200)]);
        assert_eq!(log.dropped(), 1);
    }

    #[test]
    fn an_answer_after_a_clear_touches_no_newer_entry() {
        let log = RequestLog::new();
        let old = arrive(&log, "/old");
        log.clear();
        arrive(&log, "/new");
        log.answered(
            old,
            Answered {
                status: 200,
                ..Answered::default()
            },
        );
        let entries = log.entries();
        assert_eq!(
            (entries.len(), entries[0].path.as_str(), entries[0].status),
            (1, "/new", 0)
        );
    }
}
