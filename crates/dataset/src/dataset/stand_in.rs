//! Samples for tests that need no decoder: made of a scene's small pixels, with sizes as told.

use image::RgbImage;
use sha2::{Digest, Sha256};

use crate::dedup::Thumbnail;
use crate::pixels::scene::scene;
use crate::pixels::{Format, Preparation, Prepared, SampleId, pdq, prepare};
use crate::quality;
use crate::records::{Arrival, Claim, Outcome, Provenance, Vouched};

/// A sample of scene `seed` whose download had `side` by `side` pixels; equal scenes are near-duplicates of any size.
pub(crate) fn sample(seed: u64, side: u32) -> Prepared {
    let small = RgbImage::from_raw(64, 64, scene(seed, 64, 64)).unwrap();
    sample_of(&seed.to_string(), &small, side)
}

/// A sample of any picture whose download had `side` by `side` pixels.
pub(crate) fn sample_of(name: &str, picture: &RgbImage, side: u32) -> Prepared {
    let rgb = picture.as_raw();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (orientations, pdq_quality) = pdq::hash(width, height, rgb);
    let name = format!("{name} at {side}");
    Prepared {
        id: SampleId::of_pixels("stand-in", side, rgb),
        jpeg: format!("stand-in for a sample file: {name}").into_bytes(),
        sha256: Sha256::digest(&name).into(),
        pdq: orientations.plain(),
        orientations,
        thumbnail: Thumbnail::of(width, height, rgb),
        pdq_quality,
        width: side,
        height: side,
        format: Format::Png,
        colour: crate::Colour::Plain,
        bytes: u64::from(side) * 3,
        fidelity: 100,
        scores: quality::measure(picture.width(), picture.height(), rgb, (side, side)),
    }
}

/// A sample with a true sample file.
pub(crate) fn true_sample(seed: u64) -> Prepared {
    let image = RgbImage::from_raw(96, 80, scene(seed, 96, 80)).unwrap();
    let mut png = std::io::Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    prepare(&png.into_inner(), &Preparation::default()).unwrap()
}

/// The arrival of a URL for one label.
pub(crate) fn arrival(label: &str, seq: u64, outcome: Outcome) -> Arrival {
    let provenance = Provenance {
        engine: "test".into(),
        query: label.into(),
        tries: 1,
        ..Provenance::default()
    };
    Arrival {
        url: format!("http://127.0.0.1/{label}/{seq}.png"),
        claims: vec![Claim {
            label: label.to_owned(),
            seq,
            provenance,
            vouched: Vouched::Nobody,
        }],
        outcome,
    }
}

/// The arrival of a usable picture.
pub(crate) fn good(label: &str, seq: u64, seed: u64, side: u32) -> Arrival {
    arrival(label, seq, Outcome::Prepared(Box::new(sample(seed, side))))
}
