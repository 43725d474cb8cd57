//! `gallery.json`: the index of a collection, checked before anything relies on it.

use std::path::{Component, Path};

use serde::Deserialize;

/// Longest side of a picture, in pixels; what is larger is a mistake in the index, not a web picture.
pub(crate) const MAX_SIDE: u32 = 16_384;

/// One picture, as `gallery.json` describes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Picture {
    /// Path below the gallery folder, with `/`.
    pub(crate) file: String,
    pub(crate) title: String,
    /// What the picture shows, the first tag being its main name; the same thing in several languages.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) license: String,
    #[serde(default)]
    pub(crate) license_url: Option<String>,
    #[serde(default)]
    pub(crate) creator: Option<String>,
    /// Where the picture was taken from, for a person to read.
    #[serde(default)]
    pub(crate) source: Option<String>,
}

impl Picture {
    /// Returns the licence's address: the index's own, or that of the public domain dedication.
    pub(crate) fn license_url(&self) -> Option<&str> {
        let public_domain = self.license.eq_ignore_ascii_case("public domain");
        self.license_url
            .as_deref()
            .or(public_domain.then_some("https://creativecommons.org/publicdomain/zero/1.0/"))
    }
}

#[derive(Deserialize)]
struct Index {
    images: Vec<Picture>,
}

/// Reads the text of a `gallery.json`.
///
/// # Errors
///
/// Says in words what is wrong with the text.
pub(super) fn parse(json: &[u8]) -> Result<Vec<Picture>, String> {
    let index: Index = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    if index.images.is_empty() {
        return Err("it names no image".to_owned());
    }
    for picture in &index.images {
        check(picture)?;
    }
    Ok(index.images)
}

fn check(picture: &Picture) -> Result<(), String> {
    let file = &picture.file;
    let mut components = Path::new(file).components().peekable();
    let inside =
        components.peek().is_some() && components.all(|part| matches!(part, Component::Normal(_)));
    if !inside {
        return Err(format!("file {file:?} is not a path below the folder"));
    }
    if ![picture.width, picture.height]
        .iter()
        .all(|side| (1..=MAX_SIDE).contains(side))
    {
        return Err(format!(
            "the size {}x{} of {file:?} is not within 1..={MAX_SIDE}",
            picture.width, picture.height
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(file: &str, width: u32) -> String {
        let image = serde_json::json!({
            "file": file, "title": "t", "tags": ["bird"], "width": width, "height": 9, "license": "Public Domain",
        });
        serde_json::json!({ "images": [image] }).to_string()
    }

    #[test]
    fn an_index_is_read_and_fills_in_the_licence_address() {
        let pictures = parse(index("bird/a.png", 9).as_bytes()).unwrap();
        assert_eq!(pictures[0].file, "bird/a.png");
        assert!(pictures[0].license_url().unwrap().contains("publicdomain"));
        assert_eq!(pictures[0].creator, None);
    }

    #[test]
    fn paths_that_leave_the_folder_and_senseless_sizes_are_refused() {
        for file in ["../a.png", "/etc/a.png", "a/../../b.png", ""] {
            let reason = parse(index(file, 9).as_bytes()).unwrap_err();
            assert!(reason.contains("below the folder"), "{reason}");
        }
        for width in [0, MAX_SIDE + 1] {
            let reason = parse(index("a.png", width).as_bytes()).unwrap_err();
            assert!(reason.contains("size"), "{reason}");
        }
        assert!(parse(b"{\"images\": []}").unwrap_err().contains("no image"));
        assert!(parse(b"{").is_err());
    }
}
