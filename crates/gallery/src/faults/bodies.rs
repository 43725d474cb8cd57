//! The bodies of misbehaving URLs, made once at the start.

use bytes::Bytes;
use image::{DynamicImage, RgbImage, RgbaImage};

use super::{bomb, placeholder};
use crate::listing::Encoding;
use crate::studio;

/// Size of each part of the endless body, in bytes.
const PART: usize = 64 * 1024;

/// Size of the picture that the endless body begins as, in pixels.
const ENDLESS_SIZE: (u32, u32) = (640, 480);

/// What misbehaving URLs serve.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// JPEG.
    pub(super) placeholder: Bytes,
    /// PNG of one transparent pixel.
    pub(super) pixel: Bytes,
    /// PNG.
    pub(super) bomb: Bytes,
    /// A JPEG without its end marker: from here on, anything is picture data.
    pub(super) endless_start: Bytes,
    /// What follows, for ever.
    pub(super) endless_part: Bytes,
}

impl Bodies {
    /// Makes the bodies.
    pub(crate) fn make() -> Self {
        let encode = |picture: &DynamicImage, encoding| {
            studio::encode(picture, encoding)
                .expect("a small picture can always be encoded into memory")
        };
        let jpeg = Encoding::Jpeg { quality: 85 };
        let placeholder = encode(&DynamicImage::ImageRgb8(placeholder::draw()), jpeg);
        let pixel = encode(
            &DynamicImage::ImageRgba8(RgbaImage::new(1, 1)),
            Encoding::Png,
        );
        let grey = RgbImage::from_pixel(ENDLESS_SIZE.0, ENDLESS_SIZE.1, image::Rgb([128; 3]));
        let mut start = encode(&DynamicImage::ImageRgb8(grey), jpeg);
        start.truncate(start.len() - 2); // the end marker
        Self {
            placeholder: placeholder.into(),
            pixel: pixel.into(),
            bomb: bomb::make().into(),
            endless_start: start.into(),
            endless_part: vec![0x55; PART].into(),
        }
    }
}

/// The page that is called an image.
pub(super) const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Sign in</title></head>\n<body>\n\
    <h1>Sign in to see this picture</h1>\n<p>Members see every picture in full size.</p>\n</body>\n</html>\n";

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageReader;

    use super::*;

    fn size(bytes: &[u8]) -> (u32, u32) {
        ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .unwrap()
            .into_dimensions()
            .unwrap()
    }

    #[test]
    fn the_bodies_are_what_their_headers_say() {
        let bodies = Bodies::make();
        assert_eq!(size(&bodies.placeholder), placeholder::SIZE);
        assert_eq!(size(&bodies.pixel), (1, 1));
        assert_eq!(size(&bodies.bomb), (bomb::SIDE, bomb::SIDE));
        assert_eq!(size(&bodies.endless_start), ENDLESS_SIZE);
        assert!(
            !bodies.endless_start.ends_with(&[0xFF, 0xD9]),
            "the end marker is still there"
        );
    }

    #[test]
    fn bodies_are_the_same_after_every_start() {
        let (one, two) = (Bodies::make(), Bodies::make());
        assert_eq!(one.placeholder, two.placeholder);
        assert_eq!(one.endless_start, two.endless_start);
    }
}
