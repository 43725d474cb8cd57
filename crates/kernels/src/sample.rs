//! Reproducible values for the tests and comparisons in f64.

/// Gives `count` values in -1..1 that depend on `seed` only (`SplitMix64`).
pub(crate) fn values(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut bits = state;
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bits ^= bits >> 31;
            let level = u16::try_from(bits >> 48).expect("16 bits");
            f32::from(level) / 32_768.0 - 1.0
        })
        .collect()
}

/// Sums the products of two rows.
pub(crate) fn dot(left: &[f64], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(a, &b)| a * f64::from(b)).sum()
}

/// Asserts that every value lies within `tolerance` of what is expected, relative to the largest.
pub(crate) fn assert_close(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let scale = expected
        .iter()
        .fold(1.0_f64, |most, value| most.max(value.abs()));
    for (index, (&value, &wanted)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(value) - wanted).abs() <= tolerance * scale,
            "value {index} is {value}, expected {wanted}"
        );
    }
}
