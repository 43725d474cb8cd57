//! 3x3 convolution, rectifier and 2x2 maximum pooling on plain slices, forward and backward.
//!
//! Everything is `f32`, NCHW and contiguous; the caller owns every buffer. No tensor framework is known here. These are the
//! scalar forms: plain loops whose sums are carried in `f64` and rounded once, so that a faster form can be checked against
//! them.
//!
//! | module | holds |
//! | --- | --- |
//! | [`shape`] | [`Shape`], the size of an NCHW block, and the check of a slice against it |
//! | [`convolution`] | [`conv3x3`], [`conv3x3_input_gradient`], [`conv3x3_weight_gradient`] |
//! | [`activation`] | [`relu`], [`relu_gradient`] |
//! | [`pooling`] | [`max_pool2x2`], [`max_pool2x2_gradient`] |
//! | [`error`] | [`KernelError`] |

pub mod activation;
pub mod convolution;
pub mod error;
pub mod pooling;
pub mod shape;

pub use activation::{relu, relu_gradient};
pub use convolution::{conv3x3, conv3x3_input_gradient, conv3x3_weight_gradient};
pub use error::KernelError;
pub use pooling::{max_pool2x2, max_pool2x2_gradient};
pub use shape::Shape;

#[cfg(test)]
mod sample;
