use std::borrow::Cow;

use image::metadata::Orientation;

use super::fence::fenced;
use super::segments::Segments;
use super::{codec, plain};
use crate::pixels::colour::MAX_PROFILE;
use crate::pixels::directory::exif_orientation;
use crate::pixels::still::{Samples, Space, Still};
use crate::pixels::{Codec, Flaw};

/// What a segment with a part of a profile begins with (ICC.1:2022, B.4).
const PROFILE_NAME: &[u8] = b"ICC_PROFILE\0";

/// Explains a JPEG without a frame header that is read.
pub(in crate::pixels) fn why_no_size(bytes: &[u8]) -> Flaw {
    let other = Segments::new(bytes)
        .find(|s| matches!(s.marker, 0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf));
    match other {
        Some(_) => Flaw::Unsupported("lossless or arithmetic-coded JPEG".to_owned()),
        None if Segments::new(bytes).any(|s| s.marker == 0xda) => {
            Flaw::Corrupt("no frame header".to_owned())
        }
        None => Flaw::Truncated,
    }
}

/// Decodes; the codec may leave out detail beyond the `least` width and height, if these are given, and give a picture that will be
/// reduced as [`Channels::Rgbx`](crate::pixels::still::Channels::Rgbx). Also says by how much both sides were divided, rounded up: 1
/// unless a smaller picture was asked for.
///
/// Four-colour pictures are taken as Adobe writes them, inverted, whether or not its marker stands there: so do Pillow and
/// browsers, and hardly a picture is written otherwise (ITU-T T.872 would have those without the marker upright).
pub(in crate::pixels) fn decode(
    bytes: &[u8],
    codec: Codec,
    least: Option<(u32, u32)>,
) -> Result<(Still<'_>, u32), Flaw> {
    let (samples, reduction) = codec::decode(fenced(bytes)?, codec, least)?;
    let still = Still {
        samples,
        space: space(bytes),
        orientation: orientation(bytes),
    };
    Ok((still, reduction))
}

/// Decodes a JPEG that is part of a picture and has at most the given width and height; its metadata are not looked at.
pub(in crate::pixels) fn part(bytes: &[u8], most: (u32, u32)) -> Result<Samples, Flaw> {
    let fenced = fenced(bytes)?;
    if fenced.size.0 > most.0 || fenced.size.1 > most.1 {
        return Err(Flaw::Corrupt("a part larger than its place".to_owned()));
    }
    plain::decode(&fenced, false)
}

fn orientation(bytes: &[u8]) -> Orientation {
    Segments::new(bytes)
        .filter(|segment| segment.marker == 0xe1)
        .find_map(|segment| segment.body.strip_prefix(b"Exif\0\0"))
        .map_or(Orientation::NoTransforms, exif_orientation)
}

/// Puts the profile together, which has a number and the count of all in front of each part.
fn space(bytes: &[u8]) -> Space<'_> {
    let mut parts: Vec<(u8, u8, &[u8])> = Segments::new(bytes)
        .filter(|segment| segment.marker == 0xe2)
        .filter_map(|segment| match segment.body.strip_prefix(PROFILE_NAME) {
            Some([number, count, part @ ..]) => Some((*number, *count, part)),
            _ => None,
        })
        .collect();
    parts.sort_by_key(|(number, _, _)| *number);
    // The same part twice, as careless programs write it, is one part.
    parts.dedup_by_key(|(number, _, _)| *number);
    let Some((_, count, first)) = parts.first().copied() else {
        return Space::Unsaid;
    };
    let length: usize = parts.iter().map(|(_, _, part)| part.len()).sum();
    if parts.len() != usize::from(count) || length > MAX_PROFILE {
        return Space::Unreadable;
    }
    Space::Profile(if count == 1 {
        Cow::Borrowed(first)
    } else {
        let parts: Vec<&[u8]> = parts.into_iter().map(|(_, _, part)| part).collect();
        Cow::Owned(parts.concat())
    })
}

/// Makes a decoder's message fit on one line of bounded length.
pub(in crate::pixels) fn one_line(message: &str) -> String {
    let line: String = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect();
    line.trim_matches([' ', '"', '.']).to_owned()
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests reckon with small numbers"
)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    use super::*;
    use crate::pixels::Picture;
    use crate::pixels::colour::develop;
    use crate::pixels::room::Room;
    use crate::pixels::scene::scene;
    use crate::pixels::still::{Channels, Data};

    fn decode(bytes: &[u8]) -> Result<Picture, Flaw> {
        let (still, _) = super::decode(bytes, Codec::preferred(), None)?;
        let (width, height) = (still.samples.width, still.samples.height);
        let (rgb, _) = develop(still.samples, &still.space)?;
        Ok(Picture::of_rgb(width, height, rgb))
    }

    fn jpeg(progressive: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, 90);
        encoder.set_progressive(progressive);
        encoder
            .encode(&scene(1, 120, 90), 120, 90, ColorType::Rgb)
            .unwrap();
        out
    }

    fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
        assert_eq!(a.len(), b.len());
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(a.abs_diff(*b)))
            .sum::<f64>()
            / a.len() as f64
    }

    #[test]
    fn progressive_and_baseline_decode_alike() {
        let (baseline, progressive) = (decode(&jpeg(false)).unwrap(), decode(&jpeg(true)).unwrap());
        assert!(mean_difference(&baseline.rgb, &scene(1, 120, 90)) < 3.0);
        assert!(mean_difference(&baseline.rgb, &progressive.rgb) < 1.0);
    }

    #[test]
    fn a_cut_is_found_wherever_it_is_even_behind_a_thumbnail() {
        for progressive in [false, true] {
            let whole = jpeg(progressive);
            for end in (2..whole.len() - 2).step_by(37) {
                assert!(decode(&whole[..end]).is_err(), "cut at {end}");
            }
            let scan = Segments::new(&whole)
                .find(|s| s.marker == 0xda)
                .unwrap()
                .end;
            assert_eq!(decode(&whole[..scan + 400]).unwrap_err(), Flaw::Truncated);
            // A thumbnail's end marker inside the metadata must not pass for the picture's own.
            let mut framed = whole[..2].to_vec();
            framed.extend(b"\xff\xe1\0\x06\0\0\xff\xd9");
            framed.extend(&whole[2..]);
            assert!(decode(&framed).is_ok());
            let cut = framed.len() - 300;
            assert_eq!(decode(&framed[..cut]).unwrap_err(), Flaw::Truncated);
        }
    }

    /// The forms of a picture that web sites and cameras write.
    fn forms() -> Vec<Vec<u8>> {
        let mut forms = Vec::new();
        for (progressive, sampling, restart) in [
            (false, SamplingFactor::R_4_4_4, None),
            (false, SamplingFactor::R_4_2_0, None),
            (false, SamplingFactor::R_4_2_0, Some(5)),
            (true, SamplingFactor::R_4_2_0, None),
            (true, SamplingFactor::R_4_4_4, Some(7)),
        ] {
            for optimized in [false, true] {
                if optimized && progressive && restart.is_some() {
                    continue; // The encoder cannot.
                }
                let mut out = Vec::new();
                let mut encoder = Encoder::new(&mut out, 85);
                encoder.set_progressive(progressive);
                encoder.set_sampling_factor(sampling);
                encoder.set_optimized_huffman_tables(optimized);
                if let Some(units) = restart {
                    encoder.set_restart_interval(units);
                }
                encoder
                    .encode(&scene(3, 150, 100), 150, 100, ColorType::Rgb)
                    .unwrap();
                forms.push(out);
            }
        }
        forms
    }

    #[test]
    fn every_form_shows_the_same_picture() {
        let forms = forms();
        let plain = decode(&forms[0]).unwrap().rgb;
        for (form, whole) in forms.iter().enumerate() {
            let rgb = decode(whole).unwrap().rgb;
            let difference = mean_difference(&rgb, &plain);
            assert!(difference < 4.0, "form {form}: {difference}");
        }
    }

    #[test]
    fn an_end_marker_glued_to_a_cut_does_not_hide_it() {
        for (form, whole) in forms().iter().enumerate() {
            assert!(decode(whole).is_ok(), "form {form}");
            // The last bytes may go unnoticed: all that it may cost is part of the last block.
            for cut in 2..whole.len() - 2 - 4 {
                let mut glued = whole[..cut].to_vec();
                glued.extend(b"\xff\xd9");
                assert!(decode(&glued).is_err(), "form {form} cut at {cut}");
            }
        }
    }

    #[test]
    fn what_pictures_before_left_in_memory_is_not_seen() {
        let odd = (1..40).flat_map(|side| {
            let sampled = [SamplingFactor::R_4_4_4, SamplingFactor::R_4_2_0];
            sampled.map(|sampling| {
                let (width, height) = (side, 41 - side);
                let mut out = Vec::new();
                let mut encoder = Encoder::new(&mut out, 90);
                encoder.set_sampling_factor(sampling);
                let rgb = scene(5, width.into(), height.into());
                encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
                out
            })
        });
        let large = scene(6, 411, 203);
        let mut grey = Vec::new();
        Encoder::new(&mut grey, 90)
            .encode(&large[..411 * 203], 411, 203, ColorType::Luma)
            .unwrap();
        let mut colour = Vec::new();
        Encoder::new(&mut colour, 90)
            .encode(&large, 411, 203, ColorType::Rgb)
            .unwrap();
        for whole in odd.chain(forms()).chain([grey, colour]) {
            let clean = decode(&whole).unwrap().rgb;
            for left in [0, 0xa5, 0xff] {
                let large = || Room::from(vec![left; 411 * 203 * 4]);
                drop([large(), large()]);
                assert_eq!(decode(&whole).unwrap().rgb, clean);
            }
        }
    }

    #[test]
    fn a_picture_to_be_reduced_has_the_same_colours_in_four_bytes() {
        for progressive in [false, true] {
            let rgb = scene(7, 333, 259);
            let mut out = Vec::new();
            let mut encoder = Encoder::new(&mut out, 90);
            encoder.set_progressive(progressive);
            encoder.encode(&rgb, 333, 259, ColorType::Rgb).unwrap();
            let of = |least| {
                let (still, _) = super::decode(&out, Codec::Rust, least).unwrap();
                let Data::Bytes(bytes) = still.samples.data else {
                    panic!("bytes were decoded");
                };
                (still.samples.channels, bytes)
            };
            let ((plain, rgb), (wide, rgbx)) = (of(None), of(Some((224, 224))));
            assert_eq!((plain, wide), (Channels::Rgb, Channels::Rgbx));
            let pixels = rgbx.as_chunks::<4>().0.iter();
            let narrow: Vec<u8> = pixels.flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
            assert!(rgb == narrow);
        }
    }

    #[test]
    fn a_picture_that_looks_like_unwritten_memory_is_read_all_the_same() {
        let mut out = Vec::new();
        Encoder::new(&mut out, 95)
            .encode(&[0xa5; 90], 1, 90, ColorType::Luma)
            .unwrap();
        assert_eq!(decode(&out).unwrap().rgb, [0xa5; 270]);
    }

    /// Noise written by libjpeg in its usual progressive order, which sends the low bits of coefficients in scans of their own.
    const SUCCESSIVE: &[u8] = include_bytes!("../../../fixtures/successive.jpg");

    #[test]
    fn a_cut_inside_a_refining_scan_is_found() {
        assert!(decode(SUCCESSIVE).is_ok());
        for cut in 2..SUCCESSIVE.len() - 2 - 8 {
            let mut glued = SUCCESSIVE[..cut].to_vec();
            glued.extend(b"\xff\xd9");
            assert!(decode(&glued).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn segments_between_a_cut_and_the_end_do_not_hide_it_and_fill_bytes_do_no_harm() {
        for (form, whole) in forms().iter().enumerate() {
            let data = &whole[..whole.len() - 2];
            let cut = [&data[..data.len() / 10 * 9], b"\xff\xfe\0\x04hi\xff\xd9"].concat();
            assert!(decode(&cut).is_err(), "form {form}");
            let filled = [data, b"\xff\xff\xff\xfe\0\x04hi\xff\xff\xd9"].concat();
            assert_eq!(decode(&filled).unwrap().rgb, decode(whole).unwrap().rgb);
        }
    }

    #[test]
    fn filler_in_the_place_of_lost_data_is_found() {
        let other = forms().swap_remove(2);
        let scan = Segments::new(&other).last().unwrap().end;
        let fillers = [
            vec![0; 60_000],
            b"<html>gone</html>".repeat(4_000),
            vec![0xaa; 60_000],
            other[scan..other.len() - 2].repeat(4),
        ];
        for (form, whole) in forms().iter().enumerate() {
            for (kind, filler) in fillers.iter().enumerate() {
                let cut = &whole[..whole.len() / 10 * 6];
                let filled = [cut, filler, b"\xff\xd9"].concat();
                assert!(decode(&filled).is_err(), "form {form} with filler {kind}");
            }
            let padded = [&whole[..whole.len() - 2], &[0; 64], b"\xff\xd9"].concat();
            assert!(decode(&padded).is_ok(), "form {form} with padding");
        }
    }

    #[test]
    fn thousands_of_scans_are_refused_before_they_cost_anything() {
        // A header of 65,000 x 65,000 pixels, so that a fence for each scan would be large.
        let mut hostile = b"\xff\xd8\xff\xc2\0\x0b\x08\xfd\xe8\xfd\xe8\x01\x01\x11\0".to_vec();
        for _ in 0..100_000 {
            hostile.extend(b"\xff\xda\0\x08\x01\x01\0\x01\x3f\x10\x55");
        }
        hostile.extend(b"\xff\xd9");
        assert!(
            matches!(decode(&hostile).err(), Some(Flaw::Corrupt(why)) if why.contains("scans"))
        );
    }

    #[test]
    fn a_restart_interval_that_is_gone_is_missed() {
        let whole = forms().swap_remove(4);
        let marker = |kind: u8| {
            whole
                .windows(2)
                .position(|pair| pair == [0xff, kind])
                .unwrap()
        };
        let without = [&whole[..marker(0xd1)], &whole[marker(0xd2)..]].concat();
        assert!(decode(&without).is_err());
    }

    #[test]
    fn a_cut_inside_the_data_is_called_truncated() {
        for (form, whole) in forms().iter().enumerate() {
            let mut glued = whole[..whole.len() / 10 * 9].to_vec();
            glued.extend(b"\xff\xd9");
            assert_eq!(decode(&glued).err(), Some(Flaw::Truncated), "form {form}");
        }
    }

    #[test]
    fn stray_bytes_between_segments_do_no_harm() {
        for whole in forms() {
            let first = Segments::new(&whole).next().unwrap().end;
            let mut stray = whole[..first].to_vec();
            stray.extend(b"\0\0stray\xff\xff");
            stray.extend(&whole[first..]);
            assert_eq!(decode(&stray).unwrap().rgb, decode(&whole).unwrap().rgb);
        }
    }

    #[test]
    fn what_cameras_append_does_no_harm() {
        let mut whole = jpeg(false);
        whole.extend(b"trailer of a phone");
        assert!(decode(&whole).is_ok());
    }

    #[test]
    fn grey_and_four_colours_become_rgb() {
        let grey: Vec<u8> = (0..64 * 64).map(|i| (i / 16) as u8).collect();
        let mut out = Vec::new();
        Encoder::new(&mut out, 95)
            .encode(&grey, 64, 64, ColorType::Luma)
            .unwrap();
        let rgb = decode(&out).unwrap().rgb;
        assert!(rgb.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]));
        // Cyan ink alone takes the red away; half black halves what is left.
        for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            let ink: Vec<u8> = [255, 0, 0, 128].repeat(64 * 64);
            let mut out = Vec::new();
            Encoder::new(&mut out, 95)
                .encode(&ink, 64, 64, kind)
                .unwrap();
            let rgb = decode(&out).unwrap().rgb;
            let pixel = &rgb[..3];
            assert!(
                pixel[0] < 8 && pixel[1].abs_diff(127) < 8 && pixel[2].abs_diff(127) < 8,
                "{kind:?} {pixel:?}"
            );
        }
    }
}
