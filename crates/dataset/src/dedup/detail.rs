//! Whether two thumbnails agree in detail, too.
//!
//! Detail is what a grey differs by from the mean of the 3x3 around it. Outlines and shades, which pictures of one kind share, go out of it;
//! where edges run, to a part of a cell, and what lies between them stays. It is compared block by block like the greys, but only where
//! one picture lies on the other as well as it can: a third of a cell beside, detail is another.

use super::likeness::correlations;
use super::{Thumbnail, Window};

/// How far each border is moved to find the best place, as a part of width or height: half of what lies between the positions that greys
/// are compared in.
const STEP: f32 = 0.0125;

/// Standard deviation in grey levels below which a block has no detail to compare; noise and JPEG leave less.
const FLAT: f32 = 1.0;

/// The correlation of the middle block of two pictures of 32x32 greys, one laid on the other with nothing moved; `None` where no block
/// has detail in either.
pub(super) fn detail_as_is(one: &[f32], other: &[f32]) -> Option<f32> {
    middle(&sharpened(one), &sharpened(other))
}

/// The correlation of the middle block, when `window` of the one is laid on the other and its borders are moved by up to [`STEP`];
/// `None` where no block has detail in either.
pub(super) fn detail(cut: &Thumbnail, window: Window, other: &Thumbnail) -> Option<f32> {
    let other = sharpened(&Window::WHOLE.of(other, Thumbnail::SIDE));
    let at = |window: Window| middle(&sharpened(&window.of(cut, Thumbnail::SIDE)), &other);
    // Width and height apart from each other, since either is nearly right.
    let steps = [-STEP, 0.0, STEP];
    let moves = || steps.into_iter().flat_map(|a| steps.map(|b| (a, b)));
    let best = |windows: &mut dyn Iterator<Item = Window>| {
        let values = windows.filter_map(|window| Some((at(window)?, window)));
        values.max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let across = |(left, right)| Window {
        left: window.left + left,
        right: window.right + right,
        ..window
    };
    let (_, window) = best(&mut moves().map(across))?;
    let down = |(top, bottom)| Window {
        top: window.top + top,
        bottom: window.bottom + bottom,
        ..window
    };
    best(&mut moves().map(down)).map(|(value, _)| value)
}

fn middle(one: &[f32], other: &[f32]) -> Option<f32> {
    let all = correlations(one, other, FLAT);
    all.get(all.len() / 2).copied()
}

/// What each of 32x32 greys differs by from the mean of those around it and itself; beyond the border are the border's greys.
fn sharpened(greys: &[f32]) -> Vec<f32> {
    let side = Thumbnail::SIDE;
    let row = |y: usize| &greys[y * side..(y + 1) * side];
    let mut out = Vec::with_capacity(side * side);
    // The sums of three rows, with one more at either end.
    let mut sums = [0.0; Thumbnail::SIDE + 2];
    for y in 0..side {
        let (above, below) = (row(y.saturating_sub(1)), row((y + 1).min(side - 1)));
        for (sum, ((above, grey), below)) in sums[1..]
            .iter_mut()
            .zip(above.iter().zip(row(y)).zip(below))
        {
            *sum = above + grey + below;
        }
        (sums[0], sums[side + 1]) = (sums[1], sums[side]);
        let around = sums.array_windows::<3>();
        out.extend(
            row(y)
                .iter()
                .zip(around)
                .map(|(grey, [a, b, c])| grey - (a + b + c) / 9.0),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbImage};

    use super::*;
    use crate::pixels::scene::scene;

    fn of(image: &DynamicImage) -> Thumbnail {
        let rgb = image.to_rgb8();
        Thumbnail::of(rgb.width() as usize, rgb.height() as usize, rgb.as_raw())
    }

    fn picture(seed: u64) -> DynamicImage {
        RgbImage::from_raw(400, 300, scene(seed, 400, 300))
            .unwrap()
            .into()
    }

    #[test]
    fn a_crop_agrees_wherever_its_borders_lie_and_another_scene_does_not() {
        for seed in 60..66 {
            let image = picture(seed);
            // 3.25 % off the left, 4 % off the top: between the positions that are tried.
            let crop = of(&image.crop_imm(13, 12, 387, 288));
            let window = Window::new([0.025, 0.05, 0.0, 0.0]);
            let found = detail(&of(&image), window, &crop).unwrap();
            assert!(found > 0.8, "scene {seed}: {found}");
            let other = detail(&of(&image), window, &of(&picture(seed + 20))).unwrap();
            assert!(other < 0.5, "scene {seed}: {other}");
        }
    }

    #[test]
    fn detail_is_what_differs_from_the_mean_of_nine_and_the_border_goes_on() {
        let greys: Vec<f32> = (0..32 * 32_u16)
            .map(|at| f32::from(at % 7 * (at / 32 % 5)))
            .collect();
        let found = sharpened(&greys);
        let near = |at: usize| [at.saturating_sub(1), at, (at + 1).min(31)];
        for (at, found) in found.iter().enumerate() {
            let nine =
                near(at / 32).map(|y| near(at % 32).map(|x| greys[y * 32 + x]).iter().sum::<f32>());
            let wanted = greys[at] - nine.iter().sum::<f32>() / 9.0;
            assert!((found - wanted).abs() < 1e-4, "{at}: {found}, {wanted}");
        }
    }

    #[test]
    fn what_is_smooth_has_no_detail() {
        let ramp: Vec<u8> = (0..64).flat_map(|y| [y * 3; 64 * 3]).collect();
        let ramp = Thumbnail::of(64, 64, &ramp);
        assert_eq!(detail(&ramp, Window::WHOLE, &ramp), None);
    }
}
