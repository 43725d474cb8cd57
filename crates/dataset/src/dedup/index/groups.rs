//! Pictures joined by chains of near pairs.

use super::pairs::Sorted;
use crate::pixels::Orientations;

/// The group of each picture, named by the least place in it: pictures are in one group if a chain of pairs within `radius` bits
/// joins them.
///
/// Equal hashes are one picture here, so any number of copies costs nothing. Memory is that of [`each_pair`](super::each_pair)
/// and 8 bytes a picture, however many pairs there are.
#[must_use]
pub fn groups(hashes: &[Orientations], radius: u32) -> Vec<usize> {
    let mut sorted = Sorted::of(hashes);
    let mut groups: Vec<usize> = (0..hashes.len()).collect();
    let mut kept = 0;
    for at in 0..sorted.laid.len() {
        if kept > 0 && sorted.laid[kept - 1] == sorted.laid[at] {
            // Of equal ones the first in the list comes first.
            groups[sorted.positions[at] as usize] = sorted.positions[kept - 1] as usize;
        } else {
            sorted.laid[kept] = sorted.laid[at];
            sorted.positions[kept] = sorted.positions[at];
            kept += 1;
        }
    }
    sorted.laid.truncate(kept);
    sorted.positions.truncate(kept);
    let each = |pair: super::Pair| {
        let (a, b) = (root(&mut groups, pair.a), root(&mut groups, pair.b));
        groups[a.max(b)] = a.min(b);
    };
    sorted.each_pair(radius, |_, _| true, each);
    for at in 0..groups.len() {
        groups[at] = root(&mut groups, at);
    }
    groups
}

/// Follows a picture to the first of its group and shortens the way for the next.
fn root(groups: &mut [usize], mut at: usize) -> usize {
    while groups[at] != at {
        groups[at] = groups[groups[at]];
        at = groups[at];
    }
    at
}
