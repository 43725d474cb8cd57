//! All eight orientations that a picture can ask for, in every format that can carry one.

use image::RgbImage;

use super::decode::decode;
use super::formats::tests::pattern;
use super::{Preparation, sniff};

const WIDTH: u32 = 48;
const HEIGHT: u32 = 32;

/// Width, height and pixels of three bytes.
type Shown = (u32, u32, Vec<u8>);

fn shown(bytes: &[u8]) -> Shown {
    let p = Preparation {
        min_side: 1,
        ..Preparation::default()
    };
    let whole = decode(bytes, &sniff(bytes, &p).unwrap(), &p).unwrap();
    let picture = whole.picture;
    assert_eq!((whole.width, whole.height), (picture.width, picture.height));
    let rgb = picture.rgb.chunks_exact(picture.pixel);
    let rgb = rgb.flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]);
    (picture.width, picture.height, rgb.collect())
}

/// What Exif 2.32, table 6, says of where the stored row 0 and column 0 are to be seen.
fn turned(plain: &Shown, orientation: u16) -> Shown {
    let (w, h, rgb) = plain;
    let stored = RgbImage::from_raw(*w, *h, rgb.clone()).unwrap();
    let (wide, tall) = if orientation < 5 { (*w, *h) } else { (*h, *w) };
    let turned = RgbImage::from_fn(wide, tall, |x, y| {
        let (right, bottom) = (w - 1, h - 1);
        let (from_x, from_y) = match orientation {
            2 => (right - x, y),
            3 => (right - x, bottom - y),
            4 => (x, bottom - y),
            5 => (y, x),
            6 => (y, bottom - x),
            7 => (right - y, bottom - x),
            8 => (right - y, x),
            _ => (x, y),
        };
        *stored.get_pixel(from_x, from_y)
    });
    (wide, tall, turned.into_raw())
}

/// A TIFF directory that holds an orientation alone, as Exif has it.
fn exif(orientation: u16, big_endian: bool) -> Vec<u8> {
    let word = |n: u16| {
        if big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let long = |n: u32| {
        if big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let mut block = if big_endian { b"MM" } else { b"II" }.to_vec();
    block.extend(word(42));
    block.extend(long(8));
    block.extend(word(1));
    block.extend([word(0x112), word(3)].concat());
    block.extend(long(1));
    block.extend([word(orientation), word(0)].concat());
    block.extend(long(0));
    block
}

fn jpeg(exif: &[u8], progressive: bool, colour: jpeg_encoder::ColorType) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 90);
    encoder.set_progressive(progressive);
    encoder.add_exif_metadata(exif).unwrap();
    let pixels = pattern(WIDTH, HEIGHT);
    let samples: Vec<u8> = match colour {
        jpeg_encoder::ColorType::Luma => pixels.chunks_exact(3).map(|p| p[0]).collect(),
        jpeg_encoder::ColorType::Cmyk => pixels
            .chunks_exact(3)
            .flat_map(|p| [p[0], p[1], p[2], 0])
            .collect(),
        _ => pixels,
    };
    let side = |n: u32| u16::try_from(n).unwrap();
    encoder
        .encode(&samples, side(WIDTH), side(HEIGHT), colour)
        .unwrap();
    out
}

fn png(exif: &[u8], colour: png::ColorType, after_pixels: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH, HEIGHT);
    encoder.set_color(colour);
    let mut writer = encoder.write_header().unwrap();
    let chunk = png::chunk::ChunkType(*b"eXIf");
    let pixels = pattern(WIDTH, HEIGHT);
    let samples: Vec<u8> = match colour {
        png::ColorType::Rgba => pixels
            .chunks_exact(3)
            .flat_map(|p| [p[0], p[1], p[2], 255])
            .collect(),
        png::ColorType::Grayscale => pixels.chunks_exact(3).map(|p| p[1]).collect(),
        _ => pixels,
    };
    if !after_pixels {
        writer.write_chunk(chunk, exif).unwrap();
    }
    writer.write_image_data(&samples).unwrap();
    if after_pixels {
        writer.write_chunk(chunk, exif).unwrap();
    }
    writer.finish().unwrap();
    out
}

/// Some writers begin the block with the name that JPEG asks for.
fn webp(exif: &[u8], named: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut out);
    encoder.set_exif_metadata(if named {
        [b"Exif\0\0", exif].concat()
    } else {
        exif.to_vec()
    });
    encoder
        .encode(
            &pattern(WIDTH, HEIGHT),
            WIDTH,
            HEIGHT,
            image_webp::ColorType::Rgb8,
        )
        .unwrap();
    out
}

/// Uncompressed, in one strip that lies before its directory.
fn tiff(orientation: u16) -> Vec<u8> {
    let pixels = pattern(WIDTH, HEIGHT);
    let length = u32::try_from(pixels.len()).unwrap();
    let mut out = b"II*\0".to_vec();
    out.extend((16 + length).to_le_bytes());
    out.extend([8_u16, 8, 8, 0].map(u16::to_le_bytes).concat());
    out.extend(pixels);
    let entries: [(u16, u16, u32, u32); 10] = [
        (256, 4, 1, WIDTH),
        (257, 4, 1, HEIGHT),
        (258, 3, 3, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 16),
        (274, 3, 1, u32::from(orientation)),
        (277, 3, 1, 3),
        (278, 4, 1, HEIGHT),
        (279, 4, 1, length),
    ];
    out.extend(10_u16.to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        out.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    out.extend([0; 4]);
    out
}

#[test]
fn every_orientation_of_every_format_is_shown_upright() {
    use jpeg_encoder::ColorType::{Cmyk, Luma, Rgb};
    type Writer = fn(u16) -> Vec<u8>;
    let writers: [(&str, Writer); 11] = [
        ("jpeg", |o| jpeg(&exif(o, true), false, Rgb)),
        ("jpeg, little-endian", |o| jpeg(&exif(o, false), false, Rgb)),
        ("jpeg, progressive", |o| jpeg(&exif(o, true), true, Rgb)),
        ("jpeg, grey", |o| jpeg(&exif(o, true), false, Luma)),
        ("jpeg, ink", |o| jpeg(&exif(o, true), false, Cmyk)),
        ("png", |o| png(&exif(o, true), png::ColorType::Rgb, false)),
        ("png, alpha", |o| {
            png(&exif(o, false), png::ColorType::Rgba, false)
        }),
        ("png, grey, behind the pixels", |o| {
            png(&exif(o, true), png::ColorType::Grayscale, true)
        }),
        ("webp", |o| webp(&exif(o, true), false)),
        ("webp, named", |o| webp(&exif(o, false), true)),
        ("tiff", tiff),
    ];
    for (name, of) in writers {
        let plain = shown(&of(1));
        assert_eq!((plain.0, plain.1), (WIDTH, HEIGHT), "{name}");
        for orientation in 2..=8 {
            let upright = shown(&of(orientation));
            let wanted = turned(&plain, orientation);
            assert!(upright == wanted, "{name}, orientation {orientation}");
            assert!(upright != plain, "{name}, orientation {orientation}");
        }
        // What is no orientation changes nothing.
        for other in [0, 9, 700] {
            assert!(shown(&of(other)) == plain, "{name}, orientation {other}");
        }
    }
}

#[test]
fn the_first_orientation_counts_where_jpeg_has_two() {
    let plain = shown(&jpeg(&exif(1, true), false, jpeg_encoder::ColorType::Rgb));
    let mut twice = jpeg(&exif(6, true), false, jpeg_encoder::ColorType::Rgb);
    let other = exif(3, true);
    let length = u16::try_from(2 + 6 + other.len()).unwrap();
    let segment = [
        &[0xff, 0xe1],
        &length.to_be_bytes()[..],
        b"Exif\0\0",
        &other,
    ]
    .concat();
    // Behind the two bytes that begin a JPEG.
    twice.splice(2..2, segment);
    assert!(shown(&twice) == turned(&plain, 3));
}
