//! For each picture of one list the nearest of another.

use rayon::prelude::*;

use super::incremental::{Index, Neighbour};
use super::scan::TILE;
use crate::pixels::Orientations;

/// The nearest of `others` to each of `asked`, at whatever distance: the least distance there is, and the first place that has it.
///
/// `None` only where there are no others. Every picture of the one list meets every one of the other, in all orientations, on the
/// rayon pool that this is called in. Memory: 163 bytes for each of `others` and 40 for each of `asked`.
#[must_use]
pub fn nearest(asked: &[Orientations], others: &[Orientations]) -> Vec<Option<Neighbour>> {
    let mut index = Index::new();
    for hashes in others {
        index.insert(hashes);
    }
    let tiles = asked.par_chunks(TILE).map(|tile| index.nearest(tile));
    tiles.flatten_iter().collect()
}
