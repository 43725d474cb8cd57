use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Bounds one lane of a [`Pacer`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Items under way at a time.
    pub(crate) in_flight: usize,
    /// Least time between two starts.
    pub(crate) interval: Duration,
    /// The interval that strain leads to at most.
    pub(crate) slowest: Duration,
}

/// The interval that the first sign of strain leads to, for lanes that have a shorter one.
const STRAINED: Duration = Duration::from_millis(200);
/// Good answers in a row that take one sign of strain back.
const EASY: u32 = 10;
/// How long a strained lane is remembered that has nothing to do.
const REMEMBERED: Duration = Duration::from_mins(5);

/// Decides which lane may start its next item, and when.
///
/// A lane is a host or an engine; an item is a number, and the smallest goes first. Nothing here waits or
/// reads a clock: the caller brings the moment, and asks with [`Pacer::wake`] when to come again. Every
/// operation costs the logarithm of the number of lanes or of a lane's items. A lane without items is forgotten once nothing
/// of its past bears on its next start, so that memory follows the items at hand and not all lanes there ever were.
///
/// A lane that shows strain (429, 503) is slowed down: with each sign its interval doubles and its slots halve, and ten good
/// answers in a row take one sign back. So a host finds its own rate, below the limits that hold for all.
#[derive(Debug)]
pub(crate) struct Pacer<K> {
    limits: Limits,
    lanes: HashMap<K, Lane>,
    /// One entry for each lane that has an item and a free slot, by the moment it may start.
    ready: BTreeSet<(Instant, K)>,
    /// One entry for each lane that may be forgotten, by the moment from which it may.
    idle: BTreeSet<(Instant, K)>,
}

#[derive(Debug)]
struct Lane {
    limits: Limits,
    /// Has limits of its own, which must not be forgotten.
    is_special: bool,
    queue: BTreeSet<u64>,
    in_flight: usize,
    next_start: Instant,
    paused_until: Option<Instant>,
    /// Signs of strain that are not taken back.
    strain: u32,
    /// Good answers since the last change of `strain`.
    easy: u32,
    /// Until when further signs are of the same strain: their requests left before the lane was slowed down.
    same_until: Option<Instant>,
    /// The moment under which the lane is in `ready`.
    entry: Option<Instant>,
    /// The moment under which the lane is in `idle`.
    rest: Option<Instant>,
}

impl Lane {
    fn new(limits: Limits, now: Instant) -> Self {
        Self {
            limits,
            is_special: false,
            queue: BTreeSet::new(),
            in_flight: 0,
            next_start: now,
            paused_until: None,
            strain: 0,
            easy: 0,
            same_until: None,
            entry: None,
            rest: None,
        }
    }

    /// The moment before which nothing starts, whatever is queued.
    fn free_from(&self) -> Instant {
        self.paused_until
            .map_or(self.next_start, |pause| pause.max(self.next_start))
    }

    /// The moment from which the lane is like a new one; `None` while it has items or limits of its own.
    fn forgettable(&self) -> Option<Instant> {
        let is_empty = self.queue.is_empty() && self.in_flight == 0 && !self.is_special;
        let memory = if self.strain > 0 {
            REMEMBERED
        } else {
            Duration::ZERO
        };
        is_empty.then(|| self.free_from() + memory)
    }

    /// The least time between two starts as things stand.
    fn interval(&self) -> Duration {
        let base = self.limits.interval;
        match self.strain {
            0 => base,
            strain => {
                let slow = STRAINED
                    .max(base * 2)
                    .saturating_mul(1 << (strain - 1).min(16));
                slow.min(self.limits.slowest).max(base)
            }
        }
    }

    /// The items that may be under way as things stand.
    fn slots(&self) -> usize {
        (self.limits.in_flight >> self.strain.min(16)).max(1)
    }

    /// The moment of the next start; `None` while there is no item or no free slot.
    fn due(&self) -> Option<Instant> {
        let can_start = !self.queue.is_empty() && self.in_flight < self.slots();
        can_start.then(|| self.free_from())
    }
}

impl<K: Clone + Ord + Hash> Pacer<K> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            lanes: HashMap::new(),
            ready: BTreeSet::new(),
            idle: BTreeSet::new(),
        }
    }

    /// Gives one lane limits of its own.
    pub(crate) fn set_limits(&mut self, key: &K, limits: Limits, now: Instant) {
        self.change(key, now, |lane| {
            lane.limits = limits;
            lane.is_special = true;
        });
    }

    /// Queues an item.
    pub(crate) fn push(&mut self, key: &K, item: u64, now: Instant) {
        self.change(key, now, |lane| {
            lane.queue.insert(item);
        });
    }

    /// Starts the item that has been due longest, if any is due; [`Pacer::done`] must follow.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(K, u64)> {
        let (due, key) = self.ready.first()?;
        if *due > now {
            return None;
        }
        let key = key.clone();
        let item = self.change(&key, now, |lane| {
            let item = lane.queue.pop_first();
            lane.in_flight += 1;
            lane.next_start = now + lane.interval();
            item
        });
        item.map(|item| (key, item))
    }

    /// Gives the slot of a started item back.
    pub(crate) fn done(&mut self, key: &K, now: Instant) {
        self.change(key, now, |lane| {
            lane.in_flight = lane.in_flight.saturating_sub(1);
        });
    }

    /// The least time between two starts on the lane as things stand.
    pub(crate) fn interval(&self, key: &K) -> Duration {
        self.lanes
            .get(key)
            .map_or(self.limits.interval, Lane::interval)
    }

    /// Takes note of an answer by which the lane asks for less.
    pub(crate) fn strain(&mut self, key: &K, now: Instant) {
        self.change(key, now, |lane| {
            lane.easy = 0;
            if lane.same_until.is_some_and(|until| now < until) {
                return;
            }
            lane.strain = (lane.strain + 1).min(16);
            lane.same_until = Some(now + lane.interval());
            lane.next_start = lane.next_start.max(now + lane.interval());
        });
    }

    /// Takes note of a good answer.
    pub(crate) fn ease(&mut self, key: &K, now: Instant) {
        if self.lanes.get(key).is_none_or(|lane| lane.strain == 0) {
            return;
        }
        self.change(key, now, |lane| {
            lane.easy += 1;
            if lane.easy >= EASY {
                lane.easy = 0;
                lane.strain -= 1;
            }
        });
    }

    /// Gives the slot of an item back that was popped but not started: its interval does not count.
    pub(crate) fn unstarted(&mut self, key: &K, now: Instant) {
        self.change(key, now, |lane| {
            lane.in_flight = lane.in_flight.saturating_sub(1);
            lane.next_start = now;
        });
    }

    /// Starts nothing on the lane before the moment; a longer pause stands.
    pub(crate) fn pause(&mut self, key: &K, until: Instant, now: Instant) {
        self.change(key, now, |lane| {
            lane.paused_until = Some(lane.paused_until.map_or(until, |pause| pause.max(until)));
        });
    }

    /// Returns the end of the lane's pause when it is still to come.
    pub(crate) fn paused_until(&self, key: &K, now: Instant) -> Option<Instant> {
        let pause = self.lanes.get(key)?.paused_until?;
        (pause > now).then_some(pause)
    }

    /// Takes every queued item out of the lane, smallest first.
    pub(crate) fn drain(&mut self, key: &K, now: Instant) -> BTreeSet<u64> {
        self.change(key, now, |lane| std::mem::take(&mut lane.queue))
    }

    /// Whether no lane with a free slot has an item.
    pub(crate) fn is_idle(&self) -> bool {
        self.ready.is_empty()
    }

    /// Returns the earliest moment at which [`Pacer::pop`] can give an item.
    pub(crate) fn wake(&self) -> Option<Instant> {
        self.ready.first().map(|(due, _)| *due)
    }

    fn change<T>(&mut self, key: &K, now: Instant, change: impl FnOnce(&mut Lane) -> T) -> T {
        self.forget(now);
        if !self.lanes.contains_key(key) {
            self.lanes.insert(key.clone(), Lane::new(self.limits, now));
        }
        let lane = self.lanes.get_mut(key).expect("the lane was just made");
        let result = change(lane);
        let (due, rest) = (lane.due(), lane.forgettable());
        note(&mut self.ready, &mut lane.entry, due, key);
        note(&mut self.idle, &mut lane.rest, rest, key);
        result
    }

    /// Forgets the lanes that may be.
    fn forget(&mut self, now: Instant) {
        while self.idle.first().is_some_and(|(rest, _)| *rest <= now) {
            if let Some((_, key)) = self.idle.pop_first() {
                self.lanes.remove(&key);
            }
        }
    }
}

/// Moves a lane's entry in a set to another moment, or out of it.
fn note<K: Clone + Ord>(
    set: &mut BTreeSet<(Instant, K)>,
    entry: &mut Option<Instant>,
    moment: Option<Instant>,
    key: &K,
) {
    if *entry == moment {
        return;
    }
    if let Some(before) = entry.take() {
        set.remove(&(before, key.clone()));
    }
    if let Some(moment) = moment {
        set.insert((moment, key.clone()));
    }
    *entry = moment;
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn pacer(in_flight: usize, interval: u32) -> Pacer<&'static str> {
        Pacer::new(Limits {
            in_flight,
            interval: MS * interval,
            slowest: MS * 10_000,
        })
    }

    #[test]
    fn a_lane_keeps_its_interval_and_its_slots() {
        let start = Instant::now();
        let mut pacer = pacer(2, 100);
        for item in 0..4 {
            pacer.push(&"a", item, start);
        }
        assert_eq!(pacer.pop(start), Some(("a", 0)));
        assert_eq!(pacer.pop(start), None, "the interval");
        assert_eq!(pacer.wake(), Some(start + 100 * MS));
        assert_eq!(pacer.pop(start + 100 * MS), Some(("a", 1)));
        assert_eq!(pacer.wake(), None, "no slot");
        assert_eq!(pacer.pop(start + 900 * MS), None);
        pacer.done(&"a", start + 950 * MS);
        assert_eq!(pacer.pop(start + 950 * MS), Some(("a", 2)));
    }

    #[test]
    fn strain_slows_a_lane_down_and_good_answers_let_it_go_again() {
        let start = Instant::now();
        let mut pacer = pacer(4, 100);
        for item in 0..40 {
            pacer.push(&"a", item, start);
            pacer.push(&"b", 100 + item, start);
        }
        let gap = |pacer: &mut Pacer<&'static str>, now: Instant| {
            while pacer.pop(now).is_some_and(|(lane, _)| lane != "a") {}
            let next = pacer.lanes["a"].next_start;
            pacer.done(&"a", now);
            next - now
        };
        assert_eq!(gap(&mut pacer, start), 100 * MS);
        let mut now = start;
        for wanted in [200, 400, 800] {
            pacer.strain(&"a", now);
            now += 10_000 * MS;
            assert_eq!(gap(&mut pacer, now), wanted * MS);
        }
        assert_eq!((pacer.lanes["a"].slots(), pacer.lanes["b"].slots()), (1, 4));
        for wanted in [400, 200, 100] {
            (0..EASY).for_each(|_| pacer.ease(&"a", now));
            now += 10_000 * MS;
            assert_eq!(gap(&mut pacer, now), wanted * MS);
        }
        for _ in 0..100 {
            pacer.strain(&"a", now);
        }
        assert_eq!(
            pacer.lanes["a"].interval(),
            200 * MS,
            "one strain, seen often"
        );
        for _ in 0..100 {
            now += 10_000 * MS;
            pacer.strain(&"a", now);
        }
        assert_eq!(pacer.lanes["a"].interval(), 10_000 * MS);
    }

    #[test]
    fn lanes_do_not_hold_each_other_up() {
        let start = Instant::now();
        let mut pacer = pacer(1, 100);
        for (item, lane) in ["a", "a", "a", "b", "c"].into_iter().enumerate() {
            pacer.push(&lane, item as u64, start);
        }
        let mut first: Vec<u64> = std::iter::from_fn(|| pacer.pop(start).map(|p| p.1)).collect();
        first.sort_unstable();
        assert_eq!(first, [0, 3, 4]);
    }

    #[test]
    fn a_pause_holds_the_whole_lane_and_only_that() {
        let start = Instant::now();
        let mut pacer = pacer(2, 0);
        pacer.push(&"a", 1, start);
        pacer.push(&"b", 2, start);
        pacer.pause(&"a", start + 500 * MS, start);
        pacer.pause(&"a", start + 200 * MS, start);
        assert_eq!(pacer.paused_until(&"a", start), Some(start + 500 * MS));
        assert_eq!(pacer.pop(start), Some(("b", 2)));
        assert_eq!(pacer.pop(start + 499 * MS), None);
        assert_eq!(pacer.wake(), Some(start + 500 * MS));
        assert_eq!(pacer.pop(start + 500 * MS), Some(("a", 1)));
        assert_eq!(pacer.paused_until(&"a", start + 500 * MS), None);
    }

    #[test]
    fn an_older_item_that_comes_back_goes_first() {
        let start = Instant::now();
        let mut pacer = pacer(1, 0);
        pacer.push(&"a", 7, start);
        pacer.push(&"a", 3, start);
        assert_eq!(pacer.pop(start), Some(("a", 3)));
        pacer.done(&"a", start);
        assert_eq!(
            pacer.drain(&"a", start).into_iter().collect::<Vec<_>>(),
            [7]
        );
        assert_eq!(pacer.wake(), None);
    }

    #[test]
    fn own_limits_and_unstarted_items_cost_no_interval() {
        let start = Instant::now();
        let mut pacer = pacer(1, 100);
        let limits = Limits {
            in_flight: 8,
            interval: Duration::ZERO,
            slowest: Duration::ZERO,
        };
        pacer.set_limits(&"disk", limits, start);
        for item in 0..10 {
            pacer.push(&"disk", item, start);
        }
        assert_eq!(std::iter::from_fn(|| pacer.pop(start)).count(), 8);
        pacer.push(&"a", 20, start);
        pacer.push(&"a", 21, start);
        assert_eq!(pacer.pop(start), Some(("a", 20)));
        pacer.unstarted(&"a", start);
        assert_eq!(pacer.pop(start), Some(("a", 21)));
    }

    #[test]
    fn lanes_are_forgotten_when_nothing_of_them_matters_any_more() {
        let start = Instant::now();
        let mut pacer: Pacer<u32> = Pacer::new(Limits {
            in_flight: 1,
            interval: 100 * MS,
            slowest: Duration::ZERO,
        });
        for lane in 0..1_000 {
            let now = start + lane * MS;
            pacer.push(&lane, u64::from(lane), now);
            assert_eq!(pacer.pop(now), Some((lane, u64::from(lane))));
            pacer.done(&lane, now);
            assert!(pacer.lanes.len() <= 101, "{} lanes", pacer.lanes.len());
        }
        let end = start + 999 * MS;
        pacer.push(&999, 1, end);
        assert_eq!(pacer.pop(end), None, "its interval is remembered");
        pacer.pause(&5, end + 900 * MS, end);
        pacer.push(&6, 1, end + 899 * MS);
        assert!(pacer.paused_until(&5, end + 899 * MS).is_some());
        assert_eq!(pacer.lanes.len(), 3, "paused, queued and queued");
        let limits = Limits {
            in_flight: 9,
            interval: Duration::ZERO,
            slowest: Duration::ZERO,
        };
        pacer.set_limits(&7, limits, end);
        pacer.push(&8, 1, end + 5_000 * MS);
        assert!(pacer.lanes.contains_key(&7), "limits of its own stay");
        assert!(!pacer.lanes.contains_key(&5));
    }
}
