//! PDQ: a 256-bit hash of what a picture looks like.
//!
//! The published definition (Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019):
//! luma; two passes of a box filter along rows and columns, each window 1/128 of the side; 64x64 samples of the result;
//! the 16x16 lowest frequencies of their cosine transform without the constant one; a bit for each that exceeds the median.
//! The quality, 0 to 100, is a clamped sum of the gradients of the 64x64 samples: hashes of nearly flat pictures say little.
//! Two pictures with distance 31 or less look the same; unrelated ones lie near 128.
//!
//! Two details differ, so that a mirrored picture has exactly the mirrored hash: windows of even width lean to opposite sides in
//! the two passes, and samples lie at the exact middles of their cells, between pixels if need be. At the few hundred pixels
//! hashed here the published form lies up to two pixels off centre, enough to push mirrored pictures beyond distance 31.
//!
//! Mirroring a picture changes the sign of every other frequency and turning it transposes them, so one transform yields
//! the hashes of all eight orientations. The median moves with the signs but not with the transposition, therefore four
//! hashes are kept (plain and mirrored) and the other four are made of their bits.
//!
//! - `reduce`: luma, blur and the 64x64 samples; `spectrum`: their cosine transform and its signs
//! - `code`: the 256 bits; `orientations`: those of all eight orientations; [`hash`](hash()): the whole way

mod code;
mod hash;
mod orientations;
mod reduce;
mod spectrum;

pub use code::Pdq;
pub use hash::hash;
#[cfg(test)]
pub(crate) use hash::hash_grid;
pub use orientations::Orientations;
pub(crate) use reduce::GRID;
pub(crate) use spectrum::{BAND, Spectrum, cosines};
