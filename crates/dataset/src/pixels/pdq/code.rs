#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use std::fmt;

use super::spectrum::{BAND, Spectrum, threshold};
use crate::pixels::sample_id::to_hex;

/// A 256-bit perceptual hash; bit `16 * i + j` stands for vertical frequency `i + 1` and horizontal frequency `j + 1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pdq(pub(super) [u64; 4]);

impl Pdq {
    /// Bits in which two hashes differ, 0 to 256.
    #[must_use]
    #[inline(always)]
    pub fn distance(&self, other: &Self) -> u32 {
        let apart = |word: usize| (self.0[word] ^ other.0[word]).count_ones();
        apart(0) + apart(1) + apart(2) + apart(3)
    }

    /// The hash of a spectrum.
    pub(crate) fn of_spectrum(spectrum: &Spectrum) -> Self {
        threshold(spectrum)
    }

    /// The hash of the picture mirrored along its main diagonal.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut rows: [u16; BAND] = std::array::from_fn(|row| {
            let [a, b] = [row % 4 * 2, row % 4 * 2 + 1];
            let bytes = self.0[row / 4].to_le_bytes();
            u16::from_le_bytes([bytes[a], bytes[b]])
        });
        // Squares of 8, 4, 2 and 1 change places across the diagonal.
        for (side, left) in [(8, 0x00ff), (4, 0x0f0f), (2, 0x3333), (1, 0x5555)] {
            for upper in (0..BAND).filter(|row| row & side == 0) {
                let lower = upper + side;
                let swapped = (rows[upper] >> side ^ rows[lower]) & left;
                rows[upper] ^= swapped << side;
                rows[lower] ^= swapped;
            }
        }
        let mut turned = [0; 4];
        for (word, rows) in turned.iter_mut().zip(rows.chunks_exact(4)) {
            for (at, row) in rows.iter().enumerate() {
                *word |= u64::from(*row) << (BAND * at);
            }
        }
        Self(turned)
    }

    /// The bits, 64 to a word, that is four vertical frequencies each.
    #[inline(always)]
    pub(crate) fn words(&self) -> [u64; 4] {
        self.0
    }

    /// The 32 bytes of the hash, least significant first.
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Reads [`Pdq::to_bytes`]; `None` unless there are 32 bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 32] = bytes.try_into().ok()?;
        let mut words = [0; 4];
        for (chunk, word) in bytes.chunks_exact(8).zip(&mut words) {
            *word = u64::from_le_bytes(chunk.try_into().expect("chunks of eight bytes"));
        }
        Some(Self(words))
    }
}

impl fmt::Display for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.to_bytes()))
    }
}

impl fmt::Debug for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
