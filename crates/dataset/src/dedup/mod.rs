//! Which pictures show the same.
//!
//! - `index`: the exact index of near hashes
//! - `related`: the pairs of a list that show the same; `entries`: a list that grows, asked before each insertion

mod entries;
pub mod index;
mod related;

pub(crate) use entries::{Entries, Entry};
pub(crate) use related::{Related, related};
