//! Whether two thumbnails show one picture.
//!
//! The measure is the zero-mean normalised cross-correlation (Lewis, "Fast Normalized Cross-Correlation", 1995), which brightness and
//! contrast leave alone, of each of 4x4 blocks by itself. A logo then costs the blocks that it covers and no others, and two pictures of
//! like layout, a dark disc on white or a horizon, agree as a whole but not block by block. Either picture may be a crop of the
//! other, so the blocks are compared in each of 49 positions and the best counts.
//!
//! Greys alone take the flags of Mali and Austria, a quarter turned, for one picture, and a lime for a lemon; so the colours of the
//! blocks must be the same as well, as far as edits leave them.

use super::detail::{detail, detail_as_is};
use super::{Thumbnail, Window};

/// Blocks along each side.
const BLOCKS: usize = 4;
/// Greys along each side of a block.
const BLOCK: usize = Thumbnail::SIDE / BLOCKS;

/// When thumbnails show one picture. The figures beside the settings are of `tests/neardup`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LikenessSettings {
    /// Most of width or height that one picture may lack, all borders together being twice this: 0.05.
    pub crop: f32,
    /// Correlation from which a block agrees: 0.8. Blurring and JPEG at quality 40 leave it above 0.9 wherever a block has structure.
    pub block: f32,
    /// Share of the blocks that must agree: 0.8, 13 of 16. A logo over 6 % of the area in a corner covers two, three when it meets a border between
    /// blocks; round things on white ground agree in the 12 blocks that their outline runs through, whatever they are.
    pub agreeing: f32,
    /// Correlation of the middle block that is needed as well: 0.9. Things of one outline can reach the share by it, with blocks that just
    /// agree; those of one picture do better than that.
    pub middle: f32,
    /// Correlation of the middle block's detail (what differs from the grey around it) that is needed as well: 0.76. Hands on one wall, each of another
    /// person, agree in the outlines that all else goes by. Of 79 such pairs of the sign digits that agreed otherwise, half had 0.70 and a tenth
    /// more than 0.8; crops by 5 % have 0.88 in the median and 0.78 or more in 98 of 100, all other edits more.
    pub detail: f32,
    /// Standard deviation in grey levels below which a block has no structure to compare: 4. Blocks that have none in both pictures
    /// are left out.
    pub flat: f32,
    /// How far the colours of a block may lie apart, in levels of Cb and Cr: 16, which a crop of 5 % at each border reaches where colours
    /// meet.
    pub colour: f32,
    /// The same as a part of the stronger of the two colours: 0.35. Brightness and contrast changed by 20 % move a colour by 0.2 of it.
    pub strong_colour: f32,
    /// Share of the colours that must be the same: 0.75, since a logo may cover four of the sixteen.
    pub same_colours: f32,
    /// Distance from grey up to which a picture is taken to have no colour of its own: 6. It agrees with any colours, as the grey copy
    /// that it may be.
    pub grey: f32,
}

impl Default for LikenessSettings {
    fn default() -> Self {
        Self {
            crop: 0.05,
            block: 0.8,
            agreeing: 0.8,
            middle: 0.9,
            detail: 0.76,
            flat: 4.0,
            colour: 16.0,
            strong_colour: 0.35,
            same_colours: 0.75,
            grey: 6.0,
        }
    }
}

/// How alike two thumbnails are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// Share of the blocks with structure that agree, 0 to 1; 0 when none has structure.
    pub agreeing: f32,
    /// The middle one of their correlations, -1 to 1.
    pub middle: f32,
}

/// How alike two thumbnails are when one of them is cropped.
#[derive(Debug, Clone, Copy)]
struct Placed {
    /// What is left of the cropped one.
    window: Window,
    /// Whether it is the first.
    is_of_first: bool,
    likeness: Likeness,
}

impl LikenessSettings {
    /// Whether `a` in this orientation (numbered as [`Orientations::all`](crate::Orientations::all)) and `b` show one picture,
    /// one of them cropped or not.
    ///
    /// Some 15 us when they agree as they are, else up to 1 ms.
    #[must_use]
    pub fn confirms(&self, a: &Thumbnail, b: &Thumbnail, orientation: usize) -> bool {
        if !self.same_colours(a, b, orientation) {
            return false;
        }
        let a = a.in_orientation(orientation);
        // Most copies need nothing cut off and nothing moved, and a refresh may bring thousands of them.
        let [as_is, other] = [&a, b].map(|one| one.greys().map(f32::from));
        if self.accepts(&self.compared(&as_is, &other))
            && detail_as_is(&as_is, &other).is_some_and(|detail| detail >= self.detail)
        {
            return true;
        }
        let best = self.best(&a, b);
        if !self.accepts(&best.likeness) {
            return false;
        }
        let (cut, other) = if best.is_of_first { (&a, b) } else { (b, &a) };
        detail(cut, best.window, other).is_none_or(|detail| detail >= self.detail)
    }

    /// Whether enough of the colours are the same, the share being [`LikenessSettings::same_colours`].
    ///
    /// Hashes know no colours, so that of pictures within the distance that tells outright this is not asked: there a flag in other colours
    /// of the same greys is a copy.
    #[must_use]
    pub fn same_colours(&self, a: &Thumbnail, b: &Thumbnail, orientation: usize) -> bool {
        let strength = |[x, y]: [f32; 2]| x.hypot(y);
        let grey = |one: &Thumbnail| one.colours().all(|colour| strength(colour) <= self.grey);
        if grey(a) || grey(b) {
            return true;
        }
        let a = a.in_orientation(orientation);
        let (mut same, mut all) = (0, 0);
        for (one, other) in a.colours().zip(b.colours()) {
            let apart = strength([one[0] - other[0], one[1] - other[1]]);
            let stronger = strength(one).max(strength(other));
            same += usize::from(apart <= self.colour.max(self.strong_colour * stronger));
            all += 1;
        }
        real(same) >= self.same_colours * real(all)
    }

    /// The likeness in the position in which most blocks agree.
    #[must_use]
    pub fn likeness(&self, a: &Thumbnail, b: &Thumbnail, orientation: usize) -> Likeness {
        self.best(&a.in_orientation(orientation), b).likeness
    }

    /// The position in which most blocks agree.
    fn best(&self, a: &Thumbnail, b: &Thumbnail) -> Placed {
        let nothing = Placed {
            window: Window::WHOLE,
            is_of_first: true,
            likeness: Likeness {
                agreeing: 0.0,
                middle: 0.0,
            },
        };
        self.positions(a, b).fold(nothing, |best, next| {
            let (one, other) = (&best.likeness, &next.likeness);
            let order = one.agreeing.total_cmp(&other.agreeing);
            if order.then(one.middle.total_cmp(&other.middle)).is_lt() {
                next
            } else {
                best
            }
        })
    }

    /// Whether a likeness is enough.
    #[must_use]
    pub fn accepts(&self, likeness: &Likeness) -> bool {
        likeness.agreeing >= self.agreeing && likeness.middle >= self.middle
    }

    /// Both as they are, then a crop of each against the other.
    fn positions(&self, a: &Thumbnail, b: &Thumbnail) -> impl Iterator<Item = Placed> {
        let settings = *self;
        let (a, b) = (*a, *b);
        let whole = [&a, &b].map(|one| Window::WHOLE.of(one, Thumbnail::SIDE));
        let cuts = [
            [0.0, 0.0],
            [self.crop / 2.0; 2],
            [self.crop; 2],
            [self.crop, 0.0],
            [0.0, self.crop],
        ];
        (0..cuts.len().pow(2)).flat_map(move |at| {
            let ([left, right], [top, bottom]) = (cuts[at % cuts.len()], cuts[at / cuts.len()]);
            let window = Window::new([left, top, right, bottom]);
            let placed = |is_of_first, likeness| Placed {
                window,
                is_of_first,
                likeness,
            };
            let first = settings.compared(&window.of(&a, Thumbnail::SIDE), &whole[1]);
            // Without a cut both directions are the same.
            let second =
                (at > 0).then(|| settings.compared(&whole[0], &window.of(&b, Thumbnail::SIDE)));
            let second = second.map(|second| placed(false, second));
            [Some(placed(true, first)), second].into_iter().flatten()
        })
    }

    fn compared(&self, a: &[f32], b: &[f32]) -> Likeness {
        let correlations = correlations(a, b, self.flat);
        if correlations.is_empty() {
            return Likeness {
                agreeing: 0.0,
                middle: 0.0,
            };
        }
        let agreeing = correlations.iter().filter(|c| **c >= self.block).count();
        Likeness {
            agreeing: real(agreeing) / real(correlations.len()),
            middle: correlations[correlations.len() / 2],
        }
    }
}

/// The correlation of each block in order of size, without blocks whose standard deviation is below `flat` in both.
pub(super) fn correlations(a: &[f32], b: &[f32], flat: f32) -> Vec<f32> {
    let mut correlations: Vec<f32> = (0..BLOCKS * BLOCKS)
        .filter_map(|at| {
            let first = at / BLOCKS * BLOCK * Thumbnail::SIDE + at % BLOCKS * BLOCK;
            correlation(&a[first..], &b[first..], flat)
        })
        .collect();
    correlations.sort_by(f32::total_cmp);
    correlations
}

/// Of the block that begins with these greys; `None` if it has no structure in either.
fn correlation(a: &[f32], b: &[f32], flat: f32) -> Option<f32> {
    let rows = |all| <[f32]>::chunks(all, Thumbnail::SIDE).take(BLOCK);
    let pairs = || {
        let rows = rows(a).zip(rows(b));
        rows.flat_map(|(a, b)| a[..BLOCK].iter().zip(&b[..BLOCK]))
    };
    let count = real(BLOCK * BLOCK);
    let (sum_a, sum_b) = pairs().fold((0.0, 0.0), |(x, y), (a, b)| (x + a, y + b));
    let (mean_a, mean_b) = (sum_a / count, sum_b / count);
    let [aa, bb, ab] = pairs().fold([0.0_f32; 3], |[aa, bb, ab], (a, b)| {
        let (a, b) = (a - mean_a, b - mean_b);
        [aa + a * a, bb + b * b, ab + a * b]
    });
    let floor = flat * flat * count;
    if aa < floor && bb < floor {
        return None;
    }
    // One without any structure agrees with nothing.
    Some(ab / (aa * bb).sqrt().max(f32::MIN_POSITIVE))
}

/// A count of blocks or greys as a number to reckon with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay below the 24 bits that are exact"
)]
fn real(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgb, RgbImage};

    use super::*;
    use crate::pixels::scene::scene;

    fn picture(seed: u64) -> DynamicImage {
        RgbImage::from_raw(400, 300, scene(seed, 400, 300))
            .unwrap()
            .into()
    }

    fn of(image: &DynamicImage) -> Thumbnail {
        let rgb = image.to_rgb8();
        Thumbnail::of(rgb.width() as usize, rgb.height() as usize, rgb.as_raw())
    }

    fn marked(image: &DynamicImage, x: u32, y: u32, width: u32, height: u32) -> DynamicImage {
        let mut rgb = image.to_rgb8();
        for y in y..y + height {
            for x in x..x + width {
                rgb.put_pixel(x, y, Rgb([255, 255, 255]));
            }
        }
        rgb.into()
    }

    #[test]
    fn edits_of_one_picture_are_confirmed_and_turns_only_in_their_orientation() {
        let settings = LikenessSettings::default();
        for seed in 40..46 {
            let image = picture(seed);
            let whole = of(&image);
            for (edit, other) in [
                ("crop at each border", image.crop_imm(20, 15, 360, 270)),
                ("crop at a corner", image.crop_imm(20, 15, 380, 285)),
                ("logo", marked(&image, 272, 234, 120, 60)),
                ("brightness", image.brighten(40)),
                ("contrast", image.adjust_contrast(-20.0)),
                (
                    "small",
                    image.resize_exact(60, 45, image::imageops::FilterType::Triangle),
                ),
            ] {
                let other = of(&other);
                assert!(
                    settings.confirms(&whole, &other, 0),
                    "scene {seed}, {edit}: {:?}",
                    settings.likeness(&whole, &other, 0)
                );
                assert!(settings.confirms(&other, &whole, 0), "scene {seed}, {edit}");
            }
            let mirror = of(&image.crop_imm(20, 15, 360, 270).fliph());
            assert!(settings.confirms(&whole, &mirror, 1), "scene {seed}");
            assert!(!settings.confirms(&whole, &mirror, 0), "scene {seed}");
        }
    }

    #[test]
    fn different_scenes_are_refused_in_every_orientation() {
        let settings = LikenessSettings::default();
        let all: Vec<Thumbnail> = (20..28).map(|seed| of(&picture(seed))).collect();
        for (at, one) in all.iter().enumerate() {
            for other in &all[..at] {
                for orientation in 0..8 {
                    assert!(!settings.confirms(one, other, orientation));
                }
            }
        }
    }

    #[test]
    fn half_a_picture_painted_over_is_another_picture_and_flat_ones_say_nothing() {
        let settings = LikenessSettings::default();
        let image = picture(50);
        let half = of(&marked(&image, 0, 0, 200, 300));
        assert!(!settings.confirms(&of(&image), &half, 0));
        let flat = Thumbnail::of(64, 64, &[200; 64 * 64 * 3]);
        assert!(!settings.confirms(&flat, &flat, 0));
        assert!(!settings.confirms(&of(&image), &flat, 0));
    }

    #[test]
    fn flags_of_the_same_greys_and_other_colours_are_told_apart() {
        let settings = LikenessSettings::default();
        let flag = |stripes: [[u8; 3]; 3]| {
            DynamicImage::from(RgbImage::from_fn(150, 100, |x, _| {
                Rgb(stripes[x as usize / 50])
            }))
        };
        let mali = flag([[20, 181, 58], [252, 209, 22], [206, 17, 38]]);
        // The same greys in blue and violet.
        let other = flag([[60, 130, 200], [190, 205, 255], [90, 40, 150]]);
        assert!(!settings.same_colours(&of(&mali), &of(&other), 0));
        assert!(settings.same_colours(&of(&mali), &of(&mali.crop_imm(8, 5, 134, 90)), 0));
        assert!(settings.same_colours(&of(&mali), &of(&mali.fliph()), 1));
        assert!(!settings.same_colours(&of(&mali), &of(&mali.fliph()), 0));
        let grey = DynamicImage::from(mali.to_luma8());
        assert!(settings.same_colours(&of(&mali), &of(&grey), 0));
    }

    #[test]
    fn the_best_position_decides_as_any_does() {
        let settings = LikenessSettings::default();
        let image = picture(51);
        let (whole, crop) = (of(&image), of(&image.crop_imm(20, 0, 380, 300)));
        let best = settings.likeness(&whole, &crop, 0);
        assert!(settings.accepts(&best), "{best:?}");
        let alone = settings.positions(&whole, &crop).next().unwrap();
        assert!(alone.likeness.agreeing <= best.agreeing);
    }
}
