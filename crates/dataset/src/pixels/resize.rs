//! Brings pictures to the stored square with an antialiased triangle filter.
//!
//! The filter is Pillow's BILINEAR: a convolution whose support grows with the reduction, 8-bit, horizontal pass first.
//! Sizes and crop offsets follow torchvision, whose VGG16 weights were measured behind them.

use std::error::Error;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use super::decode::{Decoded, Picture};
use super::preparation::SHORT_SIDE;
use super::room::Room;
use super::{Fit, Flaw};

/// Longest side that the whole picture is brought to; beyond it (4 to 1) only the part that is cropped is computed.
const WHOLE_LIMIT: u32 = 4 * SHORT_SIDE;

/// A picture made small: the square to store and the whole to hash.
#[derive(Debug)]
pub(super) struct Reduced {
    /// `side * side * 3` bytes.
    pub(super) square: Vec<u8>,
    /// All of the picture, when the square is not.
    pub(super) whole: Option<Picture>,
}

/// The width and height that a whole picture is brought to.
pub(super) fn target(width: u32, height: u32, fit: Fit, side: u32) -> (u32, u32) {
    match fit {
        Fit::Crop => short_side_size(width, height),
        Fit::Pad => {
            let long = width.max(height);
            let scaled = |n: u32| rounded(u64::from(n) * u64::from(side), u64::from(long)).max(1);
            (scaled(width), scaled(height))
        }
        Fit::Stretch => (side, side),
    }
}

/// Fits a picture into a square of `side` pixels.
pub(super) fn reduce(decoded: &Decoded, fit: Fit, side: u32) -> Result<Reduced, Flaw> {
    let picture = &decoded.picture;
    let (width, height) = target(decoded.width, decoded.height, fit, side);
    match fit {
        Fit::Crop => crop(picture, width, height, side),
        Fit::Pad => {
            let small = resize(picture, None, width, height)?;
            Ok(Reduced {
                square: pad(&small, side),
                whole: Some(small),
            })
        }
        Fit::Stretch => Ok(Reduced {
            square: resize(picture, None, width, height)?.rgb.into_vec(),
            whole: None,
        }),
    }
}

/// Brings a picture to a short side of 256, its long side to at most four times that.
pub(super) fn whole_picture(picture: &Picture) -> Result<Picture, Flaw> {
    let (width, height) = short_side_size(picture.width, picture.height);
    resize(
        picture,
        None,
        width.min(WHOLE_LIMIT),
        height.min(WHOLE_LIMIT),
    )
}

/// Cuts the square out of the middle of a picture brought to `width` and `height`.
fn crop(picture: &Picture, width: u32, height: u32, side: u32) -> Result<Reduced, Flaw> {
    let (left, top) = (centre_offset(width, side), centre_offset(height, side));
    if width.max(height) <= WHOLE_LIMIT {
        let whole = resize(picture, None, width, height)?;
        return Ok(Reduced {
            square: cut(&whole, left, top, side),
            whole: Some(whole),
        });
    }
    let across = f64::from(picture.width) / f64::from(width);
    let down = f64::from(picture.height) / f64::from(height);
    let part = [
        f64::from(left) * across,
        f64::from(top) * down,
        f64::from(side) * across,
        f64::from(side) * down,
    ];
    let square = resize(picture, Some(part), side, side)?.rgb.into_vec();
    let whole = resize(
        picture,
        None,
        width.min(WHOLE_LIMIT),
        height.min(WHOLE_LIMIT),
    )?;
    Ok(Reduced {
        square,
        whole: Some(whole),
    })
}

/// Short side to 256, long side in proportion and rounded down, as torchvision's `Resize(256)`.
fn short_side_size(width: u32, height: u32) -> (u32, u32) {
    let long = |long: u32, short: u32| {
        u32::try_from(u64::from(SHORT_SIDE) * u64::from(long) / u64::from(short))
            .unwrap_or(u32::MAX)
    };
    if width <= height {
        (SHORT_SIDE, long(height, width))
    } else {
        (long(width, height), SHORT_SIDE)
    }
}

/// Where a centre crop begins: half the surplus, halves to the even number, as torchvision's `CenterCrop`.
pub(super) fn centre_offset(long: u32, side: u32) -> u32 {
    let surplus = long - side;
    let half = surplus / 2;
    half + (surplus % 2) * (half % 2)
}

/// Copies a square out of a picture.
pub(super) fn cut(picture: &Picture, left: u32, top: u32, side: u32) -> Vec<u8> {
    let (left, top, side) = (left as usize, top as usize, side as usize);
    let stride = picture.width as usize * 3;
    let mut square = Vec::with_capacity(side * side * 3);
    for row in picture.rgb.chunks_exact(stride).skip(top).take(side) {
        square.extend_from_slice(&row[left * 3..(left + side) * 3]);
    }
    square
}

fn pad(picture: &Picture, side: u32) -> Vec<u8> {
    let left = centre_offset(side, picture.width) as usize * 3;
    let top = centre_offset(side, picture.height) as usize;
    let (stride, row_len) = (side as usize * 3, picture.width as usize * 3);
    let mut square = vec![255; stride * side as usize];
    for (row, out) in picture
        .rgb
        .chunks_exact(row_len)
        .zip(square.chunks_exact_mut(stride).skip(top))
    {
        out[left..left + row_len].copy_from_slice(row);
    }
    square
}

fn rounded(numerator: u64, denominator: u64) -> u32 {
    u32::try_from((2 * numerator + denominator) / (2 * denominator)).unwrap_or(u32::MAX)
}

/// Resizes the picture, or its `part` (left, top, width, height in source pixels), to so many pixels.
fn resize(
    picture: &Picture,
    part: Option<[f64; 4]>,
    width: u32,
    height: u32,
) -> Result<Picture, Flaw> {
    let failed =
        |error: &dyn std::fmt::Display| Flaw::Corrupt(format!("cannot be resized: {error}"));
    let [left, top, part_width, part_height] = part.unwrap_or([
        0.0,
        0.0,
        f64::from(picture.width),
        f64::from(picture.height),
    ]);
    // Pillow's order of the passes, with 8 bits between them; the crate's own begins with the columns.
    let size = width as usize * picture.height as usize * picture.pixel;
    let part = [left, 0.0, part_width, f64::from(picture.height)];
    let rows = pass(picture, part, (width, picture.height), Room::take(size));
    let rows = rows.map_err(|e| failed(&e))?;
    let size = width as usize * height as usize * picture.pixel;
    let part = [0.0, top, f64::from(width), part_height];
    let small = pass(&rows, part, (width, height), vec![0; size].into()).map_err(|e| failed(&e));
    small.map(narrowed)
}

/// Resizes in one direction, over whatever is in `target`.
fn pass(
    picture: &Picture,
    part: [f64; 4],
    size: (u32, u32),
    mut target: Room,
) -> Result<Picture, Box<dyn Error>> {
    // The pixel types are fixed here, so that the filter is compiled for these alone.
    if picture.pixel == 4 {
        convolve::<U8x4>(picture, part, size, &mut target)?;
    } else {
        convolve::<U8x3>(picture, part, size, &mut target)?;
    }
    Ok(Picture {
        width: size.0,
        height: size.1,
        pixel: picture.pixel,
        rgb: target,
    })
}

fn convolve<P: PixelTrait>(
    picture: &Picture,
    [left, top, part_width, part_height]: [f64; 4],
    (width, height): (u32, u32),
    target: &mut [u8],
) -> Result<(), Box<dyn Error>> {
    let source = TypedImageRef::<P>::from_buffer(picture.width, picture.height, &picture.rgb)?;
    let mut target = TypedImage::<P>::from_buffer(width, height, target)?;
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
        // A fourth byte is no alpha.
        .use_alpha(false)
        .crop(left, top, part_width, part_height);
    Ok(Resizer::new().resize_typed(&source, &mut target, &options)?)
}

/// Leaves out the byte of each pixel that says nothing.
fn narrowed(picture: Picture) -> Picture {
    if picture.pixel == 3 {
        return picture;
    }
    let (pixels, _) = picture.rgb.as_chunks::<4>();
    let mut rgb = vec![0; pixels.len() * 3];
    let (targets, _) = rgb.as_chunks_mut::<3>();
    for (target, [r, g, b, _]) in targets.iter_mut().zip(pixels) {
        *target = [*r, *g, *b];
    }
    Picture::of_rgb(picture.width, picture.height, rgb)
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "tests reckon with small numbers"
)]
mod tests {
    use super::*;
    use crate::pixels::Colour;
    use crate::pixels::formats::tests::pattern;

    fn ramp(width: u32, height: u32) -> Picture {
        let rgb: Vec<u8> = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| {
                [
                    (x * 255 / width.max(1)) as u8,
                    (y * 255 / height.max(1)) as u8,
                    128,
                ]
            })
            .collect();
        Picture::of_rgb(width, height, rgb)
    }

    fn whole(picture: Picture) -> Decoded {
        Decoded {
            width: picture.width,
            height: picture.height,
            picture,
            colour: Colour::Plain,
        }
    }

    /// The filter written out: weights of a triangle over the widened support, both axes, in f64.
    fn direct(picture: &Picture, width: u32, height: u32) -> Vec<f64> {
        let weights = |from: u32, to: u32| -> Vec<Vec<(usize, f64)>> {
            let scale = f64::from(from) / f64::from(to);
            let support = scale.max(1.0);
            let pixel = |out: u32| {
                let centre = (f64::from(out) + 0.5) * scale;
                let mut taps: Vec<(usize, f64)> = (0..from)
                    .map(|i| {
                        (
                            i as usize,
                            1.0 - ((f64::from(i) + 0.5 - centre) / support).abs(),
                        )
                    })
                    .filter(|tap| tap.1 > 0.0)
                    .collect();
                let sum: f64 = taps.iter().map(|tap| tap.1).sum();
                for tap in &mut taps {
                    tap.1 /= sum;
                }
                taps
            };
            (0..to).map(pixel).collect()
        };
        let (across, down) = (
            weights(picture.width, width),
            weights(picture.height, height),
        );
        let at = |x: usize, y: usize, c: usize| {
            f64::from(picture.rgb[(y * picture.width as usize + x) * 3 + c])
        };
        let mut out = Vec::new();
        for rows in &down {
            for columns in &across {
                for c in 0..3 {
                    out.push(
                        rows.iter()
                            .map(|(y, v)| {
                                v * columns.iter().map(|(x, w)| w * at(*x, *y, c)).sum::<f64>()
                            })
                            .sum(),
                    );
                }
            }
        }
        out
    }

    #[test]
    fn the_filter_is_the_antialiased_triangle() {
        let mut picture = ramp(97, 71);
        let mut state = 7_u32;
        for byte in picture.rgb.iter_mut() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = byte.wrapping_add((state >> 27) as u8);
        }
        for (width, height) in [(31, 24), (150, 100)] {
            let small = resize(&picture, None, width, height).unwrap();
            let worst = small
                .rgb
                .iter()
                .zip(direct(&picture, width, height))
                .map(|(a, b)| (f64::from(*a) - b).abs())
                .fold(0.0, f64::max);
            assert!(worst <= 1.6, "{width}x{height}: {worst}");
        }
    }

    #[test]
    fn sizes_and_offsets_are_torchvisions() {
        assert_eq!(short_side_size(640, 480), (341, 256));
        assert_eq!(short_side_size(480, 640), (256, 341));
        assert_eq!(short_side_size(300, 300), (256, 256));
        // Halves go to the even number: 117 / 2 -> 58, 119 / 2 -> 60.
        assert_eq!(centre_offset(341, 224), 58);
        assert_eq!(centre_offset(343, 224), 60);
        assert_eq!(centre_offset(256, 224), 16);
    }

    #[test]
    fn a_long_strip_gives_the_same_crop_without_computing_the_whole() {
        let decoded = self::whole(ramp(1200, 100));
        let strip = &decoded.picture;
        let (width, height) = short_side_size(strip.width, strip.height);
        assert!(width > WHOLE_LIMIT);
        let whole = resize(strip, None, width, height).unwrap();
        let wanted = cut(
            &whole,
            centre_offset(width, 224),
            centre_offset(height, 224),
            224,
        );
        let square = reduce(&decoded, Fit::Crop, 224).unwrap().square;
        let worst = square
            .iter()
            .zip(&wanted)
            .map(|(a, b)| a.abs_diff(*b))
            .max()
            .unwrap();
        assert!(worst <= 1, "{worst}");
    }

    /// What Pillow makes of the pattern of `fixtures/make.py`: every fourth row of small results, every 48th of large ones.
    const PILLOW: &[u8] = include_bytes!("../../fixtures/resize.rows");

    #[test]
    fn every_result_is_within_a_grey_level_of_pillows() {
        let source =
            |(width, height)| whole(Picture::of_rgb(width, height, pattern(width, height)));
        let mut results: Vec<(String, u32, Vec<u8>)> = Vec::new();
        for (size, (width, height)) in [
            ((97, 71), (31, 24)),
            ((97, 71), (61, 40)),
            ((97, 71), (150, 110)),
            ((211, 97), (13, 90)),
        ] {
            let small = resize(&source(size).picture, None, width, height).unwrap();
            results.push((
                format!("{size:?} to {width}x{height}"),
                width,
                small.rgb.into_vec(),
            ));
        }
        for (size, fit, side) in [
            ((331, 253), Fit::Crop, 224),
            ((253, 500), Fit::Crop, 224),
            ((120, 90), Fit::Crop, 224),
            ((1300, 90), Fit::Crop, 224),
            ((331, 253), Fit::Crop, 256),
            ((331, 200), Fit::Pad, 224),
            ((331, 200), Fit::Stretch, 224),
        ] {
            let square = reduce(&source(size), fit, side).unwrap().square;
            results.push((format!("{size:?} {fit:?} {side}"), side, square));
        }
        let mut pillow = PILLOW;
        for (name, width, rgb) in results {
            let rows: Vec<u8> = rgb
                .chunks_exact(width as usize * 3)
                .step_by(if rgb.len() < 30_000 { 4 } else { 48 })
                .flatten()
                .copied()
                .collect();
            let (wanted, rest) = pillow.split_at(rows.len());
            pillow = rest;
            let each = rows.iter().zip(wanted).map(|(a, b)| a.abs_diff(*b));
            let mean = each.clone().map(f64::from).sum::<f64>() / f64::from(rows.len() as u32);
            let most = each.max().unwrap();
            assert!(most <= 1 && mean < 0.1, "{name}: {most}, {mean}");
        }
        assert!(pillow.is_empty());
    }

    #[test]
    fn pixels_of_four_bytes_give_what_those_of_three_do() {
        for (width, height) in [(331, 253), (500, 257), (1300, 290)] {
            let rgb = pattern(width, height);
            let wide = rgb.as_chunks::<3>().0.iter().zip((0..=u8::MAX).cycle());
            let wide = wide.flat_map(|([r, g, b], x)| [*r, *g, *b, x]);
            let wide = Picture {
                width,
                height,
                pixel: 4,
                rgb: wide.collect::<Vec<u8>>().into(),
            };
            let (wide, plain) = (whole(wide), whole(Picture::of_rgb(width, height, rgb)));
            for fit in [Fit::Crop, Fit::Pad, Fit::Stretch] {
                let [one, other] = [&wide, &plain].map(|one| reduce(one, fit, 224).unwrap());
                assert_eq!(one.square, other.square, "{fit:?}");
                assert_eq!(
                    one.whole.map(|whole| whole.rgb),
                    other.whole.map(|whole| whole.rgb)
                );
            }
        }
    }

    #[test]
    fn padding_is_white_and_keeps_proportions() {
        let square = reduce(&whole(ramp(200, 100)), Fit::Pad, 224)
            .unwrap()
            .square;
        assert_eq!(square.len(), 224 * 224 * 3);
        assert!(square[..56 * 224 * 3].iter().all(|b| *b == 255));
        assert!(square[56 * 224 * 3..57 * 224 * 3].iter().any(|b| *b != 255));
        let sliver = reduce(&whole(ramp(3000, 1)), Fit::Pad, 224).unwrap();
        assert_eq!(sliver.square.len(), 224 * 224 * 3);
        assert_eq!(
            reduce(&whole(ramp(200, 100)), Fit::Stretch, 224)
                .unwrap()
                .square
                .len(),
            224 * 224 * 3
        );
    }
}
