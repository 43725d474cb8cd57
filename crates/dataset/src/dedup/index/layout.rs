//! Hashes with their bits sorted by what mirroring does to them.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use crate::pixels::{Orientations, Pdq};

/// The bits of a hash in four classes of 8x8: vertical and horizontal place even; vertical even; horizontal even; none.
///
/// Places count from 0, so the even ones are the frequencies whose sign a mirror changes. Byte `r` of a class holds its row `r`.
pub(super) type Bits = [u64; 4];

/// Which classes are complemented by mirroring left to right, top to bottom, and both.
const FLIPPED: [Bits; 3] = [[!0, 0, !0, 0], [!0, !0, 0, 0], [0, !0, !0, 0]];

/// The four stored hashes of a picture: plain, mirrored left to right, top to bottom, and both.
///
/// They are ordered by the plain hash first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Laid {
    pub(super) mirrors: [Bits; 4],
}

impl Laid {
    pub(super) fn of(hashes: &Orientations) -> Self {
        Self {
            mirrors: hashes.mirrors().map(|hash| classes(&hash)),
        }
    }

    #[inline(always)]
    pub(super) fn plain(&self) -> &Bits {
        &self.mirrors[0]
    }

    /// In how many bits each mirrored hash differs from the plain one with its classes complemented.
    pub(super) fn slack(&self) -> [u8; 3] {
        let mut slack = [0; 3];
        let mirrored = self.mirrors[1..].iter().zip(&FLIPPED);
        for (slack, (mirror, flipped)) in slack.iter_mut().zip(mirrored) {
            let expected: Bits = std::array::from_fn(|class| self.plain()[class] ^ flipped[class]);
            *slack = u8::try_from(distance(mirror, &expected)).unwrap_or(u8::MAX);
        }
        slack
    }
}

/// Sorts the bits of a hash into classes.
pub(super) fn classes(hash: &Pdq) -> Bits {
    let mut classes = [[0; 8]; 4];
    for (word, bits) in hash.words().into_iter().enumerate() {
        // Four rows of 16 bits; in each the even places come to the lower byte and the odd ones to the upper.
        let [e0, o0, e1, o1, e2, o2, e3, o3] = unzipped(bits).to_le_bytes();
        for (class, rows) in [[e0, e2], [o0, o2], [e1, e3], [o1, o3]].iter().enumerate() {
            classes[class][2 * word..][..2].copy_from_slice(rows);
        }
    }
    classes.map(u64::from_le_bytes)
}

/// Parts the even from the odd bits of each 16.
fn unzipped(mut x: u64) -> u64 {
    for (shift, mask) in [
        (1, 0x2222_2222_2222_2222),
        (2, 0x0c0c_0c0c_0c0c_0c0c),
        (4, 0x00f0_00f0_00f0_00f0),
    ] {
        let swapped = (x ^ (x >> shift)) & mask;
        x ^= swapped ^ (swapped << shift);
    }
    x
}

/// The bits of the picture mirrored along its main diagonal.
#[inline(always)]
pub(super) fn transposed(bits: &Bits) -> Bits {
    std::array::from_fn(|class| transposed_class(bits, class))
}

/// One class of [`transposed`] bits: an 8x8 matrix turned over, and the two mixed classes change places.
#[inline(always)]
pub(super) fn transposed_class(bits: &Bits, class: usize) -> u64 {
    let mut x = bits[[0, 2, 1, 3][class]];
    for (shift, mask) in [
        (7, 0x00aa_00aa_00aa_00aa),
        (14, 0x0000_cccc_0000_cccc),
        (28, 0x0000_0000_f0f0_f0f0),
    ] {
        let swapped = (x ^ (x >> shift)) & mask;
        x ^= swapped ^ (swapped << shift);
    }
    x
}

/// Bits in which two hashes differ, 0 to 256.
#[inline(always)]
pub(super) fn distance(a: &Bits, b: &Bits) -> u32 {
    (a[0] ^ b[0]).count_ones()
        + (a[1] ^ b[1]).count_ones()
        + (a[2] ^ b[2]).count_ones()
        + (a[3] ^ b[3]).count_ones()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedup::index::tests::crowd::Crowd;

    #[test]
    fn each_bit_is_in_the_class_that_its_mirrors_flip() {
        for bit in 0..256 {
            let mut bytes = [0; 128];
            bytes[bit / 8] = 1 << (bit % 8);
            let laid = Laid::of(&Orientations::from_bytes(&bytes).unwrap());
            let (row, column) = (bit / 16, bit % 16);
            let class = row % 2 * 2 + column % 2;
            let mut expected = [0; 4];
            expected[class] = 1 << (row / 2 * 8 + column / 2);
            assert_eq!(laid.plain(), &expected, "bit {bit}");
        }
    }

    #[test]
    fn classes_keep_distances_and_transposition() {
        let hashes = Crowd::uniform(7).take(20);
        for pair in hashes.windows(2) {
            let (a, b) = (Laid::of(&pair[0]), Laid::of(&pair[1]));
            let plain = pair[0].plain().distance(&pair[1].plain());
            assert_eq!(distance(a.plain(), b.plain()), plain);
            let turned = classes(&pair[0].plain().transposed());
            assert_eq!(transposed(a.plain()), turned);
        }
    }

    #[test]
    fn slack_is_what_parts_a_mirror_from_the_complement() {
        let hashes = Crowd::uniform(8).take(200);
        let mean = hashes
            .iter()
            .map(|hashes| u32::from(Laid::of(hashes).slack()[0]));
        let mean = mean.sum::<u32>() / 200;
        assert!((2..20).contains(&mean), "{mean}");
        let strange = Orientations::from_bytes(&[0; 128]).unwrap();
        assert_eq!(Laid::of(&strange).slack(), [128; 3]);
    }
}
