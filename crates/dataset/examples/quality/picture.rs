//! A picture read for the examples that measure quality.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader};
use trawl_dataset::quality::{Scores, measure};

/// Side that the short side of larger pictures is brought to.
const SHORT_SIDE: u32 = 256;

/// A picture as `measure` wants it.
pub(crate) struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    original: (u32, u32),
}

impl Picture {
    /// What is measured of it.
    pub(crate) fn scores(&self) -> Scores {
        measure(self.width, self.height, &self.rgb, self.original)
    }
}

/// Reads a picture: upright, over white, reduced; nothing for files that are none.
pub(crate) fn read(path: &Path) -> Option<Picture> {
    let reader = ImageReader::new(BufReader::new(File::open(path).ok()?));
    let mut decoder = reader.with_guessed_format().ok()?.into_decoder().ok()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    let original = (image.width(), image.height());
    let rgb: Vec<u8> = if image.color().has_alpha() {
        let pixels = image.into_rgba8().into_raw();
        pixels
            .chunks_exact(4)
            .flat_map(|p| [0, 1, 2].map(|c| over_white(p[c], p[3])))
            .collect()
    } else {
        image.into_rgb8().into_raw()
    };
    let short = original.0.min(original.1);
    if short <= SHORT_SIDE {
        let (width, height) = original;
        return Some(Picture {
            width,
            height,
            rgb,
            original,
        });
    }
    let side = |n: u32| u64::from(n) * u64::from(SHORT_SIDE) / u64::from(short);
    let width = u32::try_from(side(original.0)).ok()?;
    let height = u32::try_from(side(original.1)).ok()?;
    let whole = Image::from_vec_u8(original.0, original.1, rgb, PixelType::U8x3).ok()?;
    let mut small = Image::new(width, height, PixelType::U8x3);
    let triangle = ResizeAlg::Convolution(FilterType::Bilinear);
    let options = ResizeOptions::new().resize_alg(triangle);
    Resizer::new().resize(&whole, &mut small, &options).ok()?;
    Some(Picture {
        width,
        height,
        rgb: small.into_vec(),
        original,
    })
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour), u32::from(alpha));
    u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}
