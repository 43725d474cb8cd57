use turbojpeg::{Colorspace, Compressor, Decompressor, Image, PixelFormat, Subsamp};

use super::codec::will_be_reduced;
use super::decode::one_line;
use super::fence::Fenced;
use crate::pixels::Flaw;
use crate::pixels::room::Room;
use crate::pixels::still::{Channels, Data, Samples};

/// Reductions that its inverse transform does at once, with vector instructions.
const REDUCTIONS: [u32; 3] = [8, 4, 2];
/// A reduced picture is at least twice the size that it is resized to, as with Pillow's `reducing_gap=2.0`: the filter then has
/// most of the work left, and its result differs from that of the whole picture by a quarter of a grey level on average.
const GAP: u32 = 2;

/// Decodes what libjpeg-turbo does well: pictures in one scan, grey or YCbCr, without anything to complain about.
///
/// `None` for all others, which the usual decoder then takes or refuses. libjpeg-turbo paints over what is missing or in
/// excess and leaves a warning, which stands for a failure here; so this one needs no fence.
pub(super) fn decode(fenced: &mut Fenced, least: Option<(u32, u32)>) -> Option<(Samples, u32)> {
    let [data] = &fenced.data[..] else {
        return None;
    };
    let end = data.end;
    let fence = fenced.bytes.split_off(end);
    fenced.bytes.extend(b"\xff\xd9");
    let decoded = decompress(fenced, least);
    fenced.bytes.truncate(end);
    fenced.bytes.extend(fence);
    decoded
}

fn decompress(fenced: &Fenced, least: Option<(u32, u32)>) -> Option<(Samples, u32)> {
    let mut decompressor = Decompressor::new().ok()?;
    let header = decompressor.read_header(&fenced.bytes).ok()?;
    let size = (
        u32::try_from(header.width).ok()?,
        u32::try_from(header.height).ok()?,
    );
    let (channels, format) = match header.colorspace {
        Colorspace::YCbCr => (Channels::Rgb, PixelFormat::RGB),
        Colorspace::Gray => (Channels::Grey, PixelFormat::GRAY),
        _ => return None,
    };
    if size != fenced.size {
        return None;
    }
    let reduction = least.map_or(1, |least| reduction(size, least));
    let (width, height) = (size.0.div_ceil(reduction), size.1.div_ceil(reduction));
    let (channels, format) = match channels {
        Channels::Rgb if least.is_some() && will_be_reduced((width, height)) => {
            (Channels::Rgbx, PixelFormat::RGBX)
        }
        _ => (channels, format),
    };
    let mut data = Room::take(width as usize * height as usize * channels.count());
    let image = Image {
        pixels: &mut data[..],
        width: width as usize,
        pitch: width as usize * channels.count(),
        height: height as usize,
        format,
    };
    decompressor.decompress(&fenced.bytes, image).ok()?;
    let samples = Samples {
        width,
        height,
        channels,
        data: Data::Bytes(data),
    };
    Some((samples, reduction))
}

fn reduction(size: (u32, u32), least: (u32, u32)) -> u32 {
    let suffices = |side: u32, least: u32, reduction: u32| {
        u64::from(side) >= u64::from(least) * u64::from(GAP * reduction)
    };
    REDUCTIONS
        .into_iter()
        .find(|by| suffices(size.0, least.0, *by) && suffices(size.1, least.1, *by))
        .unwrap_or(1)
}

/// Encodes a square with colour at full resolution.
pub(super) fn encode(rgb: &[u8], side: u16, quality: u8) -> Result<Vec<u8>, Flaw> {
    let failed = |error: turbojpeg::Error| {
        Flaw::Corrupt(format!(
            "cannot be encoded: {}",
            one_line(&error.to_string())
        ))
    };
    let side = usize::from(side);
    let mut compressor = Compressor::new().map_err(failed)?;
    compressor.set_quality(i32::from(quality));
    compressor.set_subsamp(Subsamp::None);
    let image = Image {
        pixels: rgb,
        width: side,
        pitch: side * 3,
        height: side,
        format: PixelFormat::RGB,
    };
    compressor.compress_to_vec(image).map_err(failed)
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    reason = "tests reckon with small numbers"
)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    use super::*;
    use crate::pixels::jpeg::fence::fenced;
    use crate::pixels::jpeg::plain;
    use crate::pixels::scene::scene;

    fn jpeg(width: u16, height: u16, change: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, 90);
        encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
        change(&mut encoder);
        let rgb = scene(2, u32::from(width), u32::from(height));
        encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
        out
    }

    fn shown(samples: &Samples) -> &[u8] {
        match &samples.data {
            Data::Bytes(bytes) => bytes,
            _ => panic!("8 bits each"),
        }
    }

    fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
        assert_eq!(a.len(), b.len());
        let sum: f64 = a
            .iter()
            .zip(b)
            .map(|(a, b)| f64::from(a.abs_diff(*b)))
            .sum();
        sum / a.len() as f64
    }

    #[test]
    fn both_decoders_show_the_same_picture_to_a_grey_level() {
        for restart in [None, Some(5)] {
            let bytes = jpeg(150, 101, |encoder| {
                if let Some(units) = restart {
                    encoder.set_restart_interval(units);
                }
            });
            let mut fenced = fenced(&bytes).unwrap();
            let before = fenced.bytes.clone();
            let (picture, reduction) = decode(&mut fenced, None).unwrap();
            assert_eq!((picture.width, picture.height, reduction), (150, 101, 1));
            assert_eq!(fenced.bytes, before, "the fence stands again");
            let plain = plain::decode(&fenced, false).unwrap();
            let difference = mean_difference(shown(&picture), shown(&plain));
            assert!(difference < 0.5, "{difference}");
        }
    }

    #[test]
    fn a_reduced_picture_keeps_twice_what_is_needed() {
        let least = (341, 256);
        for (size, by) in [
            ((1024, 768), 1),
            ((1364, 1024), 2),
            ((1363, 1024), 1),
            ((1600, 1200), 2),
            ((2728, 2048), 4),
            ((6000, 4500), 8),
            ((60_000, 45_000), 8),
            ((300, 200), 1),
        ] {
            assert_eq!(reduction(size, least), by, "{size:?}");
        }
    }

    #[test]
    fn a_pixel_of_a_reduced_picture_stands_for_four() {
        let bytes = jpeg(401, 301, |_| {});
        let (picture, _) = decode(&mut fenced(&bytes).unwrap(), Some((100, 75))).unwrap();
        assert_eq!((picture.width, picture.height), (201, 151));
        let whole = plain::decode(&fenced(&bytes).unwrap(), false).unwrap();
        let halved: Vec<u8> = (0..150 * 200 * 3)
            .map(|at| {
                let (y, x, c) = (at / (200 * 3), at / 3 % 200, at % 3);
                let pixel = |y: usize, x: usize| u16::from(shown(&whole)[(y * 401 + x) * 3 + c]);
                let (top, left) = (2 * y, 2 * x);
                let sum = pixel(top, left)
                    + pixel(top, left + 1)
                    + pixel(top + 1, left)
                    + pixel(top + 1, left + 1);
                u8::try_from((sum + 2) / 4).unwrap()
            })
            .collect();
        let reduced: Vec<u8> = shown(&picture)
            .chunks_exact(201 * 3)
            .take(150)
            .flat_map(|row| row[..200 * 3].iter().copied())
            .collect();
        let difference = mean_difference(&reduced, &halved);
        assert!(difference < 1.0, "{difference}");
    }

    #[test]
    fn what_is_not_done_well_is_left_to_the_other_decoder() {
        let progressive = jpeg(150, 100, |encoder| encoder.set_progressive(true));
        assert!(decode(&mut fenced(&progressive).unwrap(), None).is_none());
        let mut ink = Vec::new();
        Encoder::new(&mut ink, 90)
            .encode(&[90; 64 * 64 * 4], 64, 64, ColorType::Cmyk)
            .unwrap();
        assert!(decode(&mut fenced(&ink).unwrap(), None).is_none());
        let whole = jpeg(150, 100, |_| {});
        let cut = [&whole[..whole.len() - 40], b"\xff\xd9"].concat();
        assert!(decode(&mut fenced(&cut).unwrap(), None).is_none());
        let padded = [&whole[..whole.len() - 2], &[0; 64], b"\xff\xd9"].concat();
        assert!(decode(&mut fenced(&padded).unwrap(), None).is_none());
    }

    #[test]
    fn a_square_comes_back_nearly_as_it_was() {
        let rgb = scene(4, 224, 224);
        let jpeg = encode(&rgb, 224, 95).unwrap();
        let back = plain::decode(&fenced(&jpeg).unwrap(), false).unwrap();
        let other = plain::encode(&rgb, 224, 95).unwrap();
        let other = plain::decode(&fenced(&other).unwrap(), false).unwrap();
        let losses = [&back, &other].map(|picture| mean_difference(shown(picture), &rgb));
        assert!(losses[0] < 1.2 * losses[1] + 0.1, "{losses:?}");
    }
}
