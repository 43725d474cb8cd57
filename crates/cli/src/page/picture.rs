//! Thumbnails of a report: the stored 224-pixel pictures themselves.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The address of a picture in a page: a relative link, or the bytes themselves as a `data:` URL.
///
/// # Errors
/// When the picture must be inlined and cannot be read.
pub(crate) fn source(root: &Path, relative: &str, inline: bool) -> std::io::Result<String> {
    if !inline {
        return Ok(relative.to_owned());
    }
    inlined(&root.join(relative))
}

/// A picture as a `data:` URL.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn inlined(path: &Path) -> std::io::Result<String> {
    Ok(format!(
        "data:image/jpeg;base64,{}",
        STANDARD.encode(std::fs::read(path)?)
    ))
}
