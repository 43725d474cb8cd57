//! Tells a picture's format and size from its first bytes, before anything is decoded.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::directory::{self, Directory, number};
use super::jpeg::Segments;
use super::{Flaw, Preparation, formats};

/// A picture format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG; of an animation, the default image.
    Png,
    /// GIF; of an animation, the first frame.
    Gif,
    /// WebP; of an animation, the first frame.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// TIFF; of several pages, the first.
    Tiff,
}

impl Format {
    /// The lower-case name, as stored in the catalog.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::WebP => "webp",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the first bytes of a picture say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The format, by magic bytes; names and content types are never believed.
    pub format: Format,
    /// Width in pixels as stored, before orientation.
    pub width: u32,
    /// Height in pixels as stored, before orientation.
    pub height: u32,
}

impl Header {
    /// Bytes a decode of this picture is charged: 12 a pixel.
    ///
    /// The widest decoder output taken is 8 bytes a pixel (16-bit RGBA), the RGB copy made of it adds 3; a progressive JPEG
    /// holds up to 8 bytes of coefficients (of ink) beside its 4 of output. Not charged are up to two copies of the file and
    /// 24 MiB for tables, a colour profile and the pictures that are resized; `tests/memory.rs` holds decoders to that. Nor are the buffers
    /// charged that a thread keeps of the pictures before, 40 MiB at most.
    #[must_use]
    pub fn decode_bytes(&self) -> u64 {
        12 * self.pixels()
    }

    fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// Reads format and size from the magic bytes and holds the size against the limits; nothing is decoded.
///
/// # Errors
/// [`Flaw::NotAnImage`], [`Flaw::Unsupported`], [`Flaw::Truncated`] or [`Flaw::Corrupt`] when there is no readable header,
/// [`Flaw::TooLarge`] and [`Flaw::TooSmall`] when the size is outside the limits of `p`.
pub fn sniff(bytes: &[u8], p: &Preparation) -> Result<Header, Flaw> {
    let header = measure(bytes, p)?;
    let (width, height) = (header.width, header.height);
    if width.min(height) < p.min_side {
        return Err(Flaw::TooSmall { width, height });
    }
    Ok(header)
}

/// [`sniff`] without the lower limit, which does not hold for pictures that are only predicted.
pub(super) fn measure(bytes: &[u8], p: &Preparation) -> Result<Header, Flaw> {
    let format = recognise(bytes)?;
    let size = match format {
        Format::Jpeg => jpeg_size(bytes),
        Format::Png => png_size(bytes),
        Format::Gif => formats::gif_size(bytes),
        Format::WebP => webp_size(bytes),
        Format::Bmp => bmp_size(bytes),
        Format::Tiff => tiff_size(bytes),
    };
    let (width, height) = match (size, format) {
        (Some(size), _) => size,
        (None, Format::Jpeg) => return Err(super::jpeg::why_no_size(bytes)),
        (None, Format::Tiff) if Directory::is_cut(bytes) => return Err(Flaw::Truncated),
        (None, _) => return Err(Flaw::Corrupt(format!("the {format} header is incomplete"))),
    };
    if format == Format::Jpeg && width > 0 && height == 0 {
        // A marker behind the first scan tells it then (ITU-T T.81, B.2.5).
        return Err(Flaw::Unsupported(
            "JPEG with its height behind its pixels".to_owned(),
        ));
    }
    if width == 0 || height == 0 {
        return Err(Flaw::Corrupt("a side of 0 pixels".to_owned()));
    }
    let header = Header {
        format,
        width,
        height,
    };
    if width.max(height) > p.max_dimension || header.pixels() > p.max_pixels {
        return Err(Flaw::TooLarge { width, height });
    }
    Ok(header)
}

fn recognise(bytes: &[u8]) -> Result<Format, Flaw> {
    let known: [(&[u8], Format); 8] = [
        (b"\xff\xd8\xff", Format::Jpeg),
        (b"\x89PNG\r\n\x1a\n", Format::Png),
        (b"GIF87a", Format::Gif),
        (b"GIF89a", Format::Gif),
        (b"II*\0", Format::Tiff),
        (b"MM\0*", Format::Tiff),
        (b"II+\0", Format::Tiff),
        (b"MM\0+", Format::Tiff),
    ];
    if let Some((_, format)) = known.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Ok(*format);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(Format::WebP);
    }
    let dib = bytes
        .get(14..18)
        .and_then(|four| four.try_into().ok())
        .map(u32::from_le_bytes);
    if bytes.starts_with(b"BM") && matches!(dib, Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)) {
        return Ok(Format::Bmp);
    }
    Err(unreadable(bytes))
}

/// Names the formats that are pictures all the same.
fn unreadable(bytes: &[u8]) -> Flaw {
    let name = match bytes.get(4..12) {
        Some(b"ftypavif" | b"ftypavis") => "AVIF",
        Some(b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftypmsf1") => "HEIC",
        Some(b"JXL \r\n\x87\n") => "JPEG XL",
        Some(b"jP  \r\n\x87\n") => "JPEG 2000",
        _ if bytes.starts_with(b"\xff\x0a") => "JPEG XL",
        _ if bytes.starts_with(b"\0\0\x01\0") => "a Windows icon",
        _ if bytes.starts_with(b"8BPS") => "a Photoshop document",
        _ => {
            let start =
                String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).to_ascii_lowercase();
            if start.contains("<svg") && !start.contains("<html") {
                "SVG"
            } else {
                ""
            }
        }
    };
    if name.is_empty() {
        Flaw::NotAnImage
    } else {
        Flaw::Unsupported(name.to_owned())
    }
}

fn number32(bytes: &[u8], at: usize, len: usize, big_endian: bool) -> Option<u32> {
    number(bytes, at, len, big_endian).and_then(|n| u32::try_from(n).ok())
}

fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let frame = Segments::new(bytes).find(|s| matches!(s.marker, 0xc0..=0xc2))?;
    Some((
        number32(frame.body, 3, 2, true)?,
        number32(frame.body, 1, 2, true)?,
    ))
}

fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    (bytes.get(12..16)? == b"IHDR")
        .then(|| Some((number32(bytes, 16, 4, true)?, number32(bytes, 20, 4, true)?)))?
}

/// The three kinds of first chunk of the WebP container (RFC 9649, section 2).
fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => {
            let plain = bytes.get(23..26)? == b"\x9d\x01\x2a";
            let side = |at| number32(bytes, at, 2, false).map(|n| n & 0x3fff);
            if plain {
                Some((side(26)?, side(28)?))
            } else {
                None
            }
        }
        b"VP8L" => {
            let bits = number32(bytes, 21, 4, false)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((
            number32(bytes, 24, 3, false)? + 1,
            number32(bytes, 27, 3, false)? + 1,
        )),
        _ => None,
    }
}

fn bmp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    if number(bytes, 14, 4, false)? <= 16 {
        return Some((
            number32(bytes, 18, 2, false)?,
            number32(bytes, 20, 2, false)?,
        ));
    }
    // Rows stored top-down are marked by a negative height.
    let signed = |at: usize| Some(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some((u32::try_from(signed(18)?).ok()?, signed(22)?.unsigned_abs()))
}

fn tiff_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let first = Directory::first(bytes)?;
    let side = |tag: u16| u32::try_from(first.number(tag)?).ok();
    Some((side(directory::WIDTH)?, side(directory::HEIGHT)?))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat};

    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height)
            .write_to(&mut out, format)
            .unwrap();
        out.into_inner()
    }

    #[test]
    fn every_format_tells_its_size() {
        let all = [
            (ImageFormat::Jpeg, Format::Jpeg),
            (ImageFormat::Png, Format::Png),
            (ImageFormat::Gif, Format::Gif),
            (ImageFormat::WebP, Format::WebP),
            (ImageFormat::Bmp, Format::Bmp),
            (ImageFormat::Tiff, Format::Tiff),
        ];
        for (format, expected) in all {
            let header = sniff(&encoded(90, 70, format), &Preparation::default()).unwrap();
            assert_eq!(
                header,
                Header {
                    format: expected,
                    width: 90,
                    height: 70
                }
            );
            assert_eq!(header.decode_bytes(), 12 * 90 * 70);
        }
    }

    #[test]
    fn no_prefix_of_any_format_panics() {
        let p = Preparation::default();
        for format in [
            ImageFormat::Jpeg,
            ImageFormat::Png,
            ImageFormat::Gif,
            ImageFormat::WebP,
            ImageFormat::Bmp,
            ImageFormat::Tiff,
        ] {
            let whole = encoded(64, 64, format);
            for end in 0..whole.len().min(2000) {
                let _ = sniff(&whole[..end], &p);
            }
        }
    }

    #[test]
    fn a_pixel_bomb_is_refused_by_its_header() {
        let mut bomb = encoded(64, 64, ImageFormat::Png);
        bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let flaw = sniff(&bomb, &Preparation::default()).unwrap_err();
        assert_eq!(
            flaw,
            Flaw::TooLarge {
                width: 60_000,
                height: 60_000
            }
        );
        let many = encoded(64, 64, ImageFormat::Gif);
        let p = Preparation {
            max_pixels: 4095,
            ..Preparation::default()
        };
        assert_eq!(sniff(&many, &p).unwrap_err().code(), "too-large");
    }

    #[test]
    fn the_short_side_counts() {
        let thin = encoded(500, 15, ImageFormat::Png);
        assert_eq!(
            sniff(&thin, &Preparation::default()).unwrap_err().code(),
            "too-small"
        );
        let long = encoded(500, 16, ImageFormat::Png);
        assert!(sniff(&long, &Preparation::default()).is_ok());
    }

    #[test]
    fn a_height_that_stands_behind_the_pixels_is_not_read() {
        let mut late = encoded(64, 64, ImageFormat::Jpeg);
        let frame = Segments::new(&late).find(|s| s.marker == 0xc0).unwrap();
        let height = frame.start + 5;
        late[height..height + 2].fill(0);
        let flaw = sniff(&late, &Preparation::default()).unwrap_err();
        assert_eq!(flaw.code(), "unsupported", "{flaw}");
    }

    #[test]
    fn what_is_no_picture_is_told_from_what_is_not_read() {
        let p = Preparation::default();
        assert_eq!(sniff(b"<!doctype html><html>", &p), Err(Flaw::NotAnImage));
        assert_eq!(sniff(b"", &p), Err(Flaw::NotAnImage));
        assert_eq!(
            sniff(b"BM is how this text begins, 40 bytes", &p),
            Err(Flaw::NotAnImage)
        );
        assert_eq!(
            sniff(b"<svg xmlns='x'>", &p).unwrap_err().code(),
            "unsupported"
        );
        assert_eq!(
            sniff(b"\0\0\0\x1cftypavif....", &p).unwrap_err().code(),
            "unsupported"
        );
    }
}
