//! Hashes that turned pictures meet and that are never turned themselves.

use super::blocks::{Blocks, Query, Sweep};
use super::incremental::Neighbour;
use super::layout::{Bits, Laid, classes};
use super::relation::turned_to;
use crate::pixels::{Orientations, Pdq};

/// Plain hashes in the order of insertion, 67 bytes each.
///
/// They need no mirrors, since it is the picture asked for that is turned: half the memory of an [`Index`](super::Index), and hashes are
/// made four times as fast.
#[derive(Debug, Default)]
pub struct Stills {
    bits: Vec<Bits>,
    blocks: Blocks,
}

impl Stills {
    /// A list without hashes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a hash.
    pub fn insert(&mut self, hash: &Pdq) {
        let bits = classes(hash);
        self.blocks.push(&bits, [0; 3]);
        self.bits.push(bits);
    }

    /// All hashes within `radius` bits of this picture in any of its orientations, by place.
    #[must_use]
    pub fn within(&self, hashes: &Orientations, radius: u32) -> Vec<Neighbour> {
        let asked = Laid::of(hashes);
        let mut found = Vec::new();
        Sweep {
            blocks: &self.blocks,
            first: 0,
            queries: &mut [Query::new(&asked, radius)],
            look: |_: usize, place: usize, _: &mut Query| {
                let near = turned_to(&asked, &self.bits[place]);
                if near.distance <= radius {
                    found.push(Neighbour { place, near });
                }
            },
        }
        .run();
        found
    }
}

impl Stills {
    /// The places from `first` on whose hashes lie within about `radius` bits of this one in some orientation.
    ///
    /// Mirrors are taken to complement the bits that they change, which leaves out those few near the median: in both directions the same
    /// pairs are found, and none beyond the radius and its slack. An [`Index`](super::Index) looks closely at all that may lie within a
    /// radius, which at 100 of 256 bits is every fifth picture and takes ten times as long.
    #[must_use]
    pub fn roughly_within(&self, hash: &Pdq, radius: u32, first: usize) -> Vec<usize> {
        let mut found = Vec::new();
        Sweep {
            blocks: &self.blocks,
            first,
            queries: &mut [Query::still(&classes(hash), radius)],
            look: |_: usize, place: usize, _: &mut Query| {
                if place >= first {
                    found.push(place);
                }
            },
        }
        .run();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedup::index::Index;
    use crate::dedup::index::tests::crowd::Crowd;

    #[test]
    fn stills_and_turned_pictures_find_each_other_as_the_double_loop_does() {
        let all = Crowd::uniform(5).take(300);
        let (mut stills, mut index) = (Stills::new(), Index::new());
        for hashes in &all {
            stills.insert(&hashes.plain());
            index.insert(hashes);
        }
        for radius in [31, 60, 110] {
            let mut met = 0;
            for (at, asked) in all.iter().enumerate() {
                let turned = asked.all();
                let least = |still: &Pdq| turned.iter().map(|one| one.distance(still)).min();
                let found = stills.within(asked, radius);
                let mut next = found.iter();
                for (place, other) in all.iter().enumerate() {
                    let distance = least(&other.plain()).unwrap();
                    if distance <= radius {
                        let one = next.next().unwrap();
                        assert_eq!((one.place, one.near.distance), (place, distance));
                        let there = turned[usize::from(one.near.orientation)];
                        assert_eq!(there.distance(&other.plain()), distance);
                        met += usize::from(place != at);
                    }
                }
                assert!(next.next().is_none());
                // The same pairs from the other side, with the orientation undone.
                for one in found {
                    let back = index.turned_within(&[all[one.place].plain()], radius);
                    let back = back[0].iter().find(|back| back.place == at).unwrap();
                    assert_eq!(back.near, one.near.reversed());
                }
            }
            assert!(met > 0, "one in ten is a copy");
        }
    }

    #[test]
    fn rough_distances_are_off_by_the_slack_at_most_and_the_same_from_both_sides() {
        let all = Crowd::alike(6).take(300);
        let mut stills = Stills::new();
        for hashes in &all {
            stills.insert(&hashes.plain());
        }
        let slack =
            |hashes: &Orientations| u32::from(Laid::of(hashes).slack().into_iter().max().unwrap());
        let found = all
            .iter()
            .map(|one| stills.roughly_within(&one.plain(), 100, 0));
        let found: Vec<Vec<usize>> = found.collect();
        let mut away = 0;
        for (a, one) in all.iter().enumerate() {
            for (b, other) in all.iter().enumerate() {
                let is_found = found[a].contains(&b);
                assert_eq!(is_found, found[b].contains(&a), "{a} {b}");
                let distance = one.distance(&other.plain());
                let room = slack(one);
                assert!(!is_found || distance <= 100 + room, "{distance}, {room}");
                assert!(is_found || distance + room > 100, "{distance}, {room}");
                away += usize::from(!is_found);
            }
            let after = found[a].iter().copied().filter(|place| *place > a);
            assert!(after.eq(stills.roughly_within(&one.plain(), 100, a + 1)));
        }
        assert!((1_000..89_000).contains(&away), "{away}");
    }
}
