//! Thumbnails of a report: the stored 224-pixel pictures themselves.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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
