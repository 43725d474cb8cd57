use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::item::hit;
use super::legacy;
use super::repair::repair;
use crate::CrawlError;
use crate::engine::options::{below, endpoint};
use crate::engine::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Filters, Hit, Kind, Opening, Page,
    SearchEngine, Session, Size, Standing, json,
};

/// Hits asked for on one page.
const PAGE_SIZE: u32 = 30;
/// Results repeat from about here on.
const LAST: u32 = 1_000;
/// How long the cookies of the front page are good for.
const LIFETIME: Duration = Duration::from_hours(1);

/// Searches Baidu images.
#[derive(Debug)]
pub(in crate::engine) struct Baidu {
    endpoint: Url,
    size: Option<&'static str>,
    is_animated: bool,
    unfiltered: Vec<&'static str>,
}

impl Baidu {
    pub(in crate::engine) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("baidu", &options.endpoints.baidu)?;
        let filters = &options.filters;
        let is_animated = filters.kind == Kind::Animated;
        Ok(Self {
            endpoint,
            size: size(filters),
            is_animated,
            unfiltered: filters.beyond(if is_animated {
                &["size", "type"]
            } else {
                &["size"]
            }),
        })
    }
}

impl SearchEngine for Baidu {
    fn id(&self) -> &'static str {
        "baidu"
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
        Some(LAST.div_ceil(PAGE_SIZE))
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        self.unfiltered.clone()
    }

    /// Without the cookies of its front page Baidu refuses searches.
    fn opening(&self, _query: &str) -> Option<Opening> {
        Some(Opening {
            scope: String::new(),
            request: headed(below(&self.endpoint, "")),
        })
    }

    /// Only the cookies matter; a front page that gives none shows in the first search.
    fn open(&self, _answer: &Answer) -> Result<Session, EngineState> {
        Ok(Session {
            token: String::new(),
            lifetime: LIFETIME,
        })
    }

    /// The cursor is the number of results before the page.
    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        let offset = offset(cursor);
        let mut url = below(&self.endpoint, "search/acjson");
        let mut pairs = url.query_pairs_mut();
        for (key, value) in [
            ("tn", "resultjson_com"),
            ("ipn", "rj"),
            ("ct", "201326592"),
            ("fp", "result"),
            ("cl", "2"),
            ("ie", "utf-8"),
            ("oe", "utf-8"),
            ("lm", if self.is_animated { "6" } else { "-1" }),
            ("st", "-1"),
            ("face", "0"),
            ("nc", "1"),
            ("istype", "2"),
            ("word", query),
            ("queryWord", query),
            ("pn", &offset.to_string()),
            ("rn", &PAGE_SIZE.to_string()),
            ("gsm", &format!("{offset:x}")),
        ] {
            pairs.append_pair(key, value);
        }
        if let Some(size) = self.size {
            pairs.append_pair("z", size);
        }
        drop(pairs);
        Ask::Web(headed(url))
    }

    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        read(&answer.body, offset(cursor))
    }
}

fn offset(cursor: Option<&str>) -> u32 {
    cursor.and_then(|c| c.parse().ok()).unwrap_or(0)
}

fn headed(url: Url) -> EngineRequest {
    EngineRequest::get(url)
        .header("referer", "https://image.baidu.com/")
        .header("accept-language", "zh-CN,zh;q=0.9,en;q=0.8")
}

fn size(filters: &Filters) -> Option<&'static str> {
    match filters.size {
        Size::Any => None,
        Size::Small => Some("1"),
        Size::Medium => Some("2"),
        Size::Large => Some("3"),
        Size::Huge => Some("9"),
    }
}

/// Reads an answer in any of the three forms that Baidu has had; `offset` counts the results before it.
///
/// # Errors
///
/// The [`EngineState`] of an answer that is no page of hits.
pub fn read(body: &[u8], offset: u32) -> Result<Page, EngineState> {
    let text = repair(body);
    let answer: Value = match serde_json::from_str(&text) {
        Ok(answer) => answer,
        Err(_) if text.trim_start().starts_with('<') => return flip(&text, offset),
        Err(e) => return Err(EngineState::unreadable(body, &e)),
    };
    let is_avatar = answer.get("data").is_none() && answer.get("imgs").is_some();
    let results = json::list(&answer, if is_avatar { "imgs" } else { "data" });
    let results: Vec<&Value> = match results {
        Ok(results) => results.iter().filter(|item| !is_void(item)).collect(),
        Err(state) => return Err(refused(&answer).unwrap_or(state)),
    };
    if results.is_empty() {
        return Err(refused(&answer).unwrap_or(EngineState::Empty));
    }
    let hits: Vec<Hit> = results.iter().filter_map(|item| hit(item)).collect();
    if hits.is_empty() {
        return Err(EngineState::schema("no result has an address"));
    }
    let step = if is_avatar {
        results.len()
    } else {
        PAGE_SIZE as usize
    };
    let total = ["listNum", "displayNum"]
        .into_iter()
        .find_map(|key| json::number(&answer, key).filter(|&total| total > 0));
    Ok(page(hits, offset, step, total))
}

fn flip(text: &str, offset: u32) -> Result<Page, EngineState> {
    let hits = legacy::flip(text);
    if hits.is_empty() {
        let challenge = EngineState::challenge(text.as_bytes());
        return Err(challenge.unwrap_or_else(|| EngineState::schema("a page without results")));
    }
    let step = hits.len();
    Ok(page(hits, offset, step, None))
}

fn page(hits: Vec<Hit>, offset: u32, step: usize, total: Option<u32>) -> Page {
    let next = offset.saturating_add(u32::try_from(step).unwrap_or(u32::MAX));
    let end = total.unwrap_or(LAST).min(LAST);
    Page {
        hits,
        next: (next < end).then(|| next.to_string()),
        pause: None,
    }
}

/// Lists end with an empty object.
fn is_void(item: &Value) -> bool {
    item.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Recognises the answer to those whom Baidu takes for a robot.
fn refused(answer: &Value) -> Option<EngineState> {
    let flag = answer.get("antiFlag")?;
    let is_raised = flag.as_u64() == Some(1) || flag.as_str() == Some("1");
    let message = json::text(answer, "message")
        .map_or_else(|| "no message".to_owned(), |said| json::quote(&said));
    is_raised.then(|| EngineState::Blocked {
        detail: format!("antiFlag, {message}"),
    })
}
