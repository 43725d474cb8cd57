use std::borrow::Cow;
use std::io::{self, Cursor};

use image::metadata::Orientation;
use image_webp::{DecodingError, WebPDecoder};

use super::riff::{self, Chunk, Chunks};
use crate::pixels::colour::MAX_PROFILE;
use crate::pixels::directory::{exif_orientation, number};
use crate::pixels::jpeg::one_line;
use crate::pixels::still::{Channels, Data, Samples, Space, Still};
use crate::pixels::{Flaw, Header};

/// Says in the header of an extended file that it moves, or that it has alpha (RFC 9649, section 2.7).
const ANIMATED: u8 = 0x02;
const ALPHA: u8 = 0x10;
/// Bytes of a frame's header before its chunks.
const FRAME_HEADER: usize = 16;

/// Decodes the picture, or the first frame on a canvas that is clear.
///
/// Only the chunks of that one picture are handed to the decoder, so that neither a hundred thousand frames nor metadata of
/// any size reach it.
pub(super) fn decode<'a>(bytes: &'a [u8], header: &Header) -> Result<Still<'a>, Flaw> {
    let end = number(bytes, 4, 4, false).map_or(u64::MAX, |length| length + 8);
    // The arithmetic decoder reads zeros past the end without a word, so this is all that finds a cut.
    let whole = usize::try_from(end)
        .ok()
        .and_then(|end| bytes.get(12..end))
        .ok_or(Flaw::Truncated)?;
    let chunks = Chunks::new(whole);
    let first = chunks.clone().next().ok_or(Flaw::Truncated)?;
    if &first.kind != b"VP8X" {
        return Ok(Still {
            samples: picture(&first, None, (header.width, header.height))?,
            space: Space::Unsaid,
            orientation: Orientation::NoTransforms,
        });
    }
    let metadata = |kind: &[u8; 4]| chunks.clone().find(|chunk| &chunk.kind == kind);
    let is_animated = first
        .body
        .first()
        .is_some_and(|flags| flags & ANIMATED != 0);
    Ok(Still {
        samples: if is_animated {
            first_frame(&chunks, header)?
        } else {
            from_chunks(&chunks, (header.width, header.height))?
        },
        space: match metadata(b"ICCP") {
            Some(chunk) if chunk.body.len() <= MAX_PROFILE => {
                Space::Profile(Cow::Borrowed(chunk.body))
            }
            Some(_) => Space::Unreadable,
            None => Space::Unsaid,
        },
        orientation: metadata(b"EXIF").map_or(Orientation::NoTransforms, |chunk| {
            exif_orientation(chunk.body)
        }),
    })
}

/// Whether the picture, or the first frame, is stored without loss.
pub(in crate::pixels) fn is_lossless(bytes: &[u8]) -> bool {
    let mut chunks = Chunks::new(bytes.get(12..).unwrap_or_default());
    let of_picture = |chunk: &Chunk<'_>| matches!(&chunk.kind, b"VP8 " | b"VP8L");
    let first = chunks.find(|chunk| of_picture(chunk) || &chunk.kind == b"ANMF");
    match first {
        Some(frame) if &frame.kind == b"ANMF" => {
            let parts = frame.body.get(FRAME_HEADER..).unwrap_or_default();
            let picture = Chunks::new(parts).find(of_picture);
            picture.is_some_and(|chunk| &chunk.kind == b"VP8L")
        }
        first => first.is_some_and(|chunk| &chunk.kind == b"VP8L"),
    }
}

/// Finds picture and alpha among chunks.
fn from_chunks(chunks: &Chunks<'_>, size: (u32, u32)) -> Result<Samples, Flaw> {
    let image = chunks
        .clone()
        .find(|chunk| matches!(&chunk.kind, b"VP8 " | b"VP8L"))
        .ok_or(Flaw::Truncated)?;
    let alpha = chunks.clone().find(|chunk| &chunk.kind == b"ALPH");
    picture(&image, alpha.as_ref(), size)
}

/// Decodes one still picture of a known size.
fn picture(
    image: &Chunk<'_>,
    alpha: Option<&Chunk<'_>>,
    size: (u32, u32),
) -> Result<Samples, Flaw> {
    let (width, height) = size;
    let file = match (&image.kind, alpha) {
        (b"VP8 ", Some(alpha)) => {
            let mut extended = vec![ALPHA, 0, 0, 0];
            for side in [width, height] {
                extended.extend(&(side - 1).to_le_bytes()[..3]);
            }
            riff::file(&[
                (b"VP8X", &extended),
                (b"ALPH", alpha.body),
                (b"VP8 ", image.body),
            ])
        }
        (kind, _) => riff::file(&[(kind, image.body)]),
    };
    let file = file.ok_or_else(|| Flaw::Corrupt("a chunk too large to be one".to_owned()))?;
    let mut decoder = WebPDecoder::new(Cursor::new(&file)).map_err(|e| flaw_of(&e))?;
    if decoder.dimensions() != size {
        return Err(Flaw::Corrupt("two sizes in one picture".to_owned()));
    }
    let channels = if decoder.has_alpha() {
        Channels::Rgba
    } else {
        Channels::Rgb
    };
    let mut data = vec![0; width as usize * height as usize * channels.count()];
    decoder.read_image(&mut data).map_err(|e| flaw_of(&e))?;
    Ok(Samples {
        width,
        height,
        channels,
        data: Data::Bytes(data.into()),
    })
}

/// Decodes the first frame and puts it in its place; the background colour of the file is a hint that viewers do not follow.
fn first_frame(chunks: &Chunks<'_>, header: &Header) -> Result<Samples, Flaw> {
    let frame = chunks
        .clone()
        .find(|chunk| &chunk.kind == b"ANMF")
        .ok_or(Flaw::Truncated)?;
    let field = |at: usize| {
        let value = number(frame.body, at, 3, false).ok_or(Flaw::Truncated)?;
        Ok(u32::try_from(value).expect("three bytes fit"))
    };
    let (left, top) = (2 * field(0)?, 2 * field(3)?);
    let (width, height) = (field(6)? + 1, field(9)? + 1);
    if left + width > header.width || top + height > header.height {
        return Err(Flaw::Corrupt("the first frame does not fit".to_owned()));
    }
    let parts = Chunks::new(frame.body.get(FRAME_HEADER..).unwrap_or_default());
    let samples = from_chunks(&parts, (width, height))?;
    if (width, height) == (header.width, header.height) {
        return Ok(samples);
    }
    let Data::Bytes(frame) = samples.data else {
        return Err(Flaw::Corrupt("a frame of an odd depth".to_owned()));
    };
    let count = samples.channels.count();
    let across = header.width as usize * 4;
    // Clear pixels, which become white.
    let mut canvas = vec![0; across * header.height as usize];
    let rows = canvas.chunks_exact_mut(across).skip(top as usize);
    for (row, frame) in rows.zip(frame.chunks_exact(width as usize * count)) {
        let pixels = row[left as usize * 4..].chunks_exact_mut(4);
        for (pixel, from) in pixels.zip(frame.chunks_exact(count)) {
            pixel[..count].copy_from_slice(from);
            if count == 3 {
                pixel[3] = u8::MAX;
            }
        }
    }
    Ok(Samples {
        width: header.width,
        height: header.height,
        channels: Channels::Rgba,
        data: Data::Bytes(canvas.into()),
    })
}

fn flaw_of(error: &DecodingError) -> Flaw {
    match error {
        DecodingError::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => Flaw::Truncated,
        DecodingError::UnsupportedFeature(what) => Flaw::Unsupported(one_line(what)),
        other => Flaw::Corrupt(one_line(&other.to_string())),
    }
}
