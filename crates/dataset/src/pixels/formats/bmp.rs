use std::borrow::Cow;
use std::io::{self, Cursor};

use image::codecs::bmp::BmpDecoder;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError};

use crate::pixels::directory::number;
use crate::pixels::jpeg::one_line;
use crate::pixels::still::{Channels, Data, Samples, Space, Still};
use crate::pixels::{Flaw, Header};

/// Bytes of the usual header, and of that of the second OS/2.
const USUAL_HEADER: u32 = 40;
const OS2_HEADER: u32 = 64;

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
    Ok(Ok(Samples {
        width,
        height,
        channels,
        data: Data::Bytes(data.into()),
    }))
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
        ImageError::Unsupported(what) => Flaw::Unsupported(one_line(&what.to_string())),
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
