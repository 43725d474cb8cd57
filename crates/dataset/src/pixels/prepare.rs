//! The pixel path from end to end: a download becomes a sample, any picture becomes what the classifier sees.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sha2::{Digest, Sha256};

use super::decode::Decoded;
use super::fidelity::fidelity;
use super::header::measure;
use super::preparation::{SHORT_SIDE, VIEW_SIDE};
use super::resize::{Reduced, centre_offset, cut, reduce, whole_picture};
use super::{
    Colour, Fit, Flaw, Format, Orientations, Pdq, Picture, Preparation, SampleId, decode, jpeg,
    pdq, sniff, stored,
};
use crate::dedup::Thumbnail;
use crate::quality::{Scores, measure as measure_quality};

/// A picture made ready to be stored.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The sample's name, by its pixels.
    pub id: SampleId,
    /// The file to store, with its mark.
    pub jpeg: Vec<u8>,
    /// SHA-256 of the downloaded bytes.
    pub sha256: [u8; 32],
    /// What the whole picture looks like.
    pub pdq: Pdq,
    /// The same in all eight orientations.
    pub orientations: Orientations,
    /// The whole picture in small, by which crops and logos are found.
    pub thumbnail: Thumbnail,
    /// How much `pdq` says, 0 to 100; below 50 only exact duplicates are found.
    pub pdq_quality: u8,
    /// Width in pixels of the download, upright.
    pub width: u32,
    /// Height in pixels of the download, upright.
    pub height: u32,
    /// Format of the download.
    pub format: Format,
    /// What became of the colour space that the download says it is in.
    pub colour: Colour,
    /// Length of the download in bytes.
    pub bytes: u64,
    /// How little the download's compression took away, 1 to 100.
    pub fidelity: u8,
    /// What was measured of the whole picture, never enlarged.
    pub scores: Scores,
}

/// A square of pixels as the classifier sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Side in pixels, 224.
    pub side: u32,
    /// `side * side * 3` bytes, RGB, row-major.
    pub rgb: Vec<u8>,
}

/// Turns the bytes of a download into a sample.
///
/// The order of the checks: format and size from the header, then decode, orientation, alpha over white, resize. How good the picture is
/// is measured and not judged: one colour all over is a sample too, which `quality.solid` leaves out.
///
/// # Errors
/// A [`Flaw`] that says why the bytes are no usable picture; a decoder that panics is one too.
pub fn prepare(bytes: &[u8], p: &Preparation) -> Result<Prepared, Flaw> {
    fenced(|| {
        available(p)?;
        let header = sniff(bytes, p)?;
        let decoded = decode::decode(bytes, &header, p)?;
        let (width, height, colour) = (decoded.width, decoded.height, decoded.colour);
        let Reduced { square, whole } = reduce(&decoded, p.fit, p.size())?;
        let scores = scores(&decoded, whole.as_ref(), p.fit)?;
        drop(decoded);
        let side = p.size() as usize;
        let (width_seen, height_seen, seen) = match &whole {
            Some(whole) => (whole.width as usize, whole.height as usize, &*whole.rgb),
            None => (side, side, &*square),
        };
        let (orientations, pdq_quality) = pdq::hash(width_seen, height_seen, seen);
        let thumbnail = Thumbnail::of(width_seen, height_seen, seen);
        let id = SampleId::of_pixels(&p.name(), p.size(), &square);
        Ok(Prepared {
            id,
            jpeg: stored::encode(&square, id, p)?,
            sha256: Sha256::digest(bytes).into(),
            pdq: orientations.plain(),
            orientations,
            thumbnail,
            pdq_quality,
            width,
            height,
            format: header.format,
            colour,
            bytes: bytes.len() as u64,
            fidelity: fidelity(bytes, header.format),
            scores,
        })
    })
}

/// Reads any picture as the classifier sees it, the one path for training and prediction.
///
/// A stored sample of the same preparation, known by its mark, is taken as stored; anything else goes the way of
/// [`prepare`], except that no JPEG lies between and that small pictures are let through.
///
/// # Errors
/// A [`Flaw`] that says why the bytes are no readable picture.
pub fn load(bytes: &[u8], p: &Preparation) -> Result<Pixels, Flaw> {
    fenced(|| {
        available(p)?;
        let header = measure(bytes, p)?;
        let is_stored = header.format == Format::Jpeg
            && (header.width, header.height) == (p.size(), p.size())
            && stored::mark(bytes, p).is_some();
        let square = if is_stored {
            decode::decode_stored(bytes, p)?.rgb.into_vec()
        } else {
            reduce(&decode::decode(bytes, &header, p)?, p.fit, p.size())?.square
        };
        let side = VIEW_SIDE;
        let rgb = if p.size() == side {
            square
        } else {
            let offset = centre_offset(p.size(), side);
            cut(
                &Picture::of_rgb(p.size(), p.size(), square),
                offset,
                offset,
                side,
            )
        };
        Ok(Pixels { side, rgb })
    })
}

/// Measures the whole picture at a short side of 256 pixels, or as it is when it is smaller.
fn scores(decoded: &Decoded, whole: Option<&Picture>, fit: Fit) -> Result<Scores, Flaw> {
    let original = (decoded.width, decoded.height);
    let of = |p: &Picture| measure_quality(p.width, p.height, &p.rgb, original);
    let picture = &decoded.picture;
    Ok(match whole {
        _ if picture.width.min(picture.height) <= SHORT_SIDE => of(picture),
        Some(whole) if fit == Fit::Crop => of(whole),
        // These forms are no measure of sharpness: one is smaller, one out of proportion.
        _ => of(&whole_picture(picture)?),
    })
}

/// Refuses a preparation that this build cannot repeat.
pub(super) fn available(p: &Preparation) -> Result<(), Flaw> {
    match p.obstacle() {
        None => Ok(()),
        Some(obstacle) => Err(Flaw::Unsupported(format!(
            "the dataset's preparation ({obstacle})"
        ))),
    }
}

/// Decoders are fed hostile bytes, and a panic in one must cost one picture and no more.
pub(super) fn fenced<T>(work: impl FnOnce() -> Result<T, Flaw>) -> Result<T, Flaw> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Flaw::Panicked(jpeg::one_line(&message)))
    })
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    reason = "tests reckon with small numbers"
)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;
    use crate::pixels::scene::scene;
    use crate::quality::Thresholds;

    fn picture(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_raw(width, height, scene(5, width, height))
            .unwrap()
            .into()
    }

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_stored_sample_is_read_as_stored_wherever_it_lies() {
        let p = Preparation::default();
        let sample = prepare(&encoded(&picture(400, 300), ImageFormat::Png), &p).unwrap();
        let pixels = load(&sample.jpeg, &p).unwrap();
        let direct = decode::decode_stored(&sample.jpeg, &p).unwrap();
        let direct = direct.rgb.into_vec();
        assert_eq!(
            pixels,
            Pixels {
                side: 224,
                rgb: direct
            }
        );
        // The same pixels without the mark go through the resizer.
        let plain = RgbImage::from_raw(224, 224, pixels.rgb.clone()).unwrap();
        let resized = load(&encoded(&plain.into(), ImageFormat::Png), &p).unwrap();
        assert_ne!(resized, pixels);
        // Another preparation's sample is an ordinary picture.
        let other = Preparation {
            margin: 32,
            ..p.clone()
        };
        assert_ne!(load(&sample.jpeg, &other).unwrap(), pixels);
        // Storing a stored file again is not a second generation of marks.
        assert_eq!(stored::mark(&sample.jpeg, &p), Some(sample.id));
    }

    #[test]
    fn samples_and_pictures_of_another_version_are_refused_with_the_remedy() {
        let first = Preparation {
            path: 1,
            ..Preparation::default()
        };
        let png = encoded(&picture(400, 300), ImageFormat::Png);
        let sample = prepare(&png, &Preparation::default()).unwrap();
        for bytes in [&png, &sample.jpeg] {
            let flaw = load(bytes, &first).unwrap_err();
            assert!(flaw.detail().contains("-v1"), "{flaw}");
            assert!(flaw.detail().contains("--out"), "{flaw}");
        }
        assert_eq!(stored::mark(&sample.jpeg, &first), None);
    }

    #[test]
    fn training_and_prediction_see_nearly_the_same_pixels() {
        for fit in [Fit::Crop, Fit::Pad, Fit::Stretch] {
            for margin in [0, 32] {
                let p = Preparation {
                    fit,
                    margin,
                    ..Preparation::default()
                };
                let bytes = encoded(&picture(500, 330), ImageFormat::Png);
                let sample = prepare(&bytes, &p).unwrap();
                let stored = load(&sample.jpeg, &p).unwrap();
                let direct = load(&bytes, &p).unwrap();
                let mean = stored
                    .rgb
                    .iter()
                    .zip(&direct.rgb)
                    .map(|(a, b)| f64::from(a.abs_diff(*b)))
                    .sum::<f64>()
                    / stored.rgb.len() as f64;
                assert!(mean < 1.5, "{fit:?} {margin}: {mean}");
            }
        }
    }

    #[test]
    fn prepare_measures_and_is_repeatable() {
        let p = Preparation::default();
        let bytes = encoded(&picture(400, 300), ImageFormat::Png);
        let one = prepare(&bytes, &p).unwrap();
        let two = prepare(&bytes, &p).unwrap();
        assert_eq!((one.id, &one.jpeg), (two.id, &two.jpeg));
        assert_eq!((one.width, one.height, one.format), (400, 300, Format::Png));
        assert_eq!(one.bytes, bytes.len() as u64);
        assert_eq!(one.sha256[..], Sha256::digest(&bytes)[..]);
        assert_eq!(one.pdq, one.orientations.plain());
        assert!(one.pdq_quality >= 50);
        // Other bytes of the same pixels are the same sample.
        let bmp = prepare(&encoded(&picture(400, 300), ImageFormat::Bmp), &p).unwrap();
        assert_eq!(bmp.id, one.id);
        assert_ne!(bmp.sha256, one.sha256);
    }

    #[test]
    fn small_and_foreign_bytes_are_flaws_for_samples_only() {
        let p = Preparation::default();
        let small = encoded(&picture(15, 200), ImageFormat::Png);
        assert_eq!(
            prepare(&small, &p).unwrap_err(),
            Flaw::TooSmall {
                width: 15,
                height: 200
            }
        );
        assert_eq!(load(&small, &p).unwrap().rgb.len(), 224 * 224 * 3);
        assert_eq!(prepare(b"<html>", &p).unwrap_err(), Flaw::NotAnImage);
    }

    #[test]
    fn one_colour_all_over_is_measured_and_left_to_be_judged() {
        let p = Preparation::default();
        let fails = |picture: &DynamicImage| {
            let scores = prepare(&encoded(picture, ImageFormat::Png), &p)
                .unwrap()
                .scores;
            let mild = Thresholds::default();
            let failing = mild.failing(&scores).map(|failing| failing.code);
            failing.collect::<Vec<_>>()
        };
        assert!(fails(&DynamicImage::new_rgb8(100, 100)).contains(&"solid"));
        // Transparent all over is white all over.
        assert!(fails(&DynamicImage::new_rgba8(100, 100)).contains(&"solid"));
        let noise = |x: u32, y: u32| u8::try_from(120 + (x * 7 + y * 13) % 5).unwrap();
        let grainy = RgbImage::from_fn(300, 200, |x, y| image::Rgb([noise(x, y); 3]));
        assert!(fails(&grainy.into()).contains(&"solid"));
        assert!(!fails(&picture(100, 100)).contains(&"solid"));
    }

    #[test]
    fn a_decoder_that_panics_costs_one_picture_and_says_where() {
        let tables = [0_u8; 4];
        let broken = fenced(|| Ok(tables[std::hint::black_box(7)]));
        let flaw = broken.unwrap_err();
        assert_eq!(flaw.code(), "decoder-panic");
        assert!(flaw.detail().contains("index"), "{flaw}");
        let told = fenced::<()>(|| panic!("two\nlines")).unwrap_err();
        assert_eq!(told, Flaw::Panicked("two lines".to_owned()));
    }

    #[test]
    fn very_long_pictures_are_prepared_within_bounds() {
        let p = Preparation::default();
        let strip = prepare(&encoded(&picture(3000, 64), ImageFormat::Png), &p).unwrap();
        assert_eq!((strip.width, strip.height), (3000, 64));
        assert_eq!(load(&strip.jpeg, &p).unwrap().side, 224);
    }

    #[test]
    fn every_truncation_of_every_format_is_a_flaw_or_a_picture_but_no_panic() {
        let p = Preparation {
            min_side: 1,
            ..Preparation::default()
        };
        for format in [
            ImageFormat::Jpeg,
            ImageFormat::Png,
            ImageFormat::Gif,
            ImageFormat::WebP,
            ImageFormat::Bmp,
            ImageFormat::Tiff,
        ] {
            let whole = encoded(&picture(40, 30), format);
            assert!(load(&whole, &p).is_ok(), "{format:?}");
            for end in (0..whole.len()).step_by(whole.len() / 60 + 1) {
                match load(&whole[..end], &p) {
                    Err(Flaw::Panicked(why)) => panic!("{format:?} cut at {end}: {why}"),
                    Ok(_) if end + 16 < whole.len() => {
                        panic!("{format:?} cut at {end} of {} passed", whole.len())
                    }
                    _ => {}
                }
            }
        }
    }
}
