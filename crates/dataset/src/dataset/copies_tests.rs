//! Crops, copies with a logo and mirrored ones, which the hash of the whole picture does not find.

use std::collections::BTreeMap;
use std::path::Path;

use image::{Rgb, RgbImage, imageops};

use super::stand_in::{arrival, sample_of};
use super::*;
use crate::pixels::scene::scene;
use crate::publish::{Snapshot, Split};
use crate::quality::Thresholds;
use crate::records::{Arrival, Intake, Outcome};
use crate::store::settings::DatasetSettings;
use crate::verify::verify;
use crate::{SampleId, thrown_out};

const SEEDS: std::ops::Range<u64> = 0..12;

fn settings() -> DatasetSettings {
    DatasetSettings {
        quality: Thresholds::off(),
        ..DatasetSettings::default()
    }
}

/// Those of a dataset in which nobody looks at thumbnails.
fn blind() -> DatasetSettings {
    DatasetSettings {
        confirm_distance: 0,
        ..settings()
    }
}

/// A scene whose contrast is a little weaker, so that a logo weighs as much in it as in a photograph.
fn picture(seed: u64) -> RgbImage {
    let mut image = painted(seed);
    for level in image.iter_mut() {
        *level = *level / 5 * 4 + 26;
    }
    image
}

fn painted(seed: u64) -> RgbImage {
    RgbImage::from_raw(200, 150, scene(seed, 200, 150)).unwrap()
}

fn cropped(image: &RgbImage) -> RgbImage {
    imageops::crop_imm(image, 10, 7, 180, 136).to_image()
}

fn with_logo(image: &RgbImage) -> RgbImage {
    let mut image = image.clone();
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        if (4..64).contains(&x) && (3..33).contains(&y) {
            *pixel = if x < 34 {
                Rgb([250, 250, 250])
            } else {
                Rgb([10, 10, 90])
            };
        }
    }
    image
}

/// A picture and how it is edited, by the number of its kind.
fn edited(seed: u64) -> (&'static str, RgbImage) {
    let image = picture(seed);
    match seed % 4 {
        0 => ("crop", cropped(&image)),
        1 => ("logo", with_logo(&image)),
        2 => ("mirrored crop", imageops::flip_horizontal(&cropped(&image))),
        _ => ("turned logo", imageops::rotate90(&with_logo(&image))),
    }
}

fn original(label: &str, seq: u64, seed: u64, side: u32) -> Arrival {
    let sample = sample_of(&format!("{seed}"), &picture(seed), side);
    arrival(label, seq, Outcome::Prepared(Box::new(sample)))
}

fn edit(label: &str, seq: u64, seed: u64, side: u32) -> Arrival {
    let (kind, image) = edited(seed);
    let sample = sample_of(&format!("{kind} of {seed}"), &image, side);
    arrival(label, seq, Outcome::Prepared(Box::new(sample)))
}

fn id(arrival: &Arrival) -> SampleId {
    match &arrival.outcome {
        Outcome::Prepared(sample) => sample.id,
        other => panic!("no picture: {other:?}"),
    }
}

/// Label and split of what is published.
fn places(root: &Path) -> BTreeMap<SampleId, (u32, Split)> {
    let newest = Snapshot::newest(root).unwrap();
    let rows = newest.rows.iter();
    rows.map(|row| (row.id, (row.class, row.split))).collect()
}

fn states(dataset: &Dataset) -> Vec<(u64, State, Option<String>, Option<String>)> {
    let all = dataset.catalog.sql(crate::publish::Candidate::read_all);
    let all = all.unwrap().into_iter();
    all.map(|c| (c.seq, c.state, c.reason, c.detail)).collect()
}

#[test]
fn edits_lie_too_far_for_the_whole_hash_alone() {
    let mut far = BTreeMap::new();
    for seed in SEEDS {
        let [a, b] = [original("owl", 0, seed, 90), edit("owl", 1, seed, 90)].map(|one| {
            let Outcome::Prepared(sample) = one.outcome else {
                panic!("no picture")
            };
            sample.orientations
        });
        if a.distance(&b.plain()) > settings().confirm_distance {
            *far.entry(edited(seed).0).or_insert(0) += 1;
        }
    }
    assert_eq!((far["crop"], far["mirrored crop"]), (3, 3));
    assert!(
        far.contains_key("logo") && far.contains_key("turned logo"),
        "{far:?}"
    );
}

#[test]
fn crops_logos_and_mirrored_crops_are_refused_in_any_order_of_arrival() {
    let mut expected = None;
    for round in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = Dataset::create(folder.path(), &settings()).unwrap();
        let originals = SEEDS.map(|seed| original("owl", seed, seed, 100));
        let mut all: Vec<Arrival> = originals.collect();
        all.extend(SEEDS.map(|seed| edit("owl", 12 + seed, seed, 90)));
        match round {
            0 => {}
            1 => all.reverse(),
            _ => all.sort_by_key(|one| one.claims[0].seq * 7 % 24),
        }
        while !all.is_empty() {
            let rest = all.split_off(all.len().min(5));
            dataset.commit(std::mem::replace(&mut all, rest)).unwrap();
            if round == 3 {
                drop(dataset);
                dataset = Dataset::open(folder.path()).unwrap();
            }
        }
        let states = states(&dataset);
        assert_eq!(*expected.get_or_insert_with(|| states.clone()), states);
        for seed in SEEDS {
            let (seq, state, reason, detail) = &states[usize::try_from(12 + seed).unwrap()];
            assert_eq!(*seq, 12 + seed);
            assert_eq!(*state, State::Flawed, "{}", edited(seed).0);
            assert_eq!(reason.as_deref(), Some("near-duplicate"));
            let of = id(&original("owl", seed, seed, 100)).to_string();
            assert!(detail.as_ref().unwrap().contains(&of), "{detail:?}");
        }
        assert!(states[..12].iter().all(|one| one.1 == State::Kept));
    }
}

#[test]
fn a_larger_copy_takes_over_from_a_crop() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = Dataset::create(folder.path(), &settings()).unwrap();
    dataset.commit(vec![edit("owl", 0, 4, 90)]).unwrap();
    dataset.commit(vec![original("owl", 1, 4, 100)]).unwrap();
    let states = states(&dataset);
    let found: Vec<State> = states.iter().map(|one| one.1).collect();
    assert_eq!(found, [State::Superseded, State::Kept]);
}

/// Discs of one size on one ground, each filled otherwise: alike in layout and nothing else.
fn disc(seed: u64) -> RgbImage {
    let inside = painted(seed);
    RgbImage::from_fn(200, 150, |x, y| {
        let (dx, dy) = (f64::from(x) - 99.5, f64::from(y) - 74.5);
        if dx.hypot(dy) < 55.0 {
            *inside.get_pixel(x, y)
        } else {
            Rgb([235, 235, 230])
        }
    })
}

/// A sky of one gradient over grounds that differ.
fn horizon(seed: u64) -> RgbImage {
    let ground = painted(seed);
    RgbImage::from_fn(200, 150, |x, y| {
        let sky = 250 - u8::try_from(y).unwrap();
        if y < 75 {
            Rgb([sky, sky, 255])
        } else {
            *ground.get_pixel(x, y)
        }
    })
}

#[test]
fn other_pictures_of_a_like_layout_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = Dataset::create(folder.path(), &settings()).unwrap();
    for seed in 0..20 {
        for (at, image) in [disc(seed), horizon(seed)].iter().enumerate() {
            let sample = sample_of(&format!("{seed} {at}"), image, 100);
            assert!(sample.pdq_quality >= 50, "{}", sample.pdq_quality);
            let seq = 2 * seed + u64::try_from(at).unwrap();
            let outcome = Outcome::Prepared(Box::new(sample));
            dataset.commit(vec![arrival("owl", seq, outcome)]).unwrap();
        }
    }
    let states = states(&dataset);
    let refused: Vec<_> = states.iter().filter(|one| one.1 != State::Kept).collect();
    assert!(refused.is_empty(), "{refused:?}");
    dataset.publish(&["owl".to_owned()]).unwrap();
    assert_eq!(places(folder.path()).len(), 40);
}

#[test]
fn edits_under_another_name_are_conflicts() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = Dataset::create(root, &settings()).unwrap();
    let owls = SEEDS.map(|seed| original("owl", seed, seed, 100));
    dataset.commit(owls.collect()).unwrap();
    let birds = SEEDS.map(|seed| edit("bird", seed, seed, 90));
    dataset.commit(birds.collect()).unwrap();
    let others = (12..24).map(|seed| original("bird", seed, 100 + seed, 100));
    dataset.commit(others.collect()).unwrap();
    let names = ["owl".to_owned(), "bird".to_owned()];
    dataset.publish(&names).unwrap();
    let places = places(root);
    for seed in SEEDS {
        let one = places.get(&id(&original("owl", 0, seed, 100)));
        assert_eq!(one.map(|one| one.1), Some(Split::Train), "disputed");
        let other = places.get(&id(&edit("bird", 0, seed, 90)));
        assert_eq!(other, None, "{} {seed}", edited(seed).0);
    }
    assert_eq!(places.len(), 24);
    let thrown = thrown_out(root).unwrap();
    assert!(thrown.iter().all(|one| one.reason == "conflict"));
}

#[test]
fn edits_that_were_kept_lie_in_the_split_of_their_original() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = Dataset::create(root, &blind()).unwrap();
    for seed in SEEDS {
        let pair = vec![
            original("owl", 2 * seed, seed, 100),
            edit("owl", 2 * seed + 1, seed, 90),
        ];
        dataset.commit(pair).unwrap();
    }
    drop(dataset);
    let mut dataset = Dataset::create(root, &settings()).unwrap();
    dataset.publish(&["owl".to_owned()]).unwrap();
    let places = places(root);
    let mut edits = 0;
    for seed in SEEDS {
        let one = places[&id(&original("owl", 0, seed, 100))];
        // A logo that is seen without a look was refused.
        if let Some(other) = places.get(&id(&edit("owl", 0, seed, 90))) {
            assert_eq!(one, *other, "{} {seed}", edited(seed).0);
            edits += 1;
        }
    }
    assert!(edits >= 10, "{edits}");
    assert!(places.values().any(|place| place.1 != Split::Train));
    drop(dataset);
    assert_eq!(verify(root, false).unwrap().problems, []);
}

#[test]
fn what_was_split_apart_unseen_is_found_by_verify_and_parted_by_the_next_publication() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut dataset = Dataset::create(root, &blind()).unwrap();
    for seed in SEEDS {
        let pair = vec![
            original("owl", 2 * seed, seed, 100),
            edit("owl", 2 * seed + 1, seed, 90),
        ];
        dataset.commit(pair).unwrap();
    }
    drop(dataset);
    // Published while the thumbnails are away, as before there were any.
    let mut dataset = Dataset::create(root, &settings()).unwrap();
    let run = |dataset: &Dataset, sql: &str| dataset.catalog.sql(|c| c.execute_batch(sql)).unwrap();
    run(
        &dataset,
        "CREATE TABLE away AS SELECT id, thumbnail FROM samples; UPDATE samples SET thumbnail = NULL",
    );
    dataset.publish(&["owl".to_owned()]).unwrap();
    let apart = |places: &BTreeMap<SampleId, (u32, Split)>| {
        let ends = SEEDS.map(|seed| {
            let ends = [original("owl", 0, seed, 100), edit("owl", 0, seed, 90)];
            ends.map(|one| places.get(&id(&one)).map(|place| place.1))
        });
        let split_by_train = ends.filter(|ends| match ends {
            [Some(a), Some(b)] => (*a == Split::Train) != (*b == Split::Train),
            _ => false,
        });
        split_by_train.count()
    };
    let leaks = apart(&places(root));
    assert!(leaks > 0, "no pair is apart");
    run(
        &dataset,
        "UPDATE samples SET thumbnail = (SELECT thumbnail FROM away a WHERE a.id = samples.id); DROP TABLE away",
    );
    drop(dataset);
    let verified = verify(root, false).unwrap();
    assert_eq!(verified.problems.len(), leaks, "{:#?}", verified.problems);
    let said = &verified.problems[0].what;
    assert!(
        said.contains("of train at distance") && said.contains("publish anew"),
        "{said}"
    );
    let mut dataset = Dataset::open(root).unwrap();
    dataset.publish(&["owl".to_owned()]).unwrap();
    assert_eq!(apart(&places(root)), 0);
    drop(dataset);
    assert_eq!(verify(root, false).unwrap().problems, []);
}

/// Milliseconds that this thread has run, which others on the machine do not lengthen.
fn on_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds: f64 = stat.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e6
}

/// Run alone and optimised, on Linux: `cargo test --release -p trawl-dataset acceptance_of -- --ignored --nocapture --test-threads 1`.
#[test]
#[ignore = "slow: thousands of pictures"]
fn acceptance_of_4_000_pictures_in_a_name_takes_a_tenth_of_a_millisecond_more_by_looking() {
    for count in [1_000, 4_000] {
        let small = (0..count).map(|seed| RgbImage::from_raw(64, 64, scene(seed, 64, 64)).unwrap());
        let small: Vec<RgbImage> = small.collect();
        let arrivals = || {
            let all = (0..count).zip(&small).map(|(seed, image)| {
                let sample = sample_of(&seed.to_string(), image, 100);
                arrival("owl", seed, Outcome::Prepared(Box::new(sample)))
            });
            all.collect()
        };
        let [without, with] = [blind(), settings()].map(|settings| {
            let folder = tempfile::tempdir().unwrap();
            let mut dataset = Dataset::create(folder.path(), &settings).unwrap();
            let mut intake = Intake {
                label: "owl".to_owned(),
                goal: Some(0),
                from_seq: 0,
            };
            dataset.begin(std::slice::from_ref(&intake)).unwrap();
            dataset.commit(arrivals()).unwrap();
            intake.goal = None;
            let begun = on_cpu();
            let progress = dataset.begin(&[intake]).unwrap();
            assert!(u64::from(progress[0].kept) > count * 9 / 10);
            on_cpu() - begun
        });
        let each = (with - without) / f64::from(u32::try_from(count).unwrap());
        println!(
            "{count} pictures: {without:.0} ms, {with:.0} ms with a look, {each:.3} ms more a picture"
        );
        assert!(each < 0.1, "{each:.3} ms");
    }
}
