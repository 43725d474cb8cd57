//! Pictures of every form against the pattern they were drawn from, and against Pillow where that has its say.
#![expect(
    clippy::cast_possible_truncation,
    reason = "tests reckon with small numbers"
)]

use super::super::colour::{Colour, develop};
use super::super::directory::Directory;
use super::super::{Flaw, Header, Preparation, sniff};
use super::decode;

/// A picture of `fixtures/make.py`.
pub(in crate::pixels) fn pattern(width: u32, height: u32) -> Vec<u8> {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    pixels
        .flat_map(|(x, y)| {
            [0, 1, 2].map(|c| {
                let grain = ((x * (3 + c)) ^ (y * (5 - c))) & 63;
                let waves = ((x * x * 7 + y * y * 11 * (c + 1) + x * y * 3) >> 5) & 127;
                let checks = if (x / 9 + y / 7) & 1 == 1 { 64 } else { 0 };
                (grain + waves + checks) as u8
            })
        })
        .collect()
}

fn header(bytes: &[u8]) -> Result<Header, Flaw> {
    let p = Preparation {
        min_side: 1,
        ..Preparation::default()
    };
    sniff(bytes, &p)
}

/// Decodes any of the formats to RGB.
pub(super) fn rgb(bytes: &[u8]) -> Result<(Vec<u8>, Colour), Flaw> {
    let still = decode(bytes, &header(bytes)?)?;
    let (rgb, colour) = develop(still.samples, &still.space)?;
    Ok((rgb.into_vec(), colour))
}

fn most(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

macro_rules! tiff {
    ($name:literal) => {
        (
            $name,
            &include_bytes!(concat!("../../../fixtures/tiff/", $name, ".tif"))[..],
        )
    };
}

macro_rules! tiff_with_result {
    ($name:literal, $result:literal) => {
        (
            $name,
            &include_bytes!(concat!("../../../fixtures/tiff/", $name, ".tif"))[..],
            &include_bytes!(concat!("../../../fixtures/tiff/", $result, ".rgb"))[..],
        )
    };
}

fn grey(rgb: &[u8]) -> Vec<u8> {
    rgb.chunks_exact(3).flat_map(|p| [p[0]; 3]).collect()
}

/// Right half at a fifth of its weight over white.
fn faded(rgb: &[u8]) -> Vec<u8> {
    let pixels = rgb.chunks_exact(3).enumerate();
    pixels
        .flat_map(|(at, pixel)| {
            let alpha = if at % 24 < 12 { 255 } else { 51 };
            [0, 1, 2].map(|c| {
                let colour = u32::from(pixel[c]);
                ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
            })
        })
        .collect()
}

#[test]
fn every_form_of_tiff_shows_the_picture() {
    let plain = pattern(24, 16);
    for (name, bytes) in [
        tiff!("rgb"),
        tiff!("rgb-big-endian"),
        tiff!("rgb-bigtiff"),
        tiff!("rgb-strips-lzw-predictor"),
        tiff!("rgb-deflate"),
        tiff!("rgb-packbits"),
        tiff!("rgb-tiles"),
        tiff!("rgb-planes"),
        tiff!("rgb-16"),
        tiff!("rgb-16-planes"),
        tiff!("rgb-lowest-bit-first"),
        tiff!("rgba-unspecified"),
        tiff!("ink"),
    ] {
        assert!(rgb(bytes).unwrap().0 == plain, "{name}");
    }
    for (name, bytes) in [tiff!("grey"), tiff!("grey-white-is-zero"), tiff!("grey-16")] {
        assert!(rgb(bytes).unwrap().0 == grey(&plain), "{name}");
    }
    let (_, alpha) = tiff!("rgba");
    assert_eq!(rgb(alpha).unwrap().0, faded(&plain));
    let (_, alpha) = tiff!("grey-alpha");
    assert_eq!(rgb(alpha).unwrap().0, faded(&grey(&plain)));
    // What was multiplied by a fifth comes back to five levels.
    let (_, alpha) = tiff!("rgba-multiplied");
    assert!(most(&rgb(alpha).unwrap().0, &faded(&plain)) <= 1);
}

#[test]
fn tiffs_of_palettes_bits_and_jpegs_are_as_pillow_reads_them() {
    for (name, bytes, wanted) in [
        tiff_with_result!("palette-8", "palette-8"),
        tiff_with_result!("palette-4", "palette-4"),
        tiff_with_result!("bits", "bits"),
        tiff_with_result!("bits-group4", "bits"),
    ] {
        assert!(rgb(bytes).unwrap().0 == wanted, "{name}");
    }
    for (name, bytes, wanted) in [
        tiff_with_result!("rgb-jpeg", "rgb-jpeg"),
        tiff_with_result!("ycbcr-jpeg", "ycbcr-jpeg"),
        tiff_with_result!("ycbcr-jpeg-tiles", "ycbcr-jpeg"),
    ] {
        let difference = most(&rgb(bytes).unwrap().0, wanted);
        assert!(difference <= 4, "{name}: {difference}");
    }
    let (_, bytes, wanted) = tiff_with_result!("rgb-profile", "rgb-profile");
    let (pixels, colour) = rgb(bytes).unwrap();
    assert_eq!(colour, Colour::Converted);
    assert!(most(&pixels, wanted) <= 1);
}

#[test]
fn a_cut_tiff_is_found_wherever_it_is_cut() {
    for (name, bytes) in [
        tiff!("rgb"),
        tiff!("rgb-strips-lzw-predictor"),
        tiff!("rgb-deflate"),
        tiff!("rgb-packbits"),
        tiff!("rgb-tiles"),
        tiff!("palette-8"),
        tiff!("bits-group4"),
        tiff!("ycbcr-jpeg"),
        tiff!("rgb-lowest-bit-first"),
        tiff!("rgb-bigtiff"),
    ] {
        let whole = rgb(bytes).unwrap().0;
        for end in 4..bytes.len() {
            match rgb(&bytes[..end]) {
                Ok((pixels, _)) => assert!(pixels == whole, "{name} cut at {end}"),
                Err(flaw) => assert_eq!(flaw, Flaw::Truncated, "{name} cut at {end}"),
            }
        }
    }
}

#[test]
fn what_a_tiff_is_not_read_for_is_said_once() {
    let (_, bytes) = tiff!("rgb");
    for (tag, value, why) in [
        (259, 34_925_u16, "compression method Unknown(34925)"),
        (
            262,
            8,
            "Photometric interpretation CIELab with bits per sample [8, 8, 8]",
        ),
    ] {
        let (at, length) = Directory::first(bytes).unwrap().place(tag).unwrap();
        assert_eq!(length, 2);
        let mut other = bytes.to_vec();
        other[at..at + 2].copy_from_slice(&value.to_le_bytes());
        let flaw = rgb(&other).unwrap_err();
        assert_eq!(flaw.code(), "unsupported");
        assert_eq!(flaw.detail(), format!("TIFF with {why} is not supported"));
    }
}

#[test]
fn interlaced_pngs_show_the_picture() {
    let deep = include_bytes!("../../../fixtures/png/interlaced-16.png");
    assert!(rgb(deep).unwrap().0 == pattern(24, 16));
    let palette = include_bytes!("../../../fixtures/png/interlaced-palette.png");
    // The first colour is clear, the second half so.
    let colours = [[255; 3], [252, 127, 127], [0, 250, 0], [0, 0, 250]];
    let wanted: Vec<u8> = pattern(24, 16)
        .chunks_exact(3)
        .flat_map(|pixel| colours[usize::from(pixel[0] >> 6)])
        .collect();
    assert!(rgb(palette).unwrap().0 == wanted);
}

/// A PNG of the pattern with chunks of its own in front of the pixels.
fn png_with(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 24, 16);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    for (kind, body) in chunks {
        writer
            .write_chunk(png::chunk::ChunkType(**kind), body)
            .unwrap();
    }
    writer.write_image_data(&pattern(24, 16)).unwrap();
    writer.finish().unwrap();
    out
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = b"name\0\0".to_vec();
    let mut encoder = flate2::write::ZlibEncoder::new(&mut out, flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap();
    out
}

#[test]
fn of_what_a_png_says_of_its_colours_the_strongest_counts() {
    let p3 = include_bytes!("../../../fixtures/colour/display-p3.icc");
    let wanted = include_bytes!("../../../fixtures/tiff/rgb-profile.rgb");
    let icc = (b"iCCP", deflated(p3));
    let (pixels, colour) = rgb(&png_with(std::slice::from_ref(&icc))).unwrap();
    assert!(colour == Colour::Converted && most(&pixels, wanted) <= 1);
    let is = |chunks: &[(&[u8; 4], Vec<u8>)]| rgb(&png_with(chunks)).unwrap().1;
    // `cICP` says sRGB, whatever the profile says.
    assert_eq!(
        is(&[icc.clone(), (b"cICP", vec![1, 13, 0, 1])]),
        Colour::Plain
    );
    let (pixels, _) = rgb(&png_with(&[(b"cICP", vec![12, 13, 0, 1])])).unwrap();
    assert!(most(&pixels, wanted) <= 1);
    assert_eq!(is(&[(b"sRGB", vec![0]), icc]), Colour::Converted);
    assert_eq!(is(&[(b"gAMA", vec![0, 1, 0x86, 0xa0])]), Colour::Plain);
    assert_eq!(
        is(&[(b"iCCP", b"name\0\0nothing".to_vec())]),
        Colour::Ignored
    );
}

#[test]
fn profiles_and_texts_that_swell_cost_neither_memory_nor_the_picture() {
    let swelling = deflated(&vec![0; 64 << 20]);
    assert!(swelling.len() < 100_000);
    let (pixels, colour) = rgb(&png_with(&[
        (b"iCCP", swelling.clone()),
        (b"zTXt", swelling),
    ]))
    .unwrap();
    assert_eq!(colour, Colour::Ignored);
    assert!(pixels == pattern(24, 16));
}

/// A GIF of one frame on a canvas, its colours clear, red, green and blue.
fn gif(canvas: (u16, u16), frame: (u16, u16, u16, u16), interlaced: bool) -> Vec<u8> {
    let palette = [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255];
    let mut out = Vec::new();
    let mut encoder = gif::Encoder::new(&mut out, canvas.0, canvas.1, &palette).unwrap();
    let (left, top, width, height) = frame;
    let indices: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| ((x + y) % 4) as u8))
        .collect();
    encoder
        .write_frame(&gif::Frame {
            left,
            top,
            width,
            height,
            interlaced,
            transparent: Some(0),
            buffer: indices.into(),
            ..gif::Frame::default()
        })
        .unwrap();
    drop(encoder);
    out
}

#[test]
fn a_frame_of_a_gif_lies_on_a_white_canvas() {
    let bytes = gif((20, 12), (3, 2, 9, 5), false);
    let (pixels, _) = rgb(&bytes).unwrap();
    let colours = [[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]];
    for (at, pixel) in pixels.chunks_exact(3).enumerate() {
        let (x, y) = (at % 20, at / 20);
        let inside = (3..12).contains(&x) && (2..7).contains(&y);
        let wanted = if inside {
            colours[(x - 3 + y - 2) % 4]
        } else {
            [255; 3]
        };
        assert_eq!(pixel, wanted, "{x} {y}");
    }
    // A frame that is larger makes the canvas larger.
    let larger = gif((4, 4), (3, 2, 9, 5), false);
    let size = header(&larger).unwrap();
    assert_eq!((size.width, size.height), (12, 7));
    assert_eq!(rgb(&larger).unwrap().0.len(), 12 * 7 * 3);
    for end in 0..bytes.len() {
        match rgb(&bytes[..end]) {
            Ok((cut, _)) => assert!(cut == pixels, "cut at {end}"),
            Err(flaw) => assert!(matches!(
                flaw.code(),
                "truncated" | "corrupt" | "not-an-image"
            )),
        }
    }
    // A trailer in the place of the rest does not hide that it is gone.
    let descriptor = bytes.iter().rposition(|byte| *byte == 0x2c).unwrap();
    for end in descriptor + 10..bytes.len() - 1 {
        match rgb(&[&bytes[..end], &[0x3b]].concat()) {
            Ok((cut, _)) => assert!(cut == pixels, "glued at {end}"),
            Err(flaw) => assert_eq!(flaw, Flaw::Truncated, "glued at {end}"),
        }
    }
}

#[test]
fn a_moving_webp_shows_its_first_frame_and_is_not_walked_to_its_end() {
    let mut still = Vec::new();
    image_webp::WebPEncoder::new(&mut still)
        .encode(&pattern(24, 16), 24, 16, image_webp::ColorType::Rgb8)
        .unwrap();
    let (pixels, _) = rgb(&still).unwrap();
    assert!(pixels == pattern(24, 16));
    let image = &still[12..];
    let three = |n: u32| n.to_le_bytes()[..3].to_vec();
    let frame = |left: u32, top: u32| {
        let header = [
            three(left / 2),
            three(top / 2),
            three(23),
            three(15),
            three(100),
            vec![0],
        ];
        [&header.concat(), image].concat()
    };
    let extended = [vec![0x02, 0, 0, 0], three(39), three(29)].concat();
    let mut frames = vec![frame(10, 6)];
    frames.resize(20_000, frame(0, 0));
    let mut chunks: Vec<(&[u8; 4], &[u8])> = vec![(b"VP8X", &extended), (b"ANIM", &[0; 6])];
    chunks.extend(frames.iter().map(|frame| (b"ANMF", &frame[..])));
    let moving = super::riff::file(&chunks).unwrap();
    let (canvas, _) = rgb(&moving).unwrap();
    let wanted = pattern(24, 16);
    for (at, pixel) in canvas.chunks_exact(3).enumerate() {
        let (x, y) = (at % 40, at / 40);
        let inside = (10..34).contains(&x) && (6..22).contains(&y);
        if inside {
            assert_eq!(pixel, &wanted[((y - 6) * 24 + x - 10) * 3..][..3]);
        } else {
            assert_eq!(pixel, [255; 3]);
        }
    }
    let outside = super::riff::file(&[
        (b"VP8X", &extended),
        (b"ANIM", &[0; 6]),
        (b"ANMF", &frame(20, 6)),
    ]);
    assert_eq!(rgb(&outside.unwrap()).unwrap_err().code(), "corrupt");
}
