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
        data: Data::Bytes(data),
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
