//! 2x2 maximum pooling with stride 2.

use crate::{KernelError, Shape};

/// Writes the maximum of every 2x2 window of `input`; an odd last row or column is left out.
///
/// A NaN in a window wins. `output` has the shape [`Shape::pooled`].
///
/// # Errors
///
/// Every slice must have the length of its shape.
pub fn max_pool2x2(input: &[f32], shape: Shape, output: &mut [f32]) -> Result<(), KernelError> {
    shape.check("the input", input.len())?;
    shape.pooled().check("the output", output.len())?;
    for (window, target) in windows(shape).zip(output) {
        *target = input[winner(input, window)];
    }
    Ok(())
}

/// Writes the gradient of the input of [`max_pool2x2`]: each window's gradient goes to its first maximum, all else is zero.
///
/// # Errors
///
/// Every slice must have the length of its shape.
pub fn max_pool2x2_gradient(
    input: &[f32],
    shape: Shape,
    gradient: &[f32],
    input_gradient: &mut [f32],
) -> Result<(), KernelError> {
    shape.check("the input", input.len())?;
    shape
        .pooled()
        .check("the output gradient", gradient.len())?;
    shape.check("the input gradient", input_gradient.len())?;
    input_gradient.fill(0.0);
    for (window, &slope) in windows(shape).zip(gradient) {
        input_gradient[winner(input, window)] = slope;
    }
    Ok(())
}

/// Lists the four indices of each window, in the order of the output.
fn windows(shape: Shape) -> impl Iterator<Item = [usize; 4]> {
    let pooled = shape.pooled();
    (0..shape.batch * shape.channels).flat_map(move |plane| {
        (0..pooled.height).flat_map(move |y| {
            (0..pooled.width).map(move |x| {
                let corner = plane * shape.plane() + 2 * y * shape.width + 2 * x;
                [
                    corner,
                    corner + 1,
                    corner + shape.width,
                    corner + shape.width + 1,
                ]
            })
        })
    })
}

/// Picks the first index of the greatest value; a NaN counts as greater than anything.
fn winner(input: &[f32], window: [usize; 4]) -> usize {
    let mut best = window[0];
    for index in window {
        let (value, champion) = (input[index], input[best]);
        if value > champion || (value.is_nan() && !champion.is_nan()) {
            best = index;
        }
    }
    best
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small whole numbers and halves are exact")]
mod tests {
    use super::*;
    use crate::sample::{dot, values};

    #[test]
    fn windows_give_their_maximum_and_odd_edges_are_dropped() {
        let shape = Shape::new(1, 1, 3, 5);
        #[rustfmt::skip]
        let input = [
            1.0, 2.0, -7.0, -5.0, 9.0,
            4.0, 3.0, -6.0, -8.0, 9.0,
            9.0, 9.0,  9.0,  9.0, 9.0,
        ];
        let mut output = [0.0; 2];
        max_pool2x2(&input, shape, &mut output).unwrap();
        assert_eq!(output, [4.0, -5.0]);
    }

    #[test]
    fn the_gradient_goes_to_the_first_maximum() {
        let shape = Shape::new(1, 2, 2, 2);
        let input = [5.0, 5.0, 1.0, 5.0, 0.0, f32::NAN, 3.0, 4.0];
        let mut gradient = [9.0; 8];
        max_pool2x2_gradient(&input, shape, &[2.0, 3.0], &mut gradient).unwrap();
        assert_eq!(gradient, [2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
    }

    #[test]
    fn the_gradient_equals_finite_differences() {
        let shape = Shape::new(2, 3, 4, 5);
        // Distinct values at least 0.01 apart, so that a step of 0.001 changes no winner.
        let mut input = values(3, 120);
        let mut order: Vec<usize> = (0..120).collect();
        order.sort_by(|&a, &b| input[a].total_cmp(&input[b]));
        for (rank, index) in order.into_iter().enumerate() {
            input[index] = 0.01 * f32::from(u8::try_from(rank).unwrap());
        }
        let slopes = values(4, 24);
        let loss = |input: &[f32]| {
            let mut output = vec![0.0; 24];
            max_pool2x2(input, shape, &mut output).unwrap();
            let output: Vec<f64> = output.into_iter().map(f64::from).collect();
            dot(&output, &slopes)
        };
        let mut gradient = vec![f32::NAN; 120];
        max_pool2x2_gradient(&input, shape, &slopes, &mut gradient).unwrap();
        for at in 0..120 {
            let (mut up, mut down) = (input.clone(), input.clone());
            up[at] += 0.001;
            down[at] -= 0.001;
            let expected = (loss(&up) - loss(&down)) / (f64::from(up[at]) - f64::from(down[at]));
            assert!((f64::from(gradient[at]) - expected).abs() < 1e-4);
        }
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let shape = Shape::new(1, 1, 2, 2);
        assert!(max_pool2x2(&[0.0; 3], shape, &mut [0.0]).is_err());
        assert!(max_pool2x2(&[0.0; 4], shape, &mut [0.0; 2]).is_err());
        assert!(max_pool2x2_gradient(&[0.0; 4], shape, &[0.0], &mut [0.0; 3]).is_err());
    }
}
