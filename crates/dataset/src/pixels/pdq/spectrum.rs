use std::f32::consts::PI;
use std::sync::LazyLock;

use super::Pdq;
use super::reduce::{GRID, real};

/// Frequencies kept on each axis.
pub(super) const BAND: usize = 16;

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

/// The 16x16 lowest frequencies, vertical frequency first.
pub(super) fn transform(grid: &[f32]) -> [f32; BAND * BAND] {
    let cosines: &[f32] = &COSINES;
    let mut tall = [0.0; BAND * GRID];
    for (cosines, out) in cosines.chunks_exact(GRID).zip(tall.chunks_exact_mut(GRID)) {
        for (cosine, row) in cosines.iter().zip(grid.chunks_exact(GRID)) {
            out.iter_mut()
                .zip(row)
                .for_each(|(out, v)| *out += cosine * v);
        }
    }
    let mut spectrum = [0.0; BAND * BAND];
    let turned: &[f32] = &TURNED_COSINES;
    for (row, out) in tall.chunks_exact(GRID).zip(spectrum.chunks_exact_mut(BAND)) {
        for (cosines, v) in turned.chunks_exact(BAND).zip(row) {
            out.iter_mut()
                .zip(cosines)
                .for_each(|(out, cosine)| *out += cosine * v);
        }
    }
    spectrum
}

/// The hashes of the picture as it is, mirrored left to right, top to bottom, and both.
pub(super) fn mirrored_hashes(spectrum: &[f32; BAND * BAND]) -> [Pdq; 4] {
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
fn threshold(values: &[f32; BAND * BAND]) -> Pdq {
    let mut sorted = *values;
    let (_, median, _) = sorted.select_nth_unstable_by(BAND * BAND / 2 - 1, f32::total_cmp);
    let median = *median;
    let mut words = [0; 4];
    for (bit, value) in values.iter().enumerate() {
        if *value > median {
            words[bit / 64] |= 1 << (bit % 64);
        }
    }
    Pdq(words)
}
