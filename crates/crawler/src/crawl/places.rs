use std::collections::BTreeSet;

/// Downloads that are held in memory at a time, those of labels at work: some 30 MB.
const JOBS: usize = 32_768;
/// Labels at work at a time; each has a page of hits on its way for every phrase at every engine.
const LABELS: usize = 512;

/// Says which labels are at work: a label takes a place with its first page and leaves it when it is done.
///
/// Were all of them at work at once, memory would grow with their number: a hundred thousand names have six million candidates
/// within their windows. The first of the list come first; the rest wait for a place. What becomes of a label does not depend
/// on when it has its turn, so the results are the same.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    taken: BTreeSet<usize>,
    waiting: BTreeSet<usize>,
}

impl Places {
    /// Makes as many places as the windows of their labels leave room for.
    pub(super) fn new(window: usize) -> Self {
        Self {
            most: (JOBS / window.max(1)).clamp(1, LABELS),
            taken: BTreeSet::new(),
            waiting: BTreeSet::new(),
        }
    }

    /// Takes a place for a label, or lets it wait; `jobs` is how many downloads are held.
    pub(super) fn enter(&mut self, label: usize, jobs: usize) -> bool {
        if self.taken.contains(&label) {
            return true;
        }
        if !self.has_room(jobs) {
            self.waiting.insert(label);
            return false;
        }
        self.waiting.remove(&label);
        self.taken.insert(label);
        true
    }

    /// Gives up a label's place, or its wait for one.
    pub(super) fn leave(&mut self, label: usize) {
        self.taken.remove(&label);
        self.waiting.remove(&label);
    }

    /// Returns the labels at work.
    pub(super) fn taken(&self) -> impl Iterator<Item = usize> + '_ {
        self.taken.iter().copied()
    }

    /// Returns the labels that can have a place now.
    pub(super) fn next(&self, jobs: usize) -> Vec<usize> {
        if !self.has_room(jobs) {
            return Vec::new();
        }
        let free = self.most - self.taken.len();
        self.waiting.iter().copied().take(free).collect()
    }

    /// Downloads of labels that are done may linger, at a host that is paused, so that they count as well; a single label always
    /// has its place.
    fn has_room(&self, jobs: usize) -> bool {
        self.taken.is_empty() || (self.taken.len() < self.most && jobs < JOBS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_in_order_and_handed_on() {
        let mut places = Places::new(JOBS / 2);
        for (label, has_place) in [(0, true), (1, true), (2, false), (3, false), (1, true)] {
            assert_eq!(places.enter(label, 0), has_place, "{label}");
        }
        assert!(places.next(0).is_empty());
        places.leave(0);
        assert_eq!(places.next(0), [2]);
        assert!(places.next(JOBS).is_empty(), "too much is held");
        assert!(!places.enter(3, JOBS) && places.enter(2, 0));
        places.leave(3);
        places.leave(1);
        assert!(places.next(0).is_empty(), "nobody waits");
        places.leave(2);
        assert!(places.enter(3, JOBS), "one always has a place");
    }

    #[test]
    fn there_are_as_many_as_windows_fit_into_memory() {
        let most = |window| Places::new(window).most;
        assert_eq!((most(1), most(64), most(1_000)), (LABELS, LABELS, 32));
        assert_eq!((most(0), most(usize::MAX)), (LABELS, 1));
    }
}
