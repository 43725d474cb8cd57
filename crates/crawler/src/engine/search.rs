use std::fmt::Debug;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Answer, EngineState, Quota, Secret};

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

    /// What the person should know of it.
    fn standing(&self) -> Standing {
        Standing::Documented
    }

    /// What its operator allows, as far as that is published; the crawl keeps to it.
    fn quotas(&self) -> &[Quota] {
        &[]
    }

    /// Whether its operator wants one request at a time, whatever the settings allow.
    fn is_serial(&self) -> bool {
        false
    }

    /// Names how it reads an answer where that can change from run to run; an answer that its server calls unchanged is read
    /// anew under another name.
    fn reading(&self) -> String {
        String::new()
    }

    /// Hits on a full page, to estimate how many pages a goal takes.
    fn page_size(&self) -> u32 {
        50
    }

    /// Pages of one phrase after which there is nothing more, where that is known.
    fn most_pages(&self) -> Option<u32> {
        None
    }

    /// The filters that were asked for and that this engine does not have, by their names in the configuration.
    fn unfiltered(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Says what must be asked before a page of this phrase, if anything: cookies or a token.
    fn opening(&self, query: &str) -> Option<Opening> {
        let _ = query;
        None
    }

    /// Reads the answer to an opening.
    ///
    /// # Errors
    ///
    /// The [`EngineState`] that the answer stands for when it opens nothing.
    fn open(&self, answer: &Answer) -> Result<Session, EngineState> {
        let _ = answer;
        Err(EngineState::schema("this engine needs no opening"))
    }

    /// Says how the page at the cursor is had. A local source is asked by label, any other by search phrase; `token` is
    /// that of the session when the engine has openings.
    fn ask(&self, query: &str, cursor: Option<&str>, token: Option<&str>) -> Ask;

    /// Reads what the request for the page at the cursor brought, with status 200.
    ///
    /// # Errors
    ///
    /// The [`EngineState`] that the answer stands for when it is no page of hits.
    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState>;

    /// Reads an answer with another status where this engine means more by it than the status says.
    fn refusal(&self, answer: &Answer) -> Option<EngineState> {
        let _ = answer;
        None
    }
}

/// Says on what terms an engine is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Its operator documents the interface and lets programs use it.
    Documented,
    /// The interface belongs to a web page: it may change or refuse at any time, and the operator's terms may forbid it.
    Unofficial,
    /// The person described it.
    Custom,
    /// Read from this machine's disk.
    Local,
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

/// Is a request to an engine; the user agent is added when it is sent, and so is what the secret says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineRequest {
    /// The whole URL but for the secret.
    pub url: Url,
    /// Further header fields.
    pub headers: Vec<(String, String)>,
    /// The fields of a form that is posted; `None` for a GET.
    pub form: Option<Vec<(String, String)>>,
    /// What must not be recorded or shown.
    pub secrets: Vec<Secret>,
}

impl EngineRequest {
    /// Builds a GET without further header fields.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            url,
            headers: Vec::new(),
            form: None,
            secrets: Vec::new(),
        }
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a secret.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
        self
    }
}

/// Is what an engine wants to be asked before its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What the session is good for: one phrase, or empty for all.
    pub scope: String,
    /// The request that opens it. Cookies of its answer go with every later request to this engine.
    pub request: EngineRequest,
}

/// Is what an opening gave.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// What [`SearchEngine::ask`] is given; may be empty when only the cookies matter.
    pub token: String,
    /// How long it is good for.
    pub lifetime: Duration,
}

impl Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// Is one page of hits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The hits by falling rank.
    pub hits: Vec<Hit>,
    /// Cursor of the next page; `None` when this was the last.
    pub next: Option<String>,
    /// How long the engine wants to be left alone after this page, when its answer says so.
    pub pause: Option<Duration>,
}

/// Is one image that an engine proposes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hit {
    /// The image to download.
    pub image_url: String,
    /// Other copies of it, best first; fetched one after another when the image itself cannot be had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
    /// The page it was found on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who made it, as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator: Option<String>,
    /// The licence's short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The licence's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license_url: Option<String>,
    /// A ready sentence of attribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// The engine's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// SHA-1 of the original file in hexadecimal, when the engine tells it; `image_url` may be a smaller copy of that file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    /// Width in pixels as announced, of the original where the engine tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels as announced, of the original where the engine tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Whether `image_url` is a `file:` URL that the person's own folder source put there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub local: bool,
}
