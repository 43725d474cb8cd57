//! Hashes of parts of a picture, by which crops and pictures with a logo are found.
//!
//! A hash sees the whole picture: a border of 5 % that is cut off moves what its highest frequencies see by most of their period, and a logo
//! over 6 % of the area turns a fifth of its bits. So each picture is also hashed as it would be cropped, to meet what was cropped, and
//! without each of its sides, to meet what has a logo there. Measured on 961 photographs, distance 60 or less (see
//! `tests/neardup`): the whole alone finds 92 % of crops by 2.5 % at each border, 5 % of crops by 5 % at a corner and 69 % of logos.
//!
//! Probes are made of what is stored, and never stored themselves.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use std::sync::LazyLock;

use super::index::inverse;
use super::spectra::Spectra;
use super::{Thumbnail, Window};
use crate::pixels::{Orientations, Pdq};

/// How much of width and height the crops leave out. Halfway between crops of 2.5 % and of 5 % at each border: both lie within
/// distance 60 of it, nothing and 5 % at a corner too.
const CROP: f32 = 0.0375;
/// How much of width or height each part leaves out: more than a corner logo covers along at least one axis.
const PART: f32 = 0.25;

/// Crops: at every border, and at each corner.
const CROPS: [Window; 5] = [
    Window::new([CROP, CROP, CROP, CROP]),
    Window::new([CROP, CROP, 0.0, 0.0]),
    Window::new([0.0, CROP, CROP, 0.0]),
    Window::new([CROP, 0.0, 0.0, CROP]),
    Window::new([0.0, 0.0, CROP, CROP]),
];

/// Parts: without the left, top, right, bottom.
const PARTS: [Window; 4] = [
    Window::new([PART, 0.0, 0.0, 0.0]),
    Window::new([0.0, PART, 0.0, 0.0]),
    Window::new([0.0, 0.0, PART, 0.0]),
    Window::new([0.0, 0.0, 0.0, PART]),
];

/// The spectra of crops and parts, one after the other.
static SPECTRA: LazyLock<Spectra> =
    LazyLock::new(|| Spectra::of(&[CROPS.as_slice(), &PARTS].concat()));

/// The hashes of crops and parts of a picture, 672 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probes {
    /// Of each crop as it is: the whole picture that it meets is the one that is turned.
    crops: [Pdq; Self::CROPS],
    parts: [Orientations; Self::PARTS],
}

impl Probes {
    /// How many crops there are.
    pub const CROPS: usize = CROPS.len();
    /// How many parts there are.
    pub const PARTS: usize = PARTS.len();

    /// Hashes the crops and parts of a picture; takes some 13 us.
    #[must_use]
    pub fn of(thumbnail: &Thumbnail) -> Self {
        let spectra = SPECTRA.spectra(thumbnail);
        let (crops, parts) = spectra.split_at(Self::CROPS);
        Self {
            crops: std::array::from_fn(|at| Pdq::of_spectrum(&crops[at])),
            parts: std::array::from_fn(|at| Orientations::of_spectrum(&parts[at])),
        }
    }

    /// The hashes that whole pictures meet which were cropped.
    #[must_use]
    pub fn crops(&self) -> &[Pdq; Self::CROPS] {
        &self.crops
    }
}

/// The parts of a picture in every orientation, to be held against those of many others: none is turned then.
#[derive(Debug)]
pub(super) struct Parts {
    turned: [[Pdq; 8]; Probes::PARTS],
}

impl Parts {
    pub(super) fn of(probes: &Probes) -> Self {
        Self {
            turned: probes.parts.map(|part| part.all()),
        }
    }

    /// Bits in which two pictures differ without the same one of their sides, the least of the four, when the picture that asks is brought
    /// into an orientation, numbered as [`Orientations::all`]. Whichever asks, the same one is turned, so that both find the same.
    #[inline(always)]
    pub(super) fn apart(&self, other: &Probes, orientation: u8) -> u32 {
        let mut least = u32::MAX;
        if self.turned[0][0].words() <= other.parts[0].plain().words() {
            for (side, turned) in self.turned.iter().enumerate() {
                let there = &other.parts[side_in(side, orientation)];
                let apart = turned[usize::from(orientation)].distance(&there.plain());
                least = least.min(apart);
            }
        } else {
            let orientation = inverse(orientation);
            for (side, part) in other.parts.iter().enumerate() {
                let there = &self.turned[side_in(side, orientation)];
                // Turning both along the diagonal changes no distance.
                let there = &there[usize::from(orientation & 4)];
                let mirror = &part.mirrors()[usize::from(orientation % 4)];
                least = least.min(mirror.distance(there));
            }
        }
        least
    }
}

/// Where a side (left, top, right, bottom) comes to lie in an orientation.
#[inline(always)]
fn side_in(side: usize, orientation: u8) -> usize {
    let across = side.is_multiple_of(2);
    let mirrored = if across {
        orientation & 1 != 0
    } else {
        orientation & 2 != 0
    };
    let side = if mirrored { (side + 2) % 4 } else { side };
    // The main diagonal changes left with top and right with bottom.
    if orientation & 4 != 0 { side ^ 1 } else { side }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use image::{DynamicImage, Rgb, RgbImage};

    use super::*;
    use crate::dedup::index::{Index, Near};
    use crate::pixels::pdq::{self, GRID, hash_grid};
    use crate::pixels::scene::scene;

    fn picture(seed: u64) -> DynamicImage {
        RgbImage::from_raw(400, 300, scene(seed, 400, 300))
            .unwrap()
            .into()
    }

    fn of(image: &DynamicImage) -> (Orientations, Probes) {
        let rgb = image.to_rgb8();
        let (width, height) = (rgb.width() as usize, rgb.height() as usize);
        let (whole, _) = pdq::hash(width, height, rgb.as_raw());
        let thumbnail = Thumbnail::of(width, height, rgb.as_raw());
        (whole, Probes::of(&thumbnail))
    }

    /// The nearest that the crops of a picture come to another, whole one, which is turned.
    fn crop(crops: &Probes, whole: &Orientations) -> Near {
        let (mut index, mut nearest) = (Index::new(), None);
        index.insert(whole);
        for met in index.turned_within(crops.crops(), 256).concat() {
            if nearest.is_none_or(|near: Near| met.near.distance < near.distance) {
                nearest = Some(met.near);
            }
        }
        nearest.unwrap()
    }

    /// The picture in the orientations of `Orientations::all`.
    fn turned(mut image: DynamicImage, orientation: u8) -> DynamicImage {
        if orientation & 1 != 0 {
            image = image.fliph();
        }
        if orientation & 2 != 0 {
            image = image.flipv();
        }
        if orientation & 4 != 0 {
            image = image.rotate90().fliph();
        }
        image
    }

    #[test]
    fn crops_meet_in_every_orientation_and_from_either_side() {
        for seed in 80..83 {
            let image = picture(seed);
            let (_, whole) = of(&image);
            // By 5 % at each border, by 2.5 % at each border, by 5 % at two corners.
            for [x, y, width, height] in [
                [20, 15, 360, 270],
                [10, 8, 380, 284],
                [20, 15, 380, 285],
                [0, 15, 380, 285],
            ] {
                for orientation in 0..8_u8 {
                    let cut = image.crop_imm(x, y, width, height);
                    let (cropped, _) = of(&turned(cut, orientation));
                    let met = crop(&whole, &cropped);
                    assert!(met.distance <= 60, "scene {seed}: {met:?}");
                    assert_eq!(met.orientation, orientation, "scene {seed}");
                }
            }
        }
    }

    #[test]
    fn a_logo_in_any_corner_leaves_a_part_as_it_was() {
        for seed in 84..86 {
            let image = picture(seed);
            let (_, whole) = of(&image);
            for (left, top) in [(8, 6), (272, 6), (8, 234), (272, 234)] {
                let mut marked = image.to_rgb8();
                for y in top..top + 60 {
                    for x in left..left + 120 {
                        marked.put_pixel(x, y, Rgb([250, 30, 30]));
                    }
                }
                for orientation in [0, 1, 5, 6, 7] {
                    let (_, marked) = of(&turned(marked.clone().into(), orientation));
                    let part = |orientation| Parts::of(&whole).apart(&marked, orientation);
                    let met = part(orientation);
                    assert!(met <= 31, "scene {seed}: {met}");
                    assert!(part(orientation ^ 2) > 60, "scene {seed}");
                }
            }
        }
    }

    /// The distance without any economy: the picture whose first part is less is turned.
    fn direct(one: &Probes, other: &Probes, orientation: u8) -> u32 {
        let first = |probes: &Probes| probes.parts[0].plain().words();
        if first(one) > first(other) {
            return direct(other, one, inverse(orientation));
        }
        let sides = one.parts.iter().enumerate().map(|(side, part)| {
            let there = other.parts[side_in(side, orientation)].plain();
            part.turned(orientation).distance(&there)
        });
        sides.min().unwrap()
    }

    #[test]
    fn different_scenes_do_not_meet() {
        let all: Vec<_> = (20..36).map(|seed| of(&picture(seed))).collect();
        for (at, (one_whole, one)) in all.iter().enumerate() {
            for (other_whole, other) in &all[..at] {
                for met in [crop(one, other_whole), crop(other, one_whole)] {
                    assert!(met.distance > 60, "{met:?}");
                }
                for orientation in 0..8 {
                    let met = Parts::of(one).apart(other, orientation);
                    assert!(met > 60, "{met} in {orientation}");
                    let back = Parts::of(other).apart(one, inverse(orientation));
                    assert_eq!(back, met);
                    assert_eq!(direct(one, other, orientation), met);
                }
            }
        }
    }

    #[test]
    fn probes_are_the_hashes_of_the_windows_in_every_orientation() {
        for seed in 90..100 {
            let thumbnail = Thumbnail::of(400, 300, &scene(seed, 400, 300));
            let probes = Probes::of(&thumbnail);
            let direct = |window: &Window| hash_grid(&window.of(&thumbnail, GRID));
            for (crop, window) in probes.crops.iter().zip(&CROPS) {
                let apart = crop.distance(&direct(window).plain());
                assert!(apart <= 2, "scene {seed}, {window:?}: {apart} bits");
            }
            for (part, window) in probes.parts.iter().zip(&PARTS) {
                let direct = direct(window).all();
                for (orientation, direct) in (0..).zip(direct) {
                    let apart = part.turned(orientation).distance(&direct);
                    assert!(apart <= 2, "scene {seed}, {window:?}: {apart} bits");
                }
            }
        }
    }

    /// Run optimised: `cargo test --release -p trawl-dataset probes_of_a_picture -- --ignored --nocapture`.
    #[test]
    #[ignore = "slow where nothing is optimised"]
    fn probes_of_a_picture_take_less_than_80_microseconds() {
        let scenes = (0..8).map(|seed| Thumbnail::of(120, 90, &scene(seed, 120, 90)));
        let scenes: Vec<Thumbnail> = scenes.collect();
        let of_all = || scenes.iter().map(|one| Probes::of(one).crops[0]).collect();
        let expected: Vec<Pdq> = of_all();
        let begun = Instant::now();
        for _ in 0..500 {
            assert_eq!(of_all(), expected);
        }
        let each = begun.elapsed() / 4_000;
        println!("{each:?} a picture");
        assert!(each.as_micros() < 80, "{each:?}");
    }
}
