//! The whole measurement of a picture.

use super::plane::{Plane, real};
use super::{Scores, blur, cells, light, screen, tail, text};
use crate::vectorized::vectorized;

/// Measures a picture.
///
/// `rgb` is the whole picture, upright and over white, `width * height * 3` bytes row-major, reduced to a short side of 256 pixels if
/// it was larger and never enlarged; `original` is its width and height before. Pictures without pixels have no score to speak of.
///
/// # Panics
/// When `rgb` is shorter than width and height say.
#[must_use]
pub fn measure(width: u32, height: u32, rgb: &[u8], original: (u32, u32)) -> Scores {
    let (width, height) = (width as usize, height as usize);
    let rgb = &rgb[..width * height * 3];
    vectorized(
        #[inline(always)]
        || scores(width, height, rgb, original),
    )
}

#[inline(always)]
fn scores(width: usize, height: usize, rgb: &[u8], original: (u32, u32)) -> Scores {
    let plane = Plane::of(width, height, rgb);
    let light = light::measure(&plane, rgb);
    let cells = cells::measure(width, height, rgb);
    let screen = screen::measure(&plane);
    let lines = text::measure(&plane);
    let (short, long) = (
        original.0.min(original.1) as usize,
        original.0.max(original.1) as usize,
    );
    Scores {
        side: real(short),
        aspect: real(short) / real(long),
        brightest: light.brightest,
        darkest: light.darkest,
        entropy: light.entropy,
        detail: cells.detail,
        solid: cells.solid,
        blur: blur::measure(&plane),
        text: lines * screen.flat,
        flat: screen.flat,
        straight: screen.straight,
        screen: screen.evidence(lines),
        tail: tail::measure(width, height, rgb),
        colour: light.colour,
    }
}
