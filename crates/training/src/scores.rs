//! From class scores to probabilities, ranks and losses.

/// Turns one row of scores into probabilities that add up to one (softmax in f64).
pub(crate) fn probabilities(scores: &[f32]) -> Vec<f64> {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: Vec<f64> = scores
        .iter()
        .map(|&score| (f64::from(score) - f64::from(most)).exp())
        .collect();
    let sum: f64 = raised.iter().sum();
    raised.into_iter().map(|value| value / sum).collect()
}

/// Lists the classes from most to least likely; of equal ones the first class comes first.
pub(crate) fn ranking(probabilities: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    order
}

/// Loss and shares of right guesses over a set of images.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Measures {
    /// Mean cross-entropy.
    pub(crate) loss: f64,
    /// Share whose most likely class is right.
    pub(crate) top1: f64,
    /// Share whose class is among the five most likely, or among all when there are fewer.
    pub(crate) top5: f64,
}

/// Measures rows of scores (`classes` each) against their classes.
pub(crate) fn measure(scores: &[f32], classes: usize, targets: &[usize]) -> Measures {
    let mut sum = Measures::default();
    for (row, &target) in scores.chunks_exact(classes).zip(targets) {
        let probabilities = probabilities(row);
        let order = ranking(&probabilities);
        sum.loss -= probabilities[target].max(f64::MIN_POSITIVE).ln();
        sum.top1 += f64::from(u8::from(order[0] == target));
        sum.top5 += f64::from(u8::from(order.iter().take(5).any(|&class| class == target)));
    }
    #[expect(clippy::cast_precision_loss, reason = "images are few")]
    let images = targets.len().max(1) as f64;
    Measures {
        loss: sum.loss / images,
        top1: sum.top1 / images,
        top5: sum.top5 / images,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_the_softmax_and_survive_large_scores() {
        let found = probabilities(&[1.0, 2.0, 3.0]);
        for (value, expected) in found.iter().zip([0.090_030_57, 0.244_728_47, 0.665_240_96]) {
            assert!((value - expected).abs() < 1e-8);
        }
        assert_eq!(probabilities(&[1e30, -1e30]), [1.0, 0.0]);
        assert_eq!(ranking(&[0.2, 0.4, 0.4]), [1, 2, 0]);
    }

    #[test]
    fn measures_equal_a_hand_computed_case() {
        // Three images, seven classes; the score of class c is 7 - c, so the order is 0, 1, 2, ...
        let row: Vec<f32> = (0..7_u8).map(|class| 7.0 - f32::from(class)).collect();
        let scores = row.repeat(3);
        let found = measure(&scores, 7, &[0, 4, 5]);
        assert!((found.top1 - 1.0 / 3.0).abs() < 1e-12);
        assert!((found.top5 - 2.0 / 3.0).abs() < 1e-12);
        let sum: f64 = (0..7).map(|class| f64::from(-class).exp()).sum();
        // The loss of class c is c + ln(sum).
        assert!((found.loss - (3.0 + sum.ln())).abs() < 1e-9);
        assert_eq!(measure(&[], 7, &[]), Measures::default());
    }
}
