//! Pictures that no two of are alike.

use std::f64::consts::TAU;
use std::io::Cursor;

/// A picture like no other: a few waves, of which the number chooses directions and phases.
pub(crate) fn picture(number: u32) -> Vec<u8> {
    let mut state = u64::from(number) + 1;
    let mut draw = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 40).unwrap()) / f64::from(1 << 24)
    };
    let waves: Vec<[f64; 4]> = (0..24)
        .map(|_| {
            [
                draw() * 14.0 - 7.0,
                draw() * 14.0 - 7.0,
                draw() * TAU,
                draw(),
            ]
        })
        .collect();
    let image = image::GrayImage::from_fn(256, 256, |x, y| {
        let (x, y) = (f64::from(x) / 256.0, f64::from(y) / 256.0);
        let sum: f64 = waves
            .iter()
            .map(|[across, down, phase, height]| {
                height * (TAU * (across * x + down * y) + phase).cos()
            })
            .sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a byte"
        )]
        // Edges where the sum changes its sign, since what has none passes for blurred.
        let tone = (128.0 + 24.0 * sum + 20.0_f64.copysign(sum)).clamp(0.0, 255.0) as u8;
        image::Luma([tone])
    });
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}
