use serde_json::Value;
use url::Url;

use super::options::endpoint;
use super::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Hit, Page, SearchEngine, json,
};
use crate::CrawlError;

/// Hits asked for on one page: the most that is given without an account.
const PAGE_SIZE: u32 = 20;
/// The last page that is given.
const LAST_PAGE: u32 = 20;
/// Characters of a phrase that are searched.
const QUERY_CHARS: usize = 200;

/// Searches the Openverse catalogue of openly licensed images.
#[derive(Debug)]
pub(super) struct Openverse {
    endpoint: Url,
}

impl Openverse {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("openverse", &options.endpoints.openverse)?;
        Ok(Self { endpoint })
    }
}

impl SearchEngine for Openverse {
    fn id(&self) -> &'static str {
        "openverse"
    }

    fn endpoint(&self) -> Option<&Url> {
        Some(&self.endpoint)
    }

    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        let query: String = query.chars().take(QUERY_CHARS).collect();
        let mut url = self.endpoint.clone();
        url.query_pairs_mut()
            .append_pair("q", &query)
            .append_pair("page", &json::page_number(cursor).to_string())
            .append_pair("page_size", &PAGE_SIZE.to_string())
            .append_pair("mature", "false")
            .append_pair("filter_dead", "true");
        Ask::Web(EngineRequest::get(url).header("accept", "application/json"))
    }

    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        let answer = json::read(&answer.body)?;
        let results = json::list(&answer, "results")?;
        if results.is_empty() {
            return Err(EngineState::Empty);
        }
        let hits: Vec<Hit> = results.iter().filter_map(hit).collect();
        if hits.is_empty() {
            return Err(EngineState::schema("no result has a `url`"));
        }
        let page = json::page_number(cursor);
        let full = results.len() >= PAGE_SIZE as usize;
        let more = json::number(&answer, "page_count").map_or(full, |pages| page < pages);
        let next = (more && page < LAST_PAGE).then(|| (page + 1).to_string());
        Ok(Page {
            hits,
            next,
            pause: None,
        })
    }
}

fn hit(item: &Value) -> Option<Hit> {
    Some(Hit {
        image_url: json::text(item, "url")?,
        fallbacks: json::text(item, "thumbnail").into_iter().collect(),
        page_url: json::text(item, "foreign_landing_url"),
        title: json::text(item, "title"),
        creator: json::text(item, "creator"),
        license: license(item),
        license_url: json::text(item, "license_url"),
        attribution: json::text(item, "attribution"),
        ..Hit::default()
    })
}

/// Turns the licence's slug and version into its usual short name, `by-sa` and `4.0` into `CC BY-SA 4.0`.
fn license(item: &Value) -> Option<String> {
    let slug = json::text(item, "license")?;
    let name = match slug.as_str() {
        "cc0" => "CC0".to_owned(),
        "pdm" => "Public Domain Mark".to_owned(),
        other => format!("CC {}", other.to_uppercase()),
    };
    Some(match json::text(item, "license_version") {
        Some(version) => format!("{name} {version}"),
        None => name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openverse() -> Openverse {
        Openverse::new(&EngineOptions::default()).unwrap()
    }

    const PAGE: &[u8] = include_bytes!("../../fixtures/openverse/page.json");

    #[test]
    fn a_request_has_a_short_phrase_and_the_page_size_of_a_guest() {
        let Ask::Web(request) = openverse().ask(&"ü".repeat(300), Some("7"), None) else {
            panic!("not local")
        };
        let pairs: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        assert_eq!(pairs[0].1.chars().count(), 200);
        assert_eq!(pairs[1], ("page".to_owned(), "7".to_owned()));
        assert_eq!(pairs[2], ("page_size".to_owned(), "20".to_owned()));
        assert_eq!(request.url.path(), "/v1/images/");
    }

    #[test]
    fn licences_and_attribution_reach_the_hits() {
        let page = openverse().parse(None, &Answer::of(PAGE)).unwrap();
        assert_eq!(page.next.as_deref(), Some("2"));
        let hit = &page.hits[0];
        assert_eq!(hit.image_url, "https://live.staticflickr.com/1/2_b.jpg");
        assert_eq!(hit.license.as_deref(), Some("CC BY-SA 2.0"));
        assert!(hit.attribution.as_ref().unwrap().contains("licensed under"));
        assert_eq!(
            hit.page_url.as_deref(),
            Some("https://www.flickr.com/photos/a/2")
        );
        assert_eq!(page.hits[1].license.as_deref(), Some("CC0 1.0"));
    }

    #[test]
    fn the_depth_ends_with_the_pages_and_with_the_limit() {
        let next = |cursor| {
            openverse()
                .parse(Some(cursor), &Answer::of(PAGE))
                .unwrap()
                .next
        };
        assert_eq!(next("11").as_deref(), Some("12"));
        assert_eq!(next("12"), None, "page_count is 12");
        let endless =
            String::from_utf8_lossy(PAGE).replace("\"page_count\": 12", "\"page_count\": 999");
        let page = openverse().parse(Some("20"), &Answer::of(endless)).unwrap();
        assert_eq!(page.next, None);
    }

    #[test]
    fn every_other_answer_has_its_state() {
        let state = |body: &[u8]| openverse().parse(None, &Answer::of(body)).unwrap_err();
        let empty = include_bytes!("../../fixtures/openverse/empty.json");
        assert_eq!(state(empty), EngineState::Empty);
        assert!(matches!(
            state(include_bytes!("../../fixtures/openverse/changed.json")),
            EngineState::SchemaChanged { .. }
        ));
        assert!(matches!(
            state(b"<html>Access Denied</html>"),
            EngineState::Blocked { .. }
        ));
    }
}
