//! Hashes of parts of a picture, by which crops and pictures with a logo are found.
//!
//! A hash sees the whole picture: a border of 5 % that is cut off moves what its highest frequencies see by most of their period, and a logo
//! over 6 % of the area turns a fifth of its bits. So each picture is also hashed as it would be cropped, to meet what was cropped, and
//! without each of its sides, to meet what has a logo there. Measured on 961 photographs, distance 60 or less (see
//! `tests/neardup`): the whole alone finds 92 % of crops by 2.5 % at each border, 5 % of crops by 5 % at a corner and 69 % of logos.

use super::{Thumbnail, Window};
use crate::pixels::pdq::{GRID, hash_grid};
use crate::{Orientations, Pdq};

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

/// The hashes of a picture and of its parts in all orientations, 2,560 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probes {
    whole: Turned,
    crops: [Turned; 5],
    parts: [Turned; 4],
}

/// A hash in the order of [`Orientations::all`]; made once, since turning one costs more than comparing it with thousands.
type Turned = [Pdq; 8];

/// How two pictures met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    /// Bits in which the nearest of their hashes differ.
    pub distance: u32,
    /// The orientation of the first picture that looks like the second, numbered as [`Orientations::all`].
    pub orientation: usize,
}

impl Probes {
    /// Adds to the hash of a picture those of its parts; takes some 0.9 ms.
    #[must_use]
    pub fn of(whole: Orientations, thumbnail: &Thumbnail) -> Self {
        let hash = |window: Window| hash_grid(&window.of(thumbnail, GRID)).all();
        Self {
            whole: whole.all(),
            crops: CROPS.map(hash),
            parts: PARTS.map(hash),
        }
    }

    /// The nearest that the whole pictures come, in any orientation.
    #[must_use]
    pub fn whole(&self, other: &Self) -> Met {
        nearest(&self.whole, &other.whole[0])
    }

    /// The nearest that one picture comes to a crop of the other, in any orientation.
    #[must_use]
    pub fn crop(&self, other: &Self) -> Met {
        let plain = (self.whole[0], other.whole[0]);
        let mine = self.crops.iter().map(|crop| nearest(crop, &plain.1));
        let theirs = other.crops.iter().map(|crop| {
            let met = nearest(crop, &plain.0);
            Met {
                orientation: inverse(met.orientation),
                ..met
            }
        });
        least(mine.chain(theirs))
    }

    /// The nearest that the pictures come without the same one of their sides, in any orientation.
    #[must_use]
    pub fn part(&self, other: &Self) -> Met {
        least(self.parts.iter().enumerate().flat_map(|(side, part)| {
            let turned = part.iter().enumerate();
            turned.map(move |(orientation, hash)| {
                let there = other.parts[side_in(side, orientation)][0];
                Met {
                    distance: hash.distance(&there),
                    orientation,
                }
            })
        }))
    }
}

fn nearest(mine: &Turned, other: &Pdq) -> Met {
    let turned = mine.iter().enumerate();
    least(turned.map(|(orientation, hash)| Met {
        distance: hash.distance(other),
        orientation,
    }))
}

/// The first of the nearest.
fn least(all: impl Iterator<Item = Met>) -> Met {
    all.min_by_key(|met| met.distance).unwrap_or(Met {
        distance: 256,
        orientation: 0,
    })
}

/// The orientation that undoes one: all undo themselves but the two quarter turns, which undo each other.
fn inverse(orientation: usize) -> usize {
    match orientation {
        5 => 6,
        6 => 5,
        same => same,
    }
}

/// Where a side (left, top, right, bottom) comes to lie in an orientation.
fn side_in(side: usize, orientation: usize) -> usize {
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
    use image::{DynamicImage, Rgb, RgbImage};

    use super::*;
    use crate::pixels::pdq;
    use crate::pixels::scene::scene;

    fn picture(seed: u64) -> DynamicImage {
        RgbImage::from_raw(400, 300, scene(seed, 400, 300))
            .unwrap()
            .into()
    }

    fn of(image: &DynamicImage) -> Probes {
        let rgb = image.to_rgb8();
        let (width, height) = (rgb.width() as usize, rgb.height() as usize);
        let (whole, _) = pdq::hash(width, height, rgb.as_raw());
        Probes::of(whole, &Thumbnail::of(width, height, rgb.as_raw()))
    }

    /// The picture in the orientations of `Orientations::all`.
    fn turned(mut image: DynamicImage, orientation: usize) -> DynamicImage {
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
            let whole = of(&image);
            // By 5 % at each border, by 2.5 % at each border, by 5 % at two corners.
            for [x, y, width, height] in [
                [20, 15, 360, 270],
                [10, 8, 380, 284],
                [20, 15, 380, 285],
                [0, 15, 380, 285],
            ] {
                for orientation in 0..8 {
                    let crop = of(&turned(image.crop_imm(x, y, width, height), orientation));
                    let met = whole.crop(&crop);
                    assert!(met.distance <= 60, "scene {seed}: {met:?}");
                    assert_eq!(met.orientation, orientation, "scene {seed}");
                    let back = crop.crop(&whole);
                    assert_eq!(back.distance, met.distance);
                    assert_eq!(back.orientation, inverse(orientation), "scene {seed}");
                }
            }
        }
    }

    #[test]
    fn a_logo_in_any_corner_leaves_a_part_as_it_was() {
        for seed in 84..86 {
            let image = picture(seed);
            let whole = of(&image);
            for (left, top) in [(8, 6), (272, 6), (8, 234), (272, 234)] {
                let mut marked = image.to_rgb8();
                for y in top..top + 60 {
                    for x in left..left + 120 {
                        marked.put_pixel(x, y, Rgb([250, 30, 30]));
                    }
                }
                for orientation in [0, 1, 5, 6, 7] {
                    let marked = of(&turned(marked.clone().into(), orientation));
                    let met = whole.part(&marked);
                    assert!(met.distance <= 31, "scene {seed}: {met:?}");
                    assert_eq!(met.orientation, orientation);
                }
            }
        }
    }

    #[test]
    fn different_scenes_do_not_meet() {
        let all: Vec<Probes> = (20..36).map(|seed| of(&picture(seed))).collect();
        for (at, one) in all.iter().enumerate() {
            for other in &all[..at] {
                for met in [one.whole(other), one.crop(other), one.part(other)] {
                    assert!(met.distance > 60, "{met:?}");
                }
            }
        }
    }
}
