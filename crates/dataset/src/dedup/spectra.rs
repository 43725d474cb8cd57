//! The frequencies of windows of a thumbnail, straight from its greys.
//!
//! Sampling a window 64 times along each axis and transforming the samples are linear and act on rows and columns apart from each other. So
//! what they do together along an axis is one matrix of 32 greys by 16 frequencies, and the spectrum of a window is the product of
//! the greys with that of its columns and that of its rows. Windows share axes: nine of them have six.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use super::window::taps;
use super::{Thumbnail, Window};
use crate::pixels::pdq::{BAND, GRID, Spectrum, cosines};

const SIDE: usize = Thumbnail::SIDE;

/// What each grey along an axis adds to each frequency; as rows of a picture, what each row holds of each horizontal frequency.
type Axis = [[f32; BAND]; SIDE];

/// The matrices of some windows.
#[derive(Debug)]
pub(super) struct Spectra {
    axes: Vec<Axis>,
    /// Of each window the place of its axis across and of that down.
    windows: Vec<[usize; 2]>,
}

impl Spectra {
    pub(super) fn of(windows: &[Window]) -> Self {
        let mut known: Vec<[u32; 2]> = Vec::new();
        let mut axes = Vec::new();
        let mut place = |before: f32, after: f32| {
            let cuts = [before, after].map(f32::to_bits);
            known
                .iter()
                .position(|one| *one == cuts)
                .unwrap_or_else(|| {
                    known.push(cuts);
                    axes.push(axis(before, after));
                    known.len() - 1
                })
        };
        let windows = windows.iter();
        let windows = windows.map(|w| [place(w.left, w.right), place(w.top, w.bottom)]);
        let windows = windows.collect();
        Self { axes, windows }
    }

    /// The spectrum of each window, in their order. Every sum is made in one order, whatever the instruction set.
    pub(super) fn spectra(&self, thumbnail: &Thumbnail) -> Vec<Spectrum> {
        pulp::Arch::new().dispatch(Product {
            spectra: self,
            thumbnail,
        })
    }
}

/// The matrix of an axis of which these parts are cut off before and after.
fn axis(before: f32, after: f32) -> Axis {
    let mut axis = [[0.0; BAND]; SIDE];
    for (sample, taps) in taps(before, after, GRID).into_iter().enumerate() {
        for (grey, weight) in taps {
            for (frequency, sum) in axis[grey].iter_mut().enumerate() {
                *sum += weight * cosines()[frequency * GRID + sample];
            }
        }
    }
    axis
}

/// Not `vectorized`: with what it makes outside of the closure the same loops took 2.6 times as long.
#[derive(Debug)]
struct Product<'a> {
    spectra: &'a Spectra,
    thumbnail: &'a Thumbnail,
}

impl pulp::WithSimd for Product<'_> {
    type Output = Vec<Spectrum>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> Vec<Spectrum> {
        let greys = self.thumbnail.greys().map(f32::from);
        let mut wide: Vec<Axis> = Vec::with_capacity(self.spectra.axes.len());
        for axis in &self.spectra.axes {
            let mut rows = [[0.0; BAND]; SIDE];
            for (sums, row) in rows.iter_mut().zip(greys.chunks_exact(SIDE)) {
                for (grey, shares) in row.iter().zip(axis) {
                    add(sums, *grey, shares);
                }
            }
            wide.push(rows);
        }
        let mut spectra = Vec::with_capacity(self.spectra.windows.len());
        for [across, down] in &self.spectra.windows {
            let mut spectrum = [0.0; BAND * BAND];
            for (frequency, out) in spectrum.chunks_exact_mut(BAND).enumerate() {
                let mut sums = [0.0; BAND];
                for (row, shares) in wide[*across].iter().zip(&self.spectra.axes[*down]) {
                    add(&mut sums, shares[frequency], row);
                }
                out.copy_from_slice(&sums);
            }
            spectra.push(spectrum);
        }
        spectra
    }
}

#[inline(always)]
fn add(sums: &mut [f32; BAND], factor: f32, values: &[f32; BAND]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pdq;
    use crate::pixels::pdq::hash_grid;
    use crate::pixels::scene::scene;

    #[test]
    fn a_spectrum_is_that_of_the_sampled_window() {
        let windows = [
            Window::WHOLE,
            Window::new([0.0375, 0.0, 0.0, 0.0375]),
            Window::new([0.0, 0.25, 0.0, 0.0]),
            Window::new([0.0375; 4]),
        ];
        let spectra = Spectra::of(&windows);
        assert_eq!(spectra.axes.len(), 5);
        for seed in 90..110 {
            let thumbnail = Thumbnail::of(120, 90, &scene(seed, 120, 90));
            let hashes = spectra.spectra(&thumbnail);
            for (spectrum, window) in hashes.iter().zip(windows) {
                let direct = hash_grid(&window.of(&thumbnail, GRID)).plain();
                let apart = Pdq::of_spectrum(spectrum).distance(&direct);
                assert!(apart <= 2, "scene {seed}, {window:?}: {apart} bits");
            }
        }
    }
}
