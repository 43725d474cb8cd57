use crate::vectorized::weigh_rows;

/// Side of the reduced picture.
pub(crate) const GRID: usize = 64;

/// Reduces RGB pixels to 64x64 samples of their blurred luma.
///
/// Luma, the four box filters and the sampling are linear and act on rows, columns and colours apart from each other. So what they do
/// together along an axis is one weighted sum for each of the 64 places, and pixels that no sample sees are never computed.
pub(super) fn reduce(width: usize, height: usize, rgb: &[u8]) -> Vec<f32> {
    let (across, down) = (Samples::of(width), Samples::of(height));
    let mut colours = vec![0.0_f32; width * 3];
    let mut luma = vec![0.0_f32; width];
    let mut grid = Vec::with_capacity(GRID * GRID);
    for (top, weights) in down.iter() {
        weigh_rows(&mut colours, &rgb[top * width * 3..], weights);
        for (luma, p) in luma.iter_mut().zip(colours.chunks_exact(3)) {
            *luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
        }
        grid.extend(across.iter().map(|(left, weights)| {
            let pixels = luma[left..].iter().zip(weights);
            pixels.map(|(luma, weight)| luma * weight).sum::<f32>()
        }));
    }
    grid
}

/// The pixels that each of the 64 samples along an axis is made of.
#[derive(Debug)]
struct Samples {
    /// The first pixel of each sample.
    first: [usize; GRID],
    /// Shares of the pixels from there on, so many for each sample.
    weights: Vec<f32>,
    reach: usize,
}

impl Samples {
    /// Follows every sample back through the second box filter and the first to the pixels of an axis of `side` pixels.
    fn of(side: usize) -> Self {
        let window = side.div_ceil(2 * GRID);
        let reach = (2 * window).min(side);
        let boxes = [Reach::of(window, true), Reach::of(window, false)];
        let mut first = [0; GRID];
        let mut weights = vec![0.0; GRID * reach];
        let places = first.iter_mut().zip(weights.chunks_exact_mut(reach));
        for (cell, (first, weights)) in places.enumerate() {
            let (left, right, share) = middle(cell, side);
            *first = (left + 1).saturating_sub(window).min(side - reach);
            for (at, share) in [(left, 1.0 - share), (right, share)] {
                for (at, share) in boxes[0].shares(at, side, share) {
                    for (at, share) in boxes[1].shares(at, side, share) {
                        weights[at - *first] += share;
                    }
                }
            }
        }
        Self {
            first,
            weights,
            reach,
        }
    }

    /// First pixel and weights of each sample.
    fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let weights = self.weights.chunks_exact(self.reach);
        self.first.iter().copied().zip(weights)
    }
}

/// How many neighbours on either side a box filter takes in.
///
/// A window of even width leans to one side; it leans to the other in the second pass.
#[derive(Debug, Clone, Copy)]
struct Reach {
    before: usize,
    after: usize,
}

impl Reach {
    fn of(window: usize, mirrored: bool) -> Self {
        let (short, long) = ((window - 1) / 2, window / 2);
        let (before, after) = if mirrored {
            (long, short)
        } else {
            (short, long)
        };
        Self { before, after }
    }

    /// Spreads a share of the filter's value at a place evenly over the pixels it averages, which are fewer at the ends.
    fn shares(self, at: usize, side: usize, share: f32) -> impl Iterator<Item = (usize, f32)> {
        let pixels = at.saturating_sub(self.before)..(at + self.after + 1).min(side);
        let each = share / real(pixels.len());
        pixels.map(move |at| (at, each))
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

/// The two pixels around the middle of a cell and how far it lies from the first to the second.
fn middle(cell: usize, side: usize) -> (usize, usize, f32) {
    // In 128ths of a pixel, counted from the first pixel's own middle.
    let position = ((2 * cell + 1) * side).saturating_sub(GRID);
    let (first, rest) = (position / (2 * GRID), position % (2 * GRID));
    (
        first,
        (first + 1).min(side - 1),
        real(rest) / real(2 * GRID),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_a_sample_make_one_and_mirror_each_other() {
        for side in [1, 2, 63, 64, 65, 128, 224, 256, 341, 1024] {
            let samples = Samples::of(side);
            let whole: Vec<(usize, &[f32])> = samples.iter().collect();
            for (cell, (first, weights)) in whole.iter().enumerate() {
                let sum: f32 = weights.iter().sum();
                assert!((sum - 1.0).abs() < 1e-5, "{side} px, sample {cell}: {sum}");
                let weight = |cell: usize, at: usize| {
                    let (first, weights) = whole[cell];
                    at.checked_sub(first).and_then(|at| weights.get(at))
                };
                for (at, share) in (*first..).zip(*weights) {
                    let other = weight(GRID - 1 - cell, side - 1 - at).copied();
                    // Below 64 pixels the first middles lie before the first pixel and are cut off there.
                    assert!(
                        side < GRID || (other.unwrap_or(0.0) - share).abs() < 1e-5,
                        "{side} px, sample {cell}, pixel {at}"
                    );
                }
            }
        }
    }
}
