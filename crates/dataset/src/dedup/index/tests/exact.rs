//! Every way of finding pairs against the double loop over all orientations.

use image::DynamicImage;

use super::crowd::Crowd;
use crate::dedup::index::layout::Laid;
use crate::dedup::index::pairs::{Hit, Sorted};
use crate::dedup::index::{Index, Near, Neighbour, Pair, each_pair, groups, near, nearest, pairs};
use crate::pixels::scene::scene;
use crate::pixels::{Orientations, pdq};

const RADII: [u32; 10] = [0, 3, 15, 16, 31, 32, 60, 61, 128, 256];

/// The relation as it is defined, by whole hashes.
fn plainly(a: &Orientations, b: &Orientations) -> Near {
    if Laid::of(a).plain() > Laid::of(b).plain() {
        return plainly(b, a).reversed();
    }
    let distances = a.all().map(|mine| mine.distance(&b.plain()));
    let distance = *distances.iter().min().unwrap();
    let orientation = distances.iter().position(|d| *d == distance).unwrap();
    Near {
        distance,
        orientation: u8::try_from(orientation).unwrap(),
    }
}

fn double_loop(hashes: &[Orientations]) -> Vec<Pair> {
    let places = |b: usize| (0..b).map(move |a| (a, b));
    let mut all: Vec<Pair> = (0..hashes.len())
        .flat_map(places)
        .map(|(a, b)| Pair {
            a,
            b,
            near: plainly(&hashes[a], &hashes[b]),
        })
        .collect();
    all.sort_by_key(|pair| (pair.a, pair.b));
    all
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll()).unwrap() % end
    }

    /// Bytes that no picture has: mirrors that have nothing to do with each other.
    fn wild(&mut self) -> Orientations {
        let bytes: Vec<u8> = (0..128).map(|_| self.roll().to_le_bytes()[0]).collect();
        Orientations::from_bytes(&bytes).unwrap()
    }

    /// A turned copy of a picture with `flips` bits of each stored hash changed.
    fn near(&mut self, to: &Orientations, flips: usize) -> Orientations {
        // Turned by taking the hashes in another order; the diagonal transposes each and swaps the middle two.
        let turn = self.below(8);
        let order = [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]][turn % 4];
        let all = to.all();
        let mut bytes = Vec::new();
        for place in 0..4 {
            let hash = if turn < 4 {
                all[order[place]]
            } else {
                all[4 + [order[0], order[2], order[1], order[3]][place]]
            };
            bytes.extend(hash.to_bytes());
        }
        let mut bits: Vec<usize> = (0..256).collect();
        for at in 0..flips {
            let other = at + self.below(256 - at);
            bits.swap(at, other);
            for hash in 0..4 {
                bytes[32 * hash + bits[at] / 8] ^= 1 << (bits[at] % 8);
            }
        }
        Orientations::from_bytes(&bytes).unwrap()
    }
}

/// Lists of every kind that could be taken wrongly.
fn lists() -> Vec<(&'static str, Vec<Orientations>)> {
    let mut dice = Dice(0x1234_5678_9abc_def1);
    let around = |dice: &mut Dice, flips: std::ops::Range<usize>| -> Vec<Orientations> {
        let centres = Crowd::uniform(5).take(6);
        let all = (0..150).map(|_| {
            let centre = centres[dice.below(centres.len())];
            let flips = flips.start + dice.below(flips.len());
            dice.near(&centre, flips)
        });
        all.chain(centres.iter().copied()).collect()
    };
    let scenes = (0..12).flat_map(|seed| {
        let image = painted(seed);
        (0..8).map(move |orientation| of(&turned(&image, orientation)))
    });
    vec![
        ("none", Vec::new()),
        ("one", Crowd::uniform(1).take(1)),
        ("uniform", Crowd::uniform(2).take(300)),
        ("alike", Crowd::alike(3).take(300)),
        ("wild", (0..150).map(|_| dice.wild()).collect()),
        ("around 31", around(&mut dice, 28..35)),
        ("around 16", around(&mut dice, 14..18)),
        ("around 60", around(&mut dice, 57..64)),
        ("equal", vec![Crowd::uniform(4).take(1)[0]; 130]),
        ("scenes", scenes.collect()),
    ]
}

fn painted(seed: u64) -> DynamicImage {
    let rgb = image::RgbImage::from_raw(120, 90, scene(seed, 120, 90)).unwrap();
    DynamicImage::ImageRgb8(rgb)
}

fn of(image: &DynamicImage) -> Orientations {
    let rgb = image.to_rgb8();
    pdq::hash(rgb.width() as usize, rgb.height() as usize, rgb.as_raw()).0
}

/// The picture in an orientation as [`Near`] counts them.
fn turned(image: &DynamicImage, orientation: u8) -> DynamicImage {
    let mirrored = match orientation % 4 {
        0 => image.clone(),
        1 => image.fliph(),
        2 => image.flipv(),
        _ => image.rotate180(),
    };
    if orientation < 4 {
        mirrored
    } else {
        mirrored.rotate90().fliph()
    }
}

#[test]
fn the_orientation_named_is_the_one_that_was_made() {
    for seed in 30..34 {
        let image = painted(seed);
        let plain = of(&image);
        for orientation in 0..8 {
            let other = of(&turned(&image, orientation));
            let there = near(&plain, &other);
            assert!(there.distance <= 31, "{seed} {orientation}: {there:?}");
            assert_eq!(there.orientation, orientation, "scene {seed}");
            assert_eq!(near(&other, &plain), there.reversed());
            assert_eq!(there, plainly(&plain, &other));
        }
    }
}

#[test]
fn both_ways_find_the_pairs_of_the_double_loop() {
    for (name, hashes) in lists() {
        let all = double_loop(&hashes);
        for radius in RADII {
            let within = |pair: &&Pair| pair.near.distance <= radius;
            let expected: Vec<Pair> = all.iter().filter(within).copied().collect();
            let found = pairs(&hashes, radius, |_, _| true);
            assert!(found == expected, "{name} at {radius}");
            let odd = |a: usize, b: usize| (a + b) % 2 == 1;
            let wanted = expected.into_iter().filter(|pair| odd(pair.a, pair.b));
            assert!(
                pairs(&hashes, radius, odd) == wanted.collect::<Vec<_>>(),
                "{name} at {radius}, the wanted ones"
            );
            if radius <= 31 {
                assert!(
                    by_bands(&Sorted::of(&hashes), radius)
                        == by_blocks(&Sorted::of(&hashes), radius),
                    "{name} at {radius} by bands"
                );
            }
        }
    }
}

fn by_bands(sorted: &Sorted, radius: u32) -> Vec<Hit> {
    let mut hits = Vec::new();
    sorted.by_bands(radius, &|_, _| true, &mut |more| hits.extend(more));
    hits
}

fn by_blocks(sorted: &Sorted, radius: u32) -> Vec<Hit> {
    let mut hits = Vec::new();
    sorted.by_blocks(radius, &|_, _| true, &mut |more| hits.extend(more));
    hits
}

#[test]
fn pairs_that_do_not_fit_are_handed_on_in_parts() {
    let mut dice = Dice(77);
    let centre = Crowd::uniform(6).take(1)[0];
    let dense: Vec<Orientations> = (0..400).map(|_| dice.near(&centre, 12)).collect();
    let mut sorted = Sorted::of(&dense);
    let whole = by_blocks(&sorted, 31);
    assert_eq!(whole.len(), 400 * 399 / 2);
    sorted.waiting = 4_000;
    let mut parts = Vec::new();
    sorted.by_bands(31, &|_, _| true, &mut |hits: Vec<Hit>| parts.push(hits));
    assert!(parts.len() > 20, "{} parts", parts.len());
    assert!(
        parts.iter().all(|hits| hits.len() <= 400 * 16),
        "no part is larger than so many rows need"
    );
    assert!(parts.concat() == whole);
}

#[test]
fn any_number_of_threads_gives_the_same_pairs_in_the_same_order() {
    for (name, hashes) in lists() {
        for radius in [31, 60] {
            let runs = [1, 2, 3].map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
                let mut seen = Vec::new();
                pool.build().unwrap().scope(|_| {
                    each_pair(&hashes, radius, |_, _| true, |pair| seen.push(pair));
                });
                let sorted = Sorted::of(&hashes);
                let banded = by_bands(&sorted, radius.min(31));
                (seen, banded, nearest(&hashes, &hashes[hashes.len() / 2..]))
            });
            assert!(runs[0] == runs[1] && runs[1] == runs[2], "{name}");
        }
    }
}

#[test]
fn groups_are_the_chains_of_pairs() {
    for (name, hashes) in lists() {
        let all = double_loop(&hashes);
        for radius in [0, 16, 31, 60] {
            let mut expected: Vec<usize> = (0..hashes.len()).collect();
            loop {
                let before = expected.clone();
                for pair in all.iter().filter(|pair| pair.near.distance <= radius) {
                    let least = expected[pair.a].min(expected[pair.b]);
                    (expected[pair.a], expected[pair.b]) = (least, least);
                }
                if before == expected {
                    break;
                }
            }
            assert_eq!(groups(&hashes, radius), expected, "{name} at {radius}");
        }
    }
}

#[test]
fn a_hundred_thousand_copies_are_one_group() {
    let mut hashes = vec![Crowd::uniform(4).take(1)[0]; 100_000];
    hashes[5] = Crowd::uniform(9).take(1)[0];
    let groups = groups(&hashes, 31);
    assert!(groups.iter().enumerate().all(|(at, group)| match at {
        5 => *group == 5,
        _ => *group == 0,
    }));
}

#[test]
fn a_growing_index_answers_as_the_double_loop() {
    for (name, hashes) in lists() {
        let mut index = Index::new();
        for (at, asked) in hashes.iter().enumerate() {
            assert_eq!(index.len(), at);
            for radius in [31, 60] {
                let known = hashes[..at].iter().enumerate();
                let expected: Vec<Neighbour> = known
                    .map(|(place, other)| Neighbour {
                        place,
                        near: plainly(asked, other),
                    })
                    .filter(|found| found.near.distance <= radius)
                    .collect();
                assert!(
                    index.within(asked, radius) == expected,
                    "{name}, {at} at {radius}"
                );
            }
            assert_eq!(index.insert(asked), at);
        }
    }
}

#[test]
fn the_nearest_is_the_first_at_the_least_distance() {
    for (name, hashes) in lists() {
        let (asked, others) = hashes.split_at(hashes.len() / 3);
        let found = nearest(asked, others);
        assert_eq!(found.len(), asked.len());
        for (asked, found) in asked.iter().zip(found) {
            let all = others.iter().enumerate().map(|(place, other)| Neighbour {
                place,
                near: plainly(asked, other),
            });
            let expected = all.min_by_key(|other| (other.near.distance, other.place));
            assert_eq!(found, expected, "{name}");
        }
    }
    assert_eq!(nearest(&Crowd::uniform(1).take(2), &[]), [None, None]);
}
