//! The pairs of a list against those of a list that grows, and against the clock.

use std::convert::Infallible;
use std::time::Instant;

use image::{DynamicImage, Rgb, RgbImage};

use super::entries::{Entries, Entry};
use super::index::tests::crowd::Crowd;
use super::search::{Kin, Listed, alike};
use super::{Rule, Thumbnail};
use crate::Vouched;
use crate::dataset::Picture;
use crate::pixels::scene::scene;
use crate::pixels::{Flaw, SampleId, pdq};
use crate::store::settings::DatasetSettings;

/// A scene whose contrast is a little weaker, so that a logo weighs as much in it as in a photograph.
fn scene_of(seed: u64) -> DynamicImage {
    let levels = scene(seed, 160, 120).into_iter();
    let levels = levels.map(|level| level / 5 * 4 + 26);
    RgbImage::from_raw(160, 120, levels.collect())
        .unwrap()
        .into()
}

fn marked(image: &DynamicImage) -> DynamicImage {
    let mut rgb = image.to_rgb8();
    for (x, y, pixel) in rgb.enumerate_pixels_mut() {
        if (108..156).contains(&x) && (93..117).contains(&y) {
            *pixel = if x < 132 { Rgb([255; 3]) } else { Rgb([0; 3]) };
        }
    }
    rgb.into()
}

/// Ten scenes with three edits each.
fn pictures() -> Vec<(Picture, Thumbnail)> {
    let scenes = (300..310).map(scene_of);
    let all = scenes.flat_map(|image| {
        let crop = image.crop_imm(8, 6, 144, 108);
        [marked(&image).rotate270(), crop.fliph(), crop, image]
    });
    let made = all.enumerate().map(|(at, image)| {
        let rgb = image.to_rgb8();
        let (width, height) = (rgb.width() as usize, rgb.height() as usize);
        let (orientations, quality) = pdq::hash(width, height, rgb.as_raw());
        let picture = Picture {
            seq: at as u64,
            id: SampleId::of_pixels("search", rgb.width(), rgb.as_raw()),
            sha256: at.to_string(),
            orientations,
            quality,
            area: 1,
            fidelity: 100,
            vouched: Vouched::Nobody,
            scores: None,
            is_chosen: false,
        };
        (picture, Thumbnail::of(width, height, rgb.as_raw()))
    });
    made.collect()
}

#[test]
fn a_list_finds_what_its_pictures_find_one_after_the_other() {
    let settings = DatasetSettings::default();
    let all = pictures();
    let listed = all.iter().map(|(picture, _)| Listed {
        orientations: picture.orientations,
        quality: picture.quality,
        kin: Kin::default(),
    });
    let listed: Vec<Listed> = listed.collect();
    let look = |at: usize| Ok::<_, Infallible>(Some(all[at].1));
    let pairs = alike(&listed, &settings, |_, _| true, look).unwrap();
    let mut entries = Entries::default();
    let of_id = |id: &SampleId| {
        let found = all.iter().find(|(picture, _)| picture.id == *id);
        Ok::<_, Infallible>(found.map(|(_, thumbnail)| *thumbnail))
    };
    let mut expected = Vec::new();
    for (at, (picture, _)) in all.iter().enumerate() {
        entries.probe(picture, &settings, of_id).unwrap();
        for (entry, flaw) in entries.repeated_by(picture, &settings, of_id).unwrap() {
            let Flaw::NearDuplicate { distance, .. } = flaw else {
                panic!("{flaw:?}")
            };
            let first = usize::try_from(entry.picture.seq).unwrap();
            expected.push((at, first, distance));
        }
        let (picture, group) = (picture.clone(), picture.id);
        entries.push(Entry {
            picture,
            group,
            kept: true,
        });
    }
    let found = pairs.iter().map(|p| (p.second, p.first, p.distance));
    assert_eq!(found.collect::<Vec<_>>(), expected);
    let by = |rule| pairs.iter().filter(|pair| pair.rule == rule).count();
    assert!(by(Rule::Crop) >= 10 && by(Rule::Part) >= 3, "{pairs:?}");
    assert!(pairs.iter().all(|pair| pair.first / 4 == pair.second / 4));
    // Each scene with both crops and the logo, and the crops with each other.
    assert!(pairs.len() >= 40, "{}", pairs.len());
    // What is not wanted is not found, and without thumbnails it is what the hashes say outright.
    let wanted = |a: usize, b: usize| (a + b).is_multiple_of(2);
    let some = alike(&listed, &settings, wanted, look).unwrap();
    let expected = pairs.iter().filter(|pair| wanted(pair.first, pair.second));
    assert!(some.iter().eq(expected));
    let blind = alike(
        &listed,
        &settings,
        |_, _| true,
        |_| Ok::<_, Infallible>(None),
    )
    .unwrap();
    assert!(
        blind
            .iter()
            .eq(pairs.iter().filter(|pair| pair.rule == Rule::Near))
    );
}

/// Run alone and optimised: `cargo test --release -p trawl-dataset a_list_of -- --ignored --nocapture --test-threads 1`.
#[test]
#[ignore = "slow: a hundred thousand pictures"]
fn a_list_of_a_hundred_thousand_pictures_takes_less_than_a_minute() {
    // Thumbnails of noise: their crops are as far from all hashes as those of other pictures.
    let mut state = 77_u32;
    let mut noise = || {
        let bytes = (0..Thumbnail::LEN).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_le_bytes()[3]
        });
        Thumbnail::from_bytes(&bytes.collect::<Vec<u8>>()).unwrap()
    };
    let thumbnails: Vec<Thumbnail> = (0..1_000).map(|_| noise()).collect();
    let settings = DatasetSettings::default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2);
    let pool = pool.build().unwrap();
    for (name, mut crowd) in [("uniform", Crowd::uniform(2)), ("alike", Crowd::alike(2))] {
        let hashes = crowd.take(100_000);
        for count in [50_000, 100_000] {
            let listed = hashes[..count].iter().zip(0_u32..);
            let listed = listed.map(|(orientations, at)| Listed {
                orientations: *orientations,
                quality: 100,
                kin: Kin {
                    name: at % 500,
                    host: at % 4_001,
                    page: at / 3,
                },
            });
            let listed: Vec<Listed> = listed.collect();
            let begun = Instant::now();
            let look = |at: usize| Ok::<_, Infallible>(Some(thumbnails[at % thumbnails.len()]));
            let found = pool.scope(|_| alike(&listed, &settings, |_, _| true, look));
            let seconds = begun.elapsed().as_secs_f64();
            let found = found.unwrap().len();
            println!("{name}, {count} pictures: {seconds:.1} s, {found} pairs");
            assert!(found > 0, "one in ten is a copy");
            assert!(seconds < 60.0, "{seconds:.1} s");
        }
    }
}
