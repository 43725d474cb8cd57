use std::time::Duration;

use url::Url;

use super::qft;
use super::tile::{Layout, Tiles};
use crate::CrawlError;
use crate::engine::options::{below, endpoint};
use crate::engine::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Hit, Opening, Page, Safe, SearchEngine,
    Session, Standing,
};

/// Hits asked for on one page; what comes may be more or fewer.
const PAGE_SIZE: u32 = 35;
/// The last result that is given, about.
const LAST: usize = 1_000;
/// How long the cookies of the front page are taken to be good for.
const LIFETIME: Duration = Duration::from_hours(1);

/// Searches Bing images.
#[derive(Debug)]
pub(in crate::engine) struct Bing {
    endpoint: Url,
    safe: Safe,
    qft: String,
    /// What the licence filter promises of every hit.
    license: Option<String>,
    unfiltered: Vec<&'static str>,
}

impl Bing {
    pub(in crate::engine) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let filters = &options.filters;
        let license = qft::license(filters);
        Ok(Self {
            endpoint: endpoint("bing", &options.endpoints.bing)?,
            safe: filters.safe,
            qft: qft::qft(filters, license),
            license: license.and_then(|license| license.said("Bing")),
            unfiltered: filters.beyond(&["size", "type", "color", "safe"]),
        })
    }
}

impl SearchEngine for Bing {
    fn id(&self) -> &'static str {
        "bing"
    }

    fn endpoint(&self) -> Option<&Url> {
        Some(&self.endpoint)
    }

    fn standing(&self) -> Standing {
        Standing::Unofficial
    }

    fn page_size(&self) -> u32 {
        PAGE_SIZE
    }

    fn most_pages(&self) -> Option<u32> {
        u32::try_from(LAST)
            .ok()
            .map(|last| last.div_ceil(PAGE_SIZE))
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        self.unfiltered.clone()
    }

    /// Bing leaves explicit images out, whatever it is told, unless it has seen the visitor before.
    fn opening(&self, _query: &str) -> Option<Opening> {
        (self.safe == Safe::Off).then(|| Opening {
            scope: String::new(),
            request: headed(below(&self.endpoint, "")),
        })
    }

    fn open(&self, _answer: &Answer) -> Result<Session, EngineState> {
        Ok(Session {
            token: String::new(),
            lifetime: LIFETIME,
        })
    }

    /// The cursor is the rank of the page's first result, from 1.
    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        let safe = match self.safe {
            Safe::Strict => "strict",
            Safe::Moderate => "moderate",
            Safe::Off => "off",
        };
        let mut url = below(&self.endpoint, "images/async");
        url.query_pairs_mut()
            .append_pair("q", query)
            .append_pair("async", "1")
            .append_pair("first", &first(cursor).to_string())
            .append_pair("count", &PAGE_SIZE.to_string())
            .append_pair("mkt", "en-US")
            .append_pair("adlt", safe)
            .append_pair("qft", &self.qft);
        Ask::Web(headed(url))
    }

    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        let (hits, received) = read(&answer.body, self.license.as_deref())?;
        // Pages are as long as Bing likes: a fixed step would leave results out or repeat them.
        let next = first(cursor).saturating_add(received);
        Ok(Page {
            hits,
            next: (next <= LAST).then(|| next.to_string()),
            pause: None,
        })
    }
}

fn first(cursor: Option<&str>) -> usize {
    cursor.and_then(|c| c.parse().ok()).unwrap_or(1)
}

/// The client says itself that it takes gzip, without which Bing sends a page with a single result.
fn headed(url: Url) -> EngineRequest {
    EngineRequest::get(url)
        .header("referer", "https://www.bing.com/")
        .header("accept-language", "en-US,en;q=0.9")
}

/// Reads a page: its hits, all under the licence given, and how many results it has, those that are no hits among them.
///
/// # Errors
///
/// The [`EngineState`] of an answer that is no page of hits.
pub fn read(body: &[u8], license: Option<&str>) -> Result<(Vec<Hit>, usize), EngineState> {
    if body.trim_ascii().is_empty() {
        return Err(EngineState::Empty);
    }
    let page = Tiles::read(&String::from_utf8_lossy(body));
    let received = page.list.len();
    let hits: Vec<Hit> = page.list.iter().filter_map(|t| t.hit(license)).collect();
    if !hits.is_empty() {
        return Ok((hits, received));
    }
    if received > 0 {
        return Err(EngineState::schema("no result has an address in `m`"));
    }
    match page.layout {
        Layout::Places => Err(EngineState::schema("no place for a result has `a.iusc[m]`")),
        Layout::List => Err(EngineState::Empty),
        Layout::Unknown => Err(EngineState::challenge(body)
            .unwrap_or_else(|| EngineState::schema("a page without a list of results"))),
    }
}
