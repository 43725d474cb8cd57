//! Hostile pictures in a process of their own, whose memory is watched: what a header is charged is what its decode takes.
//!
//! One test alone, since tests of one process share its memory.
#![cfg(target_os = "linux")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "a test reckons with small numbers, and what it makes itself is sound"
)]

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use trawl_dataset::{Preparation, prepare, sniff};

/// What a decode may take beside what its header is charged and twice its file: tables, a profile and the smaller pictures.
const SLACK: u64 = 24 << 20;

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A PNG of 16-bit stripes with chunks of its own in front of the pixels.
fn png(side: u32, colour: png::ColorType, chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Sixteen);
    encoder.set_compression(png::Compression::Fastest);
    let mut writer = encoder.write_header().unwrap();
    for (kind, body) in chunks {
        let kind = png::chunk::ChunkType(**kind);
        writer.write_chunk(kind, body).unwrap();
    }
    let row = side as usize * colour.samples() * 2;
    let mut stream = writer.stream_writer().unwrap();
    for y in 0..side {
        stream.write_all(&vec![(y / 64) as u8; row]).unwrap();
    }
    stream.finish().unwrap();
    drop(writer);
    out
}

/// A TIFF of 64 by 64 RGB pixels with more entries (tag, type, count, value), and `data` at byte 200.
fn tiff(more: &[(u16, u16, u32, u32)], data: &[u8]) -> Vec<u8> {
    let mut entries = vec![
        (256, 4, 1, 64),
        (257, 4, 1, 64),
        (258, 3, 1, 8),
        (262, 3, 1, 2),
        (277, 3, 1, 3),
    ];
    entries.extend(more);
    entries.sort_unstable();
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend(u16::to_le_bytes(tag));
        out.extend(u16::to_le_bytes(kind));
        out.extend(u32::to_le_bytes(count));
        out.extend(u32::to_le_bytes(value));
    }
    out.resize(200, 0);
    out.extend(data);
    out
}

fn jpeg(side: u16, colour: ColorType, channels: usize, progressive: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 60);
    encoder.set_progressive(progressive);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    let row = usize::from(side) * channels;
    let stripes = (0..row * usize::from(side)).map(|at| (at / row / 64 * 9) as u8);
    let data: Vec<u8> = stripes.collect();
    encoder.encode(&data, side, side, colour).unwrap();
    out
}

/// A JPEG with a profile whose table of 24 steps to the power of four is among the largest that are read.
fn profiled() -> Vec<u8> {
    let grid = 24_u8;
    let nodes = usize::from(grid).pow(4) * 3;
    let mut table = b"mft1\0\0\0\0\x04\x03".to_vec();
    table.extend([grid, 0]);
    for n in [1_i32, 0, 0, 0, 1, 0, 0, 0, 1] {
        table.extend((n << 16).to_be_bytes());
    }
    table.extend((0..4).flat_map(|_| 0..=255_u8));
    table.extend((0..nodes).map(|at| (at * 7) as u8));
    table.extend((0..3).flat_map(|_| 0..=255_u8));
    let mut icc = vec![0; 128];
    icc[8..12].copy_from_slice(&[2, 0x40, 0, 0]);
    icc[12..24].copy_from_slice(b"prtrCMYKLab ");
    icc[36..40].copy_from_slice(b"acsp");
    for (at, value) in [(68, 0xf6d6_u32), (72, 0x1_0000), (76, 0xd32d)] {
        icc[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    icc.extend([0, 0, 0, 1]);
    icc.extend(b"A2B0");
    icc.extend(144_u32.to_be_bytes());
    icc.extend((table.len() as u32).to_be_bytes());
    icc.extend(table);
    let length = icc.len() as u32;
    icc[..4].copy_from_slice(&length.to_be_bytes());
    let picture = jpeg(64, ColorType::Cmyk, 4, false);
    let parts: Vec<&[u8]> = icc.chunks(65_000).collect();
    let mut out = picture[..2].to_vec();
    for (number, part) in parts.iter().enumerate() {
        out.extend(b"\xff\xe2");
        out.extend((part.len() as u16 + 16).to_be_bytes());
        out.extend(b"ICC_PROFILE\0");
        out.extend([number as u8 + 1, parts.len() as u8]);
        out.extend(*part);
    }
    out.extend(&picture[2..]);
    out
}

fn webp(side: u32, moving: bool) -> Vec<u8> {
    let values = (0..side * side * 4).map(|at| (at / side / 256) as u8);
    let pixels: Vec<u8> = values.collect();
    let mut still = Vec::new();
    image_webp::WebPEncoder::new(&mut still)
        .encode(&pixels, side, side, image_webp::ColorType::Rgba8)
        .unwrap();
    drop(pixels);
    if !moving {
        return still;
    }
    // One frame on a canvas that is a pixel larger.
    let three = |n: u32| n.to_le_bytes()[..3].to_vec();
    let frame = [
        vec![0; 6],
        three(side - 1),
        three(side - 1),
        vec![0; 4],
        still[12..].to_vec(),
    ]
    .concat();
    let canvas = [vec![0x12, 0, 0, 0], three(side), three(side)].concat();
    let mut body = b"WEBP".to_vec();
    for (kind, content) in [
        (b"VP8X", &canvas[..]),
        (b"ANIM", &[0; 6][..]),
        (b"ANMF", &frame[..]),
    ] {
        body.extend(kind);
        body.extend((content.len() as u32).to_le_bytes());
        body.extend(content);
    }
    let length = (body.len() as u32).to_le_bytes();
    [b"RIFF", &length[..], &body].concat()
}

fn gif(side: u16) -> Vec<u8> {
    let mut out = Vec::new();
    let palette = [0, 0, 0, 255, 255, 255];
    let mut encoder = gif::Encoder::new(&mut out, side, side, &palette).unwrap();
    let across = usize::from(side);
    let stripes = (0..across * across).map(|at| u8::from(at / across % 64 > 31));
    let frame = gif::Frame {
        width: side,
        height: side,
        buffer: stripes.collect::<Vec<u8>>().into(),
        ..gif::Frame::default()
    };
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    out
}

/// Names and pictures, small budgets first, since memory that was freed may stay with the process.
fn hostile(number: usize) -> Option<(&'static str, Vec<u8>)> {
    let length = |bytes: &[u8]| bytes.len() as u32;
    let bomb = || deflated(&vec![7; 300 << 20]);
    Some(match number {
        0 => {
            let swelling = [b"name\0\0", &deflated(&vec![0; 200 << 20])[..]].concat();
            let chunks = [
                (b"iCCP", swelling.clone()),
                (b"zTXt", swelling),
                (b"eXIf", vec![0; 9 << 20]),
            ];
            let bytes = png(64, png::ColorType::Rgb, &chunks);
            ("png: a profile and a text of 200 MB", bytes)
        }
        1 => {
            let data = bomb();
            let entries = [
                (259, 3, 1, 8),
                (322, 4, 1, 65_535),
                (323, 4, 1, 65_535),
                (324, 4, 1, 200),
                (325, 4, 1, length(&data)),
            ];
            ("tiff: a tile of 4 gigapixels", tiff(&entries, &data))
        }
        2 => {
            let data = bomb();
            let entries = [
                (259, 3, 1, 8),
                (273, 4, 1, 200),
                (278, 4, 1, 64),
                (279, 4, 1, length(&data)),
            ];
            ("tiff: a strip that swells to 300 MB", tiff(&entries, &data))
        }
        3 => {
            let data = jpeg(8000, ColorType::Luma, 1, false);
            let entries = [
                (259, 3, 1, 7),
                (273, 4, 1, 200),
                (278, 4, 1, 64),
                (279, 4, 1, length(&data)),
            ];
            ("tiff: a JPEG of 64 megapixels", tiff(&entries, &data))
        }
        4 => ("jpeg: a profile of 330,000 nodes", profiled()),
        5 => {
            let mut bytes = gif(64);
            let frame = bytes.iter().position(|byte| *byte == 0x2c).unwrap();
            bytes[frame + 5..frame + 9].copy_from_slice(&[0x60, 0xea, 0x60, 0xea]);
            ("gif: a frame of 3.6 gigapixels", bytes)
        }
        6 => ("gif: 16 megapixels", gif(4000)),
        7 => ("webp: 16 megapixels with alpha", webp(4000, false)),
        8 => ("webp: a moving one of 16 megapixels", webp(3999, true)),
        9 => {
            let bytes = jpeg(4000, ColorType::Rgb, 3, true);
            ("jpeg: 16 megapixels, progressive", bytes)
        }
        10 => {
            let bytes = jpeg(4000, ColorType::Cmyk, 4, true);
            ("jpeg: 16 megapixels of ink, progressive", bytes)
        }
        11 => {
            let bytes = png(4000, png::ColorType::Rgba, &[]);
            ("png: 16 megapixels of 64 bits", bytes)
        }
        _ => return None,
    })
}

/// Resident memory in bytes, at its highest since it was last set back.
fn highest() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let line = lines.find(|line| line.starts_with("VmHWM:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

#[test]
fn no_hostile_picture_takes_more_than_its_header_is_charged_and_the_slack() {
    let p = Preparation::default();
    for (name, bytes) in (0..).map_while(hostile) {
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = highest();
        let outcome = match prepare(&bytes, &p) {
            Ok(_) => "prepared".to_owned(),
            Err(flaw) => flaw.to_string(),
        };
        let took = highest() - before;
        let charged = sniff(&bytes, &p).map_or(0, |header| header.decode_bytes());
        let bound = charged + 2 * bytes.len() as u64 + SLACK;
        println!(
            "{:4} MiB of {:4}: {name}: {outcome}",
            took >> 20,
            bound >> 20
        );
        assert!(took <= bound, "{name}: {took} bytes, the bound is {bound}");
    }
}
