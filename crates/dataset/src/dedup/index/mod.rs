//! Near hashes, found exactly: no pair within the radius is missed and none beyond it is named.
//!
//! How near two pictures are ([`near`]): of two pictures the one with the lesser plain hash is turned into all eight orientations,
//! and the least distance of any of them to the other's plain hash counts. So nearness belongs to two pictures, whichever
//! comes first and whichever asks, and it says in which orientation the one looks like the other.
//!
//! - [`pairs`], [`each_pair`], [`groups`]: all near pairs of a list at once; [`nearest`]: for each of one list the nearest of another
//! - [`Index`]: a list that grows, asked before each insertion; [`Stills`]: the same for hashes that are not turned
//!
//! Three facts make it fast:
//!
//! - Mirroring a picture complements the bits of every other frequency, but for a few near the median. With the bits sorted into four
//!   *classes* (`layout`) by what the mirrors do to them, the distances of all four mirrors follow from the distance in each class,
//!   up to the number of those few bits, the *slack*, which is counted for each picture. That bounds all eight orientations
//!   from below with two comparisons (`blocks`), and few pairs are left to look at closely (`relation`).
//! - Two hashes within 31 bits differ by at most 7 in one of four words, and there by at most 1 in one of four bands of 16 bits. So
//!   only pictures whose band agrees up to a bit are compared, a word each (`bands`). Beyond 31 that saves nothing, and blocks are
//!   compared with blocks (`scan`). Both are counted out beforehand and the cheaper one runs (`pairs`), so that hashes
//!   which have more in common than those of photographs cost no more than the scan.
//! - Loops over bits are compiled for the instruction sets that processors have (`pulp` picks one at run time).
//!
//! Memory: `pairs` states it for the batch, `incremental` for the index. Results are the same at any number of threads.

mod bands;
mod blocks;
mod groups;
mod incremental;
mod layout;
mod nearest;
mod pairs;
mod relation;
mod scan;
mod stills;
#[cfg(test)]
pub(super) mod tests;

pub use groups::groups;
pub use incremental::{Index, Neighbour};
pub use nearest::nearest;
pub use pairs::{Pair, each_pair, pairs};
pub(super) use relation::inverse;
pub use relation::{Near, near};
pub use stills::Stills;
