//! What a PNG may make clear, at every depth, and which picture of an animation is shown.

use png::{BitDepth, ColorType, Encoder};

use super::tests::{pattern, rgb};

const WIDTH: u32 = 17;
const HEIGHT: u32 = 5;

/// Puts samples of `depth` bits into rows that begin at whole bytes, the first sample in the highest bits.
fn packed(samples: &[u16], depth: u32, in_row: usize) -> Vec<u8> {
    let row = |row: &[u16]| {
        let mut bits = Vec::new();
        for sample in row {
            bits.extend((0..depth).rev().map(|bit| sample >> bit & 1));
        }
        bits.resize(bits.len().next_multiple_of(8), 0);
        let bytes = bits.chunks_exact(8);
        bytes
            .map(|byte| {
                byte.iter()
                    .fold(0, |all, bit| all << 1 | u8::try_from(*bit).unwrap())
            })
            .collect::<Vec<u8>>()
    };
    samples.chunks_exact(in_row).flat_map(row).collect()
}

fn bits(depth: BitDepth) -> u32 {
    match depth {
        BitDepth::One => 1,
        BitDepth::Two => 2,
        BitDepth::Four => 4,
        BitDepth::Eight => 8,
        BitDepth::Sixteen => 16,
    }
}

/// A PNG of these samples; `clear` is its `tRNS` chunk.
fn png(
    colour: ColorType,
    depth: BitDepth,
    samples: &[u16],
    palette: Option<Vec<u8>>,
    clear: Vec<u8>,
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, WIDTH, HEIGHT);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if let Some(palette) = palette {
        encoder.set_palette(palette);
    }
    encoder.set_trns(clear);
    let in_row = samples.len() / HEIGHT as usize;
    let mut writer = encoder.write_header().unwrap();
    writer
        .write_image_data(&packed(samples, bits(depth), in_row))
        .unwrap();
    writer.finish().unwrap();
    out
}

/// A sample of so many bits as one of eight, rounded.
fn byte(sample: u16, depth: u32) -> u8 {
    let top = (1_u32 << depth) - 1;
    u8::try_from((u32::from(sample) * 255 + top / 2) / top).unwrap()
}

#[test]
fn one_grey_can_be_clear_at_every_depth() {
    for depth in [
        BitDepth::One,
        BitDepth::Two,
        BitDepth::Four,
        BitDepth::Eight,
        BitDepth::Sixteen,
    ] {
        let many = bits(depth);
        let mask = u16::MAX >> (16 - many);
        let samples: Vec<u16> = (0..85_u16).map(|at| at.wrapping_mul(777) & mask).collect();
        let clear = samples[3];
        let (pixels, _) = rgb(&png(
            ColorType::Grayscale,
            depth,
            &samples,
            None,
            clear.to_be_bytes().to_vec(),
        ))
        .unwrap();
        let wanted: Vec<u8> = samples
            .iter()
            .flat_map(|sample| {
                [if *sample == clear {
                    255
                } else {
                    byte(*sample, many)
                }; 3]
            })
            .collect();
        assert!(pixels == wanted, "{many} bits");
        assert!(wanted.iter().any(|byte| *byte != 255));
    }
}

#[test]
fn one_colour_can_be_clear_and_has_to_be_met_in_every_bit() {
    for depth in [BitDepth::Eight, BitDepth::Sixteen] {
        let many = bits(depth);
        let mut samples: Vec<u16> = (0..255_u16)
            .map(|at| at.wrapping_mul(2311) & (u16::MAX >> (16 - many)))
            .collect();
        // Two neighbours that differ in the lowest bit of one sample.
        let clear = [40, 50, 61];
        samples[30..33].copy_from_slice(&clear);
        samples[33..36].copy_from_slice(&[40, 50, 60]);
        let chunk = clear.iter().flat_map(|n| n.to_be_bytes()).collect();
        let (pixels, _) = rgb(&png(ColorType::Rgb, depth, &samples, None, chunk)).unwrap();
        let wanted: Vec<u8> = samples
            .chunks_exact(3)
            .flat_map(|pixel| {
                if pixel == clear {
                    [255; 3]
                } else {
                    [pixel[0], pixel[1], pixel[2]].map(|n| byte(n, many))
                }
            })
            .collect();
        assert!(pixels == wanted, "{many} bits");
        assert_ne!(pixels[33..36], [255; 3]);
    }
}

#[test]
fn entries_of_a_palette_are_as_clear_as_they_are_said_to_be() {
    for depth in [
        BitDepth::One,
        BitDepth::Two,
        BitDepth::Four,
        BitDepth::Eight,
    ] {
        let entries = 1_u16 << bits(depth);
        let samples: Vec<u16> = (0..85_u16).map(|at| at * 7 % entries).collect();
        let colour = |entry: u16| [entry * 37 % 256, entry * 91 % 256, 255 - entry];
        let palette: Vec<u8> = (0..entries)
            .flat_map(colour)
            .map(|n| u8::try_from(n).unwrap())
            .collect();
        // Two entries are spoken of, the others are opaque.
        let (pixels, _) = rgb(&png(
            ColorType::Indexed,
            depth,
            &samples,
            Some(palette),
            vec![0, 51],
        ))
        .unwrap();
        for (sample, pixel) in samples.iter().zip(pixels.chunks_exact(3)) {
            let wanted = colour(*sample).map(|n| match sample {
                0 => 255,
                1 => (n * 51 + 255 * 204 + 127) / 255,
                _ => n,
            });
            let pixel = [pixel[0], pixel[1], pixel[2]].map(u16::from);
            assert_eq!(pixel, wanted, "entry {sample} of {entries}");
        }
    }
}

#[test]
fn a_palette_of_other_than_whole_entries_is_a_flaw() {
    let samples = [0; 85];
    let of = |length: usize| {
        let palette = Some(vec![9; length]);
        rgb(&png(
            ColorType::Indexed,
            BitDepth::Eight,
            &samples,
            palette,
            Vec::new(),
        ))
    };
    for length in [1, 4, 49, 767, 769, 771, 3000] {
        let flaw = of(length).unwrap_err();
        assert_eq!(flaw.code(), "corrupt", "{length}: {flaw}");
    }
    assert_eq!(of(3).unwrap().0, [9; 85 * 3]);
    assert_eq!(of(768).unwrap().0, [9; 85 * 3]);
}

/// Changes the last byte of the data of the default picture, or takes away the last four, which are the sum of its pixels.
fn with_other_sum(png: &[u8], is_kept: bool) -> Vec<u8> {
    let name = png.windows(4).rposition(|name| name == b"IDAT").unwrap();
    let length = u32::from_be_bytes(png[name - 4..name].try_into().unwrap());
    let end = name + 4 + usize::try_from(length).unwrap();
    let mut chunk = png[name..end].to_vec();
    if is_kept {
        *chunk.last_mut().unwrap() ^= 1;
    } else {
        chunk.truncate(chunk.len() - 4);
    }
    let mut crc = flate2::Crc::new();
    crc.update(&chunk);
    let length = u32::try_from(chunk.len() - 4).unwrap();
    [
        &png[..name - 4],
        &length.to_be_bytes(),
        &chunk,
        &crc.sum().to_be_bytes(),
        &png[end + 4..],
    ]
    .concat()
}

#[test]
fn pixels_that_do_not_add_up_to_their_sum_are_corrupt() {
    let plain = pattern(WIDTH, HEIGHT);
    let mut moving = Vec::new();
    let mut encoder = Encoder::new(&mut moving, WIDTH, HEIGHT);
    encoder.set_color(ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&plain).unwrap();
    writer.write_image_data(&plain).unwrap();
    writer.finish().unwrap();
    let samples: Vec<u16> = plain.iter().map(|n| u16::from(*n)).collect();
    let still = png(ColorType::Rgb, BitDepth::Eight, &samples, None, Vec::new());
    let interlaced = include_bytes!("../../../fixtures/png/interlaced-16.png");
    for whole in [&moving, &still, &interlaced.to_vec()] {
        let flaw = rgb(&with_other_sum(whole, true)).unwrap_err();
        assert_eq!(flaw.code(), "corrupt", "{flaw}");
        // Without one there is nothing to hold them against: libpng, too, lets that pass.
        let without = rgb(&with_other_sum(whole, false)).unwrap();
        assert!(without.0 == rgb(whole).unwrap().0);
    }
}

#[test]
fn of_an_animation_the_picture_is_shown_that_stands_for_it() {
    let plain = pattern(WIDTH, HEIGHT);
    let other: Vec<u8> = plain.iter().map(|n| 255 - n).collect();
    for apart in [false, true] {
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, WIDTH, HEIGHT);
        encoder.set_color(ColorType::Rgb);
        encoder.set_animated(2, 0).unwrap();
        // Apart: the picture for readers that know of no animation is none of the frames.
        encoder.set_sep_def_img(apart).unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&plain).unwrap();
        writer.write_image_data(&other).unwrap();
        if apart {
            writer.write_image_data(&other).unwrap();
        }
        writer.finish().unwrap();
        assert!(rgb(&out).unwrap().0 == plain, "apart: {apart}");
        // The frames behind it may be lost.
        let short = out.len() - 40;
        match rgb(&out[..short]) {
            Ok((pixels, _)) => assert!(pixels == plain),
            Err(flaw) => assert_eq!(flaw.code(), "truncated"),
        }
    }
}
