//! Stochastic gradient descent with momentum in Caffe's form.

use burn::tensor::Tensor;

/// Share of the last update that goes on, as in VGG's training file.
pub(crate) const MOMENTUM: f64 = 0.9;

/// Updates one tensor: `h = momentum h + rate (g + decay w)`, then `w = w - h` (the rate lies inside the history).
///
/// Takes and returns weight and history, so that both can be changed in place.
pub(crate) fn update<const D: usize>(
    weight: Tensor<D>,
    gradient: Tensor<D>,
    history: Option<Tensor<D>>,
    rate: f64,
    decay: f64,
) -> (Tensor<D>, Tensor<D>) {
    let mut slope = gradient;
    if decay != 0.0 {
        slope = slope + weight.clone() * decay;
    }
    slope = slope * rate;
    let history = match history {
        Some(history) => history * MOMENTUM + slope,
        None => slope,
    };
    (weight - history.clone(), history)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn two_steps_equal_the_rule_in_f64() {
        let device = Device::flex();
        let tensor = |values: [f32; 2]| Tensor::<1>::from_floats(values, &device);
        let (mut weight, mut history) = ([1.0_f64, -2.0], [0.0_f64; 2]);
        let (mut found, mut kept) = (tensor([1.0, -2.0]), None);
        for (gradient, rate) in [([0.5_f32, 0.25], 0.1), ([-1.0, 3.0], 0.05)] {
            for at in 0..2 {
                history[at] =
                    0.9 * history[at] + rate * (f64::from(gradient[at]) + 0.01 * weight[at]);
                weight[at] -= history[at];
            }
            let (next, h) = update(found, tensor(gradient), kept, rate, 0.01);
            found = next;
            kept = Some(h);
        }
        let found = found.into_data().try_into_vec::<f32>().unwrap();
        for (value, expected) in found.into_iter().zip(weight) {
            assert!((f64::from(value) - expected).abs() < 1e-6);
        }
    }
}
