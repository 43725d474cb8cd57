use std::borrow::Cow;
use std::io::{self, Cursor};

use image::codecs::bmp::BmpDecoder;
use image::error::UnsupportedErrorKind;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError};

use crate::pixels::directory::number;
use crate::pixels::jpeg::one_line;
use crate::pixels::still::{Channels, Data, Samples, Space, Still};
use crate::pixels::{Flaw, Header};

/// Bytes of the usual header, and of that of the second OS/2.
const USUAL_HEADER: u32 = 40;
const OS2_HEADER: u32 = 64;
/// Compressions.
const RUNS_OF_8: u64 = 1;
const RUNS_OF_4: u64 = 2;

/// Decodes a bitmap of any depth, run-length coded ones among them.
pub(super) fn decode(bytes: &[u8], header: &Header) -> Result<Still<'static>, Flaw> {
    let samples = samples(bytes, header).map_err(|error| flaw_of(&error, bytes))?;
    Ok(Still {
        samples: samples?,
        // The profiles of the newest header are hardly ever written and, by browsers, not read.
        space: Space::Unsaid,
        orientation: Orientation::NoTransforms,
    })
}

fn samples(bytes: &[u8], header: &Header) -> Result<Result<Samples, Flaw>, ImageError> {
    let bytes = with_usual_header(bytes);
    let decoder = BmpDecoder::new(Cursor::new(&*bytes))?;
    let (width, height) = decoder.dimensions();
    let channels = match decoder.color_type() {
        ColorType::L8 => Channels::Grey,
        ColorType::Rgb8 => Channels::Rgb,
        ColorType::Rgba8 => Channels::Rgba,
        other => return Ok(Err(Flaw::Unsupported(format!("a bitmap of {other:?}")))),
    };
    if (width, height) != (header.width, header.height) {
        return Ok(Err(Flaw::Corrupt("two sizes in one picture".to_owned())));
    }
    let mut data = vec![0; width as usize * height as usize * channels.count()];
    decoder.read_image(&mut data)?;
    if lacks_rows(&bytes, height) {
        return Ok(Err(Flaw::Truncated));
    }
    Ok(Ok(Samples {
        width,
        height,
        channels,
        data: Data::Bytes(data.into()),
    }))
}

/// Whether run lengths end before the last row is begun, which the decoder fills up with black.
///
/// Pictures that leave out pixels on purpose do so by steps to another place: then none is missed.
fn lacks_rows(bytes: &[u8], height: u32) -> bool {
    let number = |at: usize| number(bytes, at, 4, false);
    let is_short = match (number(14), number(30)) {
        (Some(header), Some(RUNS_OF_8)) if header >= u64::from(USUAL_HEADER) => false,
        (Some(header), Some(RUNS_OF_4)) if header >= u64::from(USUAL_HEADER) => true,
        _ => return false,
    };
    let Some(mut at) = number(10).and_then(|start| usize::try_from(start).ok()) else {
        return false;
    };
    let (mut rows, mut is_begun) = (0, false);
    while let Some([first, second]) = bytes.get(at..at.saturating_add(2)) {
        at += 2;
        match (*first, *second) {
            (0, 0) => {
                (rows, is_begun) = (rows + 1, false);
                if rows == height {
                    return false;
                }
            }
            (0, 1) => return rows + u32::from(is_begun) < height,
            (0, 2) => return false,
            (0, pixels) => {
                let pixels = usize::from(pixels);
                let length = if is_short { pixels.div_ceil(2) } else { pixels };
                at += length.next_multiple_of(2);
                is_begun = true;
            }
            _ => is_begun = true,
        }
    }
    false
}

/// Takes what is beyond the usual header out of that of the second OS/2, which begins like it.
///
/// The two differ in what they call compression beyond run lengths of 8 and 4 bits; such files stay as they are.
fn with_usual_header(bytes: &[u8]) -> Cow<'_, [u8]> {
    let start = number(bytes, 10, 4, false).and_then(|start| u32::try_from(start).ok());
    let is_plain = number(bytes, 30, 4, false).is_some_and(|compression| compression < 3);
    match start {
        Some(start) if number(bytes, 14, 4, false) == Some(u64::from(OS2_HEADER)) && is_plain => {
            let rest = bytes.get(14 + OS2_HEADER as usize..).unwrap_or_default();
            let mut out = bytes[..10].to_vec();
            out.extend(
                start
                    .saturating_sub(OS2_HEADER - USUAL_HEADER)
                    .to_le_bytes(),
            );
            out.extend(USUAL_HEADER.to_le_bytes());
            out.extend(
                bytes
                    .get(18..14 + USUAL_HEADER as usize)
                    .unwrap_or_default(),
            );
            out.extend(rest);
            Cow::Owned(out)
        }
        _ => Cow::Borrowed(bytes),
    }
}

fn flaw_of(error: &ImageError, bytes: &[u8]) -> Flaw {
    let length = number(bytes, 2, 4, false).unwrap_or_default();
    match error {
        ImageError::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => Flaw::Truncated,
        _ if length > bytes.len() as u64 => Flaw::Truncated,
        ImageError::Unsupported(what) => Flaw::Unsupported(match what.kind() {
            UnsupportedErrorKind::GenericFeature(what) => {
                format!("a bitmap with {}", one_line(&what))
            }
            _ => "such a bitmap".to_owned(),
        }),
        other => Flaw::Corrupt(one_line(&other.to_string())),
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "tests reckon with small numbers"
)]
mod tests {
    use super::super::tests::rgb;

    /// A bitmap with the usual header of 40 bytes.
    fn bmp(bits: u16, compression: u32, palette: &[[u8; 4]], height: i32, data: &[u8]) -> Vec<u8> {
        let start = 54 + 4 * palette.len();
        let mut out = b"BM".to_vec();
        out.extend(((start + data.len()) as u32).to_le_bytes());
        out.extend([0; 4]);
        out.extend((start as u32).to_le_bytes());
        out.extend(40_u32.to_le_bytes());
        out.extend(4_i32.to_le_bytes());
        out.extend(height.to_le_bytes());
        out.extend(1_u16.to_le_bytes());
        out.extend(bits.to_le_bytes());
        out.extend(compression.to_le_bytes());
        out.extend((data.len() as u32).to_le_bytes());
        out.extend([0; 8]);
        out.extend((palette.len() as u32).to_le_bytes());
        out.extend([0; 4]);
        out.extend(palette.concat());
        out.extend(data);
        out
    }

    #[test]
    fn run_lengths_that_end_before_the_last_row_are_cut_short() {
        let palette = [[255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [255; 4]];
        for compression in [1, 2] {
            let of = |data: &[u8]| {
                let bits = if compression == 1 { 8 } else { 4 };
                rgb(&bmp(bits, compression, &palette, 3, data)).map(|(pixels, _)| pixels)
            };
            // Two pixels of the second colour stand in a byte of the shorter form.
            let colour = if compression == 1 { 1 } else { 0x11 };
            let row = [4, colour, 0, 0];
            let whole = of(&[&row[..], &row, &row, &[0, 1]].concat()).unwrap();
            // The end of the last row says no more than the end of the picture.
            let bare = of(&[&row[..], &row, &row[..2], &[0, 1]].concat()).unwrap();
            assert!(whole == bare && whole[..3] == [0, 255, 0]);
            for rows in [0, 1, 2] {
                let data = [&row.repeat(rows)[..], &[0, 1]].concat();
                assert_eq!(of(&data).unwrap_err().code(), "truncated", "{rows} rows");
            }
            // Pixels left out on purpose: the end of a row, two empty rows, and a step to another place.
            assert!(of(&[0, 0, 0, 0, 1, colour, 0, 1]).is_ok());
            assert!(of(&[0, 2, 1, 1, 1, colour, 0, 1]).is_ok());
        }
    }

    #[test]
    fn bitmaps_of_every_depth_show_the_picture() {
        // Four by two pixels, blue, green, red, white above and the other way round below; rows are stored from below.
        let (blue, green, red, white) = ([0, 0, 255], [0, 255, 0], [255, 0, 0], [255, 255, 255]);
        let above = [blue, green, red, white].concat();
        let below = [white, red, green, blue].concat();
        let wanted = [above.clone(), below.clone()].concat();
        let palette = [[255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [255; 4]];
        let bgr = |row: &[u8]| -> Vec<u8> {
            row.chunks_exact(3)
                .flat_map(|p| [p[2], p[1], p[0]])
                .collect()
        };
        let bgrx = |row: &[u8]| -> Vec<u8> {
            row.chunks_exact(3)
                .flat_map(|p| [p[2], p[1], p[0], 0])
                .collect()
        };
        let five = |row: &[u8]| -> Vec<u8> {
            row.chunks_exact(3)
                .flat_map(|p| {
                    let [r, g, b] = [p[0] >> 3, p[1] >> 3, p[2] >> 3].map(u16::from);
                    (r << 10 | g << 5 | b).to_le_bytes()
                })
                .collect()
        };
        for (name, bytes) in [
            (
                "24 bits",
                bmp(24, 0, &[], 2, &[bgr(&below), bgr(&above)].concat()),
            ),
            (
                "from above",
                bmp(24, 0, &[], -2, &[bgr(&above), bgr(&below)].concat()),
            ),
            (
                "32 bits",
                bmp(32, 0, &[], 2, &[bgrx(&below), bgrx(&above)].concat()),
            ),
            (
                "16 bits",
                bmp(16, 0, &[], 2, &[five(&below), five(&above)].concat()),
            ),
            ("8 bits", bmp(8, 0, &palette, 2, &[3, 2, 1, 0, 0, 1, 2, 3])),
            (
                "4 bits",
                bmp(4, 0, &palette, 2, &[0x32, 0x10, 0, 0, 0x01, 0x23, 0, 0]),
            ),
            (
                "8 bits, run-length coded",
                bmp(
                    8,
                    1,
                    &palette,
                    2,
                    &[0, 4, 3, 2, 1, 0, 0, 0, 1, 0, 1, 1, 1, 2, 1, 3, 0, 1],
                ),
            ),
            (
                "4 bits, run-length coded",
                bmp(
                    4,
                    2,
                    &palette,
                    2,
                    &[2, 0x32, 2, 0x10, 0, 0, 2, 0x01, 2, 0x23, 0, 1],
                ),
            ),
        ] {
            assert_eq!(rgb(&bytes).unwrap().0, wanted, "{name}");
            for end in 0..bytes.len() {
                if let Ok((pixels, _)) = rgb(&bytes[..end]) {
                    assert_eq!(pixels, wanted, "{name} cut at {end}");
                }
            }
        }
        let two = bmp(
            1,
            0,
            &palette[2..],
            2,
            &[0b1010_0000, 0, 0, 0, 0b0101_0000, 0, 0, 0],
        );
        let wanted = [red, white, red, white, white, red, white, red].concat();
        assert_eq!(rgb(&two).unwrap().0, wanted);
    }
}
