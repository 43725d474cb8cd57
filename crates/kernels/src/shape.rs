//! The size of an NCHW block of values.

use crate::KernelError;

/// The four sizes of a contiguous NCHW block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Images.
    pub batch: usize,
    /// Channels of each image.
    pub channels: usize,
    /// Rows of each channel.
    pub height: usize,
    /// Columns of each row.
    pub width: usize,
}

impl Shape {
    /// Names the four sizes in NCHW order.
    #[must_use]
    pub const fn new(batch: usize, channels: usize, height: usize, width: usize) -> Self {
        Self {
            batch,
            channels,
            height,
            width,
        }
    }

    /// Gives the same images with another number of channels.
    #[must_use]
    pub const fn with_channels(self, channels: usize) -> Self {
        Self { channels, ..self }
    }

    /// Gives the size after 2x2 pooling with stride 2: an odd last row or column is dropped.
    #[must_use]
    pub const fn pooled(self) -> Self {
        Self {
            height: self.height / 2,
            width: self.width / 2,
            ..self
        }
    }

    /// Gives the number of values of one channel of one image.
    #[must_use]
    pub const fn plane(self) -> usize {
        self.height * self.width
    }

    /// Checks that a slice of `found` values has this shape.
    pub(crate) fn check(self, what: &'static str, found: usize) -> Result<(), KernelError> {
        check_product(
            what,
            &[self.batch, self.channels, self.height, self.width],
            found,
        )
    }
}

/// Checks that a slice of `found` values holds the product of `sizes`.
pub(crate) fn check_product(
    what: &'static str,
    sizes: &[usize],
    found: usize,
) -> Result<(), KernelError> {
    let expected = sizes
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        .ok_or(KernelError::Overflow { what })?;
    if expected == found {
        Ok(())
    } else {
        Err(KernelError::Length {
            what,
            expected,
            found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_lengths_and_impossible_shapes_are_named() {
        let shape = Shape::new(2, 3, 4, 5);
        assert_eq!(shape.check("input", 120), Ok(()));
        let error = shape.check("input", 119).unwrap_err();
        assert_eq!(
            error.to_string(),
            "input holds 119 values where its shape asks for 120"
        );
        let huge = Shape::new(usize::MAX, 2, 1, 1);
        assert_eq!(
            huge.check("weights", 0),
            Err(KernelError::Overflow { what: "weights" })
        );
    }

    #[test]
    fn pooling_drops_an_odd_last_row() {
        assert_eq!(Shape::new(1, 2, 7, 4).pooled(), Shape::new(1, 2, 3, 2));
        assert_eq!(Shape::new(1, 2, 1, 1).pooled(), Shape::new(1, 2, 0, 0));
    }
}
