use serde_json::Value;
use url::Url;

use super::license;
use super::photo::hit;
use crate::CrawlError;
use crate::engine::key::{Gate, Key};
use crate::engine::options::endpoint;
use crate::engine::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Filters, Hit, Kind, Page, Quota, Safe,
    SearchEngine, Secret, json,
};

/// Hits asked for on one page: the most that is given.
const PAGE_SIZE: u32 = 500;
/// The last page that has results of its own: only the first 4,000 are given.
const LAST_PAGE: u32 = 4_000 / PAGE_SIZE;
/// What one key is allowed.
const QUOTAS: [Quota; 1] = [Quota::an_hour(3_600)];

const GATE: Gate = Gate {
    engine: "flickr",
    url: "https://www.flickr.com/services/apps/create/",
    variable: "FLICKR_API_KEY",
};

/// Searches Flickr.
#[derive(Debug)]
pub(in crate::engine) struct Flickr {
    endpoint: Url,
    key: Key,
    filters: Filters,
}

impl Flickr {
    pub(in crate::engine) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        Ok(Self {
            endpoint: endpoint("flickr", &options.endpoints.flickr)?,
            key: Key::of(GATE, options.keys.flickr.as_ref())?,
            filters: options.filters.clone(),
        })
    }
}

impl SearchEngine for Flickr {
    fn id(&self) -> &'static str {
        "flickr"
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
        Some(LAST_PAGE)
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        match self.filters.kind {
            Kind::Any | Kind::Photo => self.filters.beyond(&["safe", "type"]),
            _ => self.filters.beyond(&["safe"]),
        }
    }

    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        let safe = match self.filters.safe {
            Safe::Strict => "1",
            Safe::Moderate => "2",
            Safe::Off => "3",
        };
        let mut url = self.endpoint.clone();
        url.query_pairs_mut().extend_pairs([
            ("method", "flickr.photos.search"),
            ("text", query),
            ("sort", "relevance"),
            ("media", "photos"),
            ("content_types", "0"),
            ("safe_search", safe),
            ("license", &license::numbers(&self.filters.licenses)),
            (
                "extras",
                "license,owner_name,o_dims,url_z,url_c,url_l,url_o",
            ),
            ("per_page", &PAGE_SIZE.to_string()),
            ("page", &json::page_number(cursor).to_string()),
            ("format", "json"),
            ("nojsoncallback", "1"),
        ]);
        let key = Secret::query("api_key", self.key.value());
        Ask::Web(EngineRequest::get(url).secret(key))
    }

    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        let body = json::read(&answer.body)?;
        if json::text(&body, "stat").as_deref() == Some("fail") {
            return Err(self.failure(&body));
        }
        let photos = body
            .get("photos")
            .ok_or_else(|| EngineState::schema("no `photos`"))?;
        let list = json::list(photos, "photo")?;
        if list.is_empty() {
            return Err(EngineState::Empty);
        }
        let hits: Vec<Hit> = list.iter().filter_map(hit).collect();
        if hits.is_empty() {
            return Err(EngineState::schema(
                "no photo has any of the sizes asked for",
            ));
        }
        let page = json::page_number(cursor);
        let full = list.len() >= PAGE_SIZE as usize;
        // Behind the last page the last one is given again.
        let more = json::pixels(photos, "pages").map_or(full, |pages| page < pages);
        let next = (more && page < LAST_PAGE).then(|| (page + 1).to_string());
        Ok(Page {
            hits,
            next,
            pause: None,
        })
    }

    fn refusal(&self, answer: &Answer) -> Option<EngineState> {
        matches!(answer.status, 401 | 403)
            .then(|| self.key.refused(&format!("status {}", answer.status)))
    }
}

impl Flickr {
    /// Sorts a failure by its code, which arrives with status 200.
    fn failure(&self, body: &Value) -> EngineState {
        let code = json::id(body, "code").unwrap_or_default();
        let message = json::text(body, "message").unwrap_or_default();
        let said = json::quote(&format!("error {code}: {message}"));
        match code.as_str() {
            // Too many words, or none that are searched: this phrase has nothing.
            "1" | "2" | "3" | "11" | "12" => EngineState::Empty,
            "100" => self.key.refused(&said),
            "4" | "17" | "98" | "99" => EngineState::Blocked { detail: said },
            "0" | "10" | "105" | "106" | "201" => EngineState::Unreachable { detail: said },
            _ => EngineState::schema(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Color, Size};

    const PAGE: &[u8] = include_bytes!("../../../fixtures/flickr/page.json");
    const LAST: &[u8] = include_bytes!("../../../fixtures/flickr/last.json");

    fn flickr(filters: Filters) -> Flickr {
        let mut options = EngineOptions {
            filters,
            ..EngineOptions::default()
        };
        options.keys.flickr = Some("k3y".to_owned());
        Flickr::new(&options).unwrap()
    }

    fn any() -> Flickr {
        flickr(Filters::default())
    }

    fn asked(engine: &Flickr, cursor: Option<&str>) -> EngineRequest {
        match engine.ask("snowy owl", cursor, None) {
            Ask::Web(request) => request,
            Ask::Local(_) | Ask::Failed(_) => panic!("not local"),
        }
    }

    fn state(body: &[u8]) -> EngineState {
        any().parse(None, &Answer::of(body)).unwrap_err()
    }

    #[test]
    fn a_request_is_what_is_documented_and_the_key_is_beside_it() {
        let request = asked(&any(), None);
        let pairs: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(
            pairs,
            [
                ("method", "flickr.photos.search"),
                ("text", "snowy owl"),
                ("sort", "relevance"),
                ("media", "photos"),
                ("content_types", "0"),
                ("safe_search", "1"),
                ("license", "0,1,2,3,4,5,6,7,8,9,10"),
                (
                    "extras",
                    "license,owner_name,o_dims,url_z,url_c,url_l,url_o"
                ),
                ("per_page", "500"),
                ("page", "1"),
                ("format", "json"),
                ("nojsoncallback", "1"),
            ]
        );
        assert_eq!(request.url.path(), "/services/rest/");
        assert_eq!(request.secrets, [Secret::query("api_key", "k3y")]);
        assert!(request.headers.is_empty());
        assert!(!format!("{request:?} {:?}", any()).contains("k3y"));
        assert!(asked(&any(), Some("8")).url.as_str().contains("&page=8&"));
        let error = Flickr::new(&EngineOptions::default()).unwrap_err();
        assert!(error.to_string().contains("FLICKR_API_KEY"), "{error}");
    }

    #[test]
    fn filters_become_parameters_and_the_rest_is_named() {
        let free = flickr(Filters {
            licenses: "commercial-modify".parse().unwrap(),
            ..Filters::default()
        });
        let url = asked(&free, None).url;
        assert!(
            url.as_str().contains("&license=4%2C5%2C7%2C8%2C9%2C10&"),
            "{url}"
        );
        for (safe, level) in [(Safe::Moderate, "2"), (Safe::Off, "3")] {
            let filters = Filters {
                safe,
                ..Filters::default()
            };
            let url = asked(&flickr(filters), None).url;
            assert!(url.as_str().contains(&format!("&safe_search={level}&")));
        }
        let missing = |kind| {
            flickr(Filters {
                kind,
                color: Color::Red,
                size: Size::Small,
                ..Filters::default()
            })
            .unfiltered()
        };
        assert_eq!(missing(Kind::Photo), ["size", "color"]);
        assert_eq!(missing(Kind::Clipart), ["size", "type", "color"]);
    }

    #[test]
    fn a_search_ends_with_its_pages_and_at_four_thousand() {
        let page = any().parse(None, &Answer::of(PAGE)).unwrap();
        assert_eq!((page.hits.len(), page.next.as_deref()), (3, Some("2")));
        let last = any().parse(Some("3"), &Answer::of(LAST)).unwrap();
        assert_eq!((last.hits.len(), last.next), (1, None));
        let endless = String::from_utf8_lossy(PAGE).replace("\"pages\": 8", "\"pages\": 900");
        let next = |cursor| {
            let page = any().parse(Some(cursor), &Answer::of(endless.as_str()));
            page.unwrap().next
        };
        assert_eq!(next("7").as_deref(), Some("8"));
        assert_eq!(next("8"), None);
        let untold = String::from_utf8_lossy(PAGE).replace("\"pages\"", "\"p\"");
        assert_eq!(
            any().parse(None, &Answer::of(untold)).unwrap().next,
            None,
            "no full page"
        );
    }

    #[test]
    fn failures_have_the_states_of_their_codes() {
        let EngineState::Blocked { detail } =
            state(include_bytes!("../../../fixtures/flickr/blocked.json"))
        else {
            panic!("blocked")
        };
        assert!(
            detail.contains("FLICKR_API_KEY") && detail.contains("flickr.com"),
            "{detail}"
        );
        let code = |code: u32| {
            state(format!(r#"{{"stat":"fail","code":{code},"message":"m"}}"#).as_bytes())
        };
        assert_eq!(code(3), EngineState::Empty);
        assert!(matches!(code(99), EngineState::Blocked { .. }));
        assert!(matches!(code(112), EngineState::SchemaChanged { .. }));
        let busy = state(include_bytes!("../../../fixtures/flickr/unreachable.json"));
        assert!(matches!(busy, EngineState::Unreachable { .. }), "{busy}");
        assert_eq!(
            state(include_bytes!("../../../fixtures/flickr/empty.json")),
            EngineState::Empty
        );
        for changed in [
            &include_bytes!("../../../fixtures/flickr/changed.json")[..],
            br#"{"photos":{"photo":[{"id":"1"}]},"stat":"ok"}"#,
            b"[]",
        ] {
            assert!(matches!(state(changed), EngineState::SchemaChanged { .. }));
        }
        let refused = Answer {
            status: 403,
            ..Answer::default()
        };
        assert!(
            any()
                .refusal(&refused)
                .unwrap()
                .to_string()
                .contains("FLICKR_API_KEY")
        );
        let limited = Answer {
            status: 429,
            ..Answer::default()
        };
        assert_eq!(any().refusal(&limited), None, "the status says it");
    }
}
