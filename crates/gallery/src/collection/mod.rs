//! The pictures of a site: their index, their words, and where their bytes lie.

mod index;
mod pictures;
mod shelf;
mod words;

pub(crate) use index::Picture;
pub(crate) use pictures::Collection;
