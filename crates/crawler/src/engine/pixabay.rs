use std::time::{Duration, SystemTime};

use serde_json::Value;
use url::Url;

use super::key::{Gate, Key};
use super::options::endpoint;
use super::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Filters, Hit, Kind, Page, Quota, Safe,
    SearchEngine, Secret, allowance, json,
};
use crate::CrawlError;

/// Hits asked for on one page: the most that is given.
const PAGE_SIZE: u32 = 200;
/// Results that are given for one phrase.
const DEPTH: u64 = 500;
/// Characters of a phrase that are taken.
const QUERY_CHARS: usize = 100;
/// Long side in pixels of a `webformatURL`.
const WEB_SIDE: u64 = 640;
/// A copy with a shorter side is not taken while there is a larger one.
const SHORT_SIDE: u64 = 224;
/// What one key is allowed.
const QUOTAS: [Quota; 1] = [Quota::a_minute(100)];
/// How long a key without requests rests when nobody says: the whole window.
const MINUTE: Duration = Duration::from_mins(1);

const GATE: Gate = Gate {
    engine: "pixabay",
    url: "https://pixabay.com/api/docs/",
    variable: "PIXABAY_API_KEY",
};

/// Searches Pixabay.
#[derive(Debug)]
pub(super) struct Pixabay {
    endpoint: Url,
    key: Key,
    filters: Filters,
}

impl Pixabay {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        Ok(Self {
            endpoint: endpoint("pixabay", &options.endpoints.pixabay)?,
            key: Key::of(GATE, options.keys.pixabay.as_ref())?,
            filters: options.filters.clone(),
        })
    }
}

impl SearchEngine for Pixabay {
    fn id(&self) -> &'static str {
        "pixabay"
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

    fn most_pages(&self) -> Option<u32> {
        u32::try_from(DEPTH)
            .ok()
            .map(|depth| depth.div_ceil(PAGE_SIZE))
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        let mut missing = match self.filters.kind {
            Kind::Any | Kind::Photo | Kind::Clipart => self.filters.beyond(&["type", "safe"]),
            _ => self.filters.beyond(&["safe"]),
        };
        if !self.filters.licenses.is_any() {
            missing.push("license");
        }
        missing
    }

    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        let query: String = query.chars().take(QUERY_CHARS).collect();
        let kind = match self.filters.kind {
            Kind::Clipart => "illustration",
            _ => "photo",
        };
        let is_safe = self.filters.safe != Safe::Off;
        let mut url = self.endpoint.clone();
        url.query_pairs_mut()
            .append_pair("q", &query)
            .append_pair("image_type", kind)
            .append_pair("per_page", &PAGE_SIZE.to_string())
            .append_pair("page", &json::page_number(cursor).to_string())
            .append_pair("safesearch", &is_safe.to_string());
        let key = Secret::query("key", self.key.value());
        Ask::Web(EngineRequest::get(url).secret(key))
    }

    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        let body = json::read(&answer.body)?;
        let list = json::list(&body, "hits")?;
        let pause = allowance::pause(answer, MINUTE, SystemTime::now());
        if list.is_empty() {
            return match pause {
                None => Err(EngineState::Empty),
                Some(_) => Ok(Page {
                    pause,
                    ..Page::default()
                }),
            };
        }
        let hits: Vec<Hit> = list.iter().filter_map(hit).collect();
        if hits.is_empty() {
            return Err(EngineState::schema("no hit has an address"));
        }
        let page = json::page_number(cursor);
        let seen = u64::from(page) * u64::from(PAGE_SIZE);
        let full = list.len() >= PAGE_SIZE as usize;
        let total = body.get("totalHits").and_then(Value::as_u64);
        let more = seen < DEPTH && total.map_or(full, |total| seen < total);
        Ok(Page {
            hits,
            next: more.then(|| (page + 1).to_string()),
            pause,
        })
    }

    /// Refusals are lines of text such as `[ERROR 400] "page" is out of valid range.`
    fn refusal(&self, answer: &Answer) -> Option<EngineState> {
        let said = json::quote(&answer.text());
        let lower = said.to_lowercase();
        match answer.status {
            400 if lower.contains("out of valid range") && !lower.contains("\"per_page\"") => {
                Some(EngineState::Empty)
            }
            400 if lower.contains("api key") => Some(self.key.refused(&said)),
            400 => Some(EngineState::schema(format!("status 400: {said}"))),
            401 | 403 => Some(self.key.refused(&format!("status {}", answer.status))),
            429 => {
                let wait = allowance::pause(answer, MINUTE, SystemTime::now());
                wait.map(|_| EngineState::RateLimited { wait })
            }
            _ => None,
        }
    }
}

fn hit(item: &Value) -> Option<Hit> {
    let (image_url, fallbacks) = copies(item)?;
    let creator = json::text(item, "user");
    let attribution = match &creator {
        Some(creator) => format!("Image by {creator} on Pixabay"),
        None => "Image on Pixabay".to_owned(),
    };
    Some(Hit {
        image_url,
        fallbacks,
        page_url: json::web(item, "pageURL"),
        title: json::text(item, "tags"),
        creator,
        license: Some("Pixabay Content License".to_owned()),
        license_url: Some("https://pixabay.com/service/license-summary/".to_owned()),
        attribution: Some(attribution),
        source_id: json::id(item, "id"),
        width: json::pixels(item, "imageWidth"),
        height: json::pixels(item, "imageHeight"),
        ..Hit::default()
    })
}

/// Chooses the web copy where it is large enough and the large one where it is not, with the other to turn to. The preview of
/// 150 pixels is no picture.
fn copies(item: &Value) -> Option<(String, Vec<String>)> {
    let mut sizes = ["webformatURL", "largeImageURL"];
    if !is_web_enough(item) {
        sizes.reverse();
    }
    let mut found: Vec<String> = sizes
        .iter()
        .filter_map(|size| json::web(item, size))
        .collect();
    found.dedup();
    (!found.is_empty()).then(|| (found.remove(0), found))
}

/// Says whether a copy whose long side is 640 pixels has a short side of 224.
fn is_web_enough(item: &Value) -> bool {
    let side = |name| json::pixels(item, name).map(u64::from);
    match (side("imageWidth"), side("imageHeight")) {
        (Some(width), Some(height)) => {
            WEB_SIDE * width.min(height) / width.max(height) >= SHORT_SIDE
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::{Color, Size};

    const PAGE: &[u8] = include_bytes!("../../fixtures/pixabay/page.json");
    const LAST: &[u8] = include_bytes!("../../fixtures/pixabay/last.json");

    fn pixabay(filters: Filters) -> Pixabay {
        let mut options = EngineOptions {
            filters,
            ..EngineOptions::default()
        };
        options.keys.pixabay = Some("k3y".to_owned());
        Pixabay::new(&options).unwrap()
    }

    fn any() -> Pixabay {
        pixabay(Filters::default())
    }

    fn asked(engine: &Pixabay, query: &str, cursor: Option<&str>) -> EngineRequest {
        match engine.ask(query, cursor, None) {
            Ask::Web(request) => request,
            Ask::Local(_) | Ask::Failed(_) => panic!("not local"),
        }
    }

    fn refusal(status: u16, body: &[u8]) -> Option<EngineState> {
        let answer = Answer {
            url: None,
            status,
            ..Answer::of(body)
        };
        any().refusal(&answer)
    }

    #[test]
    fn a_request_is_what_is_documented_and_the_key_is_beside_it() {
        let request = asked(&any(), "snowy owl", None);
        assert_eq!(
            request.url.as_str(),
            "https://pixabay.com/api/?q=snowy+owl&image_type=photo&per_page=200&page=1&safesearch=true"
        );
        assert_eq!(request.secrets, [Secret::query("key", "k3y")]);
        assert!(request.headers.is_empty());
        assert!(!format!("{request:?} {:?}", any()).contains("k3y"));
        let third = asked(&any(), "owl", Some("3")).url;
        assert!(third.as_str().contains("&page=3&"));
        let long = asked(&any(), &"ü".repeat(150), None).url;
        let (_, q) = long.query_pairs().next().unwrap();
        assert_eq!(q.chars().count(), 100);
        let error = Pixabay::new(&EngineOptions::default()).unwrap_err();
        assert!(error.to_string().contains("PIXABAY_API_KEY"), "{error}");
    }

    #[test]
    fn filters_become_parameters_and_the_rest_is_named() {
        let drawn = pixabay(Filters {
            kind: Kind::Clipart,
            safe: Safe::Off,
            ..Filters::default()
        });
        let url = asked(&drawn, "owl", None).url;
        assert!(url.as_str().contains("&image_type=illustration&"), "{url}");
        assert!(url.as_str().ends_with("&safesearch=false"), "{url}");
        assert!(drawn.unfiltered().is_empty());
        let all = pixabay(Filters {
            kind: Kind::Line,
            size: Size::Huge,
            color: Color::Gray,
            licenses: "cc0".parse().unwrap(),
            safe: Safe::Moderate,
        });
        assert!(
            asked(&all, "owl", None)
                .url
                .as_str()
                .ends_with("&safesearch=true")
        );
        assert_eq!(all.unfiltered(), ["size", "type", "color", "license"]);
    }

    #[test]
    fn a_page_gives_hits_with_credit() {
        let page = any().parse(None, &Answer::of(PAGE)).unwrap();
        assert_eq!(
            (page.hits.len(), page.next.as_deref(), page.pause),
            (2, Some("2"), None)
        );
        let hit = &page.hits[0];
        assert_eq!(hit.image_url, "https://pixabay.example/get/1_640.jpg");
        assert_eq!(hit.fallbacks, ["https://pixabay.example/get/1_1280.jpg"]);
        assert_eq!((hit.width, hit.height), (Some(4000), Some(2250)));
        assert_eq!(hit.attribution.as_deref(), Some("Image by Jane on Pixabay"));
        assert_eq!(hit.license.as_deref(), Some("Pixabay Content License"));
        assert_eq!(
            hit.page_url.as_deref(),
            Some("https://pixabay.com/photos/owl-1/")
        );
        assert_eq!(hit.source_id.as_deref(), Some("1"));
        let wide = &page.hits[1];
        assert_eq!(
            wide.image_url, "https://pixabay.example/get/2_1280.jpg",
            "the other one is 160 pixels high"
        );
        assert_eq!(wide.fallbacks, ["https://pixabay.example/get/2_640.jpg"]);
        let preview = json!({"previewURL": "https://h/p", "largeImageURL": "javascript:x"});
        assert_eq!(copies(&preview), None);
    }

    #[test]
    fn a_search_ends_with_its_hits_and_at_five_hundred() {
        let next = |cursor, body: &str| any().parse(Some(cursor), &Answer::of(body)).unwrap().next;
        let page = String::from_utf8_lossy(PAGE);
        assert_eq!(next("2", &page).as_deref(), Some("3"));
        assert_eq!(next("3", &page), None, "500 hits");
        let endless = page.replace("\"totalHits\": 500", "\"totalHits\": 99999");
        assert_eq!(next("3", &endless), None);
        let untold = page.replace("totalHits", "t");
        assert_eq!(next("1", &untold), None, "no full page");
        assert_eq!(next("1", &String::from_utf8_lossy(LAST)), None);
        assert_eq!(next("4294967295", &endless), None);
    }

    #[test]
    fn a_key_without_requests_rests_until_its_reset() {
        let answer = |status, body: &[u8], remaining: &str| Answer {
            url: None,
            status,
            headers: vec![
                ("x-ratelimit-remaining".to_owned(), remaining.to_owned()),
                ("x-ratelimit-reset".to_owned(), "17".to_owned()),
            ],
            body: body.to_vec(),
        };
        let wait = Some(Duration::from_secs(17));
        assert_eq!(
            any().parse(None, &answer(200, PAGE, "0")).unwrap().pause,
            wait
        );
        assert_eq!(
            any().parse(None, &answer(200, PAGE, "3")).unwrap().pause,
            None
        );
        let body = include_bytes!("../../fixtures/pixabay/ratelimited.txt");
        let limited = EngineState::RateLimited { wait };
        assert_eq!(any().refusal(&answer(429, body, "0")), Some(limited));
        assert_eq!(
            refusal(429, body),
            None,
            "the status and `Retry-After` say it"
        );
        let empty = include_bytes!("../../fixtures/pixabay/empty.json");
        let none = any().parse(None, &answer(200, empty, "0")).unwrap();
        assert!(none.hits.is_empty() && none.pause == wait);
    }

    #[test]
    fn every_other_answer_has_its_state() {
        let state = |body: &[u8]| any().parse(None, &Answer::of(body)).unwrap_err();
        let empty = include_bytes!("../../fixtures/pixabay/empty.json");
        assert_eq!(state(empty), EngineState::Empty);
        for changed in [
            &include_bytes!("../../fixtures/pixabay/changed.json")[..],
            br#"{"hits":[{"id":1}]}"#,
            b"[ERROR 200]",
        ] {
            assert!(matches!(state(changed), EngineState::SchemaChanged { .. }));
        }
        let beyond = include_bytes!("../../fixtures/pixabay/beyond.txt");
        assert_eq!(refusal(400, beyond), Some(EngineState::Empty));
        let key = include_bytes!("../../fixtures/pixabay/blocked.txt");
        let said = refusal(400, key).unwrap();
        assert!(matches!(said, EngineState::Blocked { .. }));
        assert!(said.to_string().contains("PIXABAY_API_KEY"), "{said}");
        for other in [
            &b"[ERROR 400] \"per_page\" is out of valid range."[..],
            b"[ERROR 400] \"colors\" is invalid.",
            b"\xff\x1b[2J",
        ] {
            let state = refusal(400, other).unwrap();
            assert!(
                matches!(state, EngineState::SchemaChanged { .. }),
                "{state}"
            );
            assert!(!state.to_string().contains('\u{1b}'));
        }
        assert_eq!(refusal(500, b"x"), None);
    }
}
