//! From bytes to upright RGB pixels, whatever the format, colour type or depth.

use std::io::{self, Cursor};

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::tiff::TiffDecoder;
use image::codecs::webp::WebPDecoder;
use image::error::{ImageFormatHint, UnsupportedError, UnsupportedErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageResult, Limits, RgbImage};

use super::jpeg::{self, one_line};
use super::resize::target;
use super::{Flaw, Format, Header, Preparation};

/// Allowance beyond the charged bytes for tables and line buffers.
const DECODER_SLACK: u64 = 4 << 20;

/// Widest pixel a decode is charged for, 16-bit RGBA; floating-point pictures are wider and rare.
const MAX_PIXEL_BYTES: u8 = 8;

/// Eight-bit RGB pixels, row-major, `width * height * 3` bytes.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rgb: Vec<u8>,
}

/// A picture to be resized.
#[derive(Debug)]
pub(super) struct Decoded {
    /// Upright; the decoder may have left out detail that the prepared size has no room for.
    pub(super) picture: Picture,
    /// Width in pixels of the whole picture, upright.
    pub(super) width: u32,
    /// Height in pixels of the whole picture, upright.
    pub(super) height: u32,
}

/// Decodes the picture that `header` was read from: first frame, upright, alpha over white, depth scaled to 8 bits.
pub(super) fn decode(bytes: &[u8], header: &Header, p: &Preparation) -> Result<Decoded, Flaw> {
    let (picture, orientation, reduction) = match header.format {
        Format::Jpeg => {
            let least = target(header.width, header.height, p.fit, p.size());
            let decoded = jpeg::decode(bytes, p.codec, Some(least))?;
            (decoded.picture, decoded.orientation, decoded.reduction)
        }
        other => {
            if other == Format::WebP && cut_short(other, bytes) {
                // Its arithmetic decoder reads zeros past the end without a word.
                return Err(Flaw::Truncated);
            }
            let (picture, orientation) =
                decode_with_image(bytes, header).map_err(|error| flaw_of(&error, other, bytes))?;
            (picture, orientation, 1)
        }
    };
    let promised = [header.width, header.height].map(|side| side.div_ceil(reduction));
    if [picture.width, picture.height] != promised {
        return Err(Flaw::Corrupt("two sizes in one picture".to_owned()));
    }
    let (mut width, mut height) = (header.width, header.height);
    if matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    ) {
        std::mem::swap(&mut width, &mut height);
    }
    Ok(Decoded {
        picture: upright(picture, orientation)?,
        width,
        height,
    })
}

fn decode_with_image(bytes: &[u8], header: &Header) -> ImageResult<(Picture, Orientation)> {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(header.width);
    limits.max_image_height = Some(header.height);
    limits.max_alloc = Some(header.decode_bytes() + DECODER_SLACK);
    let reader = Cursor::new(bytes);
    match header.format {
        Format::Png => read(PngDecoder::with_limits(reader, limits.clone())?, limits),
        Format::Gif => read(GifDecoder::new(reader)?, limits),
        Format::WebP => read(WebPDecoder::new(reader)?, limits),
        Format::Bmp => read(BmpDecoder::new(reader)?, limits),
        Format::Tiff | Format::Jpeg => read(TiffDecoder::new(reader)?, limits),
    }
}

fn read(mut decoder: impl ImageDecoder, limits: Limits) -> ImageResult<(Picture, Orientation)> {
    decoder.set_limits(limits)?;
    let colour = decoder.color_type();
    if colour.bytes_per_pixel() > MAX_PIXEL_BYTES {
        let kind = UnsupportedErrorKind::Color(colour.into());
        let error = UnsupportedError::from_format_and_kind(ImageFormatHint::Unknown, kind);
        return Err(ImageError::Unsupported(error));
    }
    // An unreadable orientation is no reason to lose the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder)?;
    let (width, height) = (image.width(), image.height());
    Ok((
        Picture {
            width,
            height,
            rgb: to_rgb(image),
        },
        orientation,
    ))
}

/// Brings any colour type to 8-bit RGB: grey replicated, alpha over white, 16 bits scaled and not cut off.
fn to_rgb(image: DynamicImage) -> Vec<u8> {
    match image {
        DynamicImage::ImageRgb8(image) => image.into_raw(),
        DynamicImage::ImageLuma8(image) => each(image.as_raw(), |[l]| [l; 3]),
        DynamicImage::ImageLumaA8(image) => each(image.as_raw(), |[l, a]| [over_white(l, a); 3]),
        DynamicImage::ImageRgba8(image) => each(image.as_raw(), |[r, g, b, a]| {
            [r, g, b].map(|c| over_white(c, a))
        }),
        DynamicImage::ImageLuma16(image) => each(image.as_raw(), |[l]| [scale(l); 3]),
        DynamicImage::ImageLumaA16(image) => {
            each(image.as_raw(), |[l, a]| [scale(over_white_16(l, a)); 3])
        }
        DynamicImage::ImageRgb16(image) => each(image.as_raw(), |rgb: [u16; 3]| rgb.map(scale)),
        DynamicImage::ImageRgba16(image) => each(image.as_raw(), |[r, g, b, a]| {
            [r, g, b].map(|c| scale(over_white_16(c, a)))
        }),
        other => other.into_rgb8().into_raw(),
    }
}

/// Converts pixel by pixel.
fn each<T: Copy, const N: usize>(samples: &[T], rgb_of: impl Fn([T; N]) -> [u8; 3]) -> Vec<u8> {
    let (pixels, _) = samples.as_chunks::<N>();
    let mut rgb = vec![0; pixels.len() * 3];
    for (out, pixel) in rgb.chunks_exact_mut(3).zip(pixels) {
        out.copy_from_slice(&rgb_of(*pixel));
    }
    rgb
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour), u32::from(alpha));
    // The sum is at most 255 * 255, so the rounded quotient fits.
    u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

fn over_white_16(colour: u16, alpha: u16) -> u16 {
    let (colour, alpha) = (u64::from(colour), u64::from(alpha));
    u16::try_from((colour * alpha + 65_535 * (65_535 - alpha) + 32_767) / 65_535)
        .unwrap_or(u16::MAX)
}

fn scale(sample: u16) -> u8 {
    // 65535 / 257 = 255, so white stays white.
    u8::try_from((u32::from(sample) + 128) / 257).unwrap_or(u8::MAX)
}

fn upright(picture: Picture, orientation: Orientation) -> Result<Picture, Flaw> {
    if orientation == Orientation::NoTransforms {
        return Ok(picture);
    }
    let Picture { width, height, rgb } = picture;
    let image = RgbImage::from_raw(width, height, rgb)
        .ok_or_else(|| Flaw::Corrupt("fewer pixels than the header promised".to_owned()))?;
    let mut image = DynamicImage::ImageRgb8(image);
    image.apply_orientation(orientation);
    Ok(Picture {
        width: image.width(),
        height: image.height(),
        rgb: image.into_rgb8().into_raw(),
    })
}

fn flaw_of(error: &ImageError, format: Format, bytes: &[u8]) -> Flaw {
    match error {
        ImageError::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => Flaw::Truncated,
        _ if cut_short(format, bytes) => Flaw::Truncated,
        ImageError::Unsupported(what) => Flaw::Unsupported(one_line(&what.to_string())),
        ImageError::Limits(_) => {
            Flaw::Corrupt("the decoder needs more memory than its pixels explain".to_owned())
        }
        other => Flaw::Corrupt(one_line(&other.to_string())),
    }
}

/// Whether the file lacks the end its own format asks for.
fn cut_short(format: Format, bytes: &[u8]) -> bool {
    let length_field = |at: usize| {
        let four = bytes
            .get(at..at + 4)
            .and_then(|b| b.try_into().ok())
            .map_or(0, u32::from_le_bytes);
        four as usize
    };
    match format {
        Format::Jpeg | Format::Tiff => false,
        Format::Png => !bytes.windows(4).rev().any(|four| four == b"IEND"),
        Format::Gif => bytes.iter().rev().find(|b| **b != 0) != Some(&0x3b),
        Format::WebP => length_field(4).saturating_add(8) > bytes.len(),
        Format::Bmp => length_field(2) > bytes.len(),
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "tests reckon with small numbers"
)]
mod tests {
    use image::{Delay, Frame, GrayAlphaImage, ImageBuffer, ImageFormat, Luma, Rgba, RgbaImage};

    use super::*;
    use crate::pixels::{Preparation, sniff};

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn decoded(bytes: &[u8]) -> Result<Picture, Flaw> {
        let p = Preparation {
            min_side: 1,
            ..Preparation::default()
        };
        Ok(decode(bytes, &sniff(bytes, &p)?, &p)?.picture)
    }

    /// A TIFF-form EXIF block that asks for one orientation, as JPEG, PNG and WebP carry it.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        block.extend([orientation, 0, 0, 0, 0, 0, 0]);
        block
    }

    #[test]
    fn alpha_goes_over_white_in_every_colour_type() {
        let rgba = RgbaImage::from_pixel(2, 2, Rgba([200, 0, 0, 128]));
        let bytes = encoded(&rgba.into(), ImageFormat::Png);
        assert_eq!(decoded(&bytes).unwrap().rgb[..3], [227, 127, 127]);
        let la = GrayAlphaImage::from_pixel(2, 2, image::LumaA([10, 0]));
        let bytes = encoded(&la.into(), ImageFormat::Png);
        assert_eq!(decoded(&bytes).unwrap().rgb[..3], [255; 3]);
        let deep = ImageBuffer::from_pixel(2, 2, Rgba([65_535_u16, 0, 0, 32_768]));
        let bytes = encoded(&DynamicImage::ImageRgba16(deep), ImageFormat::Png);
        assert_eq!(decoded(&bytes).unwrap().rgb[..3], [255, 127, 127]);
        assert_eq!((over_white(7, 255), over_white(7, 0)), (7, 255));
    }

    #[test]
    fn sixteen_bits_are_scaled_and_grey_is_replicated() {
        let grey = ImageBuffer::from_pixel(2, 2, Luma([0x8080_u16]));
        for format in [ImageFormat::Png, ImageFormat::Tiff] {
            let bytes = encoded(&DynamicImage::ImageLuma16(grey.clone()), format);
            assert_eq!(decoded(&bytes).unwrap().rgb[..3], [128; 3]);
        }
        assert_eq!(
            (scale(65_535), scale(0), scale(128), scale(129)),
            (255, 0, 0, 1)
        );
    }

    #[test]
    fn floating_point_pictures_are_beyond_the_budget() {
        let deep = ImageBuffer::from_pixel(2, 2, image::Rgb([0.5_f32, 0.5, 0.5]));
        let bytes = encoded(&DynamicImage::ImageRgb32F(deep), ImageFormat::Tiff);
        assert_eq!(decoded(&bytes).unwrap_err().code(), "unsupported");
    }

    #[test]
    fn a_palette_with_a_transparent_colour_is_expanded() {
        // Two by one pixels of one byte each: palette entries 0 (clear) and 1 (blue).
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut chunk = |kind: &[u8; 4], body: &[u8]| {
            png.extend((body.len() as u32).to_be_bytes());
            png.extend(kind);
            png.extend(body);
            let crc = kind.iter().chain(body).fold(u32::MAX, |crc, byte| {
                (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                    crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
                })
            });
            png.extend((!crc).to_be_bytes());
        };
        chunk(b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 1, 8, 3, 0, 0, 0]);
        chunk(b"PLTE", &[9, 9, 9, 0, 0, 255]);
        chunk(b"tRNS", &[0]);
        // A stored deflate block: filter byte 0, pixels 0 and 1; its Adler sum is 1 * 65536 * 4 + 2.
        chunk(
            b"IDAT",
            &[0x78, 1, 1, 3, 0, 0xfc, 0xff, 0, 0, 1, 0, 4, 0, 2],
        );
        chunk(b"IEND", &[]);
        assert_eq!(decoded(&png).unwrap().rgb, [255, 255, 255, 0, 0, 255]);
    }

    #[test]
    fn of_an_animation_the_first_frame_counts() {
        let mut gif = Vec::new();
        let frame = |colour| {
            let image = RgbaImage::from_pixel(8, 8, Rgba(colour));
            Frame::from_parts(image, 0, 0, Delay::from_numer_denom_ms(100, 1))
        };
        image::codecs::gif::GifEncoder::new(&mut gif)
            .encode_frames([frame([255, 0, 0, 255]), frame([0, 255, 0, 255])])
            .unwrap();
        assert_eq!(decoded(&gif).unwrap().rgb[..3], [255, 0, 0]);
    }

    #[test]
    fn pictures_are_set_upright_before_anything_else() {
        let mut wide = RgbImage::new(32, 16);
        wide.pixels_mut().for_each(|p| p.0 = [0, 0, 255]);
        (0..16).for_each(|y| (0..16).for_each(|x| wide.put_pixel(x, y, image::Rgb([255, 0, 0]))));
        let mut jpeg = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 95);
        encoder.add_exif_metadata(&exif(6)).unwrap();
        encoder
            .encode(wide.as_raw(), 32, 16, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        let p = Preparation {
            min_side: 1,
            ..Preparation::default()
        };
        let whole = decode(&jpeg, &sniff(&jpeg, &p).unwrap(), &p).unwrap();
        assert_eq!((whole.width, whole.height), (16, 32));
        let picture = whole.picture;
        // Orientation 6 is a quarter turn clockwise: what was left is now on top.
        assert_eq!((picture.width, picture.height), (16, 32));
        let top = &picture.rgb[(4 * 16 + 8) * 3..][..3];
        let bottom = &picture.rgb[(28 * 16 + 8) * 3..][..3];
        assert!(top[0] > 200 && top[2] < 60, "{top:?}");
        assert!(bottom[2] > 200 && bottom[0] < 60, "{bottom:?}");
    }
}
