//! JPEG: its segments, its scans and its codecs.
//!
//! - `segments`: the marker segments in front of the picture data
//! - `scans`: whether the scans code the whole picture
//! - `watched`: whether they use all of their data
//! - `coding`: what the colours are
//! - `decode`: bytes to samples, and what the metadata say
//! - `codec`: the choice between `plain` (zune-jpeg, jpeg-decoder, jpeg-encoder) and, in builds that have it, `turbo`
//!   (libjpeg-turbo)

mod codec;
mod coding;
mod decode;
mod plain;
mod scans;
mod segments;
#[cfg(feature = "libjpeg-turbo")]
mod turbo;
mod watched;

pub(super) use codec::encode;
pub(super) use decode::{decode, one_line, part, why_no_size};
pub(super) use segments::Segments;
