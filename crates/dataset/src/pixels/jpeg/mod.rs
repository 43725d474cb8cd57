//! JPEG: its segments, its scans and its decoder.
//!
//! - `segments`: the marker segments in front of the picture data
//! - `scans`: whether the scans code the whole picture
//! - `watched`: whether they use all of their data
//! - `decode`: bytes to RGB

mod decode;
mod scans;
mod segments;
mod watched;

pub(super) use decode::{decode, one_line, why_no_size};
pub(super) use segments::Segments;
