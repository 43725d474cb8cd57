//! What to serve and how.

use std::path::PathBuf;
use std::time::Duration;

/// How a [`Gallery`](crate::Gallery) is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GallerySettings {
    /// Port of the search engine; the image hosts take the sixteen ports above it. 0 takes any free block of seventeen.
    pub port: u16,
    /// Whether some URLs misbehave and junk is mixed into the results, as on the web.
    pub faults: bool,
    /// How long every page, search answer and image is held back. `robots.txt` and the request log are not.
    pub latency: Duration,
    /// Where the pictures come from.
    pub source: Source,
}

impl GallerySettings {
    /// The port that a gallery takes when the person names none.
    pub const DEFAULT_PORT: u16 = 8765;
}

impl Default for GallerySettings {
    /// The builtin pictures on [`GallerySettings::DEFAULT_PORT`], prompt and without faults.
    fn default() -> Self {
        Self {
            port: Self::DEFAULT_PORT,
            faults: false,
            latency: Duration::ZERO,
            source: Source::Builtin,
        }
    }
}

/// Where the pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The pictures embedded in the program (cargo feature `builtin-gallery`).
    Builtin,
    /// A folder with a `gallery.json` that names the pictures below it.
    ///
    /// The file has the form `{"images": [{"file": "bird/a.png", "title": "a", "tags": ["bird", "鸟"], "width": 480,
    /// "height": 360, "license": "public domain"}]}`; `license_url`, `creator` and `source` may be added to an image.
    Folder(PathBuf),
}
