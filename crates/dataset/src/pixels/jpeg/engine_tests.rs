//! JPEGs of rare samplings and scans, as libjpeg makes them (`fixtures/jpeg/make.c`).

use super::decode::decode;
use super::segments::Segments;
use crate::pixels::colour::develop;
use crate::pixels::{Codec, Flaw};

macro_rules! jpeg {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../fixtures/jpeg/", $name, ".jpg")) as &[u8],
        )
    };
}

/// Those that are read.
const READ: [(&str, &[u8]); 7] = [
    jpeg!("wide-chroma"),
    jpeg!("wide-chroma-restarts"),
    jpeg!("uneven-chroma"),
    jpeg!("three-across"),
    jpeg!("split-restarts"),
    jpeg!("split-tall"),
    jpeg!("split-half"),
];

fn rgb(bytes: &[u8]) -> Result<Vec<u8>, Flaw> {
    let (still, _) = decode(bytes, Codec::Rust, None)?;
    Ok(develop(still.samples, &still.space)?.0.into_vec())
}

/// Most grey levels between two pictures.
fn most(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn every_sampling_that_is_read_shows_the_picture() {
    let plain = rgb(jpeg!("plain").1).unwrap();
    for (name, bytes) in READ {
        let most = most(&rgb(bytes).unwrap(), &plain);
        assert!(most < 30, "{name}: {most}");
    }
}

#[test]
fn what_no_decoder_gets_right_is_refused_by_name() {
    for ((name, bytes), why) in [
        (
            jpeg!("wide-chroma-progressive"),
            "chroma finer than its luma",
        ),
        (jpeg!("split-three"), "three resolutions"),
    ] {
        let flaw = rgb(bytes).unwrap_err();
        assert_eq!(flaw.code(), "unsupported", "{name}: {flaw}");
        assert!(flaw.detail().contains(why), "{name}: {flaw}");
    }
}

#[test]
fn samples_of_more_than_a_byte_are_not_supported() {
    let mut deep = jpeg!("plain").1.to_vec();
    let frame = Segments::new(&deep).find(|s| s.marker == 0xc0).unwrap();
    let precision = frame.start + 4;
    deep[precision] = 12;
    assert_eq!(
        rgb(&deep).unwrap_err(),
        Flaw::Unsupported("JPEG of 12 bits".to_owned())
    );
}

#[test]
fn one_colour_has_no_sampling() {
    let mut grey = Vec::new();
    jpeg_encoder::Encoder::new(&mut grey, 90)
        .encode(&[70; 40 * 30], 40, 30, jpeg_encoder::ColorType::Luma)
        .unwrap();
    let frame = Segments::new(&grey).find(|s| s.marker == 0xc0).unwrap();
    let sampling = frame.start + 4 + 7;
    let whole = rgb(&grey).unwrap();
    for factors in [0x22, 0x31, 0x13, 0x44] {
        grey[sampling] = factors;
        assert!(rgb(&grey).unwrap() == whole, "{factors:x}");
    }
}

#[test]
fn a_cut_of_a_rare_sampling_is_found_wherever_it_is() {
    for (name, bytes) in READ {
        let whole = rgb(bytes).unwrap();
        for end in 2..bytes.len() - 2 {
            let cut = &bytes[..end];
            let zeros = [cut, &[0; 5000], b"\xff\xd9"].concat();
            for broken in [cut, &[cut, b"\xff\xd9"].concat(), &zeros] {
                match rgb(broken) {
                    Ok(pixels) => assert!(pixels == whole, "{name} cut at {end}"),
                    Err(flaw) => assert_ne!(flaw.code(), "decoder-panic"),
                }
            }
        }
        let middle = [&bytes[..bytes.len() / 10 * 9], b"\xff\xd9"].concat();
        assert_eq!(rgb(&middle).unwrap_err(), Flaw::Truncated, "{name}");
    }
}

#[test]
fn a_loss_between_two_markers_is_found() {
    for (name, bytes) in [jpeg!("split-half"), jpeg!("wide-chroma-restarts")] {
        let start = Segments::new(bytes).last().unwrap().end;
        let end = start
            + bytes[start..]
                .windows(2)
                .position(|pair| pair[0] == 0xff && pair[1] != 0)
                .unwrap();
        for lost in 4..end - start {
            let hole = [&bytes[..end - lost], &bytes[end..]].concat();
            assert!(rgb(&hole).is_err(), "{name} without {lost} bytes");
        }
        // What another picture has there is longer, or does not end with it.
        let padded = [&bytes[..bytes.len() - 2], &[0; 64], b"\xff\xd9"].concat();
        assert!(rgb(&padded).unwrap() == rgb(bytes).unwrap(), "{name}");
        let swollen = [&bytes[..end], &[0; 40], &bytes[end..]].concat();
        assert_eq!(rgb(&swollen).unwrap_err().code(), "corrupt", "{name}");
    }
}
