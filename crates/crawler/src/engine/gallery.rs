use serde_json::Value;
use url::Url;

use super::options::{below, endpoint};
use super::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Hit, Page, SearchEngine, json,
};
use crate::CrawlError;

/// Hits asked for on one page; the site gives at most 100.
const PAGE_SIZE: u32 = 50;

/// Searches trawl's own demo site.
#[derive(Debug)]
pub(super) struct Gallery {
    endpoint: Url,
    unfiltered: Vec<&'static str>,
}

impl Gallery {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("gallery", &options.endpoints.gallery)?;
        Ok(Self {
            endpoint,
            unfiltered: options.filters.beyond(&["safe"]),
        })
    }
}

impl SearchEngine for Gallery {
    fn id(&self) -> &'static str {
        "gallery"
    }

    fn endpoint(&self) -> Option<&Url> {
        Some(&self.endpoint)
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        self.unfiltered.clone()
    }

    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        let mut url = below(&self.endpoint, "api/search");
        url.query_pairs_mut()
            .append_pair("q", query)
            .append_pair("page", &json::page_number(cursor).to_string())
            .append_pair("page_size", &PAGE_SIZE.to_string());
        Ask::Web(EngineRequest::get(url))
    }

    fn parse(&self, _cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        let answer = json::read(&answer.body)?;
        let results = json::list(&answer, "results")?;
        if results.is_empty() {
            return Err(EngineState::Empty);
        }
        let hits = results.iter().map(hit).collect::<Result<_, _>>()?;
        let next = json::number(&answer, "next").map(|page| page.to_string());
        Ok(Page {
            hits,
            next,
            pause: None,
        })
    }
}

fn hit(item: &Value) -> Result<Hit, EngineState> {
    Ok(Hit {
        image_url: json::text(item, "url")
            .ok_or_else(|| EngineState::schema("a result without `url`"))?,
        fallbacks: json::text(item, "thumbnail").into_iter().collect(),
        page_url: json::text(item, "page_url"),
        title: json::text(item, "title"),
        creator: json::text(item, "creator"),
        license: json::text(item, "license"),
        license_url: json::text(item, "license_url"),
        ..Hit::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gallery() -> Gallery {
        Gallery::new(&EngineOptions::default()).unwrap()
    }

    #[test]
    fn a_request_asks_for_the_page_of_the_cursor() {
        let url = |cursor| match gallery().ask("black & white 猫", cursor, None) {
            Ask::Web(request) => request.url.to_string(),
            _ => panic!("not local"),
        };
        assert_eq!(
            url(None),
            "http://127.0.0.1:8765/api/search?q=black+%26+white+%E7%8C%AB&page=1&page_size=50"
        );
        assert!(url(Some("3")).contains("&page=3&"));
    }

    #[test]
    fn a_page_gives_hits_and_the_next_page() {
        let body = include_bytes!("../../fixtures/gallery/page.json");
        let page = gallery().parse(None, &Answer::of(*body)).unwrap();
        assert_eq!(page.next.as_deref(), Some("2"));
        assert_eq!(page.hits.len(), 2);
        let hit = &page.hits[0];
        assert_eq!(
            hit.image_url,
            "http://127.0.0.1:8766/images/bird-0001-a.jpg"
        );
        assert_eq!(
            hit.fallbacks,
            ["http://127.0.0.1:8766/thumbs/bird-0001-a.jpg"]
        );
        assert_eq!(hit.license.as_deref(), Some("public domain"));
        assert_eq!(hit.creator, None);
        assert!(!hit.local);
        assert_eq!(page.hits[1].creator.as_deref(), Some("A. Painter"));
    }

    #[test]
    fn every_other_answer_has_its_state() {
        let state = |body: &[u8]| gallery().parse(None, &Answer::of(body)).unwrap_err();
        let empty = include_bytes!("../../fixtures/gallery/empty.json");
        assert_eq!(state(empty), EngineState::Empty);
        assert!(matches!(
            state(include_bytes!("../../fixtures/gallery/changed.json")),
            EngineState::SchemaChanged { .. }
        ));
        assert!(matches!(
            state(b"<html>captcha</html>"),
            EngineState::Blocked { .. }
        ));
        assert!(matches!(
            state(b"{\"results\":[{}]}"),
            EngineState::SchemaChanged { .. }
        ));
    }
}
