//! Which pictures show the same.

mod related;

pub(crate) use related::{Related, related};
