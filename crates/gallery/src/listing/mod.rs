//! What the search engine finds: items in rank order, each with its rendition and its fault.

mod copies;
mod item;
mod rendition;
mod results;
mod slug;

pub(crate) use item::{Item, Role};
pub(crate) use rendition::{Crop, Encoding, Rendition};
pub(crate) use results::{Listing, Target};
