//! A list of pictures that grows and is asked for near ones.

use super::blocks::{Blocks, Query, Sweep};
use super::layout::{Bits, Laid, classes};
use super::relation::{Near, near_laid, turned_to};
use crate::pixels::{Orientations, Pdq};
use crate::vectorized::vectorized;

/// A picture of an [`Index`] that is near the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// Its place: how many were inserted before it.
    pub place: usize,
    /// How near it is; the orientation is that in which the one asked for looks like it.
    pub near: Near,
}

/// Pictures in the order of insertion, 163 bytes each.
///
/// Every question looks at every picture, in all eight orientations 1.5 ns each at most: exact at any radius, and to
/// insert and ask 100,000 times takes seconds.
#[derive(Debug, Default)]
pub struct Index {
    laid: Vec<Laid>,
    blocks: Blocks,
}

impl Index {
    /// An index without pictures.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many pictures were inserted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a picture and gives its place.
    pub fn insert(&mut self, hashes: &Orientations) -> usize {
        let laid = Laid::of(hashes);
        self.blocks.push(laid.plain(), laid.slack());
        self.laid.push(laid);
        self.laid.len() - 1
    }

    /// All pictures within `radius` bits of this one, by place.
    #[must_use]
    pub fn within(&self, hashes: &Orientations, radius: u32) -> Vec<Neighbour> {
        let asked = Laid::of(hashes);
        let mut found = Vec::new();
        Sweep {
            blocks: &self.blocks,
            first: 0,
            queries: &mut [Query::new(&asked, radius)],
            look: |_: usize, place: usize, _: &mut Query| {
                let near = near_laid(&asked, &self.laid[place]);
                if near.distance <= radius {
                    found.push(Neighbour { place, near });
                }
            },
        }
        .run();
        found
    }

    /// For each of these hashes, which are not turned themselves, all pictures of which some orientation is within `radius` bits of it,
    /// by place.
    #[must_use]
    pub fn turned_within(&self, stills: &[Pdq], radius: u32) -> Vec<Vec<Neighbour>> {
        let stills: Vec<Bits> = stills.iter().map(classes).collect();
        let queries = stills.iter().map(|still| Query::still(still, radius));
        let mut queries: Vec<Query> = queries.collect();
        let mut found = vec![Vec::new(); stills.len()];
        Sweep {
            blocks: &self.blocks,
            first: 0,
            queries: &mut queries,
            look: |at: usize, place: usize, _: &mut Query| {
                let near = turned_to(&self.laid[place], &stills[at]).reversed();
                if near.distance <= radius {
                    found[at].push(Neighbour { place, near });
                }
            },
        }
        .run();
        found
    }

    /// How near this picture is to those at some places, in their order; the orientation is that in which this one looks like the other.
    #[must_use]
    pub fn near(&self, hashes: &Orientations, places: &[usize]) -> Vec<Near> {
        let asked = Laid::of(hashes);
        let mut found = Vec::with_capacity(places.len());
        vectorized(
            #[inline(always)]
            || {
                for at in places {
                    found.push(near_laid(&asked, &self.laid[*at]));
                }
            },
        );
        found
    }

    /// The nearest picture to each of these, the first of several; `None` in an empty index.
    pub(super) fn nearest(&self, asked: &[Orientations]) -> Vec<Option<Neighbour>> {
        let asked: Vec<Laid> = asked.iter().map(Laid::of).collect();
        let queries = asked.iter().map(|asked| Query::new(asked, u32::MAX));
        let mut queries: Vec<Query> = queries.collect();
        let mut found: Vec<Option<Neighbour>> = vec![None; asked.len()];
        Sweep {
            blocks: &self.blocks,
            first: 0,
            queries: &mut queries,
            look: |at: usize, place: usize, query: &mut Query| {
                let near = near_laid(&asked[at], &self.laid[place]);
                let best = &mut found[at];
                if best.is_none_or(|best| near.distance < best.near.distance) {
                    *best = Some(Neighbour { place, near });
                    // Only nearer ones are looked at from now on; at distance 0 none is, but equal ones still come here.
                    query.set_limit(near.distance.saturating_sub(1));
                }
            },
        }
        .run();
        found
    }
}
