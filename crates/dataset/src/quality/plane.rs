//! The luma of a picture.

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
    /// Rec. 601 luma (0.299, 0.587, 0.114) in 256ths.
    pub(super) fn of(width: usize, height: usize, rgb: &[u8]) -> Self {
        let luma = rgb
            .chunks_exact(3)
            .map(|p| {
                let sum = 77 * u32::from(p[0]) + 150 * u32::from(p[1]) + 29 * u32::from(p[2]);
                // The weights add up to 256, so the quotient is a byte.
                (sum >> 8).to_le_bytes()[0]
            })
            .collect();
        Self {
            width,
            height,
            luma,
        }
    }

    /// The rows from top to bottom.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.luma.chunks_exact(self.width)
    }

    /// The values of a column from top to bottom.
    pub(super) fn column(&self, x: usize) -> impl Iterator<Item = u8> {
        self.luma[x..].iter().step_by(self.width).copied()
    }
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
