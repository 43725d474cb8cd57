//! How little a picture's file format took away, to choose between copies of one size.

use super::Format;
use super::formats::is_lossless_webp;
use super::jpeg::Segments;

/// Luma quantisation of JPEG at quality 50 (ITU-T T.81, table K.1); the order does not matter to its sum.
const HALF_QUALITY_SUM: u32 = 3_688;

/// Rates a file from 1 to 100: JPEG by the quality setting that its luma table stands for, as libjpeg scales table K.1; formats that
/// lose nothing 100. GIF has at most 256 colours and lossy WebP does not tell, so both stand behind a common JPEG.
pub(super) fn fidelity(bytes: &[u8], format: Format) -> u8 {
    match format {
        Format::Jpeg => jpeg_quality(bytes).unwrap_or(50),
        Format::Png | Format::Bmp | Format::Tiff => 100,
        Format::WebP if is_lossless_webp(bytes) => 100,
        Format::WebP => 70,
        Format::Gif => 40,
    }
}

/// libjpeg writes `table * s / 100` with `s = 200 - 2 q` from quality 50 up and `s = 5000 / q` below; solved for `q`.
fn jpeg_quality(bytes: &[u8]) -> Option<u8> {
    let sum = Segments::new(bytes)
        .filter(|segment| segment.marker == 0xdb)
        .find_map(|segment| luma_sum(segment.body))?;
    let scale = (100 * sum).div_ceil(HALF_QUALITY_SUM).max(1);
    let quality = if scale <= 100 {
        (200 - scale) / 2
    } else {
        5_000 / scale
    };
    u8::try_from(quality.clamp(1, 100)).ok()
}

/// The sum of table 0, when the segment holds it.
fn luma_sum(mut body: &[u8]) -> Option<u32> {
    while let [head, rest @ ..] = body {
        let (precision, number) = (head >> 4, head & 0x0f);
        let width = if precision == 0 { 1 } else { 2 };
        let table = rest.get(..64 * width)?;
        if number == 0 {
            let value = |entry: &[u8]| entry.iter().fold(0, |sum, b| sum << 8 | u32::from(*b));
            return Some(table.chunks_exact(width).map(value).sum());
        }
        body = &rest[64 * width..];
    }
    None
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};

    use super::*;
    use crate::pixels::scene::scene;

    #[test]
    fn a_jpeg_is_rated_by_its_quality_setting() {
        // Below, entries stop at 255 and the sum says less.
        for quality in [25, 50, 60, 75, 90, 95] {
            let mut jpeg = Vec::new();
            Encoder::new(&mut jpeg, quality)
                .encode(&scene(1, 64, 64), 64, 64, ColorType::Rgb)
                .unwrap();
            let rated = fidelity(&jpeg, Format::Jpeg);
            assert!(rated.abs_diff(quality) <= 2, "{quality} is rated {rated}");
        }
    }

    #[test]
    fn a_lossless_webp_is_known_behind_a_profile_of_any_length() {
        let chunk = |kind: &[u8; 4], length: u8| {
            [kind, &[length, 0, 0, 0][..], &vec![1; length.into()]].concat()
        };
        let file = |chunks: &[Vec<u8>]| [b"RIFF\0\0\0\0WEBP", &chunks.concat()[..]].concat();
        let (head, profile) = (chunk(b"VP8X", 10), chunk(b"ICCP", 200));
        for (picture, rated) in [(b"VP8L", 100), (b"VP8 ", 70)] {
            let picture = chunk(picture, 20);
            let plain = file(std::slice::from_ref(&picture));
            assert_eq!(fidelity(&plain, Format::WebP), rated);
            let behind = file(&[head.clone(), profile.clone(), picture]);
            assert_eq!(fidelity(&behind, Format::WebP), rated);
        }
    }

    #[test]
    fn tables_that_are_missing_or_cut_are_rated_in_the_middle() {
        for bytes in [
            &b"\xff\xd8\xff\xd9"[..],
            b"\xff\xd8\xff\xdb\0\x05\0\x01\x02",
        ] {
            assert_eq!(fidelity(bytes, Format::Jpeg), 50);
        }
        assert!(fidelity(b"", Format::Png) > fidelity(b"", Format::Gif));
    }
}
