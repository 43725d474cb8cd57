use std::sync::LazyLock;

use regex::Regex;
use scraper::Html;
use serde_json::{Map, Value};
use url::Url;

use super::options::endpoint;
use super::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Hit, Page, SearchEngine, json,
};
use crate::CrawlError;

/// Hits asked for on one page.
const PAGE_SIZE: &str = "50";
/// The thumbnail width asked for, one of the few that the servers keep ready.
const THUMB_WIDTH: &str = "500";
/// A thumbnail whose short side is below this is of no use; the original is taken then.
const SHORT_SIDE: u64 = 224;

/// Finds the true width of a thumbnail in its path; the `thumbwidth` member is not reliable.
static THUMB: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"/(\d{1,5})px-").expect("the pattern is well formed"));

/// Searches the files of Wikimedia Commons through the `MediaWiki` API.
#[derive(Debug)]
pub(super) struct Wikimedia {
    endpoint: Url,
}

impl Wikimedia {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("wikimedia", &options.endpoints.wikimedia)?;
        Ok(Self { endpoint })
    }
}

impl SearchEngine for Wikimedia {
    fn id(&self) -> &'static str {
        "wikimedia"
    }

    fn endpoint(&self) -> Option<&Url> {
        Some(&self.endpoint)
    }

    /// The cursor is the `continue` object of the page before, as JSON; all of it goes into the next request.
    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        let mut url = self.endpoint.clone();
        {
            let mut pairs = url.query_pairs_mut();
            for (key, value) in [
                ("action", "query"),
                ("format", "json"),
                ("formatversion", "2"),
                ("generator", "search"),
                ("gsrsearch", &format!("filetype:bitmap {query}")),
                ("gsrnamespace", "6"),
                ("gsrlimit", PAGE_SIZE),
                ("prop", "imageinfo"),
                ("iiprop", "url|size|mime|sha1|extmetadata"),
                ("iiurlwidth", THUMB_WIDTH),
            ] {
                pairs.append_pair(key, value);
            }
            let more: Map<String, Value> = cursor
                .and_then(|c| serde_json::from_str(c).ok())
                .unwrap_or_default();
            for (key, value) in &more {
                match value {
                    Value::String(text) => pairs.append_pair(key, text),
                    other => pairs.append_pair(key, &other.to_string()),
                };
            }
        }
        Ask::Web(EngineRequest::get(url))
    }

    fn parse(&self, _cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        let answer = json::read(&answer.body)?;
        if let Some(error) = answer.get("error") {
            return Err(refusal(error));
        }
        let next = match answer.get("continue") {
            Some(Value::Object(more)) if !more.is_empty() => {
                Some(Value::Object(more.clone()).to_string())
            }
            _ => None,
        };
        let Some(query) = answer.get("query") else {
            return Err(if answer.get("batchcomplete").is_some() {
                EngineState::Empty
            } else {
                EngineState::schema("neither `query` nor `batchcomplete`")
            });
        };
        let mut pages: Vec<&Value> = match query.get("pages") {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(Value::Object(by_id)) => by_id.values().collect(),
            _ => return Err(EngineState::schema("no `query.pages`")),
        };
        pages.sort_by_key(|page| page.get("index").and_then(Value::as_u64));
        let hits: Vec<Hit> = pages.into_iter().filter_map(hit).collect();
        Ok(Page {
            hits,
            next,
            pause: None,
        })
    }
}

/// Sorts the `error` object, which arrives with status 200.
fn refusal(error: &Value) -> EngineState {
    let code = json::text(error, "code").unwrap_or_default();
    let info = json::text(error, "info").unwrap_or_default();
    if matches!(code.as_str(), "ratelimited" | "maxlag") {
        EngineState::RateLimited { wait: None }
    } else if code.contains("blocked") || code.contains("permission") {
        EngineState::Blocked {
            detail: format!("{code}: {info}"),
        }
    } else {
        EngineState::schema(format!("error {code}: {info}"))
    }
}

/// Reads one file; `None` for files that are missing or no bitmap.
fn hit(page: &Value) -> Option<Hit> {
    let info = page.get("imageinfo")?.get(0)?;
    if info.get("filemissing").is_some() || !is_bitmap(info) {
        return None;
    }
    let original = json::text(info, "url")?;
    let thumb = json::text(info, "thumburl").filter(|thumb| is_enough(thumb, info));
    let (image_url, fallbacks) = match thumb {
        Some(thumb) if thumb != original => (thumb, vec![original]),
        _ => (original, Vec::new()),
    };
    let meta = |key: &str| {
        let value = info.get("extmetadata")?.get(key)?;
        json::text(value, "value").and_then(|html| plain(&html))
    };
    Some(Hit {
        image_url,
        fallbacks,
        page_url: json::text(info, "descriptionurl"),
        title: json::text(page, "title").map(|t| t.trim_start_matches("File:").to_owned()),
        creator: meta("Artist"),
        license: meta("LicenseShortName"),
        license_url: meta("LicenseUrl"),
        attribution: meta("Attribution").or_else(|| meta("Credit")),
        ..Hit::default()
    })
}

fn is_bitmap(info: &Value) -> bool {
    let mime = json::text(info, "mime");
    mime.is_none_or(|mime| {
        let kind = mime.strip_prefix("image/");
        kind.is_some_and(|kind| !kind.starts_with("svg") && !kind.contains("djvu"))
    })
}

/// Says whether the thumbnail is smaller than its original and still has a short side of 224 pixels.
fn is_enough(thumb: &str, info: &Value) -> bool {
    let size = |key: &str| info.get(key).and_then(Value::as_u64).filter(|&n| n > 0);
    let (Some(width), Some(height)) = (size("width"), size("height")) else {
        return false;
    };
    let Some(found) = THUMB.captures(thumb).and_then(|c| c[1].parse::<u64>().ok()) else {
        return false;
    };
    found < width && found * width.min(height) / width >= SHORT_SIDE
}

/// Reduces a fragment of HTML to its text, white space joined.
fn plain(html: &str) -> Option<String> {
    let text = if html.contains(['<', '&']) {
        Html::parse_fragment(html)
            .root_element()
            .text()
            .collect::<String>()
    } else {
        html.to_owned()
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wikimedia() -> Wikimedia {
        Wikimedia::new(&EngineOptions::default()).unwrap()
    }

    const PAGE: &[u8] = include_bytes!("../../fixtures/wikimedia/page.json");

    fn pairs(cursor: Option<&str>) -> Vec<(String, String)> {
        match wikimedia().ask("snowy owl", cursor, None) {
            Ask::Web(request) => request.url.query_pairs().into_owned().collect(),
            _ => panic!("not local"),
        }
    }

    #[test]
    fn the_whole_continuation_goes_into_the_next_request() {
        let first = pairs(None);
        assert!(first.contains(&(
            "gsrsearch".to_owned(),
            "filetype:bitmap snowy owl".to_owned()
        )));
        assert!(first.contains(&("iiurlwidth".to_owned(), "500".to_owned())));
        assert!(!first.iter().any(|(key, _)| key == "gsroffset"));
        let page = wikimedia().parse(None, &Answer::of(PAGE)).unwrap();
        let next = pairs(page.next.as_deref());
        assert!(next.contains(&("gsroffset".to_owned(), "50".to_owned())));
        assert!(next.contains(&("continue".to_owned(), "gsroffset||".to_owned())));
    }

    #[test]
    fn hits_come_by_index_with_thumbnails_for_big_originals() {
        let hits = wikimedia().parse(None, &Answer::of(PAGE)).unwrap().hits;
        let urls: Vec<&str> = hits.iter().map(|h| h.image_url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "https://thumb.wikimedia.org/wikipedia/commons/thumb/a/ab/Big.jpg/500px-Big.jpg",
                "https://upload.wikimedia.org/wikipedia/commons/c/cd/Panorama.jpg",
                "https://upload.wikimedia.org/wikipedia/commons/e/ef/Small.png",
            ],
            "the big one by thumbnail; a panorama's would be too low, the small one's too large"
        );
        assert_eq!(
            hits[0].fallbacks,
            ["https://upload.wikimedia.org/wikipedia/commons/a/ab/Big.jpg"]
        );
    }

    #[test]
    fn an_artist_in_html_becomes_text() {
        let hits = wikimedia().parse(None, &Answer::of(PAGE)).unwrap().hits;
        assert_eq!(hits[0].creator.as_deref(), Some("Jane & John Doe"));
        assert_eq!(hits[0].license.as_deref(), Some("CC BY-SA 4.0"));
        assert_eq!(hits[0].title.as_deref(), Some("Big.jpg"));
        assert_eq!(hits[1].creator, None);
    }

    #[test]
    fn every_other_answer_has_its_state() {
        let state = |body: &[u8]| wikimedia().parse(None, &Answer::of(body)).unwrap_err();
        assert_eq!(
            state(include_bytes!("../../fixtures/wikimedia/empty.json")),
            EngineState::Empty
        );
        assert_eq!(
            state(include_bytes!("../../fixtures/wikimedia/ratelimited.json")),
            EngineState::RateLimited { wait: None }
        );
        assert!(matches!(
            state(br#"{"error":{"code":"blocked","info":"you are"}}"#),
            EngineState::Blocked { .. }
        ));
        assert!(matches!(
            state(include_bytes!("../../fixtures/wikimedia/changed.json")),
            EngineState::SchemaChanged { .. }
        ));
    }

    #[test]
    fn pages_by_id_are_read_as_well() {
        let body = br#"{"batchcomplete":"","query":{"pages":{"7":{"index":2,"imageinfo":[{"url":"https://u/b.jpg"}]},"9":{"index":1,"imageinfo":[{"url":"https://u/a.jpg"}]},"11":{"index":3,"missing":true}}}}"#;
        let page = wikimedia().parse(None, &Answer::of(body)).unwrap();
        let urls: Vec<&str> = page.hits.iter().map(|h| h.image_url.as_str()).collect();
        assert_eq!(urls, ["https://u/a.jpg", "https://u/b.jpg"]);
        assert_eq!(page.next, None);
    }
}
