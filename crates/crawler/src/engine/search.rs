use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use url::Url;

use super::EngineState;

/// Finds images for a phrase, page by page.
///
/// An implementation does no I/O of its own while the crawl runs: it says what to ask, and reads the answer.
/// A cursor is opaque to the crawl, `None` for the first page, and must mean the same in a later run.
pub trait SearchEngine: Debug + Send + Sync {
    /// The stable name under which its pages and hits are recorded.
    fn id(&self) -> &str;

    /// The address that is asked; `None` for a local source.
    fn endpoint(&self) -> Option<&Url> {
        None
    }

    /// The labels that a local source holds, in its order; `None` for an engine that searches any phrase.
    fn labels(&self) -> Option<&[String]> {
        None
    }

    /// Says how the page at the cursor is had. A local source is asked by label, any other by search phrase.
    fn ask(&self, query: &str, cursor: Option<&str>) -> Ask;

    /// Reads the body that the request for the page at the cursor brought.
    ///
    /// # Errors
    ///
    /// The [`EngineState`] that the body stands for when it is no page of hits.
    fn parse(&self, cursor: Option<&str>, body: &[u8]) -> Result<Page, EngineState>;
}

/// Is how a page is had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// By sending this request.
    Web(EngineRequest),
    /// Here it is.
    Local(Page),
    /// Not at all: a local source cannot be read any more.
    Failed(EngineState),
}

/// Is a GET request for one page; the user agent is added when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineRequest {
    /// The whole URL.
    pub url: Url,
    /// Further header fields.
    pub headers: Vec<(String, String)>,
}

/// Is one page of hits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The hits by falling rank.
    pub hits: Vec<Hit>,
    /// Cursor of the next page; `None` when this was the last.
    pub next: Option<String>,
}

/// Is one image that an engine proposes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hit {
    /// The image to download.
    pub image_url: String,
    /// Other copies of it, best first; recorded, not fetched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
    /// The page it was found on.
    pub page_url: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Who made it, as plain text.
    pub creator: Option<String>,
    /// The licence's short name.
    pub license: Option<String>,
    /// The licence's text.
    pub license_url: Option<String>,
    /// A ready sentence of attribution.
    pub attribution: Option<String>,
    /// Whether `image_url` is a `file:` URL that the person's own folder source put there.
    pub local: bool,
}
