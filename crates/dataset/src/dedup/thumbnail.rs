//! The whole picture in 32x32 greys, squeezed to a square.
//!
//! 32 is the least side from which the 16 frequencies of a hash can be told again: hashes made of thumbnails differ from those of the
//! pictures by 6 bits in the median and by at most 16 for 97.5 % of 962 photographs. So what a part of a picture would hash to
//! needs no second look at the picture.

/// A picture as 32 rows of 32 grey levels, 1 KiB.
///
/// Each grey is the mean luma of its cell, so that no pixel is left out and none counts twice: mirroring or turning the picture
/// mirrors or turns its thumbnail, to the last rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thumbnail([u8; Thumbnail::LEN]);

impl Thumbnail {
    /// Greys along each side.
    pub const SIDE: usize = 32;
    /// Bytes of a stored thumbnail.
    pub const LEN: usize = Self::SIDE * Self::SIDE;

    /// Squeezes `width * height * 3` bytes of RGB, row-major, of the whole picture.
    ///
    /// A picture without pixels is black.
    #[must_use]
    pub fn of(width: usize, height: usize, rgb: &[u8]) -> Self {
        let mut greys = [0; Self::LEN];
        if width == 0 || height == 0 {
            return Self(greys);
        }
        let across = shares(width);
        let mut sums = [0.0_f64; Self::LEN];
        let mut luma = vec![0.0_f64; width];
        for (cells, row) in shares(height).iter().zip(rgb.chunks_exact(width * 3)) {
            // The weights of ITU-R BT.601, as PDQ's.
            for (luma, p) in luma.iter_mut().zip(row.chunks_exact(3)) {
                let [r, g, b] = [p[0], p[1], p[2]].map(f64::from);
                *luma = 0.299 * r + 0.587 * g + 0.114 * b;
            }
            let mut squeezed = [0.0; Self::SIDE];
            for (luma, cells) in luma.iter().zip(&across) {
                for (cell, share) in cells.iter() {
                    squeezed[cell] += share * luma;
                }
            }
            for (cell, share) in cells.iter() {
                let row = &mut sums[cell * Self::SIDE..][..Self::SIDE];
                for (sum, value) in row.iter_mut().zip(&squeezed) {
                    *sum += share * value;
                }
            }
        }
        for (grey, level) in greys.iter_mut().zip(sums) {
            *grey = rounded(level);
        }
        Self(greys)
    }

    /// The thumbnail of the picture in one of its eight orientations, numbered as [`Orientations::all`](crate::Orientations::all):
    /// bit 0 mirrors left to right, bit 1 top to bottom, and bit 2 then mirrors along the main diagonal.
    #[must_use]
    pub fn in_orientation(&self, orientation: usize) -> Self {
        let last = Self::SIDE - 1;
        Self(std::array::from_fn(|at| {
            let (mut x, mut y) = (at % Self::SIDE, at / Self::SIDE);
            if orientation & 4 != 0 {
                (x, y) = (y, x);
            }
            if orientation & 1 != 0 {
                x = last - x;
            }
            if orientation & 2 != 0 {
                y = last - y;
            }
            self.0[y * Self::SIDE + x]
        }))
    }

    /// The greys, row by row.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Reads [`Thumbnail::as_bytes`]; `None` unless there are 1,024 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }
}

/// The one or more cells that a pixel lies in, and the part of each cell that it fills.
#[derive(Debug, Clone)]
struct Shares {
    first: usize,
    shares: Vec<f64>,
}

impl Shares {
    fn iter(&self) -> impl Iterator<Item = (usize, f64)> {
        let shares = self.shares.iter().enumerate();
        shares.map(|(at, share)| (self.first + at, *share))
    }
}

/// For each pixel of an axis its cells. Places are counted in 32nds of a pixel, where pixels and cells both begin at whole numbers.
#[expect(
    clippy::cast_precision_loss,
    reason = "sides of pictures stay far below 52 bits"
)]
fn shares(side: usize) -> Vec<Shares> {
    let cells = Thumbnail::SIDE;
    (0..side)
        .map(|pixel| {
            let (start, end) = (pixel * cells, (pixel + 1) * cells);
            let first = start / side;
            let shares = (first..end.div_ceil(side)).map(|cell| {
                let overlap = end.min((cell + 1) * side) - start.max(cell * side);
                overlap as f64 / side as f64
            });
            Shares {
                first,
                shares: shares.collect(),
            }
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of grey levels lies between 0 and 255"
)]
fn rounded(level: f64) -> u8 {
    level.round() as u8
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbImage};

    use super::*;
    use crate::pixels::pdq;
    use crate::pixels::scene::scene;

    fn picture(seed: u64, width: u32, height: u32) -> DynamicImage {
        RgbImage::from_raw(width, height, scene(seed, width, height))
            .unwrap()
            .into()
    }

    fn of(image: &DynamicImage) -> Thumbnail {
        let rgb = image.to_rgb8();
        Thumbnail::of(rgb.width() as usize, rgb.height() as usize, rgb.as_raw())
    }

    fn furthest(a: &Thumbnail, b: &Thumbnail) -> u8 {
        let pairs = a.as_bytes().iter().zip(b.as_bytes());
        pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
    }

    /// The picture in the orientations of `Orientations::all`.
    fn turned(image: &DynamicImage, orientation: usize) -> DynamicImage {
        let mut image = image.clone();
        if orientation & 1 != 0 {
            image = image.fliph();
        }
        if orientation & 2 != 0 {
            image = image.flipv();
        }
        if orientation & 4 != 0 {
            // Along the main diagonal: a quarter turn, then left to right.
            image = image.rotate90().fliph();
        }
        image
    }

    #[test]
    fn a_turned_picture_has_the_turned_thumbnail_in_the_order_of_the_hashes() {
        for seed in 60..64 {
            let image = picture(seed, 341, 256);
            let whole = of(&image);
            let rgb = image.to_rgb8();
            let (hashes, _) = pdq::hash(341, 256, rgb.as_raw());
            for orientation in 0..8 {
                let other = turned(&image, orientation);
                let thumbnail = of(&other);
                let expected = whole.in_orientation(orientation);
                assert!(
                    furthest(&thumbnail, &expected) <= 1,
                    "scene {seed}, orientation {orientation}"
                );
                let rgb = other.to_rgb8();
                let (width, height) = (rgb.width() as usize, rgb.height() as usize);
                let (hash, _) = pdq::hash(width, height, rgb.as_raw());
                let near = hashes.all()[orientation].distance(&hash.plain());
                assert!(
                    near <= 31,
                    "scene {seed}, orientation {orientation}: {near}"
                );
            }
        }
    }

    #[test]
    fn each_grey_is_the_mean_of_its_cell_at_any_size() {
        // A ramp from left to right: cell c covers c/32 to (c+1)/32 of it.
        for side in [3_usize, 32, 33, 100, 256, 341] {
            let ramp: Vec<u8> = (0..side)
                .flat_map(|_| (0..side).flat_map(|x| [u8::try_from(x * 255 / side).unwrap(); 3]))
                .collect();
            let small = Thumbnail::of(side, side, &ramp);
            for row in small.as_bytes().chunks_exact(32) {
                assert!(row.is_sorted(), "{side}: {row:?}");
                assert_eq!(row, &small.as_bytes()[..32]);
            }
        }
        let levels = || (0..=255_u8).cycle().take(Thumbnail::LEN);
        let grey: Vec<u8> = levels().flat_map(|level| [level; 3]).collect();
        let same = Thumbnail::of(32, 32, &grey);
        assert!(same.as_bytes().iter().copied().eq(levels()));
        assert_eq!(Thumbnail::of(0, 0, &[]).as_bytes(), &[0; 1024]);
    }

    #[test]
    fn size_and_stored_form_do_not_matter() {
        let small = of(&picture(70, 200, 150));
        let large = of(&picture(70, 640, 480));
        assert!(furthest(&small, &large) <= 3);
        assert_eq!(Thumbnail::from_bytes(small.as_bytes()), Some(small));
        assert_eq!(Thumbnail::from_bytes(&[0; 1023]), None);
    }
}
