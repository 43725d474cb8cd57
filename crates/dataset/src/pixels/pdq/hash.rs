use super::Orientations;
use super::reduce::{GRID, reduce};
use super::spectrum::transform;

/// Hashes RGB pixels in all orientations and rates how much the hash says, 0 to 100.
///
/// `rgb` holds `width * height * 3` bytes, row-major, of the whole picture; the definition reduces pictures to about 512 pixels
/// first, and a reduced one is expected here.
#[must_use]
pub fn hash(width: usize, height: usize, rgb: &[u8]) -> (Orientations, u8) {
    let grid = reduce(width, height, rgb);
    (Orientations::of_spectrum(&transform(&grid)), quality(&grid))
}

/// Hashes 64x64 samples of blurred luma, row by row, as [`hash`] makes them on its way.
#[cfg(test)]
pub(crate) fn hash_grid(grid: &[f32]) -> Orientations {
    Orientations::of_spectrum(&transform(grid))
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
