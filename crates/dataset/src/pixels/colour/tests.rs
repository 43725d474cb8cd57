//! Against Little CMS by way of Pillow: the files of `fixtures/colour`, which `fixtures/make.py` made.

use std::borrow::Cow;

use super::profile::Profile;
use super::{Colour, MAX_PROFILE};
use crate::pixels::still::{Channels, Data, Samples, Space};
use crate::pixels::{Codec, Flaw, jpeg};

/// A profile, the channels it is for, its bytes, and what Little CMS makes of the patches.
type Case = (&'static str, Channels, &'static [u8], &'static [u8]);

macro_rules! case {
    ($name:literal, $channels:ident) => {
        (
            $name,
            Channels::$channels,
            include_bytes!(concat!("../../../fixtures/colour/", $name, ".icc")),
            include_bytes!(concat!("../../../fixtures/colour/", $name, ".rgb")),
        )
    };
}

const CASES: [Case; 6] = [
    case!("srgb", Rgb),
    case!("display-p3", Rgb),
    case!("adobe-rgb", Rgb),
    case!("prophoto", Rgb),
    case!("grey-18", Grey),
    case!("ink", Ink),
];

fn case(name: &str) -> Case {
    CASES.into_iter().find(|case| case.0 == name).unwrap()
}

/// What `fixtures/make.py` calls patches.
fn patches(channels: Channels) -> Vec<u8> {
    if channels == Channels::Grey {
        return (0..64).map(|i| i * 4).collect();
    }
    let levels = [0, 85, 170, 255];
    let count = channels.count();
    (0..4_usize.pow(u32::try_from(count).unwrap()))
        .flat_map(|i| (0..count).rev().map(move |c| levels[i >> (2 * c) & 3]))
        .collect()
}

fn samples(channels: Channels, data: Data) -> Samples {
    let values = match &data {
        Data::Bytes(bytes) => bytes.len(),
        Data::Words(words) => words.len(),
        Data::BigEndian(bytes) => bytes.len() / 2,
    };
    Samples {
        width: u32::try_from(values / channels.count()).unwrap(),
        height: 1,
        channels,
        data,
    }
}

fn in_bytes(bytes: Vec<u8>) -> Data {
    Data::Bytes(bytes.into())
}

fn develop(samples: Samples, space: &Space<'_>) -> Result<(Vec<u8>, Colour), Flaw> {
    let (rgb, colour) = super::develop(samples, space)?;
    Ok((rgb.into_vec(), colour))
}

fn space(icc: &[u8]) -> Space<'_> {
    Space::Profile(Cow::Borrowed(icc))
}

/// Largest and mean difference.
fn differences(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let each = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    let sum: u32 = each.clone().map(u32::from).sum();
    (
        each.max().unwrap(),
        f64::from(sum) / f64::from(u32::try_from(a.len()).unwrap()),
    )
}

/// Largest and mean difference that is let pass.
///
/// Presses go through a table, which the two sides sample and interpolate in their own ways, as Little CMS does by itself: with
/// and without its optimisation it differs by up to 18 grey levels for a press profile, by 0.25 on average.
fn bounds(channels: Channels) -> (u8, f64) {
    if channels == Channels::Ink {
        (5, 0.6)
    } else {
        (1, 0.4)
    }
}

#[test]
fn profiles_are_converted_as_littlecms_does() {
    for (name, channels, icc, wanted) in CASES {
        let data = in_bytes(patches(channels));
        let (rgb, colour) = develop(samples(channels, data), &space(icc)).unwrap();
        let (most, mean) = differences(&rgb, wanted);
        let bounds = bounds(channels);
        assert!(
            most <= bounds.0 && mean < bounds.1,
            "{name}: {most}, {mean}"
        );
        let is_srgb = name == "srgb";
        assert_eq!(colour == Colour::Plain, is_srgb, "{name}: {colour:?}");
    }
}

#[test]
fn sixteen_bits_are_converted_as_sixteen_bits() {
    for (name, channels, icc, wanted) in CASES {
        let words: Vec<u16> = patches(channels)
            .iter()
            .map(|b| u16::from(*b) * 257)
            .collect();
        let big_endian = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        for data in [Data::Words(words), Data::BigEndian(big_endian)] {
            let (rgb, _) = develop(samples(channels, data), &space(icc)).unwrap();
            let (most, mean) = differences(&rgb, wanted);
            let bounds = bounds(channels);
            assert!(
                most <= bounds.0 && mean < bounds.1,
                "{name}: {most}, {mean}"
            );
        }
    }
}

#[test]
fn colours_are_converted_before_alpha_is_applied() {
    let (_, _, icc, wanted) = case("display-p3");
    let opaque: Vec<u8> = patches(Channels::Rgb);
    for (alpha, expected) in [(255, wanted.to_vec()), (0, vec![255; wanted.len()])] {
        let rgba = opaque
            .chunks_exact(3)
            .flat_map(|rgb| [rgb[0], rgb[1], rgb[2], alpha])
            .collect();
        let (rgb, _) = develop(samples(Channels::Rgba, in_bytes(rgba)), &space(icc)).unwrap();
        assert!(differences(&rgb, &expected).0 <= 1, "{alpha}");
    }
    let half = in_bytes(vec![255, 0, 0, 128]);
    let (rgb, _) = develop(samples(Channels::Rgba, half), &space(icc)).unwrap();
    // Red of Display-P3 is beyond sRGB, so it becomes its red, and half of it over white.
    assert_eq!(rgb, [255, 127, 127]);
}

#[test]
fn a_byte_that_says_nothing_changes_no_colour() {
    let rgb = patches(Channels::Rgb);
    let pixels = rgb.as_chunks::<3>().0.iter();
    let wide: Vec<u8> = pixels.flat_map(|[r, g, b]| [*r, *g, *b, 7]).collect();
    for name in ["display-p3", "adobe-rgb", "ink"] {
        let of = |channels, bytes: &[u8]| {
            let samples = samples(channels, in_bytes(bytes.to_vec()));
            develop(samples, &space(case(name).2)).unwrap()
        };
        let (plain, colour) = of(Channels::Rgb, &rgb);
        let (wide, wide_colour) = of(Channels::Rgbx, &wide);
        let pixels = wide.chunks_exact(wide.len() * 3 / plain.len());
        let narrow: Vec<u8> = pixels.flat_map(|pixel| pixel[..3].to_vec()).collect();
        assert_eq!((narrow, wide_colour), (plain, colour), "{name}");
    }
}

#[test]
fn grey_may_have_a_profile_of_rgb_but_not_the_other_way_round() {
    let grey = || samples(Channels::Grey, in_bytes(vec![0, 20, 255]));
    let (rgb, colour) = develop(grey(), &space(case("adobe-rgb").2)).unwrap();
    assert_eq!(colour, Colour::Converted);
    assert!(rgb.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]));
    assert!((11..=13).contains(&rgb[3]), "{}", rgb[3]);
    for (channels, name) in [
        (Channels::Rgb, "grey-18"),
        (Channels::Rgb, "ink"),
        (Channels::Ink, "adobe-rgb"),
        (Channels::Grey, "ink"),
    ] {
        let bytes = vec![9; 12];
        let (_, colour) =
            develop(samples(channels, in_bytes(bytes)), &space(case(name).2)).unwrap();
        assert_eq!(colour, Colour::Ignored, "{name}");
    }
}

#[test]
fn a_coded_space_is_its_profile() {
    let coded = |primaries, transfer| {
        let space = Space::Coded {
            primaries,
            transfer,
        };
        develop(
            samples(Channels::Rgb, in_bytes(patches(Channels::Rgb))),
            &space,
        )
        .unwrap()
    };
    assert_eq!(coded(1, 13), (patches(Channels::Rgb), Colour::Plain));
    let (rgb, colour) = coded(12, 13);
    assert_eq!(colour, Colour::Converted);
    assert!(differences(&rgb, case("display-p3").3).0 <= 1);
    // High dynamic range is left as it is.
    assert_eq!(coded(9, 16), (patches(Channels::Rgb), Colour::Ignored));
}

#[test]
fn without_a_profile_ink_takes_its_share_of_light() {
    let ink = in_bytes(vec![0, 0, 0, 0, 255, 0, 0, 128, 0, 128, 0, 0, 9, 9, 9, 255]);
    let (rgb, colour) = develop(samples(Channels::Ink, ink), &Space::Unsaid).unwrap();
    assert_eq!(rgb, [255, 255, 255, 0, 127, 127, 255, 127, 255, 0, 0, 0]);
    assert_eq!(colour, Colour::Plain);
}

#[test]
fn a_press_of_jpeg_is_read_as_pillow_reads_it_with_and_without_adobes_marker() {
    let cmyk = include_bytes!("../../../fixtures/colour/cmyk.jpg");
    let marker = cmyk.windows(2).position(|two| two == b"\xff\xee").unwrap();
    let length = usize::from(u16::from_be_bytes([cmyk[marker + 2], cmyk[marker + 3]]));
    let without = [&cmyk[..marker], &cmyk[marker + 2 + length..]].concat();
    let plain = include_bytes!("../../../fixtures/colour/cmyk.rgb");
    let ycck = include_bytes!("../../../fixtures/colour/ycck.jpg");
    let profiled = include_bytes!("../../../fixtures/colour/cmyk-profile.jpg");
    for (name, jpeg, wanted, colour, bound) in [
        ("cmyk", &cmyk[..], &plain[..], Colour::Plain, 1),
        ("cmyk without marker", &without, plain, Colour::Plain, 1),
        (
            "ycck",
            ycck,
            include_bytes!("../../../fixtures/colour/ycck.rgb"),
            Colour::Plain,
            3,
        ),
        (
            "cmyk with profile",
            profiled,
            include_bytes!("../../../fixtures/colour/cmyk-profile.rgb"),
            Colour::Converted,
            4,
        ),
    ] {
        for codec in [Codec::Rust, Codec::preferred()] {
            let (still, _) = jpeg::decode(jpeg, codec, None).unwrap();
            let (rgb, found) = develop(still.samples, &still.space).unwrap();
            let (most, mean) = differences(&rgb, wanted);
            assert!(most <= bound && mean < 0.5, "{name}: {most}, {mean}");
            assert_eq!(found, colour, "{name}");
        }
    }
}

#[test]
fn a_profile_in_several_segments_is_put_together_in_any_order() {
    let whole = include_bytes!("../../../fixtures/colour/cmyk-profile.jpg");
    let at = whole.windows(2).position(|two| two == b"\xff\xe2").unwrap();
    let length = usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]]));
    let icc = &whole[at + 4 + 14..at + 2 + length];
    let segment = |number: u8, count: u8, part: &[u8]| {
        let length = u16::try_from(2 + 14 + part.len()).unwrap().to_be_bytes();
        [
            b"\xff\xe2",
            &length[..],
            b"ICC_PROFILE\0",
            &[number, count],
            part,
        ]
        .concat()
    };
    let with = |segments: &[Vec<u8>]| {
        [&whole[..at], &segments.concat(), &whole[at + 2 + length..]].concat()
    };
    let (first, second) = icc.split_at(icc.len() / 3);
    let colour = |jpeg: Vec<u8>| {
        let (still, _) = jpeg::decode(&jpeg, Codec::Rust, None).unwrap();
        develop(still.samples, &still.space).unwrap()
    };
    let one = colour(whole.to_vec());
    let two = [segment(2, 2, second), segment(1, 2, first)];
    assert_eq!(colour(with(&two)), one);
    // A part that is missing costs the profile and not the picture.
    assert_eq!(colour(with(&two[..1])).1, Colour::Ignored);
    let twice = [segment(1, 1, icc), segment(1, 1, icc)];
    assert_eq!(colour(with(&twice)), one);
}

#[test]
fn damaged_profiles_are_ignored_and_never_fatal() {
    let picture = |channels: Channels| samples(channels, in_bytes(patches(channels)));
    for (_, channels, icc, _) in CASES {
        // A table takes some hundredths of a second to prepare.
        let (far, near) = if channels == Channels::Ink {
            (97, 29)
        } else {
            (7, 3)
        };
        for end in (0..icc.len()).step_by(far) {
            let _ = develop(picture(channels), &space(&icc[..end])).unwrap();
        }
        for at in (0..icc.len().min(700)).step_by(near) {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut odd = icc.to_vec();
                odd[at] = value;
                let _ = develop(picture(channels), &space(&odd)).unwrap();
            }
        }
    }
    let large = vec![0; MAX_PROFILE + 1];
    let (_, colour) = develop(picture(Channels::Rgb), &space(&large)).unwrap();
    assert_eq!(colour, Colour::Ignored);
}

#[test]
fn a_profile_of_a_thousand_tables_is_refused_before_they_are_read() {
    let (_, _, icc, _) = case("ink");
    let entries = |count: u32| {
        let mut odd = icc[..128].to_vec();
        odd.extend(count.to_be_bytes());
        for _ in 0..count {
            odd.extend(b"A2B0\0\0\0\0\0\x10\0\0");
        }
        odd.resize(3 << 20, 0);
        odd
    };
    assert!(Profile::read(&entries(200_000)).is_none());
    assert!(Profile::read(&entries(200)).is_none());
}
