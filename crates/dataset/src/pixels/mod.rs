//! From bytes to pixels.
//!
//! - [`header`](sniff): format and size by the first bytes, before any decode
//! - `decode`: bytes to upright RGB in sRGB, by way of `jpeg` or `formats`, a `still`, and `colour`; `directory`: the part of TIFF
//!   that EXIF shares
//! - `resize`: to the stored square; `stored`: the JPEG on disk and its mark
//! - `room`: memory that one picture leaves to the next
//! - `fidelity`: how little a file's compression took away
//! - [`pdq`]: the perceptual hash; [`SampleId`]: the exact one
//! - [`prepare`](prepare()) and [`load`]: the whole path, for a download and for training or prediction; `ready`: pictures that went
//!   it before
//! - [`Preparation`]: its parameters and name; [`Flaw`]: what can be wrong with a picture

mod colour;
mod decode;
mod directory;
mod fidelity;
mod flaw;
mod formats;
mod header;
mod jpeg;
pub mod pdq;
mod preparation;
mod prepare;
mod ready;
mod resize;
mod room;
mod sample_id;
#[cfg(test)]
pub(crate) mod scene;
mod still;
mod stored;
#[cfg(test)]
mod upright_tests;

pub use colour::Colour;
use decode::Picture;
pub use flaw::Flaw;
pub use header::{Format, Header, sniff};
pub use pdq::{Orientations, Pdq};
pub use preparation::{Codec, Fit, PIXEL_PATH, Preparation, SHORT_SIDE, VIEW_SIDE};
pub use prepare::{Pixels, Prepared, load, prepare};
pub(crate) use ready::{adopt, adopt_pixels, as_recorded, marked, unpack};
pub use sample_id::{BadSampleId, SampleId};
pub(crate) use sample_id::{parse_hex, to_hex};
