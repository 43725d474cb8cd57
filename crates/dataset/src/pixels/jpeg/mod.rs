//! JPEG: its segments, its scans and its codecs.
//!
//! - `segments`: the marker segments in front of the picture data
//! - `scans`: whether the scans code the whole picture
//! - `engine`: which decoder gets a picture right
//! - `fence`: the picture as it is given to a decoder
//! - `watched`: whether they use all of their data
//! - `coding`: what the colours are
//! - `decode`: bytes to samples, and what the metadata say
//! - `codec`: the choice between `plain` (zune-jpeg, jpeg-decoder, jpeg-encoder) and, in builds that have it, `turbo`
//!   (libjpeg-turbo)

mod codec;
mod coding;
mod decode;
mod engine;
#[cfg(test)]
mod engine_tests;
mod fence;
mod plain;
mod scans;
mod segments;
#[cfg(feature = "libjpeg-turbo")]
mod turbo;
mod watched;

pub(super) use codec::encode;
pub(super) use decode::{decode, one_line, part, why_no_size};
pub(super) use segments::Segments;
