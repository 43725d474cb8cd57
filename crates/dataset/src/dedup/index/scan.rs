//! Every picture against every other, by blocks: the way for any radius.

use std::ops::Range;

use rayon::prelude::*;

use super::blocks::{Blocks, Query, Sweep};
use super::layout::Laid;
use super::pairs::Hit;
use super::relation::turned_to;

/// Queries that share a block while it is in the nearest cache.
pub(super) const TILE: usize = 16;

/// Blocks of pictures in the order of their hashes; none is turned to one before it, so none needs slack here.
pub(super) fn blocks(laid: &[Laid]) -> Blocks {
    let mut blocks = Blocks::default();
    for picture in laid {
        blocks.push(picture.plain(), [0; 3]);
    }
    blocks
}

/// Near pairs of some rows with all places after them, by row and place.
pub(super) fn rows(
    laid: &[Laid],
    blocks: &Blocks,
    rows: Range<usize>,
    radius: u32,
    wanted: &(impl Fn(u32, u32) -> bool + Sync),
) -> Vec<Hit> {
    let tile = (rows.len() / rayon::current_num_threads()).clamp(1, TILE);
    let tiles: Vec<Vec<Hit>> = rows
        .clone()
        .into_par_iter()
        .step_by(tile)
        .map(|from| {
            let to = (from + tile).min(rows.end);
            one_tile(laid, blocks, from..to, radius, wanted)
        })
        .collect();
    tiles.into_iter().flatten().collect()
}

fn one_tile(
    laid: &[Laid],
    blocks: &Blocks,
    rows: Range<usize>,
    radius: u32,
    wanted: &impl Fn(u32, u32) -> bool,
) -> Vec<Hit> {
    let first = rows.start;
    let queries = laid[rows].iter();
    let mut queries: Vec<Query> = queries.map(|row| Query::new(row, radius)).collect();
    let mut hits = Vec::new();
    Sweep {
        blocks,
        first,
        queries: &mut queries,
        look: |at: usize, place: usize, _: &mut Query| {
            let row = first + at;
            if place > row && wanted(place_of(row), place_of(place)) {
                let near = turned_to(&laid[row], laid[place].plain());
                if near.distance <= radius {
                    hits.push(Hit::new(place_of(row), place_of(place), near));
                }
            }
        },
    }
    .run();
    hits.sort_unstable_by_key(|hit| (hit.row, hit.place));
    hits
}

/// A place in a list that was found to be short enough.
pub(super) fn place_of(place: usize) -> u32 {
    u32::try_from(place).expect("lists of 2^32 pictures are refused")
}
