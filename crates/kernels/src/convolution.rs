//! The 3x3 convolution of VGG: stride 1, padding 1, as deep-learning frameworks mean it (a correlation, no flipped kernel).

use crate::shape::check_product;
use crate::{KernelError, Shape};

/// Convolves `input` of shape `shape` into `output` of the same height and width and `bias.len()` channels.
///
/// `weights` is `[out, in, 3, 3]`. What lies outside the image counts as zero.
///
/// # Errors
///
/// Every slice must have the length of its shape.
pub fn conv3x3(
    input: &[f32],
    shape: Shape,
    weights: &[f32],
    bias: &[f32],
    output: &mut [f32],
) -> Result<(), KernelError> {
    let out = shape.with_channels(bias.len());
    shape.check("the input", input.len())?;
    check_weights(shape.channels, out.channels, weights.len())?;
    out.check("the output", output.len())?;
    for_each(out, |image, channel, y, x, at| {
        let mut sum = f64::from(bias[channel]);
        for from in 0..shape.channels {
            let plane = (image * shape.channels + from) * shape.plane();
            let kernel = (channel * shape.channels + from) * 9;
            for (tap, row, column) in taps(shape, y, x) {
                sum += f64::from(input[plane + row * shape.width + column])
                    * f64::from(weights[kernel + tap]);
            }
        }
        output[at] = round(sum);
    });
    Ok(())
}

/// Writes the gradient of the input of [`conv3x3`], given that of its output.
///
/// `shape` is that of the input, `channels_out` the channels of the output; `gradient` has the output's shape.
///
/// # Errors
///
/// Every slice must have the length of its shape.
pub fn conv3x3_input_gradient(
    gradient: &[f32],
    shape: Shape,
    channels_out: usize,
    weights: &[f32],
    input_gradient: &mut [f32],
) -> Result<(), KernelError> {
    let out = shape.with_channels(channels_out);
    out.check("the output gradient", gradient.len())?;
    check_weights(shape.channels, channels_out, weights.len())?;
    shape.check("the input gradient", input_gradient.len())?;
    for_each(shape, |image, channel, y, x, at| {
        let mut sum = 0.0;
        for to in 0..channels_out {
            let plane = (image * channels_out + to) * out.plane();
            let kernel = (to * shape.channels + channel) * 9;
            for (tap, row, column) in taps(out, y, x) {
                // The output at (row, column) saw this input through the opposite tap.
                sum += f64::from(gradient[plane + row * out.width + column])
                    * f64::from(weights[kernel + 8 - tap]);
            }
        }
        input_gradient[at] = round(sum);
    });
    Ok(())
}

/// Writes the gradients of the weights and of the bias of [`conv3x3`], summed over the batch.
///
/// `shape` is that of `input`; `gradient` has the output's shape; the channels of the output are `bias_gradient.len()`.
///
/// # Errors
///
/// Every slice must have the length of its shape.
pub fn conv3x3_weight_gradient(
    input: &[f32],
    shape: Shape,
    gradient: &[f32],
    weight_gradient: &mut [f32],
    bias_gradient: &mut [f32],
) -> Result<(), KernelError> {
    let out = shape.with_channels(bias_gradient.len());
    shape.check("the input", input.len())?;
    out.check("the output gradient", gradient.len())?;
    check_weights(shape.channels, out.channels, weight_gradient.len())?;
    let mut sums = vec![0.0_f64; weight_gradient.len()];
    let mut totals = vec![0.0_f64; bias_gradient.len()];
    for_each(out, |image, channel, y, x, at| {
        let slope = f64::from(gradient[at]);
        totals[channel] += slope;
        for from in 0..shape.channels {
            let plane = (image * shape.channels + from) * shape.plane();
            let kernel = (channel * shape.channels + from) * 9;
            for (tap, row, column) in taps(shape, y, x) {
                sums[kernel + tap] += slope * f64::from(input[plane + row * shape.width + column]);
            }
        }
    });
    for (target, sum) in weight_gradient.iter_mut().zip(sums) {
        *target = round(sum);
    }
    for (target, total) in bias_gradient.iter_mut().zip(totals) {
        *target = round(total);
    }
    Ok(())
}

fn check_weights(channels_in: usize, channels_out: usize, found: usize) -> Result<(), KernelError> {
    check_product("the weights", &[channels_out, channels_in, 9], found)
}

/// Calls `each(image, channel, y, x, index)` for every value of a block, in memory order.
fn for_each(shape: Shape, mut each: impl FnMut(usize, usize, usize, usize, usize)) {
    let mut at = 0;
    for image in 0..shape.batch {
        for channel in 0..shape.channels {
            for y in 0..shape.height {
                for x in 0..shape.width {
                    each(image, channel, y, x, at);
                    at += 1;
                }
            }
        }
    }
}

/// Lists the taps of the window around (y, x) that lie inside the image: (tap 0..9, row, column).
fn taps(shape: Shape, y: usize, x: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..9).filter_map(move |tap| {
        let row = (y + tap / 3).checked_sub(1)?;
        let column = (x + tap % 3).checked_sub(1)?;
        (row < shape.height && column < shape.width).then_some((tap, row, column))
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "one rounding to f32 at the end is the point"
)]
fn round(sum: f64) -> f32 {
    sum as f32
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small whole numbers and halves are exact")]
mod tests {
    use super::*;
    use crate::sample::{assert_close, dot, values};

    /// The definition over a padded copy in f64, written another way than the kernel.
    fn reference(input: &[f32], shape: Shape, weights: &[f32], bias: &[f32]) -> Vec<f64> {
        let (height, width) = (shape.height + 2, shape.width + 2);
        let mut padded = vec![0.0; shape.batch * shape.channels * height * width];
        for (index, &value) in input.iter().enumerate() {
            let (plane, rest) = (index / shape.plane(), index % shape.plane());
            let (y, x) = (rest / shape.width, rest % shape.width);
            padded[(plane * height + y + 1) * width + x + 1] = f64::from(value);
        }
        let mut output = Vec::new();
        for image in 0..shape.batch {
            for (to, &offset) in bias.iter().enumerate() {
                for y in 0..shape.height {
                    for x in 0..shape.width {
                        let mut sum = f64::from(offset);
                        for from in 0..shape.channels {
                            for dy in 0..3 {
                                for dx in 0..3 {
                                    let plane = image * shape.channels + from;
                                    sum += padded[(plane * height + y + dy) * width + x + dx]
                                        * f64::from(
                                            weights
                                                [((to * shape.channels + from) * 3 + dy) * 3 + dx],
                                        );
                                }
                            }
                        }
                        output.push(sum);
                    }
                }
            }
        }
        output
    }

    const SHAPES: [(Shape, usize); 6] = [
        (Shape::new(1, 1, 1, 1), 1),
        (Shape::new(1, 3, 1, 6), 2),
        (Shape::new(2, 2, 5, 3), 4),
        (Shape::new(1, 4, 2, 2), 3),
        (Shape::new(3, 5, 4, 7), 2),
        (Shape::new(0, 2, 3, 3), 2),
    ];

    #[test]
    fn forward_equals_the_definition_in_f64() {
        for (seed, (shape, out)) in SHAPES.into_iter().enumerate() {
            let input = values(seed as u64, shape.batch * shape.channels * shape.plane());
            let weights = values(seed as u64 + 100, out * shape.channels * 9);
            let bias = values(seed as u64 + 200, out);
            let mut output = vec![f32::NAN; shape.batch * out * shape.plane()];
            conv3x3(&input, shape, &weights, &bias, &mut output).unwrap();
            let expected = reference(&input, shape, &weights, &bias);
            assert_close(&output, &expected, 1e-6);
        }
    }

    #[test]
    fn a_single_tap_moves_the_image() {
        let shape = Shape::new(1, 1, 2, 3);
        let mut weights = [0.0; 9];
        weights[5] = 1.0; // the right neighbour
        let mut output = [f32::NAN; 6];
        let input = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        conv3x3(&input, shape, &weights, &[0.5], &mut output).unwrap();
        assert_eq!(output, [2.5, 3.5, 0.5, 5.5, 6.5, 0.5]);
    }

    /// The loss is the dot product of the output with fixed slopes: it is linear in each argument, so a central difference of
    /// any width in f64 is exact up to rounding.
    #[test]
    fn gradients_equal_finite_differences() {
        for (seed, (shape, out)) in SHAPES.into_iter().enumerate() {
            let seed = seed as u64;
            let input = values(seed, shape.batch * shape.channels * shape.plane());
            let weights = values(seed + 1, out * shape.channels * 9);
            let bias = values(seed + 2, out);
            let slopes = values(seed + 3, shape.batch * out * shape.plane());
            let loss = |input: &[f32], weights: &[f32], bias: &[f32]| {
                dot(&reference(input, shape, weights, bias), &slopes)
            };
            let difference = |index: usize, of: &[f32], loss: &dyn Fn(&[f32]) -> f64| {
                let (mut up, mut down) = (of.to_vec(), of.to_vec());
                up[index] += 0.5;
                down[index] -= 0.5;
                (loss(&up) - loss(&down)) / (f64::from(up[index]) - f64::from(down[index]))
            };

            let mut input_gradient = vec![f32::NAN; input.len()];
            conv3x3_input_gradient(&slopes, shape, out, &weights, &mut input_gradient).unwrap();
            let expected: Vec<f64> = (0..input.len())
                .map(|at| difference(at, &input, &|moved| loss(moved, &weights, &bias)))
                .collect();
            assert_close(&input_gradient, &expected, 1e-6);

            let mut weight_gradient = vec![f32::NAN; weights.len()];
            let mut bias_gradient = vec![f32::NAN; out];
            conv3x3_weight_gradient(
                &input,
                shape,
                &slopes,
                &mut weight_gradient,
                &mut bias_gradient,
            )
            .unwrap();
            let expected: Vec<f64> = (0..weights.len())
                .map(|at| difference(at, &weights, &|moved| loss(&input, moved, &bias)))
                .collect();
            assert_close(&weight_gradient, &expected, 1e-6);
            let expected: Vec<f64> = (0..out)
                .map(|at| difference(at, &bias, &|moved| loss(&input, &weights, moved)))
                .collect();
            assert_close(&bias_gradient, &expected, 1e-6);
        }
    }

    #[test]
    fn wrong_lengths_are_refused_before_anything_is_written() {
        let shape = Shape::new(1, 2, 2, 2);
        let mut output = [7.0; 4];
        let error = conv3x3(&[0.0; 8], shape, &[0.0; 9], &[0.0], &mut output).unwrap_err();
        assert_eq!(
            error,
            KernelError::Length {
                what: "the weights",
                expected: 18,
                found: 9
            }
        );
        assert_eq!(output, [7.0; 4]);
        assert!(conv3x3(&[0.0; 7], shape, &[0.0; 18], &[0.0], &mut output).is_err());
        assert!(conv3x3_input_gradient(&[0.0; 3], shape, 1, &[0.0; 18], &mut output).is_err());
    }
}
