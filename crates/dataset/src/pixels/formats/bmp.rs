use std::io::{self, Cursor};

use image::codecs::bmp::BmpDecoder;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError};

use crate::pixels::directory::number;
use crate::pixels::jpeg::one_line;
use crate::pixels::still::{Channels, Data, Samples, Space, Still};
use crate::pixels::{Flaw, Header};

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
    let decoder = BmpDecoder::new(Cursor::new(bytes))?;
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

fn flaw_of(error: &ImageError, bytes: &[u8]) -> Flaw {
    let length = number(bytes, 2, 4, false).unwrap_or_default();
    match error {
        ImageError::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => Flaw::Truncated,
        _ if length > bytes.len() as u64 => Flaw::Truncated,
        ImageError::Unsupported(what) => Flaw::Unsupported(one_line(&what.to_string())),
        other => Flaw::Corrupt(one_line(&other.to_string())),
    }
}
