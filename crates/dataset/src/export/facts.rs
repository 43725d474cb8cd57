//! What is said of a picture where it lies, for readers that see nothing but the picture's own record.

use serde::Serialize;

use super::contents::Entry;
use crate::records::Provenance;

/// The facts beside a picture.
///
/// Every field is always there and none is null, an empty text meaning that nothing is known: readers that guess types from the
/// first rows of each file would guess differently otherwise. `index.jsonl` has the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Facts {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) url: String,
    pub(crate) page_url: String,
    pub(crate) title: String,
    pub(crate) creator: String,
    pub(crate) license: String,
    pub(crate) license_url: String,
    pub(crate) attribution: String,
    /// Width in pixels of the download.
    pub(crate) width: u32,
    /// Height in pixels of the download.
    pub(crate) height: u32,
    /// SHA-256 of the download.
    pub(crate) sha256: String,
}

/// Facts with file name and class: a line of an imagefolder's metadata, and the JSON of a webdataset's sample.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Line {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) file_name: String,
    /// Index of the class.
    pub(super) label: i64,
    #[serde(flatten)]
    pub(super) facts: Facts,
}

/// How a column of text is read.
type Text = fn(&Facts) -> &String;
/// How a column of numbers is read.
type Number = fn(&Facts) -> u32;

impl Facts {
    /// Names of the text columns, in their order, and how each is read.
    pub(crate) const TEXTS: [(&'static str, Text); 10] = [
        ("id", |f| &f.id),
        ("group", |f| &f.group),
        ("url", |f| &f.url),
        ("page_url", |f| &f.page_url),
        ("title", |f| &f.title),
        ("creator", |f| &f.creator),
        ("license", |f| &f.license),
        ("license_url", |f| &f.license_url),
        ("attribution", |f| &f.attribution),
        ("sha256", |f| &f.sha256),
    ];
    /// Names of the number columns, which follow, and how each is read.
    pub(crate) const NUMBERS: [(&'static str, Number); 2] =
        [("width", |f| f.width), ("height", |f| f.height)];

    pub(super) fn of(entry: &Entry<'_>) -> Self {
        let row = entry.row;
        let said = &row.provenance;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            id: row.id.to_string(),
            group: row.group.to_string(),
            url: row.url.clone(),
            page_url: text(&said.page_url),
            title: text(&said.title),
            creator: text(&said.creator),
            license: text(&said.license),
            license_url: text(&said.license_url),
            attribution: text(&said.attribution),
            width: row.width,
            height: row.height,
            sha256: row.sha256.clone(),
        }
    }

    /// What a record can hold of them.
    pub(crate) fn provenance(&self) -> Provenance {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Provenance {
            page_url: text(&self.page_url),
            title: text(&self.title),
            creator: text(&self.creator),
            license: text(&self.license),
            license_url: text(&self.license_url),
            attribution: text(&self.attribution),
            ..Provenance::default()
        }
    }
}
