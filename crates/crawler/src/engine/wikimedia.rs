use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::options::endpoint;
use super::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Filters, Kind, Page, SearchEngine,
    commons, json,
};
use crate::CrawlError;

/// Hits asked for on one page.
const PAGE_SIZE: u32 = 50;
/// The thumbnail width asked for, one of the few that the servers keep ready: its short side is 224 pixels and more up to an
/// aspect of 2.2, for a third of the bytes of the next one.
const THUMB_WIDTH: &str = "500";
/// The search gives no results behind this one.
const DEPTH: u64 = 10_000;
/// The longest continuation that is sent back, in bytes; those known are under a hundred.
const CONTINUATION: usize = 2_048;
/// The longest lag that is believed.
const LONGEST_LAG: Duration = Duration::from_hours(24);

/// Searches the files of Wikimedia Commons through the `MediaWiki` API.
#[derive(Debug)]
pub(super) struct Wikimedia {
    endpoint: Url,
    filters: Filters,
}

impl Wikimedia {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        Ok(Self {
            endpoint: endpoint("wikimedia", &options.endpoints.wikimedia)?,
            filters: options.filters.clone(),
        })
    }

    /// The search: scans and photographs, or drawings, by the type of their files.
    fn search(&self, query: &str) -> String {
        let files = match self.filters.kind {
            Kind::Clipart | Kind::Line => "drawing",
            Kind::Any | Kind::Photo | Kind::Transparent | Kind::Animated => "bitmap",
        };
        format!("filetype:{files} {query}")
    }
}

impl SearchEngine for Wikimedia {
    fn id(&self) -> &'static str {
        "wikimedia"
    }

    fn endpoint(&self) -> Option<&Url> {
        Some(&self.endpoint)
    }

    fn is_serial(&self) -> bool {
        true
    }

    fn page_size(&self) -> u32 {
        PAGE_SIZE
    }

    fn most_pages(&self) -> Option<u32> {
        u32::try_from(DEPTH)
            .ok()
            .map(|depth| depth.div_ceil(PAGE_SIZE))
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        match self.filters.kind {
            Kind::Transparent | Kind::Animated => self.filters.beyond(&[]),
            _ => self.filters.beyond(&["type"]),
        }
    }

    /// The cursor is the `continue` object of the page before, as JSON; all of it goes into the next request.
    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        let more: Map<String, Value> = cursor
            .and_then(|c| serde_json::from_str(c).ok())
            .unwrap_or_default();
        let search = self.search(query);
        let mut url = self.endpoint.clone();
        {
            let mut pairs = url.query_pairs_mut();
            for (key, value) in [
                ("action", "query"),
                ("format", "json"),
                ("formatversion", "2"),
                ("generator", "search"),
                ("gsrsearch", &search),
                ("gsrnamespace", "6"),
                ("gsrlimit", &PAGE_SIZE.to_string()),
                ("prop", "imageinfo"),
                ("iiprop", "url|size|mime|sha1|extmetadata"),
                ("iiurlwidth", THUMB_WIDTH),
            ] {
                if !more.contains_key(key) {
                    pairs.append_pair(key, value);
                }
            }
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
        let body = json::read(&answer.body)?;
        if let Some(error) = body.get("error") {
            return Err(complaint(error, answer));
        }
        let next = continuation(&body)?;
        let pages = match body.get("query").map(|query| query.get("pages")) {
            Some(Some(Value::Array(list))) => list.iter().collect(),
            Some(Some(Value::Object(by_id))) => by_id.values().collect(),
            // The rest of a batch may have nothing to add.
            None if next.is_some() => Vec::new(),
            None if body.get("batchcomplete").is_some() => return Err(EngineState::Empty),
            None => return Err(EngineState::schema("neither `query` nor `batchcomplete`")),
            Some(_) => return Err(EngineState::schema("no `query.pages`")),
        };
        let hits = commons::hits(pages);
        if hits.is_empty() && next.is_none() && commons::is_odd(&body) {
            return Err(EngineState::schema(
                "no file has an `imageinfo` with a `url`",
            ));
        }
        Ok(Page {
            hits,
            next,
            pause: None,
        })
    }

    fn refusal(&self, answer: &Answer) -> Option<EngineState> {
        // Who is behind the requests is the one thing that it insists on.
        (answer.status == 403).then(|| EngineState::Blocked {
            detail: "status 403: it refuses clients that do not say who runs them; set crawl.contact (or --contact) to an \
                     address that it can write to"
                .to_owned(),
        })
    }
}

/// Returns what the next request must bring back, as a cursor; `None` at the end.
fn continuation(body: &Value) -> Result<Option<String>, EngineState> {
    let Some(Value::Object(more)) = body.get("continue") else {
        return Ok(None);
    };
    let offset = more.get("gsroffset").and_then(Value::as_u64);
    if more.is_empty() || offset.is_some_and(|offset| offset >= DEPTH) {
        return Ok(None);
    }
    let cursor = Value::Object(more.clone()).to_string();
    if cursor.len() > CONTINUATION {
        return Err(EngineState::schema("a `continue` over 2 KiB"));
    }
    Ok(Some(cursor))
}

/// Sorts the `error` object, which arrives with status 200.
fn complaint(error: &Value, answer: &Answer) -> EngineState {
    let code = json::text(error, "code").unwrap_or_default();
    let info = json::text(error, "info").unwrap_or_default();
    let said = json::quote(&format!("{code}: {info}"));
    match code.as_str() {
        // `Retry-After` is read by the crawl and counts for more.
        "maxlag" if answer.header("retry-after").is_none() => {
            EngineState::RateLimited { wait: lag(error) }
        }
        "ratelimited" | "maxlag" => EngineState::RateLimited { wait: None },
        "readonly" => EngineState::Unreachable { detail: said },
        _ if code.starts_with("internal_api_error") => EngineState::Unreachable { detail: said },
        _ if ["blocked", "permission", "denied"]
            .iter()
            .any(|sign| code.contains(sign)) =>
        {
            EngineState::Blocked { detail: said }
        }
        _ => EngineState::schema(format!("error {said}")),
    }
}

/// Returns the seconds that the databases lag behind, rounded up.
fn lag(error: &Value) -> Option<Duration> {
    let seconds = error.get("lag")?.as_f64()?;
    let wait = Duration::try_from_secs_f64(seconds.ceil()).ok()?;
    Some(wait.min(LONGEST_LAG))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Color, Safe, Size};

    const PAGE: &[u8] = include_bytes!("../../fixtures/wikimedia/page.json");
    const LAST: &[u8] = include_bytes!("../../fixtures/wikimedia/last.json");

    fn wikimedia(filters: Filters) -> Wikimedia {
        let options = EngineOptions {
            filters,
            ..EngineOptions::default()
        };
        Wikimedia::new(&options).unwrap()
    }

    fn any() -> Wikimedia {
        wikimedia(Filters::default())
    }

    fn asked(engine: &Wikimedia, cursor: Option<&str>) -> EngineRequest {
        match engine.ask("snowy owl", cursor, None) {
            Ask::Web(request) => request,
            Ask::Local(_) | Ask::Failed(_) => panic!("not local"),
        }
    }

    fn state(answer: &Answer) -> EngineState {
        any().parse(None, answer).unwrap_err()
    }

    #[test]
    fn the_first_request_is_what_is_documented() {
        let request = asked(&any(), None);
        let pairs: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(
            pairs,
            [
                ("action", "query"),
                ("format", "json"),
                ("formatversion", "2"),
                ("generator", "search"),
                ("gsrsearch", "filetype:bitmap snowy owl"),
                ("gsrnamespace", "6"),
                ("gsrlimit", "50"),
                ("prop", "imageinfo"),
                ("iiprop", "url|size|mime|sha1|extmetadata"),
                ("iiurlwidth", "500"),
            ]
        );
        assert!(request.headers.is_empty() && request.secrets.is_empty());
        assert!(any().is_serial());
    }

    #[test]
    fn the_whole_continuation_goes_into_the_next_request() {
        let page = any().parse(None, &Answer::of(PAGE)).unwrap();
        let first = asked(&any(), None).url;
        let next = asked(&any(), page.next.as_deref()).url;
        let rest = next.as_str().strip_prefix(first.as_str()).unwrap();
        assert_eq!(rest, "&continue=gsroffset%7C%7C&gsroffset=50");
        let odd = asked(&any(), Some("{\"gsrlimit\":10,\"iistart\":\"x&y\"}")).url;
        let twice = odd.query_pairs().filter(|(key, _)| key == "gsrlimit");
        assert_eq!(twice.count(), 1, "{odd}");
        assert_eq!(asked(&any(), Some("no json")).url, first);
    }

    #[test]
    fn a_search_ends_with_its_continuation_and_at_its_depth() {
        let last = any().parse(None, &Answer::of(LAST)).unwrap();
        assert_eq!((last.hits.len(), last.next), (1, None));
        let page = String::from_utf8_lossy(PAGE);
        let deep = page.replace("\"gsroffset\": 50", "\"gsroffset\": 10000");
        assert_eq!(any().parse(None, &Answer::of(deep)).unwrap().next, None);
        let huge = page.replace("gsroffset||", &"x".repeat(CONTINUATION));
        assert!(matches!(
            state(&Answer::of(huge)),
            EngineState::SchemaChanged { .. }
        ));
        let rest = br#"{"continue":{"iicontinue":"a","continue":"||"}}"#;
        let page = any().parse(None, &Answer::of(*rest)).unwrap();
        assert!(
            page.hits.is_empty() && page.next.is_some(),
            "a batch in parts"
        );
    }

    #[test]
    fn pages_by_id_are_read_as_well() {
        let body = br#"{"batchcomplete":"","query":{"pages":{"7":{"index":2,"imageinfo":[{"url":"https://u/b.jpg"}]},"9":{"index":1,"imageinfo":[{"url":"https://u/a.jpg"}]},"11":{"index":3,"missing":true}}}}"#;
        let page = any().parse(None, &Answer::of(body)).unwrap();
        let urls: Vec<&str> = page.hits.iter().map(|h| h.image_url.as_str()).collect();
        assert_eq!(urls, ["https://u/a.jpg", "https://u/b.jpg"]);
        assert_eq!(page.next, None);
    }

    #[test]
    fn the_type_chooses_the_files_and_other_filters_are_named() {
        let of = |kind| {
            wikimedia(Filters {
                kind,
                ..Filters::default()
            })
        };
        for (kind, files, missing) in [
            (Kind::Photo, "bitmap", vec![]),
            (Kind::Clipart, "drawing", vec![]),
            (Kind::Line, "drawing", vec![]),
            (Kind::Transparent, "bitmap", vec!["type"]),
        ] {
            assert_eq!(of(kind).search("owl"), format!("filetype:{files} owl"));
            assert_eq!(of(kind).unfiltered(), missing);
        }
        let all = wikimedia(Filters {
            size: Size::Large,
            color: Color::Red,
            safe: Safe::Off,
            ..Filters::default()
        });
        assert_eq!(all.unfiltered(), ["size", "color", "safe"]);
    }

    #[test]
    fn errors_that_come_with_status_200_have_their_states() {
        let limited = |wait| EngineState::RateLimited { wait };
        let fixture = include_bytes!("../../fixtures/wikimedia/ratelimited.json");
        assert_eq!(state(&Answer::of(*fixture)), limited(None));
        let mut lag = Answer::of(*include_bytes!("../../fixtures/wikimedia/maxlag.json"));
        assert_eq!(state(&lag), limited(Some(Duration::from_secs(8))));
        lag.headers = vec![("retry-after".to_owned(), "5".to_owned())];
        assert_eq!(
            state(&lag),
            limited(None),
            "the header field is read by the crawl"
        );
        for bad in ["-1", "\"x\"", "null"] {
            let body = format!(r#"{{"error":{{"code":"maxlag","lag":{bad}}}}}"#);
            assert_eq!(state(&Answer::of(body)), limited(None), "{bad}");
        }
        let readonly = include_bytes!("../../fixtures/wikimedia/readonly.json");
        assert!(matches!(
            state(&Answer::of(*readonly)),
            EngineState::Unreachable { .. }
        ));
        let blocked = include_bytes!("../../fixtures/wikimedia/blocked.json");
        assert!(matches!(
            state(&Answer::of(*blocked)),
            EngineState::Blocked { .. }
        ));
        let unknown = state(&Answer::of(
            r#"{"error":{"code":"badvalue","info":"no\nsuch"}}"#,
        ));
        assert!(
            unknown.to_string().contains("badvalue: no such"),
            "{unknown}"
        );
    }

    #[test]
    fn every_other_answer_has_its_state() {
        let empty = include_bytes!("../../fixtures/wikimedia/empty.json");
        assert_eq!(state(&Answer::of(*empty)), EngineState::Empty);
        for changed in [
            &include_bytes!("../../fixtures/wikimedia/changed.json")[..],
            br#"{"query":{"pages":7}}"#,
            br#"{"batchcomplete":true,"query":{"pages":[{"pageid":1,"title":"File:A.jpg"}]}}"#,
        ] {
            assert!(matches!(
                state(&Answer::of(changed)),
                EngineState::SchemaChanged { .. }
            ));
        }
        let refused = Answer {
            status: 403,
            ..Answer::default()
        };
        let state = any().refusal(&refused).unwrap().to_string();
        assert!(state.contains("crawl.contact"), "{state}");
        let busy = Answer {
            status: 503,
            ..Answer::default()
        };
        assert_eq!(any().refusal(&busy), None);
    }
}
