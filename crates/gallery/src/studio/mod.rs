//! Decoding and encoding on threads of their own, so that the site's runtime only moves bytes; with a bounded cache.

mod cache;
mod render;
mod workers;

pub(crate) use render::{RenderError, encode};
pub(crate) use workers::Studio;
