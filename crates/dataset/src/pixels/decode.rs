//! From bytes to upright RGB pixels, whatever the format, colour type or depth.

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage, RgbaImage};

use super::colour::{Colour, develop};
use super::resize::target;
use super::room::Room;
use super::{Flaw, Format, Header, Preparation, formats, jpeg};

/// Eight-bit RGB pixels, row-major, `width * height * pixel` bytes.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes of a pixel: 3, or 4 of which the last says nothing.
    pub(super) pixel: usize,
    pub(super) rgb: Room,
}

impl Picture {
    /// A picture of pixels of three bytes.
    pub(super) fn of_rgb(width: u32, height: u32, rgb: impl Into<Room>) -> Self {
        Self {
            width,
            height,
            pixel: 3,
            rgb: rgb.into(),
        }
    }
}

/// A picture to be resized.
#[derive(Debug)]
pub(super) struct Decoded {
    /// Upright; the decoder may have left out detail that the prepared size has no room for. One that is not larger than it is
    /// measured, in width or height, has pixels of three bytes.
    pub(super) picture: Picture,
    /// Width in pixels of the whole picture, upright.
    pub(super) width: u32,
    /// Height in pixels of the whole picture, upright.
    pub(super) height: u32,
    /// What became of its colour space.
    pub(super) colour: Colour,
}

/// Decodes the picture that `header` was read from: first frame, upright, sRGB over white, depth scaled to 8 bits.
pub(super) fn decode(bytes: &[u8], header: &Header, p: &Preparation) -> Result<Decoded, Flaw> {
    let (still, reduction) = match header.format {
        Format::Jpeg => {
            let least = target(header.width, header.height, p.fit, p.size());
            jpeg::decode(bytes, p.codec, Some(least))?
        }
        _ => (formats::decode(bytes, header)?, 1),
    };
    let (width, height) = (still.samples.width, still.samples.height);
    let promised = [header.width, header.height].map(|side| side.div_ceil(reduction));
    if [width, height] != promised {
        return Err(Flaw::Corrupt("two sizes in one picture".to_owned()));
    }
    let (rgb, colour) = develop(still.samples, &still.space)?;
    let picture = Picture {
        width,
        height,
        pixel: rgb.len() / (width as usize * height as usize).max(1),
        rgb,
    };
    let picture = upright(picture, still.orientation)?;
    let (mut width, mut height) = (header.width, header.height);
    if turns(still.orientation) {
        std::mem::swap(&mut width, &mut height);
    }
    Ok(Decoded {
        picture,
        width,
        height,
        colour,
    })
}

/// Decodes a stored sample, every pixel of it.
pub(super) fn decode_stored(bytes: &[u8], p: &Preparation) -> Result<Picture, Flaw> {
    let (still, _) = jpeg::decode(bytes, p.codec, None)?;
    let (width, height) = (still.samples.width, still.samples.height);
    let (rgb, _) = develop(still.samples, &still.space)?;
    Ok(Picture::of_rgb(width, height, rgb))
}

/// Whether an orientation makes a wide picture tall.
fn turns(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn upright(picture: Picture, orientation: Orientation) -> Result<Picture, Flaw> {
    if orientation == Orientation::NoTransforms {
        return Ok(picture);
    }
    let Picture {
        width,
        height,
        pixel,
        rgb,
    } = picture;
    let rgb = rgb.into_vec();
    let image = if pixel == 4 {
        RgbaImage::from_raw(width, height, rgb).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, rgb).map(DynamicImage::from)
    };
    let mut image =
        image.ok_or_else(|| Flaw::Corrupt("fewer pixels than the header promised".to_owned()))?;
    image.apply_orientation(orientation);
    Ok(Picture {
        width: image.width(),
        height: image.height(),
        pixel,
        rgb: image.into_bytes().into(),
    })
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "tests reckon with small numbers"
)]
mod tests {
    use std::io::Cursor;

    use image::{Delay, Frame, GrayAlphaImage, ImageBuffer, ImageFormat, Luma, Rgba};

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
    }

    #[test]
    fn sixteen_bits_are_scaled_and_grey_is_replicated() {
        let grey = ImageBuffer::from_pixel(2, 2, Luma([0x8080_u16]));
        for format in [ImageFormat::Png, ImageFormat::Tiff] {
            let bytes = encoded(&DynamicImage::ImageLuma16(grey.clone()), format);
            assert_eq!(decoded(&bytes).unwrap().rgb[..3], [128; 3]);
        }
        for (deep, byte) in [(65_535, 255), (0, 0), (128, 0), (129, 1)] {
            let grey = ImageBuffer::from_pixel(2, 2, Luma([deep]));
            let bytes = encoded(&DynamicImage::ImageLuma16(grey), ImageFormat::Png);
            assert_eq!(decoded(&bytes).unwrap().rgb[..3], [byte; 3]);
        }
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
