use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long one of them may keep the next from being asked.
const TURN: Duration = Duration::from_secs(1);

/// Holds downloads that an earlier run has asked for and left without a result.
///
/// A try that was under way when the run ended is spent though nobody knows its answer. Were all of them asked at once, as soon as
/// the next run begins, a crawl that is killed again and again would spend every try of the same URLs and lose pictures that
/// an undisturbed one keeps. So they are asked one after another, those that have most tries left first: a kill
/// then finds one of them under way, and seldom the same one twice. Those with a single try left come last: when there is
/// nothing else to do and nothing more to hear, and when the run has outlived those that were cut off before it
/// ([`Life`](super::life::Life)). So a run that is cut off like those before it never risks them. That makes the loss rare
/// and cannot end it: a URL that is under way at as many kills as it has tries is given up, since it must not be asked more often.
#[derive(Debug, Default)]
pub(super) struct Interrupted {
    /// By tries spent, then by number.
    queue: BTreeSet<(u32, u64)>,
    /// Those with a single try left.
    last: BTreeSet<u64>,
    /// The one whose turn it is, and since when.
    turn: Option<(u64, Instant)>,
}

impl Interrupted {
    /// Takes one in that has spent `tries` of `most`.
    pub(super) fn push(&mut self, tries: u32, most: u32, number: u64) {
        if tries + 1 >= most {
            self.last.insert(number);
        } else {
            self.queue.insert((tries, number));
        }
    }

    /// Returns the next one once the one before it is over or has had its time.
    pub(super) fn pop(&mut self, now: Instant, is_over: impl Fn(u64) -> bool) -> Option<u64> {
        let is_free = self
            .turn
            .is_none_or(|(number, since)| now >= since + TURN || is_over(number));
        if !is_free {
            return None;
        }
        let (_, number) = self.queue.pop_first()?;
        self.turn = Some((number, now));
        Some(number)
    }

    /// Says whether some have a single try left.
    pub(super) fn has_last(&self) -> bool {
        !self.last.is_empty()
    }

    /// Returns one with a single try left, for a moment when nothing else is under way or due.
    pub(super) fn pop_last(&mut self) -> Option<u64> {
        if self.queue.is_empty() {
            self.last.pop_first()
        } else {
            None
        }
    }

    /// Returns when [`Interrupted::pop`] gives one at the latest.
    pub(super) fn wake(&self) -> Option<Instant> {
        let (_, since) = self.turn.filter(|_| !self.queue.is_empty())?;
        Some(since + TURN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_one_by_one_with_most_tries_left_first() {
        let start = Instant::now();
        let mut interrupted = Interrupted::default();
        for (tries, number) in [(2, 1), (1, 7), (1, 3)] {
            interrupted.push(tries, 4, number);
        }
        assert_eq!(interrupted.pop(start, |_| false), Some(3));
        assert_eq!(interrupted.pop(start, |_| false), None, "its turn");
        assert_eq!(interrupted.wake(), Some(start + TURN));
        assert_eq!(interrupted.pop(start, |number| number == 3), Some(7));
        assert_eq!(
            interrupted.pop(start + TURN, |_| false),
            Some(1),
            "a stalled one holds nobody up for long"
        );
        assert_eq!(interrupted.wake(), None);
        assert_eq!(interrupted.pop(start + 2 * TURN, |_| true), None);
    }

    #[test]
    fn the_last_try_waits_for_all_others() {
        let now = Instant::now();
        let mut interrupted = Interrupted::default();
        for (tries, number) in [(2, 5), (1, 9), (2, 4)] {
            interrupted.push(tries, 3, number);
        }
        assert!(interrupted.has_last());
        assert_eq!(interrupted.pop_last(), None, "one has two tries left");
        assert_eq!(interrupted.pop(now, |_| true), Some(9));
        assert_eq!(interrupted.pop(now, |_| true), None);
        assert_eq!(interrupted.pop_last(), Some(4));
        assert_eq!(interrupted.pop_last(), Some(5));
        assert_eq!(interrupted.pop_last(), None);
        assert!(!interrupted.has_last());
    }
}
