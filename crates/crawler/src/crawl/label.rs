use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::engine::{EngineState, Hit};
use crate::store::StreamRow;

/// Is the state of one name while the crawl runs.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) id: i64,
    pub(super) name: String,
    /// Candidates so far, the next seq.
    pub(super) found: u64,
    /// First seq that is not handed out or queued.
    pub(super) cursor: u64,
    /// First seq that is not decided.
    pub(super) next_seq: u64,
    pub(super) remaining: Option<u32>,
    /// Claims queued, under way or delivered, and not settled.
    pub(super) open: usize,
    /// In the order in which hits of one rank are taken: engine by engine, phrase by phrase.
    pub(super) streams: Vec<Stream>,
    pub(super) round: Option<Round>,
    pub(super) rounds: u32,
    pub(super) depth: u32,
    /// Had its goal when the refresh began, so that it is asked no deeper than before.
    pub(super) had_goal: bool,
    pub(super) satisfied: bool,
    pub(super) ending: Ending,
}

/// Is whether anything more is handed out for a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// There may be more.
    Open,
    /// There is nothing more, and that was told.
    Done,
    /// It was done, and then more was wanted again.
    Reopened,
}

/// Is one phrase at one engine.
#[derive(Debug)]
pub(super) struct Stream {
    /// Place of the engine in the order given.
    pub(super) engine: usize,
    pub(super) query: String,
    pub(super) row: StreamRow,
    /// Why it takes no further part in this run.
    pub(super) failed: Option<EngineState>,
    pub(super) seen: Seen,
}

/// Remembers which images a stream has shown in this run, by hash, to notice an engine that only repeats itself.
#[derive(Debug, Default)]
pub(super) struct Seen {
    hashes: HashSet<u64>,
}

impl Seen {
    /// Takes a page's hits in; `false` when there are some and none of them is new.
    pub(super) fn is_new(&mut self, hits: &[Hit]) -> bool {
        let mut is_new = hits.is_empty();
        for hit in hits {
            let mut hasher = DefaultHasher::new();
            hit.image_url.hash(&mut hasher);
            is_new |= self.hashes.insert(hasher.finish());
        }
        is_new
    }
}

/// Is one page of every stream, on its way to be merged; one slot a stream.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) slots: Vec<Slot>,
}

/// Is the part of one stream in a round.
#[derive(Debug)]
pub(super) enum Slot {
    /// Not asked yet.
    Needed,
    /// Asked, or queued to be.
    Asked,
    /// Stored until the other pages of the round are there.
    Kept,
    /// Here to be merged; the first hit has this rank.
    Got(u32, Vec<Hit>),
    /// Takes no part: the stream has ended or its engine failed.
    Absent,
}

impl Round {
    /// Says whether every stream has its page or never will.
    pub(super) fn is_complete(&self) -> bool {
        self.slots
            .iter()
            .all(|slot| matches!(slot, Slot::Kept | Slot::Got(..) | Slot::Absent))
    }

    /// Says whether this stream's page is the only one that the round waits for.
    pub(super) fn waits_only_for(&self, stream: usize) -> bool {
        let mut others = (0..).zip(&self.slots).filter(|(at, _)| *at != stream);
        others.all(|(_, slot)| matches!(slot, Slot::Kept | Slot::Got(..) | Slot::Absent))
    }

    /// Interleaves the hits: all of the first place, then all of the second, each in stream order.
    ///
    /// Returns (stream, rank, hit).
    pub(super) fn merged(self) -> Vec<(usize, u32, Hit)> {
        let mut streams: Vec<_> = self
            .slots
            .into_iter()
            .enumerate()
            .filter_map(|(stream, slot)| match slot {
                Slot::Got(first, hits) => Some((stream, (first..).zip(hits))),
                _ => None,
            })
            .collect();
        let mut merged = Vec::new();
        loop {
            let before = merged.len();
            for (stream, hits) in &mut streams {
                if let Some((rank, hit)) = hits.next() {
                    merged.push((*stream, rank, hit));
                }
            }
            if merged.len() == before {
                return merged;
            }
        }
    }
}

impl Label {
    /// Says whether more is wanted.
    pub(super) fn wants(&self) -> bool {
        self.remaining != Some(0)
    }

    /// The seq that nothing may be handed out from: the window beyond the oldest undecided candidate, and
    /// near the goal not much more than what is still wanted.
    pub(super) fn limit(&self, window: usize) -> u64 {
        let window = window as u64;
        let reach = self.remaining.map_or(window, |remaining| {
            let remaining = u64::from(remaining);
            window.min(remaining + remaining / 2 + 4)
        });
        self.next_seq.saturating_add(reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(first: u32, urls: &[&str]) -> Slot {
        let hits = urls
            .iter()
            .map(|&url| Hit {
                image_url: url.to_owned(),
                ..Hit::default()
            })
            .collect();
        Slot::Got(first, hits)
    }

    #[test]
    fn a_page_that_only_repeats_is_noticed() {
        let Slot::Got(_, hits) = page(1, &["a", "b"]) else {
            unreachable!()
        };
        let mut seen = Seen::default();
        assert!(seen.is_new(&hits) && seen.is_new(&[]));
        assert!(!seen.is_new(&hits[..1]) && !seen.is_new(&hits));
        let Slot::Got(_, more) = page(1, &["b", "c"]) else {
            unreachable!()
        };
        assert!(seen.is_new(&more));
    }

    #[test]
    fn hits_interleave_by_rank_whatever_the_pages_lengths() {
        let round = Round {
            slots: vec![
                page(1, &["a1", "a2", "a3"]),
                Slot::Absent,
                page(21, &["b1"]),
                page(51, &["c1", "c2"]),
            ],
        };
        assert!(round.is_complete());
        let merged = round.merged();
        let urls: Vec<&str> = merged.iter().map(|m| m.2.image_url.as_str()).collect();
        assert_eq!(urls, ["a1", "b1", "c1", "a2", "c2", "a3"]);
        let places: Vec<(usize, u32)> = merged.iter().map(|m| (m.0, m.1)).collect();
        assert_eq!(places, [(0, 1), (2, 21), (3, 51), (0, 2), (3, 52), (0, 3)]);
    }
}
