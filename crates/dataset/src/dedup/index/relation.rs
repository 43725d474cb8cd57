//! How near two pictures are.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use super::layout::{Bits, Laid, distance, transposed};
use crate::pixels::Orientations;

/// How near one picture is to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// Bits in which the hashes differ, 0 to 256.
    pub distance: u32,
    /// In which orientation the one looks like the other, a place in [`Orientations::all`]: 0 as it is, 1 mirrored left to right,
    /// 2 top to bottom, 3 both; 4 to 7 the same, then mirrored along the main diagonal.
    pub orientation: u8,
}

impl Near {
    /// The same nearness as seen from the other picture.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            orientation: inverse(self.orientation),
            ..self
        }
    }
}

/// The orientation that undoes one.
///
/// Mirrors undo themselves; a mirror before the diagonal is the other mirror after it, so the quarter turns change places.
pub(in crate::dedup) fn inverse(orientation: u8) -> u8 {
    match orientation {
        5 => 6,
        6 => 5,
        same => same,
    }
}

/// How near `a` is to `b`, with the orientation in which `a` looks like `b`.
///
/// The picture with the lesser plain hash is turned, so `near(b, a)` is `near(a, b)` reversed. Of orientations at the same
/// distance it is the first of the turned picture's.
#[must_use]
pub fn near(a: &Orientations, b: &Orientations) -> Near {
    near_laid(&Laid::of(a), &Laid::of(b))
}

/// [`near`] of hashes that are laid out.
#[inline(always)]
pub(super) fn near_laid(a: &Laid, b: &Laid) -> Near {
    if a.plain() <= b.plain() {
        turned_to(a, b.plain())
    } else {
        turned_to(b, a.plain()).reversed()
    }
}

/// Least distance of any orientation of a picture to another's plain hash.
#[inline(always)]
pub(super) fn turned_to(picture: &Laid, still: &Bits) -> Near {
    // Turning the other one along the diagonal instead takes one transposition and not four.
    let across = transposed(still);
    let mut least = Near {
        distance: u32::MAX,
        orientation: 0,
    };
    for (orientation, other, mirror) in [
        (0, still, 0),
        (1, still, 1),
        (2, still, 2),
        (3, still, 3),
        (4, &across, 0),
        (5, &across, 1),
        (6, &across, 2),
        (7, &across, 3),
    ] {
        let distance = distance(&picture.mirrors[mirror], other);
        if distance < least.distance {
            least = Near {
                distance,
                orientation,
            };
        }
    }
    least
}
