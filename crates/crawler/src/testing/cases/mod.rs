//! Every way to behave badly that is tested, as bytes and the reason they must end with.
//!
//! - `head`: status lines and headers
//! - `framing`: lengths and chunks
//! - `pacing`: bodies that come slowly, never end or break off
//! - `content`: what is no picture
//! - `encoding`: content encodings nobody asked for

mod content;
mod encoding;
mod framing;
mod head;
mod pacing;

use super::hostile::Case;

/// Returns all cases, for bodies of at most `cap` bytes.
pub(crate) fn all(cap: usize) -> Vec<Case> {
    let parts = [
        head::cases(),
        framing::cases(),
        pacing::cases(),
        content::cases(),
        encoding::cases(cap),
    ];
    parts.concat()
}
