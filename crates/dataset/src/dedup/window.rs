use super::Thumbnail;

/// A rectangle of a picture: what is left when these parts of its width and height are cut off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl Window {
    /// Nothing cut off.
    pub(super) const WHOLE: Self = Self::new([0.0; 4]);

    /// Left, top, right, bottom.
    pub(super) const fn new([left, top, right, bottom]: [f32; 4]) -> Self {
        Self {
            left,
            top,
            right,
            bottom,
        }
    }

    /// The rectangle of a thumbnail as `side * side` greys, by the cubic convolution of Keys (1981) with a = -1/2, which keeps the fine
    /// structure that hashes are made of; places beyond the border have the border's grey.
    pub(super) fn of(self, thumbnail: &Thumbnail, side: usize) -> Vec<f32> {
        let across = taps(self.left, self.right, side);
        let down = taps(self.top, self.bottom, side);
        let mut wide = Vec::with_capacity(Thumbnail::SIDE * side);
        for row in thumbnail.greys().chunks_exact(Thumbnail::SIDE) {
            wide.extend(across.iter().map(|taps| {
                let sum = taps.iter().map(|(at, weight)| weight * f32::from(row[*at]));
                sum.sum::<f32>()
            }));
        }
        let mut greys = vec![0.0; side * side];
        for (row, taps) in greys.chunks_exact_mut(side).zip(&down) {
            for (at, weight) in taps {
                for (sum, grey) in row.iter_mut().zip(&wide[at * side..]) {
                    *sum += weight * grey;
                }
            }
        }
        greys
    }
}

/// Four places of an axis and their weights for each of `side` samples.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places along a side of 32"
)]
pub(super) fn taps(before: f32, after: f32, side: usize) -> Vec<[(usize, f32); 4]> {
    let last = Thumbnail::SIDE - 1;
    (0..side)
        .map(|sample| {
            let inside = (sample as f32 + 0.5) / side as f32;
            let share = before + inside * (1.0 - before - after);
            let place = share * Thumbnail::SIDE as f32 - 0.5;
            let first = place.floor();
            [-1.0, 0.0, 1.0, 2.0].map(|step| {
                let at = (first + step).max(0.0) as usize;
                (at.min(last), keys((place - first - step).abs()))
            })
        })
        .collect()
}

/// Keys' kernel at a distance of up to two samples.
fn keys(distance: f32) -> f32 {
    let d = distance;
    if d <= 1.0 {
        (1.5 * d - 2.5) * d * d + 1.0
    } else if d < 2.0 {
        ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Thumbnail {
        let rgb: Vec<u8> = (0..1024_u16)
            .flat_map(|at| [u8::try_from(at % 32 * 8).unwrap(); 3])
            .collect();
        Thumbnail::of(32, 32, &rgb)
    }

    #[test]
    fn the_whole_at_its_own_size_is_the_thumbnail() {
        let whole = Window::WHOLE.of(&ramp(), 32);
        for (grey, level) in whole.iter().zip(ramp().greys()) {
            assert!((grey - f32::from(*level)).abs() < 1e-3);
        }
    }

    #[test]
    fn a_window_of_a_ramp_is_the_ramp_between_its_borders() {
        let half = Window::new([0.25, 0.0, 0.25, 0.0]).of(&ramp(), 64);
        // The middle of the first sample lies at 0.25 + 0.5 / 128 of 32 columns, a ramp of 8 a column.
        let first = ((0.25 + 0.5 / 128.0) * 32.0 - 0.5) * 8.0;
        let last = ((0.75 - 0.5 / 128.0) * 32.0 - 0.5) * 8.0;
        for row in half.chunks_exact(64) {
            assert!((row[0] - first).abs() < 1e-2, "{}", row[0]);
            assert!((row[63] - last).abs() < 1e-2, "{}", row[63]);
        }
    }

    #[test]
    fn the_kernel_is_one_at_the_sample_and_sums_to_one_anywhere() {
        assert!((keys(0.0) - 1.0).abs() < 1e-6 && keys(1.0).abs() < 1e-6 && keys(2.0).abs() < 1e-6);
        for taps in taps(0.05, 0.0, 64) {
            let sum: f32 = taps.iter().map(|tap| tap.1).sum();
            assert!((sum - 1.0).abs() < 1e-5, "{sum}");
        }
    }
}
