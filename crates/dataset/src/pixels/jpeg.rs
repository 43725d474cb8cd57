//! JPEG: its segments, its end and its decoder.

use image::metadata::Orientation;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Flaw, Picture};

/// Most scans of a progressive picture; encoders write about ten, a hostile file thousands.
const MAX_SCANS: usize = 100;

/// One marker segment before the picture data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    /// The marker's second byte.
    pub(super) marker: u8,
    /// What follows the length field.
    pub(super) body: &'a [u8],
    /// Where the segment ends in the file.
    pub(super) end: usize,
}

/// Walks the segments from the start to the first scan, which is the last one given.
#[derive(Debug)]
pub(super) struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let at = if bytes.starts_with(b"\xff\xd8") {
            2
        } else {
            bytes.len()
        };
        Self { bytes, at }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        // Fill bytes and stray bytes may stand between segments; decoders skip both.
        let rest = self.bytes.get(self.at..)?;
        let skip = rest.windows(2).position(|pair| {
            pair[0] == 0xff && !matches!(pair[1], 0 | 0xff | 0x01 | 0xd0..=0xd8)
        })?;
        let start = self.at + skip;
        let marker = self.bytes[start + 1];
        if marker == 0xd9 {
            return None;
        }
        let length = self.bytes.get(start + 2..start + 4)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let end = start + 2 + length;
        let body = self.bytes.get(start + 4..end)?;
        self.at = if marker == 0xda {
            self.bytes.len()
        } else {
            end
        };
        Some(Segment { marker, body, end })
    }
}

/// Explains a JPEG without a frame header that is read.
pub(super) fn why_no_size(bytes: &[u8]) -> Flaw {
    let other = Segments::new(bytes)
        .find(|s| matches!(s.marker, 0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf));
    match other {
        Some(_) => Flaw::Unsupported("lossless or arithmetic-coded JPEG".to_owned()),
        None if has_end(bytes) => Flaw::Corrupt("no frame header".to_owned()),
        None => Flaw::Truncated,
    }
}

/// Whether an end marker follows the start of the picture data.
///
/// Thumbnails inside the metadata have end markers of their own, so the search stops there; what a camera appends after
/// the end does no harm.
fn has_end(bytes: &[u8]) -> bool {
    let Some(scan) = Segments::new(bytes).find(|s| s.marker == 0xda) else {
        return false;
    };
    bytes[scan.end..]
        .windows(2)
        .rev()
        .any(|pair| pair == b"\xff\xd9")
}

/// Decodes to RGB, with the orientation its metadata asks for still to be applied.
///
/// Four-colour pictures are taken as Adobe writes them, inverted, which is what other readers assume too.
pub(super) fn decode(bytes: &[u8]) -> Result<(Picture, Orientation), Flaw> {
    if !has_end(bytes) {
        return Err(Flaw::Truncated);
    }
    match decode_with(bytes, true) {
        // Stray bytes in front of the data spoil no pixel; any other complaint of the strict decoder would leave grey areas.
        Err(DecodeErrors::FormatStatic(why)) if why.contains("Extra bytes between headers") => {
            decode_with(bytes, false)
        }
        other => other,
    }
    .map_err(|error| match error {
        DecodeErrors::Unsupported(what) => Flaw::Unsupported(format!("JPEG variant {what:?}")),
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => Flaw::Truncated,
        other => Flaw::Corrupt(one_line(&other.to_string())),
    })
}

fn decode_with(bytes: &[u8], strict: bool) -> Result<(Picture, Orientation), DecodeErrors> {
    let options = DecoderOptions::default()
        .set_strict_mode(strict)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let rgb = decoder.decode()?;
    let info = decoder.info().ok_or(DecodeErrors::ExhaustedData)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    if rgb.len() != width as usize * height as usize * 3 {
        return Err(DecodeErrors::FormatStatic("an unusual number of colours"));
    }
    let orientation = decoder
        .exif()
        .and_then(|exif| Orientation::from_exif_chunk(exif))
        .unwrap_or(Orientation::NoTransforms);
    Ok((Picture { width, height, rgb }, orientation))
}

/// Makes a decoder's message fit on one line of bounded length.
pub(super) fn one_line(message: &str) -> String {
    let line: String = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect();
    line.trim_matches([' ', '"', '.']).to_owned()
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests reckon with small numbers"
)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};

    use super::*;
    use crate::pixels::scene::scene;

    fn jpeg(progressive: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, 90);
        encoder.set_progressive(progressive);
        encoder
            .encode(&scene(1, 120, 90), 120, 90, ColorType::Rgb)
            .unwrap();
        out
    }

    fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
        assert_eq!(a.len(), b.len());
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(a.abs_diff(*b)))
            .sum::<f64>()
            / a.len() as f64
    }

    #[test]
    fn progressive_and_baseline_decode_alike() {
        let (baseline, progressive) = (
            decode(&jpeg(false)).unwrap().0,
            decode(&jpeg(true)).unwrap().0,
        );
        assert!(mean_difference(&baseline.rgb, &scene(1, 120, 90)) < 3.0);
        assert!(mean_difference(&baseline.rgb, &progressive.rgb) < 1.0);
    }

    #[test]
    fn a_cut_is_found_wherever_it_is_even_behind_a_thumbnail() {
        for progressive in [false, true] {
            let whole = jpeg(progressive);
            for end in (2..whole.len() - 2).step_by(37) {
                assert!(decode(&whole[..end]).is_err(), "cut at {end}");
            }
            let scan = Segments::new(&whole)
                .find(|s| s.marker == 0xda)
                .unwrap()
                .end;
            assert_eq!(decode(&whole[..scan + 400]).unwrap_err(), Flaw::Truncated);
            // A thumbnail's end marker inside the metadata must not pass for the picture's own.
            let mut framed = whole[..2].to_vec();
            framed.extend(b"\xff\xe1\0\x06\0\0\xff\xd9");
            framed.extend(&whole[2..]);
            assert!(decode(&framed).is_ok());
            let cut = framed.len() - 300;
            assert_eq!(decode(&framed[..cut]).unwrap_err(), Flaw::Truncated);
        }
    }

    #[test]
    fn what_cameras_append_does_no_harm() {
        let mut whole = jpeg(false);
        whole.extend(b"trailer of a phone");
        assert!(decode(&whole).is_ok());
    }

    #[test]
    fn grey_and_four_colours_become_rgb() {
        let grey: Vec<u8> = (0..64 * 64).map(|i| (i / 16) as u8).collect();
        let mut out = Vec::new();
        Encoder::new(&mut out, 95)
            .encode(&grey, 64, 64, ColorType::Luma)
            .unwrap();
        let rgb = decode(&out).unwrap().0.rgb;
        assert!(rgb.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]));
        // Cyan ink alone takes the red away; half black halves what is left.
        for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            let ink: Vec<u8> = [255, 0, 0, 128].repeat(64 * 64);
            let mut out = Vec::new();
            Encoder::new(&mut out, 95)
                .encode(&ink, 64, 64, kind)
                .unwrap();
            let rgb = decode(&out).unwrap().0.rgb;
            let pixel = &rgb[..3];
            assert!(
                pixel[0] < 8 && pixel[1].abs_diff(127) < 8 && pixel[2].abs_diff(127) < 8,
                "{kind:?} {pixel:?}"
            );
        }
    }
}
