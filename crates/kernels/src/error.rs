//! What a kernel refuses.

use std::fmt;

/// A slice whose length does not fit the shape it is said to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelError {
    /// A slice holds another number of values than its shape asks for.
    Length {
        /// Which argument it is.
        what: &'static str,
        /// Values the shape asks for.
        expected: usize,
        /// Values the slice holds.
        found: usize,
    },
    /// The number of values does not fit in a `usize`.
    Overflow {
        /// Which argument it is.
        what: &'static str,
    },
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length {
                what,
                expected,
                found,
            } => write!(
                f,
                "{what} holds {found} values where its shape asks for {expected}"
            ),
            Self::Overflow { what } => write!(f, "the shape of {what} is too large to address"),
        }
    }
}

impl std::error::Error for KernelError {}
