//! Pictures for tests of measures: what they are made of is known, and so is what is wrong with them.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "tests reckon with small numbers"
)]

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::imageops::{FilterType, blur, resize};
use image::{DynamicImage, Rgb, RgbImage};

use super::{Scores, measure};
use crate::pixels::scene::scene;

/// Letters of five columns, bottom row in the lowest of seven bits.
const LETTERS: [[u8; 5]; 6] = [
    [0x3f, 0x48, 0x48, 0x48, 0x3f],
    [0x7f, 0x49, 0x49, 0x49, 0x41],
    [0x7f, 0x08, 0x14, 0x22, 0x41],
    [0x7f, 0x20, 0x18, 0x20, 0x7f],
    [0x7f, 0x10, 0x08, 0x04, 0x7f],
    [0x3e, 0x41, 0x41, 0x41, 0x3e],
];

/// What the program measures of a picture: reduced to a short side of 256 if that is longer.
pub(super) fn scores(picture: &RgbImage) -> Scores {
    let original = picture.dimensions();
    let short = original.0.min(original.1);
    let small = if short > 256 {
        let [w, h] = [original.0, original.1].map(|side| side * 256 / short);
        resize(picture, w, h, FilterType::Triangle)
    } else {
        picture.clone()
    };
    measure(small.width(), small.height(), small.as_raw(), original)
}

/// A scene as a camera with sharp focus sees it: blobs of colour, and things with edges and grain before them.
pub(super) fn photograph(seed: u64, width: u32, height: u32) -> RgbImage {
    let mut picture = RgbImage::from_raw(width, height, scene(seed, width, height)).unwrap();
    let short = width.min(height) as f32;
    for (n, x, y) in [(0, 0.3, 0.4), (1, 0.6, 0.3), (2, 0.7, 0.7), (3, 0.2, 0.8)] {
        let radius = (0.05 + 0.04 * n as f32) * short;
        let level = 40 + 60 * n as u8;
        disc(&mut picture, [x, y], radius, [level, 200 - level / 2, 90]);
    }
    let mut state = seed | 1;
    for pixel in picture.pixels_mut() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(99);
        let grain = (state >> 60) as i16 - 8;
        pixel.0 = pixel.0.map(|c| (i16::from(c) + grain).clamp(0, 255) as u8);
    }
    picture
}

/// A disc with a smooth rim, at shares of width and height.
pub(super) fn disc(picture: &mut RgbImage, at: [f32; 2], radius: f32, colour: [u8; 3]) {
    let (cx, cy) = (
        at[0] * picture.width() as f32,
        at[1] * picture.height() as f32,
    );
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let away = (x as f32 - cx).hypot(y as f32 - cy);
        let inside = (radius - away + 0.5).clamp(0.0, 1.0);
        for (c, colour) in pixel.0.iter_mut().zip(colour) {
            *c = (f32::from(*c) * (1.0 - inside) + f32::from(colour) * inside) as u8;
        }
    }
}

/// One colour all over.
pub(super) fn sheet(width: u32, height: u32, colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(colour))
}

/// A soft change from one level to another, from the left to the right.
pub(super) fn gradient(width: u32, height: u32, from: u8, to: u8) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| {
        let part = x as f32 / width as f32;
        Rgb([(f32::from(from) + part * (f32::from(to) - f32::from(from))) as u8; 3])
    })
}

/// Squares of two levels.
pub(super) fn checkerboard(width: u32, height: u32, square: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([if (x / square + y / square).is_multiple_of(2) {
            30
        } else {
            220
        }; 3])
    })
}

/// Fills a rectangle given by left, top, width and height.
pub(super) fn fill(picture: &mut RgbImage, [left, top, width, height]: [u32; 4], colour: [u8; 3]) {
    for y in top..(top + height).min(picture.height()) {
        for x in left..(left + width).min(picture.width()) {
            picture.put_pixel(x, y, Rgb(colour));
        }
    }
}

/// Writes lines of words into a rectangle; letters are `scale` times five by seven pixels.
pub(super) fn write(picture: &mut RgbImage, area: [u32; 4], scale: u32, ink: [u8; 3]) {
    let [left, top, width, height] = area;
    let mut letter = 0_u32;
    for line in 0..height / (11 * scale) {
        for place in 0..width / (6 * scale) {
            letter = letter.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            // A word is six letters or so.
            if (letter >> 16).is_multiple_of(6) {
                continue;
            }
            let columns = LETTERS[(letter >> 20) as usize % LETTERS.len()];
            let corner = (left + place * 6 * scale, top + line * 11 * scale);
            for (x, column) in (0..).zip(columns) {
                for y in (0..7).filter(|y| column >> (6 - y) & 1 == 1) {
                    let dot = [corner.0 + x * scale, corner.1 + y * scale, scale, scale];
                    fill(picture, dot, ink);
                }
            }
        }
    }
}

/// A page of text with margins.
pub(super) fn page(width: u32, height: u32, scale: u32) -> RgbImage {
    let mut page = sheet(width, height, [252, 252, 250]);
    let (across, down) = (width / 10, height / 12);
    let area = [across, down, width - 2 * across, height - 2 * down];
    write(&mut page, area, scale, [20, 20, 20]);
    page
}

/// A window with a title bar, a list of labels and a few buttons.
pub(super) fn window(width: u32, height: u32) -> RgbImage {
    let mut window = sheet(width, height, [240, 240, 242]);
    fill(&mut window, [0, 0, width, height / 12], [50, 60, 90]);
    fill(
        &mut window,
        [0, height / 12, width / 5, height],
        [200, 205, 215],
    );
    let labels = [width / 40, height / 8, width / 6, height / 2];
    write(&mut window, labels, 2, [40, 40, 60]);
    for row in 0..4 {
        let top = height / 6 + row * height / 5;
        let button = [width / 3, top, width / 2, height / 9];
        fill(&mut window, button, [255, 255, 255]);
        let label = [width / 3 + 12, top + height / 30, width / 3, 24];
        write(&mut window, label, 2, [30, 90, 200]);
    }
    window
}

/// Blurred by a Gaussian of so many pixels.
pub(super) fn blurred(picture: &RgbImage, sigma: f32) -> RgbImage {
    blur(picture, sigma)
}

/// Every level multiplied and moved, as light does to a picture.
pub(super) fn exposed(picture: &RgbImage, times: f32, plus: f32) -> RgbImage {
    let mut out = picture.clone();
    for pixel in out.pixels_mut() {
        pixel.0 = pixel
            .0
            .map(|c| (f32::from(c) * times + plus).clamp(0.0, 255.0) as u8);
    }
    out
}

/// Half as wide and high.
pub(super) fn halved(picture: &RgbImage) -> RgbImage {
    let (w, h) = picture.dimensions();
    resize(picture, w / 2, h / 2, FilterType::Triangle)
}

/// After a round of JPEG of the given quality.
pub(super) fn through_jpeg(picture: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Cursor::new(Vec::new());
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).unwrap();
    bytes.set_position(0);
    let decoder = JpegDecoder::new(bytes).unwrap();
    DynamicImage::from_decoder(decoder).unwrap().into_rgb8()
}
