//! The grey end of a JPEG that was cut short and stored again.

use super::plane::share;

/// What decoders put in the place of blocks they did not get, in each colour.
const GREY: u8 = 128;

/// How far a level may lie from it after another round of JPEG.
const SLACK: u8 = 3;

/// The share of rows at the bottom that are that grey all over, 0 when the whole picture is.
#[inline(always)]
pub(super) fn measure(width: usize, height: usize, rgb: &[u8]) -> f32 {
    let grey = rgb
        .chunks_exact(width * 3)
        .rev()
        .take_while(|row| row.iter().all(|c| c.abs_diff(GREY) <= SLACK))
        .count();
    if grey == height {
        0.0
    } else {
        share(grey, height)
    }
}
