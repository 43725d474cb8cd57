//! Pictures for tests: smooth scenes that look the same at any size.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests reckon with small numbers"
)]

/// Paints scene number `seed`: waves and blobs of colour at random places, `width * height * 3` bytes.
pub(crate) fn scene(seed: u64, width: u32, height: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32
    };
    for _ in 0..8 {
        random();
    }
    // Blobs: place, radius, and what each adds to the three colours.
    let blobs: Vec<[f32; 6]> = (0..48)
        .map(|_| {
            let mut level = || random() * 260.0 - 130.0;
            let colours = [level(), level(), level()];
            [
                random(),
                random(),
                0.02 + random() * 0.1,
                colours[0],
                colours[1],
                colours[2],
            ]
        })
        .collect();
    let waves = [random() * 12.0, random() * 12.0, random() * 6.0];
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (
                (x as f32 + 0.5) / width as f32,
                (y as f32 + 0.5) / height as f32,
            );
            let wave = (waves[0] * u + waves[1] * v + waves[2]).sin() * 22.0;
            let mut colour = [128.0 + wave; 3];
            for [cu, cv, radius, r, g, b] in &blobs {
                let near = (u - cu).powi(2) + (v - cv).powi(2);
                let weight = (-near / (radius * radius)).exp();
                colour = [
                    colour[0] + r * weight,
                    colour[1] + g * weight,
                    colour[2] + b * weight,
                ];
            }
            rgb.extend(colour.map(|c| c.clamp(0.0, 255.0) as u8));
        }
    }
    rgb
}
