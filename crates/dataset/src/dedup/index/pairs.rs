//! All near pairs of a list.

use std::ops::Range;

use rayon::prelude::*;

use super::blocks::Blocks;
use super::layout::Laid;
use super::relation::Near;
use super::scan::place_of;
use super::{bands, scan};
use crate::pixels::Orientations;

/// Found pairs that may wait to be handed on; 12 bytes each.
const WAITING: usize = 1 << 23;
/// What comparing two pictures in blocks takes, in words compared by bands; measured.
const BLOCK_COST: u64 = 5;
/// Fewer rows are not joined by bands: the buckets would have to be sorted too often.
const LEAST_ROWS: usize = 1 << 12;

/// Two pictures of a list that are near each other, `a < b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Place of the first picture in the list.
    pub a: usize,
    /// Place of the second.
    pub b: usize,
    /// How near they are; the orientation is that in which `a` looks like `b`.
    pub near: Near,
}

/// All pairs within `radius` bits, sorted by `a`, then `b`: every one of them and no other.
///
/// 40 bytes a pair, however many there are; [`each_pair`] holds a bounded number, [`groups`](super::groups()) none.
#[must_use]
pub fn pairs(
    hashes: &[Orientations],
    radius: u32,
    wanted: impl Fn(usize, usize) -> bool + Sync,
) -> Vec<Pair> {
    let mut all = Vec::new();
    each_pair(hashes, radius, wanted, |pair| all.push(pair));
    all.sort_unstable_by_key(|pair| (pair.a, pair.b));
    all
}

/// Hands over all pairs within `radius` bits, once each, in an order that depends on the hashes alone.
///
/// `wanted` says of two places, the lesser first, whether the pair matters; it is asked often, from several threads, before distances
/// are computed. The work is done by the rayon pool that this is called in; `each` is called in the calling thread.
///
/// Memory, beside the 128 bytes of each picture that are given: 132 bytes a picture for a sorted copy; by bands (radius 31 or
/// less) for each thread, of which 16 at most are used, 20 more a picture and 21 MB at most; by blocks 35 more a picture. A million
/// pictures take 217 MB on two threads. Found pairs that wait come on top: by blocks at most 100 MB or, beyond half a million
/// pictures, 192 bytes a picture; by bands a million pairs for each of 16 bands, some 400 MB where all of them find so many.
///
/// # Panics
///
/// If there are 2^32 hashes or more.
pub fn each_pair(
    hashes: &[Orientations],
    radius: u32,
    wanted: impl Fn(usize, usize) -> bool + Sync,
    each: impl FnMut(Pair),
) {
    Sorted::of(hashes).each_pair(radius, wanted, each);
}

/// A near pair by places in the order of hashes: the row comes first and is the one that is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) row: u32,
    pub(super) place: u32,
    distance: u16,
    orientation: u8,
}

impl Hit {
    pub(super) fn new(row: u32, place: u32, near: Near) -> Self {
        Self {
            row,
            place,
            distance: u16::try_from(near.distance).unwrap_or(u16::MAX),
            orientation: near.orientation,
        }
    }
}

/// Pictures in the order of their hashes, in which each is turned to those after it.
#[derive(Debug)]
pub(super) struct Sorted {
    pub(super) laid: Vec<Laid>,
    /// Where each was in the list; of equal ones the earlier comes first.
    pub(super) positions: Vec<u32>,
    /// Found pairs that may wait to be handed on.
    pub(super) waiting: usize,
}

impl Sorted {
    pub(super) fn of(hashes: &[Orientations]) -> Self {
        let positions = 0..place_of(hashes.len());
        let mut listed: Vec<(Laid, u32)> = hashes.iter().map(Laid::of).zip(positions).collect();
        listed.par_sort_unstable();
        let positions = listed.iter().map(|listed| listed.1).collect();
        Self {
            positions,
            laid: listed.into_iter().map(|listed| listed.0).collect(),
            waiting: WAITING,
        }
    }

    /// See [`each_pair`].
    pub(super) fn each_pair(
        &self,
        radius: u32,
        wanted: impl Fn(usize, usize) -> bool + Sync,
        mut each: impl FnMut(Pair),
    ) {
        let wanted = |row: u32, place: u32| {
            let (a, b) = (self.positions[row as usize], self.positions[place as usize]);
            wanted(a.min(b) as usize, a.max(b) as usize)
        };
        let mut hand_on = |hits: Vec<Hit>| hits.iter().for_each(|hit| each(self.pair(*hit)));
        let n = self.laid.len() as u64;
        let all = n * n.saturating_sub(1) / 2;
        if radius <= bands::MOST && bands::cost(&self.laid, radius) < BLOCK_COST * all {
            self.by_bands(radius, &wanted, &mut hand_on);
        } else {
            self.by_blocks(radius, &wanted, &mut hand_on);
        }
    }

    /// Joins by bands; rows that have very many pairs are scanned.
    pub(super) fn by_bands(
        &self,
        radius: u32,
        wanted: &(impl Fn(u32, u32) -> bool + Sync),
        hand_on: &mut impl FnMut(Vec<Hit>),
    ) {
        let mut scanned = None;
        let (mut from, mut rows) = (0, bands::CHUNK);
        while from < self.laid.len() {
            let chunk = from..(from + rows).min(self.laid.len());
            // A band finds nearly every pair of its rows, the others find the same ones again.
            let joined = bands::join(&self.laid, &chunk, radius, wanted, self.waiting / 8);
            if let Some(hits) = joined {
                hand_on(hits);
                from = chunk.end;
                rows = (2 * rows).min(bands::CHUNK);
            } else if rows > LEAST_ROWS {
                rows /= 8;
            } else {
                let blocks = scanned.get_or_insert_with(|| scan::blocks(&self.laid));
                self.scan(blocks, chunk.clone(), radius, wanted, hand_on);
                from = chunk.end;
            }
        }
    }

    /// Compares all with all.
    pub(super) fn by_blocks(
        &self,
        radius: u32,
        wanted: &(impl Fn(u32, u32) -> bool + Sync),
        hand_on: &mut impl FnMut(Vec<Hit>),
    ) {
        let blocks = scan::blocks(&self.laid);
        self.scan(&blocks, 0..self.laid.len(), radius, wanted, hand_on);
    }

    fn scan(
        &self,
        blocks: &Blocks,
        rows: Range<usize>,
        radius: u32,
        wanted: &(impl Fn(u32, u32) -> bool + Sync),
        hand_on: &mut impl FnMut(Vec<Hit>),
    ) {
        // As many rows as could be near all others without more pairs than may wait.
        let window = (self.waiting / self.laid.len().max(1)).max(scan::TILE);
        for from in rows.clone().step_by(window) {
            let to = (from + window).min(rows.end);
            hand_on(scan::rows(&self.laid, blocks, from..to, radius, wanted));
        }
    }

    fn pair(&self, hit: Hit) -> Pair {
        let near = Near {
            distance: hit.distance.into(),
            orientation: hit.orientation,
        };
        let row = self.positions[hit.row as usize] as usize;
        let place = self.positions[hit.place as usize] as usize;
        if row < place {
            Pair {
                a: row,
                b: place,
                near,
            }
        } else {
            Pair {
                a: place,
                b: row,
                near: near.reversed(),
            }
        }
    }
}
