//! Pictures joined by bands of 16 bits: the way for a radius of 31 and less.
//!
//! Of two hashes that differ in at most `radius` bits, one of the four words differs in at most `radius / 4`, and one of the
//! four bands of that word in at most `radius / 16`, which is 0 or 1. So for each of the 16 bands the pictures are sorted by the band, and
//! each orientation of a picture is compared, by that word, with those whose band is the same or differs in one bit: 17 of
//! 65,536 buckets. What is left is compared whole.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use std::ops::Range;

use rayon::prelude::*;

use super::layout::{Laid, distance, transposed, transposed_class};
use super::pairs::Hit;
use super::relation::turned_to;
use super::scan::place_of;

/// The largest radius that bands are found for.
pub(super) const MOST: u32 = 31;
/// Rows joined at a time, at most.
pub(super) const CHUNK: usize = 1 << 17;

const BANDS: usize = 16;
const KEYS: usize = 1 << 16;
/// Words compared before a look at the outcome: two to four vectors.
const STRIDE: usize = 16;
/// A place that holds no picture.
const NONE: u32 = u32::MAX;

/// Words sorted by one band, with where they were; 12 bytes each.
#[derive(Debug, Default)]
struct Table {
    /// Where the words of each key begin, and an end.
    starts: Vec<u32>,
    words: Vec<u64>,
    places: Vec<u32>,
}

impl Table {
    /// Sorts words by the bits from `shift` on, those of one key in the order given.
    fn fill(&mut self, shift: usize, words: &[u64]) {
        self.starts.clear();
        // Two more than keys: while words are put in their places, each key's end is one entry ahead.
        self.starts.resize(KEYS + 2, 0);
        for word in words {
            self.starts[key(*word, shift) + 2] += 1;
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        self.words.resize(words.len(), 0);
        self.places.resize(words.len(), 0);
        for (word, place) in words.iter().zip(0..) {
            let end = &mut self.starts[key(*word, shift) + 1];
            self.words[*end as usize] = *word;
            self.places[*end as usize] = place;
            *end += 1;
        }
    }

    #[inline(always)]
    fn range(&self, key: usize) -> Range<usize> {
        self.starts[key] as usize..self.starts[key + 1] as usize
    }
}

#[inline(always)]
fn key(word: u64, shift: usize) -> usize {
    (word >> shift & 0xffff) as usize
}

/// The keys that differ from `key` in at most `apart` bits, 0 or 1.
#[inline(always)]
fn ball(key: usize, apart: u32) -> impl Iterator<Item = usize> {
    let flips = if apart == 0 { 0 } else { BANDS };
    std::iter::once(key).chain((0..flips).map(move |bit| key ^ (1 << bit)))
}

/// One word of each orientation of a picture.
#[inline(always)]
fn turned(picture: &Laid, word: usize) -> [u64; 8] {
    std::array::from_fn(|orientation| {
        let mirror = &picture.mirrors[orientation % 4];
        if orientation < 4 {
            mirror[word]
        } else {
            transposed_class(mirror, word)
        }
    })
}

/// About how many words are compared to join all pictures, with the sorting in the same measure.
///
/// The pictures are ordered, each meets those after it. The compared buckets are counted for a sample.
pub(super) fn cost(laid: &[Laid], radius: u32) -> u64 {
    const SAMPLE: usize = 1 << 13;
    // What a key and what a sorted word take, in compared words; measured.
    const PER_KEY: usize = 400;
    const PER_WORD: usize = 40;
    let step = laid.len().div_ceil(SAMPLE).max(1);
    let compared = (0..BANDS).into_par_iter().map(|band| {
        let (word, shift) = (band / 4, band % 4 * 16);
        let mut counts = vec![0_u32; KEYS];
        for picture in laid {
            counts[key(picture.plain()[word], shift)] += 1;
        }
        let sampled = laid.iter().step_by(step);
        let met = sampled
            .flat_map(|picture| turned(picture, word))
            .flat_map(|word| ball(key(word, shift), radius / 16))
            .map(|key| u64::from(counts[key]));
        met.sum::<u64>()
    });
    let compared = compared.sum::<u64>() * step as u64 / 2;
    let chunks = laid.len().div_ceil(CHUNK);
    let sorted = laid.len() * (8 + chunks / 2);
    compared + (BANDS * (chunks * KEYS * PER_KEY + sorted * PER_WORD)) as u64
}

/// What one band is joined with, kept from band to band.
#[derive(Debug, Default)]
struct Scratch {
    /// What is to be sorted.
    words: Vec<u64>,
    /// The plain words from the first row on.
    pictures: Table,
    /// The eight words of each row, one row after the other.
    queries: Table,
}

impl Scratch {
    fn fill(&mut self, laid: &[Laid], rows: &Range<usize>, word: usize, shift: usize) {
        let after = laid[rows.start..].iter();
        self.words.clear();
        self.words
            .extend(after.map(|picture| picture.plain()[word]));
        self.pictures.fill(shift, &self.words);
        self.words.clear();
        for picture in &laid[rows.clone()] {
            self.words.extend_from_slice(&turned(picture, word));
        }
        self.queries.fill(shift, &self.words);
    }
}

/// Near pairs of some rows with all places after them, by row and place; `None` if a band finds more than `limit`.
///
/// Each thread, 16 at most, holds 20 bytes for each picture after the first row and 160 for each row.
pub(super) fn join(
    laid: &[Laid],
    rows: &Range<usize>,
    radius: u32,
    wanted: &(impl Fn(u32, u32) -> bool + Sync),
    limit: usize,
) -> Option<Vec<Hit>> {
    let bands = (0..BANDS).into_par_iter();
    let found: Option<Vec<Vec<(u32, u32)>>> = bands
        .map_init(Scratch::default, |scratch, band| {
            let (word, shift) = (band / 4, band % 4 * 16);
            scratch.fill(laid, rows, word, shift);
            let mut found = Vec::new();
            let complete = pulp::Arch::new().dispatch(Join {
                laid,
                first: place_of(rows.start),
                scratch,
                shift,
                radius,
                wanted,
                found: &mut found,
                limit,
            });
            complete.then_some(found)
        })
        .collect();
    let mut found = found?.concat();
    found.par_sort_unstable();
    found.dedup();
    let hits = found.into_par_iter().map(|(row, place)| {
        let near = turned_to(&laid[row as usize], laid[place as usize].plain());
        Hit::new(row, place, near)
    });
    Some(hits.collect())
}

/// The join of one band; says whether it came to the end.
struct Join<'a, W> {
    laid: &'a [Laid],
    first: u32,
    scratch: &'a Scratch,
    shift: usize,
    radius: u32,
    wanted: &'a W,
    found: &'a mut Vec<(u32, u32)>,
    limit: usize,
}

impl<W: Fn(u32, u32) -> bool> pulp::WithSimd for Join<'_, W> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) -> bool {
        let Scratch {
            pictures, queries, ..
        } = self.scratch;
        let (mut words, mut places) = (Vec::new(), Vec::new());
        for key in 0..KEYS {
            let asking = queries.range(key);
            if asking.is_empty() {
                continue;
            }
            words.clear();
            places.clear();
            for key in ball(key, self.radius / 16) {
                let bucket = pictures.range(key);
                words.extend_from_slice(&pictures.words[bucket.clone()]);
                places.extend_from_slice(&pictures.places[bucket]);
            }
            // Filled up with words that differ in all bits of the band, too many for any radius here.
            let full = words.len().next_multiple_of(STRIDE);
            words.resize(full, !(key as u64) << self.shift);
            places.resize(full, NONE);
            for at in asking {
                self.ask(queries.words[at], queries.places[at], &words, &places);
                if self.found.len() > self.limit {
                    return false;
                }
            }
        }
        true
    }
}

impl<W: Fn(u32, u32) -> bool> Join<'_, W> {
    /// Holds one orientation of a row against the words of its buckets.
    #[inline(always)]
    fn ask(&mut self, query: u64, from: u32, words: &[u64], places: &[u32]) {
        let limit = u64::from(self.radius / 4);
        let apart = |word: &u64| u64::from((word ^ query).count_ones());
        let strides = words.chunks_exact(STRIDE).zip(places.chunks_exact(STRIDE));
        for (words, places) in strides {
            let least = words.iter().map(apart).fold(64, u64::min);
            if least > limit {
                continue;
            }
            for (word, place) in words.iter().zip(places) {
                if apart(word) <= limit && *place != NONE {
                    self.look(self.first + from / 8, from % 8, self.first + *place);
                }
            }
        }
    }

    /// Compares one orientation of a row with a picture whole.
    #[inline(always)]
    fn look(&mut self, row: u32, orientation: u32, place: u32) {
        if place <= row || !(self.wanted)(row, place) {
            return;
        }
        let mirror = &self.laid[row as usize].mirrors[orientation as usize % 4];
        let still = self.laid[place as usize].plain();
        let apart = if orientation < 4 {
            distance(mirror, still)
        } else {
            distance(mirror, &transposed(still))
        };
        if apart <= self.radius {
            self.found.push((row, place));
        }
    }
}
