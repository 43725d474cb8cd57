#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use std::f32::consts::PI;
use std::sync::LazyLock;

use super::Pdq;
use super::reduce::{GRID, real};
use crate::vectorized::vectorized;

/// Frequencies kept on each axis.
pub(crate) const BAND: usize = 16;

/// The 16x16 lowest frequencies, vertical frequency first.
pub(crate) type Spectrum = [f32; BAND * BAND];

/// Cosines of the first 16 frequencies above the constant, 16 rows of 64.
static COSINES: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let scale = (2.0 / real(GRID)).sqrt();
    let angle = |i: usize, j: usize| PI / 2.0 / real(GRID) * real(i + 1) * real(2 * j + 1);
    (0..BAND * GRID)
        .map(|at| scale * angle(at / GRID, at % GRID).cos())
        .collect()
});

/// The same, 64 rows of 16: all frequencies of one place side by side, as the second pass adds them up.
static TURNED_COSINES: LazyLock<Vec<f32>> = LazyLock::new(|| {
    (0..BAND * GRID)
        .map(|at| COSINES[at % BAND * GRID + at / BAND])
        .collect()
});

/// What each of the 64 samples of an axis adds to each frequency, 16 rows of 64.
pub(crate) fn cosines() -> &'static [f32] {
    &COSINES
}

/// The spectrum of 64x64 samples.
pub(super) fn transform(grid: &[f32]) -> Spectrum {
    let (cosines, turned): (&[f32], &[f32]) = (&COSINES, &TURNED_COSINES);
    let mut spectrum = [0.0; BAND * BAND];
    vectorized(
        #[inline(always)]
        || {
            let mut tall = [0.0; BAND * GRID];
            for (cosines, out) in cosines.chunks_exact(GRID).zip(tall.chunks_exact_mut(GRID)) {
                weigh(out, grid.chunks_exact(GRID).zip(cosines));
            }
            let rows = tall.chunks_exact(GRID);
            for (row, out) in rows.zip(spectrum.chunks_exact_mut(BAND)) {
                weigh(out, turned.chunks_exact(BAND).zip(row));
            }
        },
    );
    spectrum
}

/// Adds rows up, each by its weight.
#[inline(always)]
fn weigh<'a>(out: &mut [f32], rows: impl Iterator<Item = (&'a [f32], &'a f32)>) {
    for (row, weight) in rows {
        for (out, value) in out.iter_mut().zip(row) {
            *out += weight * value;
        }
    }
}

/// Half of the frequencies.
const HALF: u32 = 128;
const _: () = assert!(HALF as usize * 2 == BAND * BAND);

/// The hashes of the picture as it is, mirrored left to right, top to bottom, and both.
pub(super) fn mirrored_hashes(spectrum: &Spectrum) -> [Pdq; 4] {
    // Frequency numbers start at 1, so mirroring changes the sign of those with an even place.
    [(false, false), (true, false), (false, true), (true, true)].map(|(left_right, top_bottom)| {
        let mut signed = *spectrum;
        for (at, value) in signed.iter_mut().enumerate() {
            let flips = left_right && (at % BAND).is_multiple_of(2);
            if flips != (top_bottom && (at / BAND).is_multiple_of(2)) {
                *value = -*value;
            }
        }
        threshold(&signed)
    })
}

/// A bit for each value above the lower median.
pub(super) fn threshold(values: &Spectrum) -> Pdq {
    let mut words = [0; 4];
    vectorized(
        #[inline(always)]
        || {
            // In whole numbers of the same order; a sum with zero is never the negative one, which is no less than the other.
            let keys = values.map(
                #[inline(always)]
                |value| key(value + 0.0),
            );
            let cut = upper_half(&keys);
            for (word, keys) in words.iter_mut().zip(keys.chunks_exact(64)) {
                for (bit, key) in keys.iter().enumerate() {
                    *word |= u64::from(*key >= cut) << bit;
                }
            }
        },
    );
    Pdq(words)
}

/// A number that the upper half reaches and neither the lower half does nor what equals its greatest.
///
/// Counting them all against a bound, bit by bit of the bound, takes a third of the time of sorting until the median is in its place, where
/// each comparison is a branch that nobody can foresee.
#[inline(always)]
fn upper_half(keys: &[i32; BAND * BAND]) -> i32 {
    let mut median = 0;
    for bit in (0..32).rev() {
        let bits = median | 1 << bit;
        let (bound, mut below) = (numbered(bits), 0);
        for key in keys {
            below += u32::from(*key < bound);
        }
        if below == HALF {
            return bound;
        }
        // The lower median is the greatest number that less than half lie below.
        if below < HALF {
            median = bits;
        }
    }
    // Some of the upper half equal it.
    numbered(median).saturating_add(1)
}

/// The whole number that so many others are less than.
#[inline(always)]
fn numbered(below: u32) -> i32 {
    (below ^ 1 << 31).cast_signed()
}

/// A whole number that sorts as [`f32::total_cmp`] does.
#[inline(always)]
fn key(value: f32) -> i32 {
    turned_round(value.to_bits().cast_signed())
}

/// Turns the order of negative ones round, whose bits count upwards as the values fall.
#[inline(always)]
fn turned_round(bits: i32) -> i32 {
    bits ^ ((bits >> 31).cast_unsigned() >> 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_bits_lie_above_the_lower_median_whatever_the_signs() {
        let mut state = 9_u32;
        let values: Spectrum = std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(u16::try_from(state >> 16).unwrap()) - 40_000.0
        });
        for sign in [1.0, -1.0] {
            let values = values.map(|value| value * sign);
            assert_cut(&values);
        }
        // Ties around the median and zeros of both signs, which a mirror makes.
        let tied = values.map(|value| (value / 9_000.0).round());
        assert_cut(&tied);
        assert_cut(&tied.map(|value| value * -0.0));
        assert_cut(&std::array::from_fn(
            |at| if at % 3 == 0 { -0.0 } else { 0.0 },
        ));
        assert_cut(&std::array::from_fn(|at| {
            if at < 128 { f32::MAX } else { f32::MIN }
        }));
        let keys = [f32::MIN, -1.0, -0.0, 0.0, 1e-30, 1.0].map(key);
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
    }

    /// Against the definition: above the lower median of the sorted values.
    fn assert_cut(values: &Spectrum) {
        let mut sorted = *values;
        sorted.sort_by(f32::total_cmp);
        let hash = threshold(values);
        for (bit, value) in values.iter().enumerate() {
            let is_set = hash.0[bit / 64] >> (bit % 64) & 1 == 1;
            assert_eq!(is_set, *value > sorted[127], "bit {bit} of {values:?}");
        }
    }
}
