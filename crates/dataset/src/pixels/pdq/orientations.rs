#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use super::Pdq;
use super::spectrum::{Spectrum, mirrored_hashes};
use crate::pixels::sample_id::{parse_hex, to_hex};

/// The hashes of one picture in all orientations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientations {
    /// As it is, mirrored left to right, mirrored top to bottom, and both (turned by 180 degrees).
    pub(super) mirrors: [Pdq; 4],
}

impl Orientations {
    /// The hashes of a spectrum.
    pub(crate) fn of_spectrum(spectrum: &Spectrum) -> Self {
        Self {
            mirrors: mirrored_hashes(spectrum),
        }
    }

    /// The hash of the picture as it is.
    #[must_use]
    #[inline(always)]
    pub fn plain(&self) -> Pdq {
        self.mirrors[0]
    }

    /// The hashes of the picture as it is, mirrored left to right, top to bottom, and both.
    #[inline(always)]
    pub(crate) fn mirrors(&self) -> &[Pdq; 4] {
        &self.mirrors
    }

    /// All eight hashes, the plain one first.
    #[must_use]
    pub fn all(&self) -> [Pdq; 8] {
        let [a, b, c, d] = self.mirrors;
        [
            a,
            b,
            c,
            d,
            a.transposed(),
            b.transposed(),
            c.transposed(),
            d.transposed(),
        ]
    }

    /// The hash in one orientation, by its place in [`Orientations::all`].
    #[cfg(test)]
    pub(crate) fn turned(&self, orientation: u8) -> Pdq {
        let mirror = self.mirrors[usize::from(orientation % 4)];
        if orientation < 4 {
            mirror
        } else {
            mirror.transposed()
        }
    }

    /// Least distance of any orientation of this picture to another picture's hash.
    #[must_use]
    pub fn distance(&self, other: &Pdq) -> u32 {
        self.all()
            .iter()
            .map(|mine| mine.distance(other))
            .min()
            .unwrap_or(256)
    }

    /// The four hashes that the others are made of, 32 bytes each: plain, mirrored left to right, top to bottom, and both.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 128] {
        let mut bytes = [0; 128];
        for (chunk, hash) in bytes.chunks_exact_mut(32).zip(self.mirrors) {
            chunk.copy_from_slice(&hash.to_bytes());
        }
        bytes
    }

    /// Reads [`Orientations::to_bytes`]; `None` unless there are 128 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != 128 {
            return None;
        }
        let mut hashes = bytes.chunks_exact(32).filter_map(Pdq::from_bytes);
        Some(Self {
            mirrors: [
                hashes.next()?,
                hashes.next()?,
                hashes.next()?,
                hashes.next()?,
            ],
        })
    }

    pub(crate) fn to_hex(self) -> String {
        to_hex(&self.to_bytes())
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 128];
        if parse_hex(text, &mut bytes) {
            Self::from_bytes(&bytes)
        } else {
            None
        }
    }
}
