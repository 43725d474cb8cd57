//! The whole picture in 32x32 greys and 4x4 colours, squeezed to a square.
//!
//! 32 is the least side from which the 16 frequencies of a hash can be told again: hashes made of thumbnails differ from those of the
//! pictures by 6 bits in the median and by at most 16 for 97.5 % of 961 photographs. So what a part of a picture would hash to
//! needs no second look at the picture. The colours tell flags and recoloured drawings apart, whose greys are the same.

use crate::vectorized::weigh_rows;

/// A picture as 32 rows of 32 grey levels and 4 rows of 4 colours, 1,056 bytes.
///
/// Each grey is the mean luma of its cell and each colour the mean of its own, so that no pixel is left out and none counts twice: mirroring or
/// turning the picture mirrors or turns its thumbnail, to the last rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thumbnail {
    greys: [u8; Self::GREYS],
    /// Blue and red difference (Cb and Cr) of each colour, shifted by 128.
    colours: [[u8; 2]; Self::COLOURS],
}

impl Thumbnail {
    /// Greys along each side.
    pub const SIDE: usize = 32;
    /// Colours along each side.
    pub const COLOUR_SIDE: usize = 4;
    /// Bytes of a stored thumbnail.
    pub const LEN: usize = Self::GREYS + 2 * Self::COLOURS;

    const GREYS: usize = Self::SIDE * Self::SIDE;
    const COLOURS: usize = Self::COLOUR_SIDE * Self::COLOUR_SIDE;

    /// Squeezes `width * height * 3` bytes of RGB, row-major, of the whole picture.
    ///
    /// A picture without pixels is black.
    #[must_use]
    pub fn of(width: usize, height: usize, rgb: &[u8]) -> Self {
        let mut thumbnail = Self {
            greys: [0; Self::GREYS],
            colours: [[128; 2]; Self::COLOURS],
        };
        if width == 0 || height == 0 {
            return thumbnail;
        }
        let (across, down) = (cells(width), cells(height));
        let mut differences = [[0.0_f32; 2]; Self::COLOURS];
        let mut line = vec![0.0_f32; width * 3];
        let each = 1.0 / real(Self::GREYS / Self::COLOURS);
        for (y, cell) in down.iter().enumerate() {
            weigh_rows(&mut line, &rgb[cell.first * width * 3..], &cell.shares);
            for (x, cell) in across.iter().enumerate() {
                let mut colour = [0.0_f32; 3];
                let pixels = line[cell.first * 3..].chunks_exact(3);
                for (pixel, share) in pixels.zip(&cell.shares) {
                    for (sum, level) in colour.iter_mut().zip(pixel) {
                        *sum += share * level;
                    }
                }
                // The weights of ITU-R BT.601, as PDQ's, and the differences that JFIF makes of them.
                let [r, g, b] = colour;
                let luma = 0.299 * r + 0.587 * g + 0.114 * b;
                thumbnail.greys[y * Self::SIDE + x] = rounded(luma);
                let [sum_b, sum_r] = &mut differences[Self::colour_at(x, y)];
                *sum_b += (b - luma) / 1.772 * each;
                *sum_r += (r - luma) / 1.402 * each;
            }
        }
        thumbnail.colours = differences.map(|both| both.map(|sum| rounded(sum + 128.0)));
        thumbnail
    }

    /// Which colour a grey lies under.
    fn colour_at(x: usize, y: usize) -> usize {
        let step = Self::SIDE / Self::COLOUR_SIDE;
        y / step * Self::COLOUR_SIDE + x / step
    }

    /// The thumbnail of the picture in one of its eight orientations, numbered as [`Orientations::all`](crate::Orientations::all):
    /// bit 0 mirrors left to right, bit 1 top to bottom, and bit 2 then mirrors along the main diagonal.
    #[must_use]
    pub fn in_orientation(&self, orientation: usize) -> Self {
        let from = |at, side| turned(at, side, orientation);
        Self {
            greys: std::array::from_fn(|at| self.greys[from(at, Self::SIDE)]),
            colours: std::array::from_fn(|at| self.colours[from(at, Self::COLOUR_SIDE)]),
        }
    }

    /// The greys, row by row.
    pub(super) fn greys(&self) -> &[u8; Self::GREYS] {
        &self.greys
    }

    /// The colours, row by row: how far blue and red lie above the grey, -128 to 127.
    pub(super) fn colours(&self) -> impl Iterator<Item = [f32; 2]> {
        let level = |byte: &u8| f32::from(*byte) - 128.0;
        self.colours.iter().map(move |[b, r]| [level(b), level(r)])
    }

    /// The stored form: the greys, then the two differences of each colour.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let all = self.greys.iter().chain(self.colours.as_flattened());
        for (byte, value) in bytes.iter_mut().zip(all) {
            *byte = *value;
        }
        bytes
    }

    /// Reads [`Thumbnail::to_bytes`]; `None` unless there are 1,056 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::LEN] = bytes.try_into().ok()?;
        Some(Self {
            greys: std::array::from_fn(|at| bytes[at]),
            colours: std::array::from_fn(|at| [0, 1].map(|c| bytes[Self::GREYS + 2 * at + c])),
        })
    }
}

/// Where a place of a turned square of `side` columns comes from.
fn turned(at: usize, side: usize, orientation: usize) -> usize {
    let (mut x, mut y) = (at % side, at / side);
    if orientation & 4 != 0 {
        (x, y) = (y, x);
    }
    if orientation & 1 != 0 {
        x = side - 1 - x;
    }
    if orientation & 2 != 0 {
        y = side - 1 - y;
    }
    y * side + x
}

/// The pixels of an axis that a cell is made of.
#[derive(Debug, Clone)]
struct Cell {
    first: usize,
    /// The part that each pixel from there on has in the mean; together 1.
    shares: Vec<f32>,
}

/// The cells along an axis. Places are counted in 32nds of a pixel, where pixels and cells both begin at whole numbers.
fn cells(side: usize) -> Vec<Cell> {
    let pixel = Thumbnail::SIDE;
    (0..Thumbnail::SIDE)
        .map(|cell| {
            let (start, end) = (cell * side, (cell + 1) * side);
            let first = start / pixel;
            let shares = (first..end.div_ceil(pixel)).map(|at| {
                let overlap = end.min((at + 1) * pixel) - start.max(at * pixel);
                real(overlap) / real(side)
            });
            Cell {
                first,
                shares: shares.collect(),
            }
        })
        .collect()
}

/// A count as a number to reckon with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay below the 24 bits that are exact"
)]
fn real(count: usize) -> f32 {
    count as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of levels, which the cast keeps within 0 to 255"
)]
fn rounded(level: f32) -> u8 {
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
        let pairs = a.to_bytes().into_iter().zip(b.to_bytes());
        pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap()
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
            for row in small.greys().chunks_exact(32) {
                assert!(row.is_sorted(), "{side}: {row:?}");
                assert_eq!(row, &small.greys()[..32]);
            }
        }
        let levels = || (0..=255_u8).cycle().take(1024);
        let grey: Vec<u8> = levels().flat_map(|level| [level; 3]).collect();
        let same = Thumbnail::of(32, 32, &grey);
        assert!(same.greys().iter().copied().eq(levels()));
        assert_eq!(Thumbnail::of(0, 0, &[]).greys(), &[0; 1024]);
    }

    #[test]
    fn colours_are_the_means_of_blue_and_red_beyond_grey() {
        // The left half red, the right half blue.
        let rgb: Vec<u8> = (0..40 * 40)
            .flat_map(|at| {
                if at % 40 < 20 {
                    [255, 0, 0]
                } else {
                    [0, 0, 255]
                }
            })
            .collect();
        let colours: Vec<[f32; 2]> = Thumbnail::of(40, 40, &rgb).colours().collect();
        for row in colours.chunks_exact(4) {
            // JFIF: red is Cb 85, Cr 255 (256 cut off), blue Cb 255, Cr 107, all shifted by 128.
            assert_eq!(
                row,
                [
                    [-43.0, 127.0],
                    [-43.0, 127.0],
                    [127.0, -21.0],
                    [127.0, -21.0]
                ]
            );
        }
    }

    #[test]
    fn size_and_stored_form_do_not_matter() {
        let small = of(&picture(70, 200, 150));
        let large = of(&picture(70, 640, 480));
        assert!(furthest(&small, &large) <= 3);
        assert_eq!(Thumbnail::from_bytes(&small.to_bytes()), Some(small));
        assert_eq!(Thumbnail::from_bytes(&[0; 1055]), None);
    }
}
