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

use std::f32::consts::PI;
use std::fmt;
use std::sync::LazyLock;

use super::sample_id::{parse_hex, to_hex};

/// Side of the reduced picture.
const GRID: usize = 64;
/// Frequencies kept on each axis.
const BAND: usize = 16;

/// A 256-bit perceptual hash; bit `16 * i + j` stands for vertical frequency `i + 1` and horizontal frequency `j + 1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pdq([u64; 4]);

impl Pdq {
    /// Bits in which two hashes differ, 0 to 256.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(a, b)| (a ^ b).count_ones())
            .sum()
    }

    /// The hash of the picture mirrored along its main diagonal.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut turned = [0; 4];
        for bit in 0..BAND * BAND {
            if self.0[bit / 64] >> (bit % 64) & 1 == 1 {
                let other = bit % BAND * BAND + bit / BAND;
                turned[other / 64] |= 1 << (other % 64);
            }
        }
        Self(turned)
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

/// The hashes of one picture in all orientations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientations {
    /// As it is, mirrored left to right, mirrored top to bottom, and both (turned by 180 degrees).
    mirrors: [Pdq; 4],
}

impl Orientations {
    /// The hash of the picture as it is.
    #[must_use]
    pub fn plain(&self) -> Pdq {
        self.mirrors[0]
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

    /// Least distance of any orientation of this picture to another picture's hash.
    #[must_use]
    pub fn distance(&self, other: &Pdq) -> u32 {
        self.all()
            .iter()
            .map(|mine| mine.distance(other))
            .min()
            .unwrap_or(256)
    }

    pub(crate) fn to_bytes(self) -> [u8; 128] {
        let mut bytes = [0; 128];
        for (chunk, hash) in bytes.chunks_exact_mut(32).zip(self.mirrors) {
            chunk.copy_from_slice(&hash.to_bytes());
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
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

/// Hashes RGB pixels in all orientations and rates how much the hash says, 0 to 100.
///
/// `rgb` holds `width * height * 3` bytes, row-major, of the whole picture; the definition reduces pictures to about 512 pixels
/// first, and a reduced one is expected here.
#[must_use]
pub fn hash(width: usize, height: usize, rgb: &[u8]) -> (Orientations, u8) {
    let mut luma = vec![0.0_f32; width * height];
    for (luma, p) in luma.iter_mut().zip(rgb.chunks_exact(3)) {
        *luma = 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]);
    }
    let mut scratch = vec![0.0; luma.len()];
    for mirrored in [false, true] {
        blur_rows(&luma, &mut scratch, width, Reach::of(width, mirrored));
        blur_columns(
            &scratch,
            &mut luma,
            width,
            height,
            Reach::of(height, mirrored),
        );
    }
    let grid = decimate(&luma, width, height);
    let spectrum = transform(&grid);
    (
        Orientations {
            mirrors: mirrored_hashes(&spectrum),
        },
        quality(&grid),
    )
}

/// How many neighbours on either side a box filter takes in.
///
/// A window of even width leans to one side; it leans to the other in the second pass.
#[derive(Debug, Clone, Copy)]
struct Reach {
    before: usize,
    after: usize,
}

impl Reach {
    fn of(side: usize, mirrored: bool) -> Self {
        let window = side.div_ceil(2 * GRID);
        let (short, long) = ((window - 1) / 2, window / 2);
        let (before, after) = if mirrored {
            (long, short)
        } else {
            (short, long)
        };
        Self { before, after }
    }
}

/// Averages each row over its window, a smaller one at its ends.
fn blur_rows(from: &[f32], to: &mut [f32], width: usize, reach: Reach) {
    let Reach { before, after } = reach;
    for (row, out) in from.chunks_exact(width).zip(to.chunks_exact_mut(width)) {
        let mut sum: f32 = row[..after.min(width)].iter().sum();
        let mut count = after.min(width);
        for x in 0..width {
            if let Some(entering) = row.get(x + after) {
                sum += entering;
                count += 1;
            }
            if x > before {
                sum -= row[x - before - 1];
                count -= 1;
            }
            out[x] = sum / real(count);
        }
    }
}

/// Averages each column over its window, row by row so that memory is read in order.
fn blur_columns(from: &[f32], to: &mut [f32], width: usize, height: usize, reach: Reach) {
    let Reach { before, after } = reach;
    let row = |y: usize| &from[y * width..(y + 1) * width];
    let mut sums = vec![0.0; width];
    let mut count = 0_usize;
    for y in 0..after.min(height) {
        sums.iter_mut().zip(row(y)).for_each(|(sum, v)| *sum += v);
        count += 1;
    }
    for y in 0..height {
        if y + after < height {
            sums.iter_mut()
                .zip(row(y + after))
                .for_each(|(sum, v)| *sum += v);
            count += 1;
        }
        if y > before {
            sums.iter_mut()
                .zip(row(y - before - 1))
                .for_each(|(sum, v)| *sum -= v);
            count -= 1;
        }
        let share = 1.0 / real(count);
        let out = &mut to[y * width..(y + 1) * width];
        out.iter_mut()
            .zip(&sums)
            .for_each(|(out, sum)| *out = sum * share);
    }
}

/// A count of pixels as a number to reckon with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay below the 24 bits that are exact"
)]
fn real(count: usize) -> f32 {
    count as f32
}

/// Takes 64x64 samples from the middles of equal cells, between pixels where a middle lies there.
fn decimate(luma: &[f32], width: usize, height: usize) -> Vec<f32> {
    let columns: Vec<_> = (0..GRID).map(|cell| middle(cell, width)).collect();
    let mut grid = Vec::with_capacity(GRID * GRID);
    for cell in 0..GRID {
        let (upper, lower, down) = middle(cell, height);
        let (upper, lower) = (&luma[upper * width..], &luma[lower * width..]);
        grid.extend(columns.iter().map(|(left, right, across)| {
            let mix = |row: &[f32]| row[*left] + (row[*right] - row[*left]) * across;
            mix(upper) + (mix(lower) - mix(upper)) * down
        }));
    }
    grid
}

/// The two pixels around the middle of a cell and how far it lies from the first to the second.
fn middle(cell: usize, side: usize) -> (usize, usize, f32) {
    // In 128ths of a pixel, counted from the first pixel's own middle.
    let position = ((2 * cell + 1) * side).saturating_sub(GRID);
    let (first, rest) = (position / (2 * GRID), position % (2 * GRID));
    (
        first,
        (first + 1).min(side - 1),
        real(rest) / real(2 * GRID),
    )
}

/// Cosines of the first 16 frequencies above the constant, 16 rows of 64.
static COSINES: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let scale = (2.0 / real(GRID)).sqrt();
    let angle = |i: usize, j: usize| PI / 2.0 / real(GRID) * real(i + 1) * real(2 * j + 1);
    (0..BAND * GRID)
        .map(|at| scale * angle(at / GRID, at % GRID).cos())
        .collect()
});

/// The 16x16 lowest frequencies, vertical frequency first.
fn transform(grid: &[f32]) -> [f32; BAND * BAND] {
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
    for (row, out) in tall.chunks_exact(GRID).zip(spectrum.chunks_exact_mut(BAND)) {
        for (cosines, out) in cosines.chunks_exact(GRID).zip(out) {
            *out = cosines.iter().zip(row).map(|(c, v)| c * v).sum();
        }
    }
    spectrum
}

fn mirrored_hashes(spectrum: &[f32; BAND * BAND]) -> [Pdq; 4] {
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

/// Sum of the differences between neighbours in percent of white, each cut to a whole number, over 90, at most 100.
fn quality(grid: &[f32]) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a difference of grey levels in percent, cut as the definition says"
    )]
    let step = |a: f32, b: f32| ((a - b) * 100.0 / 255.0).abs() as u32;
    let down: u32 = grid
        .iter()
        .zip(&grid[GRID..])
        .map(|(a, b)| step(*a, *b))
        .sum();
    let across: u32 = grid
        .chunks_exact(GRID)
        .flat_map(|row| row.windows(2))
        .map(|pair| step(pair[0], pair[1]))
        .sum();
    u8::try_from(((down + across) / 90).min(100)).unwrap_or(100)
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests reckon with small numbers"
)]
mod tests {
    use image::imageops;
    use image::{DynamicImage, RgbImage};

    use super::*;
    use crate::pixels::scene::scene;

    fn of(image: &DynamicImage) -> (Orientations, u8) {
        let rgb = image.to_rgb8();
        hash(rgb.width() as usize, rgb.height() as usize, rgb.as_raw())
    }

    fn picture(seed: u64, width: u32, height: u32) -> DynamicImage {
        RgbImage::from_raw(width, height, scene(seed, width, height))
            .unwrap()
            .into()
    }

    /// The definition without any economy: sums over windows and cosines in f64.
    fn direct(image: &DynamicImage) -> Vec<bool> {
        let rgb = image.to_rgb8();
        let (width, height) = (rgb.width() as usize, rgb.height() as usize);
        let mut luma: Vec<f64> = rgb
            .pixels()
            .map(|p| 0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2]))
            .collect();
        let mean = |values: &dyn Fn(usize) -> f64, at: usize, side: usize, pass: usize| {
            let window = side.div_ceil(128);
            let reach = [(window - 1) / 2, window / 2];
            let (from, to) = (
                at.saturating_sub(reach[pass]),
                (at + reach[1 - pass]).min(side - 1),
            );
            (from..=to).map(values).sum::<f64>() / (to - from + 1) as f64
        };
        for pass in 0..2 {
            let rows = luma.clone();
            let across = |at: usize| {
                let (y, x) = (at / width, at % width);
                mean(&|x| rows[y * width + x], x, width, pass)
            };
            let columns: Vec<f64> = (0..width * height).map(across).collect();
            let down = |at: usize| {
                let (y, x) = (at / width, at % width);
                mean(&|y| columns[y * width + x], y, height, pass)
            };
            luma = (0..width * height).map(down).collect();
        }
        let cosine = |k: usize, n: usize| {
            (std::f64::consts::PI * (k + 1) as f64 * (2 * n + 1) as f64 / 128.0).cos()
        };
        let at = |u: f64, v: f64| {
            let (x, y) = (u.max(0.0), v.max(0.0));
            let (left, top) = (x as usize, y as usize);
            let pixel = |x: usize, y: usize| luma[y.min(height - 1) * width + x.min(width - 1)];
            let (across, down) = (x.fract(), y.fract());
            let upper = pixel(left, top) * (1.0 - across) + pixel(left + 1, top) * across;
            let lower = pixel(left, top + 1) * (1.0 - across) + pixel(left + 1, top + 1) * across;
            upper * (1.0 - down) + lower * down
        };
        let middle = |cell: usize, side: usize| (cell as f64 + 0.5) * side as f64 / 64.0 - 0.5;
        let mut spectrum = Vec::new();
        for i in 0..16 {
            for j in 0..16 {
                let mut sum = 0.0;
                for y in 0..64 {
                    for x in 0..64 {
                        let value = at(middle(x, width), middle(y, height));
                        sum += value * cosine(i, y) * cosine(j, x);
                    }
                }
                spectrum.push(sum);
            }
        }
        let mut sorted = spectrum.clone();
        sorted.sort_by(f64::total_cmp);
        spectrum.iter().map(|value| *value > sorted[127]).collect()
    }

    #[test]
    fn the_hash_is_that_of_the_definition() {
        for (seed, width, height) in [(1, 341, 256), (2, 256, 300), (3, 100, 64)] {
            let image = picture(seed, width, height);
            let (hashes, quality) = of(&image);
            let bits = direct(&image);
            let differing = (0..256)
                .filter(|bit| (hashes.plain().0[bit / 64] >> (bit % 64) & 1 == 1) != bits[*bit]);
            let differing = differing.count();
            assert!(differing <= 2, "{differing} bits of scene {seed}");
            assert!(quality >= 50, "{quality}");
            let ones: u32 = hashes.plain().0.iter().map(|word| word.count_ones()).sum();
            assert_eq!(ones, 128);
        }
    }

    #[test]
    fn resizing_and_recompression_are_seen_through() {
        for seed in 0..6 {
            let image = picture(seed, 400, 300);
            let (hashes, _) = of(&image);
            for (width, height) in [(120, 90), (300, 225), (256, 256)] {
                let resized = image.resize_exact(width, height, imageops::FilterType::Triangle);
                let distance = of(&resized).0.plain().distance(&hashes.plain());
                assert!(
                    distance <= 31,
                    "scene {seed} at {width}x{height}: {distance}"
                );
            }
            let mut jpeg = Vec::new();
            let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 40);
            image.write_with_encoder(encoder).unwrap();
            let decoder =
                image::codecs::jpeg::JpegDecoder::new(std::io::Cursor::new(&jpeg)).unwrap();
            let poor = DynamicImage::from_decoder(decoder).unwrap();
            let distance = of(&poor).0.plain().distance(&hashes.plain());
            assert!(distance <= 31, "scene {seed} at quality 40: {distance}");
        }
    }

    #[test]
    fn all_eight_orientations_are_known_from_one() {
        for seed in 10..14 {
            let image = picture(seed, 256, 256);
            let (hashes, _) = of(&image);
            let turned = [
                image.fliph(),
                image.flipv(),
                image.rotate90(),
                image.rotate180(),
                image.rotate270(),
                image.rotate90().fliph(),
                image.rotate90().flipv(),
            ];
            for (which, other) in turned.iter().enumerate() {
                let other = of(other).0.plain();
                assert!(
                    hashes.distance(&other) <= 31,
                    "scene {seed}, turn {which}: {}",
                    hashes.distance(&other)
                );
                assert!(
                    hashes.plain().distance(&other) > 31,
                    "scene {seed}, turn {which} looks unturned"
                );
            }
        }
    }

    #[test]
    fn different_scenes_are_far_apart_in_every_orientation() {
        let all: Vec<Orientations> = (20..50)
            .map(|seed| of(&picture(seed, 200, 150)).0)
            .collect();
        for (at, one) in all.iter().enumerate() {
            for other in &all[..at] {
                let distance = one.distance(&other.plain());
                assert!(distance > 60, "{distance}");
            }
        }
    }

    #[test]
    fn a_flat_picture_has_no_quality_and_stored_forms_round_trip() {
        let (flat, quality) = hash(64, 64, &[90; 64 * 64 * 3]);
        assert_eq!(quality, 0);
        assert_eq!(Orientations::from_hex(&flat.to_hex()), Some(flat));
        let (hashes, _) = of(&picture(3, 90, 70));
        assert_eq!(Orientations::from_bytes(&hashes.to_bytes()), Some(hashes));
        assert_eq!(hashes.plain().transposed().transposed(), hashes.plain());
        assert_eq!(Orientations::from_hex("00"), None);
        assert_eq!(hash(1, 1, &[1, 2, 3]).1, 0);
    }
}
