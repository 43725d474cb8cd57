//! The luma of a picture.

/// Pixels that are converted as one, by instructions that work on many at a time.
const BLOCK: usize = 128;

/// Luma of each pixel, 0 to 255, row-major.
#[derive(Debug)]
pub(super) struct Plane {
    /// Pixels in a row.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
    /// `width * height` values.
    pub(super) luma: Vec<u8>,
}

impl Plane {
    /// The luma of `width * height` pixels.
    #[inline(always)]
    pub(super) fn of(width: usize, height: usize, rgb: &[u8]) -> Self {
        let mut luma = vec![0; width * height];
        let (blocks, rest) = rgb.as_chunks::<{ 3 * BLOCK }>();
        let (whole, last) = luma.as_chunks_mut::<BLOCK>();
        for (out, block) in whole.iter_mut().zip(blocks) {
            for (at, out) in out.iter_mut().enumerate() {
                *out = luma_of([block[3 * at], block[3 * at + 1], block[3 * at + 2]]);
            }
        }
        for (out, pixel) in last.iter_mut().zip(rest.as_chunks().0) {
            *out = luma_of(*pixel);
        }
        Self {
            width,
            height,
            luma,
        }
    }

    /// The rows from top to bottom.
    #[inline(always)]
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.luma.chunks_exact(self.width)
    }
}

/// Rec. 601 luma (0.299, 0.587, 0.114) in 256ths.
#[inline(always)]
fn luma_of(pixel: [u8; 3]) -> u8 {
    let [r, g, b] = pixel.map(u16::from);
    // The weights add up to 256, so that the sum fits 16 bits and the quotient a byte.
    ((77 * r + 150 * g + 29 * b) >> 8).to_le_bytes()[0]
}

/// A count of pixels as a number to reckon with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay below the 24 bits that are exact"
)]
pub(super) fn real(count: usize) -> f32 {
    count as f32
}

/// The share of `whole` that `part` is, 0 of nothing.
pub(super) fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 {
        0.0
    } else {
        real(part) / real(whole)
    }
}
