//! Flickr, by its documented interface and a key.
//!
//! - `search`: asking, and what its failures mean
//! - `photo`: one photo and its copies
//! - `license`: the numbers that stand for licences

mod license;
mod photo;
mod search;

pub(super) use search::Flickr;
