use std::io::{self, Cursor};

use gif::{ColorOutput, DecodeOptions, DecodingError, MemoryLimit};
use image::metadata::Orientation;

use super::DECODER_SLACK;
use crate::pixels::jpeg::one_line;
use crate::pixels::still::{Channels, Data, Samples, Space, Still};
use crate::pixels::{Flaw, Header};

/// Extension blocks that may stand before the first frame.
const MAX_EXTENSIONS: usize = 1000;

/// Width and height in pixels of the canvas, which is as large as the first frame needs it, as browsers and Pillow have it.
pub(in crate::pixels) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let word = |at: usize| {
        let two = bytes.get(at..at + 2)?;
        Some(u32::from(u16::from_le_bytes([two[0], two[1]])))
    };
    let (width, height) = (word(6)?, word(8)?);
    let frame = first_frame(bytes)
        .and_then(|at| Some((word(at + 1)? + word(at + 5)?, word(at + 3)? + word(at + 7)?)));
    let (right, bottom) = frame.unwrap_or_default();
    Some((width.max(right), height.max(bottom)))
}

/// Where the first image descriptor stands (`GIF89a`, 20).
fn first_frame(bytes: &[u8]) -> Option<usize> {
    let mut at = 13 + table_len(*bytes.get(10)?);
    for _ in 0..MAX_EXTENSIONS {
        match bytes.get(at)? {
            0x2c => return Some(at),
            0x21 => at = after_blocks(bytes, at + 2)?,
            _ => return None,
        }
    }
    None
}

/// Where the blocks of data that begin at `at` end, the last of which is empty.
fn after_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// Whether the data of the first frame goes on beyond the end of the file.
fn is_cut(bytes: &[u8]) -> bool {
    let Some(frame) = first_frame(bytes) else {
        return false;
    };
    // The frame's own colour table and a byte about its codes stand before the data.
    let flags = bytes.get(frame + 9).copied();
    let data = flags.map(|flags| frame + 10 + table_len(flags) + 1);
    data.and_then(|data| after_blocks(bytes, data)).is_none()
}

/// Bytes of a colour table that a flags field announces.
fn table_len(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// Decodes the first frame onto a white canvas; what follows it is not looked at.
pub(super) fn decode(bytes: &[u8], header: &Header) -> Result<Still<'static>, Flaw> {
    let rgb = canvas(bytes, header).map_err(|error| flaw_of(&error, bytes))?;
    Ok(Still {
        samples: Samples {
            width: header.width,
            height: header.height,
            channels: Channels::Rgb,
            data: Data::Bytes(rgb.into()),
        },
        // Some writers embed a profile in an extension of their own, which browsers do not read.
        space: Space::Unsaid,
        orientation: Orientation::NoTransforms,
    })
}

fn canvas(bytes: &[u8], header: &Header) -> Result<Vec<u8>, DecodingError> {
    let limit = header.decode_bytes() + DECODER_SLACK;
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(
        limit
            .try_into()
            .map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes),
    );
    options.allow_unknown_blocks(true);
    let mut decoder = options.read_info(Cursor::new(bytes))?;
    let frame = decoder.next_frame_info()?;
    let frame = frame.ok_or_else(|| DecodingError::from(io::Error::other("there is no frame")))?;
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    let transparent = frame.transparent;
    let (across, down) = (header.width as usize, header.height as usize);
    // A frame beyond the canvas has been counted into it; this holds for files that change their mind.
    if left + width > across || top + height > down || width == 0 || height == 0 {
        return Err(io::Error::other("the first frame does not fit").into());
    }
    let mut indices = vec![0; width * height];
    decoder.read_into_buffer(&mut indices)?;
    let palette = decoder.palette()?;
    let colour = |index: u8| {
        let at = usize::from(index) * 3;
        match palette.get(at..at + 3) {
            Some(rgb) if transparent != Some(index) => [rgb[0], rgb[1], rgb[2]],
            _ => [255; 3],
        }
    };
    let mut rgb = vec![255; across * down * 3];
    let rows = rgb.chunks_exact_mut(across * 3).skip(top);
    for (row, indices) in rows.zip(indices.chunks_exact(width)) {
        let pixels = row[left * 3..].chunks_exact_mut(3);
        for (pixel, index) in pixels.zip(indices) {
            pixel.copy_from_slice(&colour(*index));
        }
    }
    Ok(rgb)
}

fn flaw_of(error: &DecodingError, bytes: &[u8]) -> Flaw {
    // The trailer, behind which some writers leave zeros.
    let has_end = bytes.iter().rev().find(|byte| **byte != 0) == Some(&0x3b);
    match error {
        _ if !has_end || is_cut(bytes) => Flaw::Truncated,
        DecodingError::UnexpectedEof => Flaw::Truncated,
        DecodingError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => Flaw::Truncated,
        other if other.to_string().contains("truncated") => Flaw::Truncated,
        other => Flaw::Corrupt(one_line(&other.to_string())),
    }
}
