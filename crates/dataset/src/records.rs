//! What the crawl hands in and what it hears back.

use serde::{Deserialize, Serialize};

use crate::pixels::{Flaw, Prepared};

/// Where a picture was found and what was said there about its author and licence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// Identifier of the search engine or local source.
    pub engine: String,
    /// The search phrase.
    pub query: String,
    /// Place among the hits of that phrase at that engine, from 1.
    pub rank: u32,
    /// The page that shows the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// The URL after redirects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_url: Option<String>,
    /// The picture's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator: Option<String>,
    /// The licence's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The licence's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license_url: Option<String>,
    /// The line of credit the source asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// The engine's own name for the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// SHA-1 of the file in hexadecimal, as the engine announced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    /// Width in pixels as announced; the download's own is beside its sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels as announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// The URL that the engine named first, when another copy was fetched because that one could not be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Why that one could not be had: the code of its reject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_reject: Option<String>,
    /// Header fields of the answer, names in lower case: type, size, validators and what it said about its use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// What the website said about indexing, mining and training, obeyed or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<String>,
    /// When it was downloaded, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<String>,
    /// How many requests the download took.
    pub tries: u32,
}

/// One label's claim on a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The label.
    pub label: String,
    /// Place in the label's order of candidates: 0, 1, 2 and so on, without gaps.
    pub seq: u64,
    /// Where this label found the URL.
    pub provenance: Provenance,
    /// Who has kept the picture before.
    pub vouched: Vouched,
}

/// Who says that a picture is to be kept, before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vouched {
    /// Nobody: all rules hold for it.
    #[default]
    Nobody,
    /// A person, who took it back after it had been thrown out: no rule holds.
    Person,
    /// The dataset that it comes from, which held it against its other pictures: its scores must do, likeness is no question.
    Dataset,
}

impl Vouched {
    /// As the catalog has it, in the column that once knew only whether a person took it back.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Nobody => 0,
            Self::Person => 1,
            Self::Dataset => 2,
        }
    }

    pub(crate) fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Nobody,
            2 => Self::Dataset,
            _ => Self::Person,
        }
    }

    /// Whether likeness to others is no reason against it.
    pub(crate) fn is_beside_others(self) -> bool {
        self != Self::Nobody
    }
}

/// What became of a download.
#[derive(Debug)]
pub enum Outcome {
    /// A usable picture.
    Prepared(Box<Prepared>),
    /// Bytes that are no usable picture.
    Flawed(Flaw),
    /// No bytes: the crawler gave the candidate up.
    Rejected {
        /// Stable code, kebab-case.
        reason: String,
        /// What exactly happened.
        detail: String,
    },
    /// The URL is in the catalog already, under another label: its outcome counts here too.
    Known,
}

/// A finished download with the labels that asked for it.
#[derive(Debug)]
pub struct Arrival {
    /// The URL as it was found; it identifies the download.
    pub url: String,
    /// Every label that wants it.
    pub claims: Vec<Claim>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What a crawl wants of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// The label.
    pub label: String,
    /// Kept images wanted in all; `None` keeps everything good.
    pub goal: Option<u32>,
    /// Only candidates from this place on are decided.
    pub from_seq: u64,
}

/// Where a label stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The label.
    pub label: String,
    /// Images kept.
    pub kept: u32,
    /// The first place that is not decided yet.
    pub next_seq: u64,
    /// Candidates stored but not decided, because one before them is missing.
    pub pending: u32,
    /// Images still wanted: goal less kept, 0 when reached; `None` without a goal.
    pub remaining: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row as it was written before anything but the first fields was known.
    const FIRST: &str = r#"{"engine":"e","query":"owl","rank":3,"license":"CC0","tries":1}"#;

    #[test]
    fn what_was_written_before_is_read_and_written_alike() {
        let first: Provenance = serde_json::from_str(FIRST).unwrap();
        assert_eq!((first.rank, first.license.as_deref()), (3, Some("CC0")));
        assert_eq!(serde_json::to_string(&first).unwrap(), FIRST);
    }

    #[test]
    fn everything_comes_back() {
        let whole = Provenance {
            image_url: Some("http://h/first".to_owned()),
            image_reject: Some("not-found".to_owned()),
            source_id: Some("4711".to_owned()),
            sha1: Some("da39a3ee".to_owned()),
            width: Some(640),
            height: Some(480),
            headers: vec![("etag".to_owned(), "\"x\"".to_owned())],
            signals: vec!["x-robots-tag: noai".to_owned()],
            ..Provenance::default()
        };
        let text = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<Provenance>(&text).unwrap(), whole);
    }
}
