//! One search result, before the site's address is known.

use super::Rendition;
use crate::faults::Fault;

/// What a URL is to the picture that it is listed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// The picture's first URL.
    Primary,
    /// The same picture again: exact, re-encoded, resized or cropped.
    Copy,
    /// Listed with a picture's title and tags, and never serving it; only with faults.
    Junk,
}

/// One search result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Stable name: the picture's slug and a letter.
    pub(crate) id: String,
    /// Path of the image on its host; everything about the item is a hash of it.
    pub(crate) path: String,
    pub(crate) role: Role,
    /// What the listing promises, and the image serves unless a fault prevents it.
    pub(crate) rendition: Rendition,
    pub(crate) fault: Option<Fault>,
}
