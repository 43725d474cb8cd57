use std::time::{Duration, SystemTime};

use serde_json::Value;
use url::Url;

use super::key::{Gate, Key};
use super::options::endpoint;
use super::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Filters, Hit, Kind, Page, Quota,
    SearchEngine, Secret, allowance, json,
};
use crate::CrawlError;

/// Hits asked for on one page: the most that is given.
const PAGE_SIZE: u32 = 80;
/// Height in pixels that a `medium` copy is scaled to.
const MEDIUM_HEIGHT: u64 = 350;
/// A copy with a shorter side is not taken while there is a larger one.
const SHORT_SIDE: u64 = 224;
/// What one key is allowed.
const QUOTAS: [Quota; 2] = [
    Quota::an_hour(200),
    Quota {
        requests: 20_000,
        window: Duration::from_hours(24 * 30),
    },
];
/// How long a key without requests rests when nobody says: the shorter window.
const HOUR: Duration = Duration::from_hours(1);

const GATE: Gate = Gate {
    engine: "pexels",
    url: "https://www.pexels.com/api/",
    variable: "PEXELS_API_KEY",
};

/// Searches Pexels.
#[derive(Debug)]
pub(super) struct Pexels {
    endpoint: Url,
    key: Key,
    filters: Filters,
}

impl Pexels {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        Ok(Self {
            endpoint: endpoint("pexels", &options.endpoints.pexels)?,
            key: Key::of(GATE, options.keys.pexels.as_ref())?,
            filters: options.filters.clone(),
        })
    }
}

impl SearchEngine for Pexels {
    fn id(&self) -> &'static str {
        "pexels"
    }

    fn endpoint(&self) -> Option<&Url> {
        Some(&self.endpoint)
    }

    fn quotas(&self) -> &[Quota] {
        &QUOTAS
    }

    fn page_size(&self) -> u32 {
        PAGE_SIZE
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        let mut missing = match self.filters.kind {
            // It has nothing but photographs.
            Kind::Any | Kind::Photo => self.filters.beyond(&["type"]),
            _ => self.filters.beyond(&[]),
        };
        if !self.filters.licenses.is_any() {
            missing.push("license");
        }
        missing
    }

    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        let mut url = self.endpoint.clone();
        url.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("per_page", &PAGE_SIZE.to_string())
            .append_pair("page", &json::page_number(cursor).to_string());
        let key = Secret::header("authorization", "", self.key.value());
        Ask::Web(EngineRequest::get(url).secret(key))
    }

    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        let body = json::read(&answer.body)?;
        let photos = json::list(&body, "photos")?;
        let pause = allowance::pause(answer, HOUR, SystemTime::now());
        if photos.is_empty() {
            return match pause {
                None => Err(EngineState::Empty),
                Some(_) => Ok(Page {
                    pause,
                    ..Page::default()
                }),
            };
        }
        let hits: Vec<Hit> = photos.iter().filter_map(hit).collect();
        if hits.is_empty() {
            return Err(EngineState::schema("no photo has a `src` with addresses"));
        }
        let page = json::page_number(cursor);
        Ok(Page {
            hits,
            next: has_more(&body, page).then(|| (page + 1).to_string()),
            pause,
        })
    }

    fn refusal(&self, answer: &Answer) -> Option<EngineState> {
        match answer.status {
            401 | 403 => Some(self.key.refused(&format!("status {}", answer.status))),
            429 => {
                let wait = allowance::pause(answer, HOUR, SystemTime::now());
                wait.map(|_| EngineState::RateLimited { wait })
            }
            _ => None,
        }
    }
}

/// Says whether there is a page behind this one. The address that the answer gives for it is not followed: the key would go
/// where the answer says.
fn has_more(body: &Value, page: u32) -> bool {
    let is_told = json::text(body, "next_page").is_some();
    let total = body.get("total_results").and_then(Value::as_u64);
    let seen = u64::from(page) * u64::from(PAGE_SIZE);
    page < u32::MAX && (is_told || total.is_some_and(|total| seen < total))
}

fn hit(photo: &Value) -> Option<Hit> {
    let (image_url, fallbacks) = copies(photo)?;
    let creator = json::text(photo, "photographer");
    let attribution = match &creator {
        Some(creator) => format!("Photo by {creator} on Pexels"),
        None => "Photo on Pexels".to_owned(),
    };
    Some(Hit {
        image_url,
        fallbacks,
        page_url: json::web(photo, "url"),
        title: json::text(photo, "alt"),
        creator,
        license: Some("Pexels License".to_owned()),
        license_url: Some("https://www.pexels.com/license/".to_owned()),
        attribution: Some(attribution),
        source_id: json::id(photo, "id"),
        width: json::pixels(photo, "width"),
        height: json::pixels(photo, "height"),
        ..Hit::default()
    })
}

/// Chooses the smallest copy that is large enough, with the larger ones to turn to.
fn copies(photo: &Value) -> Option<(String, Vec<String>)> {
    let sizes = ["medium", "large", "large2x", "original"];
    let from = usize::from(!is_medium_enough(photo));
    let source = photo.get("src")?;
    let urls = |sizes: &[&str]| -> Vec<String> {
        let urls = sizes.iter().filter_map(|size| json::web(source, size));
        urls.collect()
    };
    let mut found = urls(&sizes[from..]);
    if found.is_empty() {
        found = urls(&sizes[..from]);
    }
    found.dedup();
    (!found.is_empty()).then(|| (found.remove(0), found))
}

/// Says whether a copy that is 350 pixels high is wide enough as well.
fn is_medium_enough(photo: &Value) -> bool {
    let side = |name| json::pixels(photo, name).map(u64::from);
    match (side("width"), side("height")) {
        (Some(width), Some(height)) => width * MEDIUM_HEIGHT / height >= SHORT_SIDE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::{Color, Safe, Size};

    const PAGE: &[u8] = include_bytes!("../../fixtures/pexels/page.json");
    const LAST: &[u8] = include_bytes!("../../fixtures/pexels/last.json");

    fn pexels(filters: Filters) -> Pexels {
        let mut options = EngineOptions {
            filters,
            ..EngineOptions::default()
        };
        options.keys.pexels = Some("k3y".to_owned());
        Pexels::new(&options).unwrap()
    }

    fn any() -> Pexels {
        pexels(Filters::default())
    }

    fn asked(cursor: Option<&str>) -> EngineRequest {
        match any().ask("snowy owl", cursor, None) {
            Ask::Web(request) => request,
            Ask::Local(_) | Ask::Failed(_) => panic!("not local"),
        }
    }

    fn limited(status: u16, body: &[u8], remaining: &str, reset: &str) -> Answer {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Answer {
            url: None,
            status,
            headers: vec![
                field("x-ratelimit-limit", "20000"),
                field("x-ratelimit-remaining", remaining),
                field("x-ratelimit-reset", reset),
            ],
            body: body.to_vec(),
        }
    }

    fn state(body: &[u8]) -> EngineState {
        any().parse(None, &Answer::of(body)).unwrap_err()
    }

    #[test]
    fn a_request_is_what_is_documented_and_the_key_is_beside_it() {
        let request = asked(None);
        assert_eq!(
            request.url.as_str(),
            "https://api.pexels.com/v1/search?query=snowy+owl&per_page=80&page=1"
        );
        assert_eq!(
            request.secrets,
            [Secret::header("authorization", "", "k3y")]
        );
        assert!(request.headers.is_empty());
        assert!(!format!("{request:?} {:?}", any()).contains("k3y"));
        assert!(asked(Some("4")).url.as_str().ends_with("&page=4"));
        let error = Pexels::new(&EngineOptions::default()).unwrap_err();
        assert!(error.to_string().contains("PEXELS_API_KEY"), "{error}");
        assert_eq!(any().quotas()[1].window, Duration::from_hours(720));
    }

    #[test]
    fn the_filters_that_it_does_not_have_are_named() {
        assert!(any().unfiltered().is_empty());
        let photo = |kind, licenses: &str| {
            pexels(Filters {
                size: Size::Large,
                color: Color::Blue,
                safe: Safe::Off,
                kind,
                licenses: licenses.parse().unwrap(),
            })
            .unfiltered()
        };
        assert_eq!(photo(Kind::Photo, "any"), ["size", "color", "safe"]);
        let drawing = photo(Kind::Line, "cc");
        assert_eq!(drawing, ["size", "type", "color", "safe", "license"]);
    }

    #[test]
    fn a_page_gives_hits_with_credit() {
        let page = any().parse(None, &Answer::of(PAGE)).unwrap();
        assert_eq!(
            (page.hits.len(), page.next.as_deref(), page.pause),
            (2, Some("2"), None)
        );
        let wide = &page.hits[0];
        assert_eq!(
            wide.image_url,
            "https://images.pexels.example/1/1.jpeg?h=350"
        );
        assert_eq!(
            wide.fallbacks,
            [
                "https://images.pexels.example/1/1.jpeg?h=650&w=940",
                "https://images.pexels.example/1/1.jpeg?dpr=2&h=650&w=940",
                "https://images.pexels.example/1/1.jpeg",
            ]
        );
        assert_eq!((wide.width, wide.height), (Some(6000), Some(4000)));
        assert_eq!(
            wide.attribution.as_deref(),
            Some("Photo by Jane Doe on Pexels")
        );
        assert_eq!(wide.license.as_deref(), Some("Pexels License"));
        assert_eq!(
            wide.license_url.as_deref(),
            Some("https://www.pexels.com/license/")
        );
        assert_eq!(wide.title.as_deref(), Some("A snowy owl on a post"));
        assert_eq!(wide.source_id.as_deref(), Some("1"));
        let tall = &page.hits[1];
        assert_eq!(
            tall.image_url, "https://images.pexels.example/2/2.jpeg?h=650&w=940",
            "the medium one would be 197 pixels wide"
        );
    }

    #[test]
    fn copies_are_taken_as_they_are_there() {
        let chosen = |photo: Value| copies(&photo);
        let one = json!({"width": 100, "height": 900, "src": {"medium": "https://h/m"}});
        assert_eq!(chosen(one), Some(("https://h/m".to_owned(), Vec::new())));
        let twice = json!({"src": {"large": "https://h/l", "large2x": "https://h/l", "original": "javascript:x"}});
        assert_eq!(chosen(twice), Some(("https://h/l".to_owned(), Vec::new())));
        for none in [
            json!({}),
            json!({"src": []}),
            json!({"src": {"tiny": "https://h/t"}}),
        ] {
            assert_eq!(chosen(none), None);
        }
    }

    #[test]
    fn a_search_ends_when_no_page_is_left() {
        let last = any().parse(Some("3"), &Answer::of(LAST)).unwrap();
        assert_eq!((last.hits.len(), last.next), (1, None));
        let untold = String::from_utf8_lossy(PAGE).replace("next_page", "after");
        let next = |cursor| {
            let page = any().parse(Some(cursor), &Answer::of(untold.as_str()));
            page.unwrap().next
        };
        assert_eq!(next("2").as_deref(), Some("3"), "161 results");
        assert_eq!(next("3"), None);
        let end = any().parse(Some("4294967295"), &Answer::of(PAGE)).unwrap();
        assert_eq!(end.next, None);
    }

    #[test]
    fn a_key_without_requests_rests_until_its_reset() {
        let page = |remaining, reset| any().parse(None, &limited(200, PAGE, remaining, reset));
        assert_eq!(page("1", "9").unwrap().pause, None);
        assert_eq!(page("0", "9").unwrap().pause, Some(Duration::from_secs(9)));
        let empty = include_bytes!("../../fixtures/pexels/empty.json");
        let none = any().parse(None, &limited(200, empty, "0", "9")).unwrap();
        assert!(none.hits.is_empty() && none.next.is_none() && none.pause.is_some());
        let body = include_bytes!("../../fixtures/pexels/ratelimited.json");
        let wait = Some(Duration::from_secs(90));
        let state = any().refusal(&limited(429, body, "0", "90"));
        assert_eq!(state, Some(EngineState::RateLimited { wait }));
        let state = any().refusal(&limited(429, body, "7", "90"));
        assert_eq!(state, None, "the status and `Retry-After` say it");
    }

    #[test]
    fn every_other_answer_has_its_state() {
        let empty = include_bytes!("../../fixtures/pexels/empty.json");
        assert_eq!(state(empty), EngineState::Empty);
        for changed in [
            &include_bytes!("../../fixtures/pexels/changed.json")[..],
            br#"{"photos":[{"id":1}]}"#,
            b"7",
        ] {
            assert!(matches!(state(changed), EngineState::SchemaChanged { .. }));
        }
        let refused = Answer {
            url: None,
            status: 401,
            ..Answer::of(*include_bytes!("../../fixtures/pexels/blocked.json"))
        };
        let said = any().refusal(&refused).unwrap().to_string();
        assert!(
            said.contains("PEXELS_API_KEY") && said.contains("pexels.com/api"),
            "{said}"
        );
    }
}
