use std::cell::Cell;

use jpeg_decoder::PixelFormat;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::decode::one_line;
use super::scans::{Fenced, MAX_SCANS};
use super::watched::{Watched, is_too_much};
use crate::pixels::{Flaw, Picture};

/// Decodes a picture whole; what is wrong with it is said here, whatever codec was tried before.
pub(super) fn decode(fenced: &Fenced) -> Result<Picture, Flaw> {
    if fenced.is_split {
        decode_split(&fenced.bytes)
    } else {
        decode_usual(fenced)
    }
}

fn decode_usual(fenced: &Fenced) -> Result<Picture, Flaw> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let left_over = Cell::new(0);
    let reader = Watched::new(&fenced.bytes, &fenced.data, &left_over);
    let mut decoder = JpegDecoder::new_with_options(reader, options);
    let rgb = decoder.decode().map_err(|error| match error {
        DecodeErrors::Unsupported(what) => Flaw::Unsupported(format!("JPEG variant {what:?}")),
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => Flaw::Truncated,
        // What the fence makes of a scan that ends too early.
        DecodeErrors::Format(why) if why.starts_with("Bad Huffman Code 0xFFFF") => Flaw::Truncated,
        other => Flaw::Corrupt(one_line(&other.to_string())),
    })?;
    if is_too_much(left_over.get()) {
        return Err(Flaw::Corrupt(
            "some of its data belongs to no block".to_owned(),
        ));
    }
    let info = decoder.info().ok_or(Flaw::Truncated)?;
    picture(u32::from(info.width), u32::from(info.height), rgb)
}

/// Decodes a sequential picture whose colours come in scans of their own: zune-jpeg 0.5 puts the blocks of such a picture in
/// wrong places when a colour has half the resolution, and says nothing.
fn decode_split(bytes: &[u8]) -> Result<Picture, Flaw> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let pixels = decoder.decode().map_err(|error| match error {
        jpeg_decoder::Error::Unsupported(what) => {
            Flaw::Unsupported(format!("JPEG variant {what:?}"))
        }
        jpeg_decoder::Error::Io(_) => Flaw::Truncated,
        jpeg_decoder::Error::Format(why) if why.contains("huffman code") => Flaw::Truncated,
        other => Flaw::Corrupt(one_line(&other.to_string())),
    })?;
    let info = decoder.info().ok_or(Flaw::Truncated)?;
    let rgb = match info.pixel_format {
        PixelFormat::RGB24 => pixels,
        PixelFormat::L8 => pixels.iter().flat_map(|grey| [*grey; 3]).collect(),
        other => {
            return Err(Flaw::Unsupported(format!(
                "{other:?} in separate scans of a JPEG"
            )));
        }
    };
    picture(u32::from(info.width), u32::from(info.height), rgb)
}

/// Encodes a square with colour at full resolution.
pub(super) fn encode(rgb: &[u8], side: u16, quality: u8) -> Result<Vec<u8>, Flaw> {
    let mut jpeg = Vec::with_capacity(rgb.len() / 3);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    encoder
        .encode(rgb, side, side, ColorType::Rgb)
        .map_err(|error| Flaw::Corrupt(format!("cannot be encoded: {error}")))?;
    Ok(jpeg)
}

fn picture(width: u32, height: u32, rgb: Vec<u8>) -> Result<Picture, Flaw> {
    if rgb.len() == width as usize * height as usize * 3 {
        Ok(Picture { width, height, rgb })
    } else {
        Err(Flaw::Corrupt("an unusual number of colours".to_owned()))
    }
}
