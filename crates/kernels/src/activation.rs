//! The rectifier, `max(x, 0)`.

use crate::KernelError;
use crate::shape::check_product;

/// Replaces every negative value by zero, in place; a NaN stays.
pub fn relu(values: &mut [f32]) {
    for value in values {
        if *value < 0.0 {
            *value = 0.0;
        }
    }
}

/// Writes the gradient of the rectifier's input: `gradient` where the forward `output` is above zero, else zero.
///
/// # Errors
///
/// The three slices must have one length.
pub fn relu_gradient(
    output: &[f32],
    gradient: &[f32],
    input_gradient: &mut [f32],
) -> Result<(), KernelError> {
    check_product("the output gradient", &[output.len()], gradient.len())?;
    check_product("the input gradient", &[output.len()], input_gradient.len())?;
    for ((target, &value), &slope) in input_gradient.iter_mut().zip(output).zip(gradient) {
        *target = if value > 0.0 { slope } else { 0.0 };
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small whole numbers and halves are exact")]
mod tests {
    use super::*;

    #[test]
    fn negative_values_become_zero_and_the_rest_stays() {
        let mut values = [-1.5, -0.0, 0.0, 2.5, f32::INFINITY, f32::NAN];
        relu(&mut values);
        assert_eq!(values[..5], [0.0, 0.0, 0.0, 2.5, f32::INFINITY]);
        assert!(values[5].is_nan());
    }

    #[test]
    fn the_gradient_passes_where_the_output_is_positive() {
        let mut gradient = [9.0; 3];
        relu_gradient(&[0.0, 0.5, 3.0], &[1.0, -2.0, 4.0], &mut gradient).unwrap();
        assert_eq!(gradient, [0.0, -2.0, 4.0]);
        assert!(relu_gradient(&[0.0], &[1.0, 2.0], &mut gradient).is_err());
    }
}
