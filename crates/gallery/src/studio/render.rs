//! Turns a stored picture into the bytes that one URL serves.

use std::borrow::Cow;
use std::io::{self, Cursor};

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbImage};

use crate::listing::{Encoding, Rendition};

/// Longest side that is decoded, in pixels.
const MAX_SIDE: u32 = 16_384;
/// Most memory that decoding one picture may take, in bytes.
const MAX_DECODE_BYTES: u64 = 256 << 20;

/// Why a picture could not be rendered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    #[error("read the picture: {0}")]
    Read(#[from] io::Error),
    #[error("decode or encode the picture: {0}")]
    Image(#[from] image::ImageError),
    #[error(
        "render the picture: it is {actual_width}x{actual_height} pixels, the index says otherwise"
    )]
    OtherSize {
        actual_width: u32,
        actual_height: u32,
    },
    #[error("render the picture: the site is stopping")]
    Stopping,
}

/// Renders a stored picture.
///
/// # Errors
///
/// What the decoder or the encoder says, and [`RenderError::OtherSize`] when a crop does not fit into the picture.
pub(super) fn render(
    stored: Cow<'static, [u8]>,
    rendition: &Rendition,
) -> Result<Bytes, RenderError> {
    let mut reader = ImageReader::new(Cursor::new(&*stored)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    reader.limits(limits);
    let is_png = reader.format() == Some(ImageFormat::Png);
    let picture = reader.decode()?;

    let (width, height) = (picture.width(), picture.height());
    if is_png && rendition.encoding == Encoding::Png && rendition.is_whole(width, height) {
        return Ok(match stored {
            Cow::Borrowed(embedded) => Bytes::from_static(embedded),
            Cow::Owned(read) => read.into(),
        });
    }
    let part = crop(picture, rendition)?;
    let sized = if (part.width(), part.height()) == (rendition.width, rendition.height) {
        part
    } else {
        // Over white first: the colour below transparent pixels would bleed into the edges.
        let flat = DynamicImage::ImageRgb8(over_white(&part));
        flat.resize_exact(rendition.width, rendition.height, FilterType::CatmullRom)
    };
    Ok(encode(&sized, rendition.encoding)?.into())
}

fn crop(picture: DynamicImage, rendition: &Rendition) -> Result<DynamicImage, RenderError> {
    let Some(crop) = rendition.crop else {
        return Ok(picture);
    };
    let (actual_width, actual_height) = (picture.width(), picture.height());
    if crop.left + crop.width > actual_width || crop.top + crop.height > actual_height {
        return Err(RenderError::OtherSize {
            actual_width,
            actual_height,
        });
    }
    Ok(picture.crop_imm(crop.left, crop.top, crop.width, crop.height))
}

/// Encodes a picture in a web format: JPEG over white, PNG and WebP with alpha.
///
/// # Errors
///
/// What the encoder says.
pub(crate) fn encode(picture: &DynamicImage, encoding: Encoding) -> Result<Vec<u8>, RenderError> {
    let mut bytes = Vec::new();
    match encoding {
        Encoding::Jpeg { quality } => {
            over_white(picture)
                .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
        }
        Encoding::Png => {
            let encoder = PngEncoder::new_with_quality(
                &mut bytes,
                CompressionType::Default,
                PngFilter::Adaptive,
            );
            picture.write_with_encoder(encoder)?;
        }
        Encoding::WebP => {
            let encoder = WebPEncoder::new_lossless(&mut bytes);
            DynamicImage::ImageRgba8(picture.to_rgba8()).write_with_encoder(encoder)?;
        }
    }
    Ok(bytes)
}

/// Lays a picture on white paper.
fn over_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let rgba = picture.to_rgba8();
    let mut flat = RgbImage::new(rgba.width(), rgba.height());
    for (from, to) in rgba.pixels().zip(flat.pixels_mut()) {
        let [red, green, blue, alpha] = from.0;
        to.0 = [red, green, blue].map(|channel| blend(channel, alpha));
    }
    flat
}

/// Mixes a channel with white by its alpha, rounded to the nearest value.
fn blend(channel: u8, alpha: u8) -> u8 {
    let mixed = u32::from(channel) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
    u8::try_from((mixed + 127) / 255).expect("a mean of two bytes is a byte")
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;
    use crate::listing::Crop;

    /// Half opaque red, half transparent black.
    fn stored() -> Vec<u8> {
        let picture = RgbaImage::from_fn(40, 20, |x, _| {
            if x < 20 {
                Rgba([200, 0, 0, 255])
            } else {
                Rgba([0; 4])
            }
        });
        encode(&DynamicImage::ImageRgba8(picture), Encoding::Png).unwrap()
    }

    fn rendition(encoding: Encoding) -> Rendition {
        Rendition {
            picture: 0,
            crop: None,
            width: 40,
            height: 20,
            encoding,
        }
    }

    fn decode(bytes: &[u8]) -> (Option<ImageFormat>, DynamicImage) {
        let reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .unwrap();
        (reader.format(), reader.decode().unwrap())
    }

    #[test]
    fn a_whole_png_keeps_its_stored_bytes() {
        let bytes = render(stored().into(), &rendition(Encoding::Png)).unwrap();
        assert_eq!(bytes, stored());
    }

    #[test]
    fn jpeg_lies_on_white_and_webp_keeps_alpha() {
        let jpeg = render(stored().into(), &rendition(Encoding::Jpeg { quality: 90 })).unwrap();
        let (format, picture) = decode(&jpeg);
        assert_eq!(format, Some(ImageFormat::Jpeg));
        let paper = picture.to_rgb8().get_pixel(35, 10).0;
        assert!(paper.iter().all(|&channel| channel > 245), "{paper:?}");

        let webp = render(stored().into(), &rendition(Encoding::WebP)).unwrap();
        let (format, picture) = decode(&webp);
        assert_eq!(format, Some(ImageFormat::WebP));
        assert_eq!(picture.to_rgba8().get_pixel(5, 5).0, [200, 0, 0, 255]);
        assert_eq!(picture.to_rgba8().get_pixel(35, 5).0[3], 0);
    }

    #[test]
    fn crops_and_sizes_are_as_asked_for() {
        let crop = Crop {
            left: 1,
            top: 0,
            width: 39,
            height: 19,
        };
        let cropped = Rendition {
            crop: Some(crop),
            width: 39,
            height: 19,
            ..rendition(Encoding::Png)
        };
        let (_, picture) = decode(&render(stored().into(), &cropped).unwrap());
        assert_eq!((picture.width(), picture.height()), (39, 19));

        let resized = Rendition {
            width: 60,
            height: 30,
            ..rendition(Encoding::WebP)
        };
        let (_, picture) = decode(&render(stored().into(), &resized).unwrap());
        assert_eq!((picture.width(), picture.height()), (60, 30));
        let paper = picture.to_rgb8().get_pixel(55, 15).0;
        assert!(
            paper.iter().all(|&channel| channel > 250),
            "dark from below the alpha: {paper:?}"
        );
    }

    #[test]
    fn what_is_no_picture_or_too_small_for_its_crop_is_an_error() {
        assert!(render(Cow::Borrowed(b"no picture"), &rendition(Encoding::Png)).is_err());
        let crop = Crop {
            left: 10,
            top: 0,
            width: 39,
            height: 19,
        };
        let cropped = Rendition {
            crop: Some(crop),
            ..rendition(Encoding::Png)
        };
        assert!(matches!(
            render(stored().into(), &cropped),
            Err(RenderError::OtherSize { .. })
        ));
    }

    #[test]
    fn blending_is_exact_at_its_ends() {
        assert_eq!(
            [blend(0, 255), blend(0, 0), blend(255, 128), blend(0, 128)],
            [0, 255, 255, 127]
        );
    }
}
