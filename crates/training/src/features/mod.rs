//! Features of images: what the frozen base makes of them, computed once an image and kept.
//!
//! | module | holds |
//! | --- | --- |
//! | [`extract`] | the pass of the base over pictures, decoding ahead of it |
//! | [`cache`] | the rows on disk, shared by all snapshots of a dataset |
//! | [`store`] | the rows of one snapshot: from the cache, else from a pass |

pub(crate) mod cache;
pub(crate) mod extract;
pub(crate) mod store;

pub(crate) use cache::FeatureCache;
pub(crate) use extract::Extractor;
pub(crate) use store::FeatureStore;

use crate::network::{CHANNELS, PLANE};

/// Values of one row of [`pooled`].
pub(crate) const POOLED: usize = 2 * CHANNELS;

/// Reduces pool5 of one image to 512 averages and 512 maxima over its 49 places, scaled to Euclidean length 1.
pub(crate) fn pooled(pool5: &[f32]) -> Vec<f32> {
    let planes = || pool5.as_chunks::<PLANE>().0.iter();
    let averages = planes().map(|plane| {
        #[expect(clippy::cast_precision_loss, reason = "49 is exact")]
        let size = PLANE as f64;
        plane.iter().map(|&value| f64::from(value)).sum::<f64>() / size
    });
    let maxima = planes().map(|plane| f64::from(plane.iter().copied().fold(f32::MIN, f32::max)));
    let values: Vec<f64> = averages.chain(maxima).collect();
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    // A picture without any response has no direction; its row stays zero.
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, reason = "features are f32")]
    values
        .into_iter()
        .map(|value| (value * scale) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::POOL5;

    #[test]
    fn a_row_becomes_averages_and_maxima_of_length_one() {
        let mut row = vec![0.0; POOL5];
        row[0] = 49.0;
        row[PLANE..2 * PLANE].fill(2.0);
        let pooled = pooled(&row);
        assert_eq!(pooled.len(), POOLED);
        let length = (1.0 + 4.0 + 49.0_f32 * 49.0 + 4.0).sqrt();
        assert!((pooled[0] - 1.0 / length).abs() < 1e-7);
        assert!((pooled[1] - 2.0 / length).abs() < 1e-7);
        assert!((pooled[512] - 49.0 / length).abs() < 1e-7);
        assert!((pooled[513] - 2.0 / length).abs() < 1e-7);
        assert_eq!(super::pooled(&vec![0.0; POOL5]), vec![0.0; POOLED]);
    }
}
