use std::time::{Duration, Instant};

use crate::CrawlError;
use crate::store::Store;

/// Life beyond which a run is trusted, however long earlier ones lived.
const LONG: Duration = Duration::from_mins(1);

/// First time at which it is recorded that a run lives; each later one is an eighth further on.
const FIRST: Duration = Duration::from_millis(50);

/// Holds how long this run has lived, and how long those before it had when they were cut off.
///
/// What cuts a run off often cuts the next one off as well: too little memory, a limit on time, a supervisor that starts it again. What
/// can be risked only once waits until a run has lived twice as long as the longest of those that were cut off in a row, a
/// minute at most.
#[derive(Debug)]
pub(super) struct Life {
    began: Instant,
    /// When its length is recorded next.
    next: Duration,
    /// The life after which this run has outlived the others.
    enough: Duration,
}

impl Life {
    /// Begins a run, and records of the last one that it was cut off when it did not end in order.
    pub(super) fn begin(store: &mut Store, now: Instant) -> Result<Self, CrawlError> {
        let longest = store.begin_life()?;
        Ok(Self {
            began: now,
            next: FIRST,
            enough: (longest * 2).min(LONG),
        })
    }

    /// Records how long this run has lived, now and then, so that little is written and the record is right to an eighth.
    pub(super) fn beat(&mut self, store: &mut Store, now: Instant) -> Result<(), CrawlError> {
        let lived = now.saturating_duration_since(self.began);
        if lived >= self.next {
            store.tell_life(lived)?;
            self.next = lived + lived / 8;
        }
        Ok(())
    }

    /// Says when the next record is due.
    pub(super) fn next_beat(&self) -> Instant {
        self.began + self.next
    }

    /// Says when this run has outlived those that were cut off before it.
    pub(super) fn outlives_at(&self) -> Instant {
        self.began + self.enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A run that lives so long in steps of a hundredth and is then cut off; returns for how long it was wary.
    fn cut_off(path: &std::path::Path, lived: Duration) -> Duration {
        let mut store = Store::open(path).unwrap();
        let began = Instant::now();
        let mut life = Life::begin(&mut store, began).unwrap();
        store.commit().unwrap();
        for step in 0..=100 {
            life.beat(&mut store, began + lived * step / 100).unwrap();
            store.commit().unwrap();
        }
        life.outlives_at() - began
    }

    #[test]
    fn a_run_is_wary_for_twice_as_long_as_the_longest_that_was_cut_off_in_a_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        assert_eq!(cut_off(&path, seconds(4)), Duration::ZERO, "the first run");
        let about = |wary: Duration, lived: u64| {
            assert!(wary <= seconds(2 * lived), "{wary:?}");
            assert!(wary >= seconds(2 * lived) * 7 / 8, "{wary:?}");
        };
        about(cut_off(&path, seconds(8)), 4);
        about(cut_off(&path, seconds(1)), 8);
        about(cut_off(&path, seconds(3_600)), 8);
        assert_eq!(cut_off(&path, seconds(1)), LONG);

        let mut store = Store::open(&path).unwrap();
        let now = Instant::now();
        Life::begin(&mut store, now).unwrap();
        store.end_life().unwrap();
        store.commit().unwrap();
        drop(store);
        assert_eq!(cut_off(&path, seconds(1)), Duration::ZERO, "ended in order");
    }

    #[test]
    fn little_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("crawl.db")).unwrap();
        let began = Instant::now();
        let mut life = Life::begin(&mut store, began).unwrap();
        let (mut now, mut records) = (began, 0);
        while now < began + seconds(86_400) {
            now = life.next_beat();
            life.beat(&mut store, now).unwrap();
            records += 1;
        }
        assert!(records < 130, "{records}");
    }
}
