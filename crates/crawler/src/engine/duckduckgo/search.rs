use std::time::Duration;

use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{narrow, token};
use crate::CrawlError;
use crate::engine::link::{copies, link};
use crate::engine::options::{below, endpoint};
use crate::engine::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Hit, Opening, Page, Safe, SearchEngine,
    Session, Standing, json,
};

/// Hits on a page.
const PAGE_SIZE: u32 = 100;
/// Results that are given for a phrase, about.
const LAST: u32 = 500;
/// Characters of a phrase that are searched.
const QUERY_CHARS: usize = 499;
/// How long a token is used; one that runs out earlier is refused and replaced.
const LIFETIME: Duration = Duration::from_hours(1);

/// Searches `DuckDuckGo` images, whose results are Bing's.
#[derive(Debug)]
pub(in crate::engine) struct DuckDuckGo {
    endpoint: Url,
    safe: &'static str,
    narrow: String,
    /// What the licence filter promises of every hit.
    license: Option<String>,
    unfiltered: Vec<&'static str>,
}

impl DuckDuckGo {
    pub(in crate::engine) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let filters = &options.filters;
        let license = narrow::license(filters);
        Ok(Self {
            endpoint: endpoint("duckduckgo", &options.endpoints.duckduckgo)?,
            // There is no middle way: whoever asks for it is kept from more.
            safe: match filters.safe {
                Safe::Strict | Safe::Moderate => "1",
                Safe::Off => "-1",
            },
            narrow: narrow::narrow(filters, license),
            license: license.and_then(|license| license.said("DuckDuckGo")),
            unfiltered: filters.beyond(&["size", "type", "color", "safe"]),
        })
    }
}

impl SearchEngine for DuckDuckGo {
    fn id(&self) -> &'static str {
        "duckduckgo"
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
        Some(LAST / PAGE_SIZE)
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        self.unfiltered.clone()
    }

    /// Each phrase has a token of its own.
    fn opening(&self, query: &str) -> Option<Opening> {
        let query = cut(query);
        let mut url = below(&self.endpoint, "");
        url.query_pairs_mut()
            .append_pair("q", query)
            .append_pair("iar", "images")
            .append_pair("iax", "images")
            .append_pair("ia", "images");
        Some(Opening {
            scope: query.to_owned(),
            request: headed(url),
        })
    }

    fn open(&self, answer: &Answer) -> Result<Session, EngineState> {
        Ok(Session {
            token: token::read(&answer.body)?,
            lifetime: LIFETIME,
        })
    }

    /// The cursor is the number of results before the page.
    fn ask(&self, query: &str, cursor: Option<&str>, token: Option<&str>) -> Ask {
        let mut url = below(&self.endpoint, "i.js");
        url.query_pairs_mut()
            .append_pair("o", "json")
            .append_pair("q", cut(query))
            .append_pair("l", "us-en")
            .append_pair("vqd", token.unwrap_or_default())
            .append_pair("p", self.safe)
            .append_pair("f", &self.narrow)
            .append_pair("s", &offset(cursor).to_string());
        Ask::Web(headed(url))
    }

    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        read(&answer.body, offset(cursor), self.license.as_deref())
    }

    /// With 202 the site puts visitors off; that it wants fewer requests it may also say in words, with any status.
    fn refusal(&self, answer: &Answer) -> Option<EngineState> {
        if says_limit(&answer.body) {
            return Some(EngineState::RateLimited { wait: None });
        }
        (answer.status == 202).then(|| {
            let challenge = EngineState::challenge(&answer.body);
            challenge.unwrap_or(EngineState::RateLimited { wait: None })
        })
    }
}

fn offset(cursor: Option<&str>) -> u32 {
    cursor.and_then(|c| c.parse().ok()).unwrap_or(0)
}

/// Cuts a phrase to what is searched.
fn cut(query: &str) -> &str {
    let end = query.char_indices().nth(QUERY_CHARS);
    end.map_or(query, |(end, _)| &query[..end])
}

fn headed(url: Url) -> EngineRequest {
    EngineRequest::get(url)
        .header("referer", "https://duckduckgo.com/")
        .header("accept", "*/*")
        .header("sec-fetch-mode", "cors")
        .header("sec-fetch-site", "same-origin")
}

fn says_limit(body: &[u8]) -> bool {
    const SIGN: &[u8] = b"ratelimit";
    // What is said so stands alone or at the beginning of a page.
    let head = &body[..body.len().min(4 * 1024)];
    head.windows(SIGN.len())
        .any(|word| word.eq_ignore_ascii_case(SIGN))
}

/// Reads a page of hits, all under the licence given; `offset` counts the results before it.
///
/// # Errors
///
/// The [`EngineState`] of an answer that is no page of hits.
pub fn read(body: &[u8], offset: u32, license: Option<&str>) -> Result<Page, EngineState> {
    let limited = |state| {
        if says_limit(body) {
            EngineState::RateLimited { wait: None }
        } else {
            state
        }
    };
    let answer = json::read(body).map_err(limited)?;
    let results = json::list(&answer, "results").map_err(limited)?;
    if results.is_empty() {
        return Err(EngineState::Empty);
    }
    let hits: Vec<Hit> = results
        .iter()
        .filter_map(|item| hit(item, license))
        .collect();
    if hits.is_empty() {
        return Err(EngineState::schema("no result has an `image`"));
    }
    let next = next(&answer).filter(|&next| next > offset && next < LAST);
    Ok(Page {
        hits,
        next: next.map(|next| next.to_string()),
        pause: None,
    })
}

/// Takes the place where the next page begins out of its address, which is not asked itself.
fn next(answer: &Value) -> Option<u32> {
    let address = json::text(answer, "next")?;
    let (_, query) = address.split_once('?')?;
    let (query, _) = query.split_once('#').unwrap_or((query, ""));
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == "s")?.1.parse().ok()
}

fn hit(item: &Value, license: Option<&str>) -> Option<Hit> {
    let (image_url, fallbacks) = copies(["image", "thumbnail"].map(|key| json::text(item, key)))?;
    let size = |key: &str| json::number(item, key).filter(|&pixels| pixels > 0);
    Some(Hit {
        image_url,
        fallbacks,
        page_url: json::text(item, "url").and_then(|page| link(&page)),
        title: json::text(item, "title"),
        license: license.map(str::to_owned),
        width: size("width"),
        height: size("height"),
        ..Hit::default()
    })
}
