//! Which pictures show the same.
//!
//! - `index`: the exact index of near hashes
//! - [`Thumbnail`]: the whole picture in 32x32 greys and 4x4 colours, stored with each sample
//! - [`Probes`]: what a picture would hash to if its borders or a side were cut off, made of the thumbnail by way of `spectra`
//! - [`LikenessSettings`]: whether two thumbnails show one picture, for hashes that are near but not near enough; `detail`: whether they agree
//!   in what is finer than outlines
//! - [`Rule`]: which hashes are compared, and when thumbnails are asked
//! - [`alike`], `related`: the pairs of a list that show the same; `entries`, `probed`: a list that grows, asked before each insertion

mod detail;
mod entries;
pub mod index;
mod likeness;
mod probed;
mod probes;
mod related;
mod rule;
mod search;
#[cfg(test)]
mod search_tests;
mod spectra;
mod thumbnail;
mod window;

pub(crate) use entries::{Entries, Entry};
pub use likeness::{Likeness, LikenessSettings};
pub use probes::Probes;
pub(crate) use related::{Related, related};
pub use rule::Rule;
pub(crate) use search::{ALL_PAIRS, ALL_PROBED};
pub use search::{Alike, Kin, Listed, alike};
pub use thumbnail::Thumbnail;
use window::Window;
