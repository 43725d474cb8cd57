//! Samples for tests that need no decoder: made of a scene's small pixels, with sizes as told.

use sha2::{Digest, Sha256};

use crate::dedup::Thumbnail;
use crate::pixels::scene::scene;
use crate::pixels::{Format, Preparation, Prepared, SampleId, pdq, prepare};
use crate::quality;
use crate::records::{Arrival, Claim, Outcome, Provenance};

/// A sample of scene `seed` whose download had `side` by `side` pixels; equal scenes are near-duplicates of any size.
pub(crate) fn sample(seed: u64, side: u32) -> Prepared {
    let small = scene(seed, 64, 64);
    let (orientations, pdq_quality) = pdq::hash(64, 64, &small);
    let name = format!("{seed} at {side}");
    Prepared {
        id: SampleId::of_pixels("stand-in", side, &small),
        jpeg: format!("stand-in for a sample file: {name}").into_bytes(),
        sha256: Sha256::digest(&name).into(),
        pdq: orientations.plain(),
        orientations,
        thumbnail: Thumbnail::of(64, 64, &small),
        pdq_quality,
        width: side,
        height: side,
        format: Format::Png,
        colour: crate::Colour::Plain,
        bytes: u64::from(side) * 3,
        fidelity: 100,
        scores: quality::measure(64, 64, &small, (side, side)),
    }
}

/// A sample with a true sample file.
pub(crate) fn true_sample(seed: u64) -> Prepared {
    let image = image::RgbImage::from_raw(96, 80, scene(seed, 96, 80)).unwrap();
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
        }],
        outcome,
    }
}

/// The arrival of a usable picture.
pub(crate) fn good(label: &str, seq: u64, seed: u64, side: u32) -> Arrival {
    arrival(label, seq, Outcome::Prepared(Box::new(sample(seed, side))))
}
