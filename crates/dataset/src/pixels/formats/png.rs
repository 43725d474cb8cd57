use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use flate2::read::ZlibDecoder;
use image::metadata::Orientation;
use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};

use super::DECODER_SLACK;
use crate::pixels::colour::MAX_PROFILE;
use crate::pixels::directory::exif_orientation;
use crate::pixels::jpeg::one_line;
use crate::pixels::still::{Channels, Data, Samples, Space, Still};
use crate::pixels::{Flaw, Header};

/// Chunks that are gone through for metadata; a picture of any size has some thousands.
const MAX_CHUNKS: usize = 1 << 20;

/// Longest palette in bytes, three for each of 256 entries (PNG, 11.2.2).
const MAX_PALETTE: usize = 3 * 256;

/// Decodes the default image, palettes and transparent colours expanded.
///
/// Of what a PNG may say about its colours the first of `cICP`, `iCCP` and `sRGB` counts, as the third edition of its
/// specification has it. `gAMA` and `cHRM` are left aside, as Pillow and `OpenCV` do: in nearly all pictures they say sRGB in
/// other words, and in the rest they are seldom meant.
pub(super) fn decode<'a>(bytes: &'a [u8], header: &Header) -> Result<Still<'a>, Flaw> {
    let samples = samples(bytes, header)?;
    Ok(Still {
        samples,
        space: space(bytes),
        orientation: Chunks::new(bytes)
            .find(|chunk| &chunk.kind == b"eXIf")
            .map_or(Orientation::NoTransforms, |chunk| {
                exif_orientation(chunk.body)
            }),
    })
}

fn samples(bytes: &[u8], header: &Header) -> Result<Samples, Flaw> {
    let flaw = |error: DecodingError| flaw_of(&error, bytes);
    // A row, the window of the inflater and chunks as they stand in the file; pixels are counted apart.
    let limit = DECODER_SLACK + 16 * u64::from(header.width) + bytes.len() as u64;
    let limits = Limits {
        bytes: usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // It passes over that of the pixels unless it is told.
    decoder.ignore_checksums(false);
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(flaw)?;
    if reader.info().color_type == ColorType::Indexed {
        // The decoder takes such a palette for a sound one and breaks down on it.
        let length = reader.info().palette.as_deref().map_or(0, <[u8]>::len);
        if length % 3 != 0 || length > MAX_PALETTE {
            return Err(Flaw::Corrupt(format!("a palette of {length} bytes")));
        }
    }
    let (colour, depth) = reader.output_color_type();
    let size = reader
        .output_buffer_size()
        .filter(|size| *size as u64 <= header.decode_bytes())
        .ok_or_else(|| flaw(DecodingError::LimitsExceeded))?;
    let mut data = vec![0; size];
    reader.next_frame(&mut data).map_err(flaw)?;
    let (width, height) = reader.info().size();
    Ok(Samples {
        width,
        height,
        channels: match colour {
            ColorType::Grayscale | ColorType::Indexed => Channels::Grey,
            ColorType::GrayscaleAlpha => Channels::GreyAlpha,
            ColorType::Rgb => Channels::Rgb,
            ColorType::Rgba => Channels::Rgba,
        },
        data: if depth == BitDepth::Sixteen {
            Data::BigEndian(data)
        } else {
            Data::Bytes(data.into())
        },
    })
}

fn flaw_of(error: &DecodingError, bytes: &[u8]) -> Flaw {
    match error {
        DecodingError::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => Flaw::Truncated,
        _ if Chunks::new(bytes).all(|chunk| &chunk.kind != b"IEND") => Flaw::Truncated,
        DecodingError::LimitsExceeded => {
            Flaw::Corrupt("the decoder needs more memory than its pixels explain".to_owned())
        }
        other => Flaw::Corrupt(one_line(&other.to_string())),
    }
}

fn space(bytes: &[u8]) -> Space<'_> {
    let mut found = Space::Unsaid;
    let before_pixels = Chunks::new(bytes).take_while(|chunk| &chunk.kind != b"IDAT");
    for chunk in before_pixels {
        match (&chunk.kind, chunk.body) {
            // Full range, and no matrix, is all that PNG has.
            (b"cICP", [primaries, transfer, 0, 1]) => {
                return Space::Coded {
                    primaries: *primaries,
                    transfer: *transfer,
                };
            }
            (b"iCCP", body) if found == Space::Unsaid => found = profile(body),
            _ => {}
        }
    }
    found
}

/// A name, a zero, the method 0, and the profile deflated (PNG, 11.3.2.3).
fn profile(body: &[u8]) -> Space<'_> {
    let Some((0, deflated)) = memchr::memchr(0, body)
        .and_then(|end| body.get(end + 1..))
        .and_then(|rest| rest.split_first())
    else {
        return Space::Unreadable;
    };
    let mut icc = Vec::new();
    // One byte more than is taken, to tell the largest profile from a larger one.
    let read = ZlibDecoder::new(deflated)
        .take(MAX_PROFILE as u64 + 1)
        .read_to_end(&mut icc);
    match read {
        Ok(_) if icc.len() <= MAX_PROFILE => Space::Profile(Cow::Owned(icc)),
        _ => Space::Unreadable,
    }
}

/// One piece of the file.
#[derive(Debug, Clone, Copy)]
struct Chunk<'a> {
    kind: [u8; 4],
    body: &'a [u8],
}

/// Goes through the chunks that are whole.
#[derive(Debug)]
struct Chunks<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Chunks<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes.get(8..).unwrap_or_default(),
            left: MAX_CHUNKS,
        }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (length, rest) = self.rest.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let body = rest.get(..length)?;
        self.rest = rest.get(length.checked_add(4)?..)?;
        Some(Chunk { kind: *kind, body })
    }
}
