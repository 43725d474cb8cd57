use std::cell::Cell;
use std::io::Read;

use jpeg_decoder::PixelFormat;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::coding::Coding;
use super::decode::one_line;
use super::engine::Engine;
use super::fence::Fenced;
use super::scans::MAX_SCANS;
use super::watched::{PADDING, Watched, is_too_much};
use crate::pixels::Flaw;
use crate::pixels::room::Room;
use crate::pixels::still::{Channels, Data, Samples, ycbcr_to_rgb};

/// Decodes a picture whole, to [`Channels::Rgbx`] if it is asked for and can be; what is wrong with it is said here, whatever codec
/// was tried before.
pub(super) fn decode(fenced: &Fenced, as_rgbx: bool) -> Result<Samples, Flaw> {
    if fenced.engine == Engine::JpegDecoder {
        decode_unusual(fenced)
    } else {
        let channels = match fenced.coding {
            Coding::Grey => Channels::Grey,
            Coding::Ycc if as_rgbx => Channels::Rgbx,
            Coding::Ycc | Coding::Rgb => Channels::Rgb,
            Coding::Cmyk | Coding::Ycck => Channels::Ink,
        };
        decode_usual(fenced, channels)
    }
}

fn decode_usual(fenced: &Fenced, channels: Channels) -> Result<Samples, Flaw> {
    let left_over = Cell::new(0);
    let mut decoder = decoder(fenced, channels, &left_over);
    decoder.decode_headers().map_err(flaw)?;
    let length = decoder.output_buffer_size().ok_or(Flaw::Truncated)?;
    let info = decoder.info().ok_or(Flaw::Truncated)?;
    let last_row = length - length / usize::from(info.height).max(1);
    let mut data = Room::take(length);
    leave_untouched(&mut data[last_row..]);
    decoder.decode_into(&mut data).map_err(flaw)?;
    // Rows are written in their order, so that only this one tells whether all are. If it is not, no trace of another picture may
    // take the place of the missing ones.
    if is_untouched(&data[last_row..]) {
        data.fill(0);
        left_over.set(0);
        let mut decoder = self::decoder(fenced, channels, &left_over);
        decoder.decode_into(&mut data).map_err(flaw)?;
    }
    if is_too_much(left_over.get()) {
        return Err(left_over_flaw());
    }
    match fenced.coding {
        Coding::Cmyk => data.iter_mut().for_each(|sample| *sample = !*sample),
        Coding::Ycck => data.chunks_exact_mut(4).for_each(|pixel| {
            ycbcr_to_rgb(pixel);
            pixel[3] = !pixel[3];
        }),
        Coding::Grey | Coding::Ycc | Coding::Rgb => {}
    }
    samples(info.width, info.height, channels, data)
}

/// A decoder that makes no allowance for what is missing.
fn decoder<'a>(
    fenced: &'a Fenced,
    channels: Channels,
    left_over: &'a Cell<usize>,
) -> JpegDecoder<Watched<'a>> {
    let space = match (fenced.coding, channels) {
        (Coding::Grey, _) => ColorSpace::Luma,
        // Its alpha is 255 throughout.
        (_, Channels::Rgbx) => ColorSpace::RGBA,
        (Coding::Ycc | Coding::Rgb, _) => ColorSpace::RGB,
        // As they are stored: what the ink does to white is not the decoder's to say.
        (Coding::Cmyk, _) => ColorSpace::CMYK,
        (Coding::Ycck, _) => ColorSpace::YCCK,
    };
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(space);
    let reader = Watched::new(&fenced.bytes, &fenced.data, left_over);
    JpegDecoder::new_with_options(reader, options)
}

fn flaw(error: DecodeErrors) -> Flaw {
    match error {
        DecodeErrors::Unsupported(what) => Flaw::Unsupported(format!("JPEG variant {what:?}")),
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => Flaw::Truncated,
        // What the fence makes of a scan that ends too early.
        DecodeErrors::Format(why) if why.starts_with("Bad Huffman Code 0xFFFF") => Flaw::Truncated,
        other => Flaw::Corrupt(one_line(&other.to_string())),
    }
}

/// Bytes that hardly a picture has in a row.
const UNTOUCHED: [u8; 7] = [0xa5, 0x3c, 0x00, 0xff, 0x69, 0x96, 0x0f];

fn leave_untouched(row: &mut [u8]) {
    for (byte, untouched) in row.iter_mut().zip(UNTOUCHED.iter().cycle()) {
        *byte = *untouched;
    }
}

fn is_untouched(row: &[u8]) -> bool {
    row.iter()
        .zip(UNTOUCHED.iter().cycle())
        .all(|(a, b)| a == b)
}

fn left_over_flaw() -> Flaw {
    Flaw::Corrupt("some of its data belongs to no block".to_owned())
}

/// Decodes a sequential picture that zune-jpeg gets wrong.
fn decode_unusual(fenced: &Fenced) -> Result<Samples, Flaw> {
    let bytes = &fenced.bytes[..];
    let read_at_once = read_unusual(bytes);
    let (Err(flaw), Some(last)) = (&read_at_once, fenced.data.last()) else {
        return read_at_once;
    };
    if *flaw != left_over_flaw() {
        return read_at_once;
    }
    // If it is no more than padding, it is less than what is taken away here, and the last scan lacks the rest of that.
    let needed = last.start.max(last.end.saturating_sub(PADDING));
    match read_unusual(bytes[..needed].chain(&bytes[last.end..])) {
        Ok(_) => read_at_once,
        Err(flaw) if flaw == left_over_flaw() => read_at_once,
        Err(_) => read_unusual(bytes[..last.end].chain(&bytes[bytes.len() - 2..])),
    }
}

fn read_unusual(bytes: impl Read) -> Result<Samples, Flaw> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let pixels = decoder.decode().map_err(|error| match error {
        jpeg_decoder::Error::Unsupported(what) => {
            Flaw::Unsupported(format!("JPEG variant {what:?}"))
        }
        jpeg_decoder::Error::Io(_) => Flaw::Truncated,
        jpeg_decoder::Error::Format(why) if why.contains("huffman code") => Flaw::Truncated,
        jpeg_decoder::Error::Format(why) if why.starts_with("RST found") => left_over_flaw(),
        other => Flaw::Corrupt(one_line(&other.to_string())),
    })?;
    let info = decoder.info().ok_or(Flaw::Truncated)?;
    let channels = match info.pixel_format {
        PixelFormat::RGB24 => Channels::Rgb,
        PixelFormat::L8 => Channels::Grey,
        // Turned already, so that 0 is no ink.
        PixelFormat::CMYK32 => Channels::Ink,
        PixelFormat::L16 => return Err(Flaw::Unsupported("JPEG of more than 8 bits".to_owned())),
    };
    samples(info.width, info.height, channels, pixels.into())
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

fn samples(width: u16, height: u16, channels: Channels, data: Room) -> Result<Samples, Flaw> {
    let samples = Samples {
        width: u32::from(width),
        height: u32::from(height),
        channels,
        data: Data::Bytes(data),
    };
    if samples.is_whole() {
        Ok(samples)
    } else {
        Err(Flaw::Corrupt("an unusual number of colours".to_owned()))
    }
}
