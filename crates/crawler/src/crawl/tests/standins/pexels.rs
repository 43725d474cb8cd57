use serde_json::{Value, json as value};

use super::asked::Asked;
use super::site::{Item, KEY, PHRASE, Route, Rules, forbidden, new_shape, page_start};
use crate::testing::{Reply, answer};
use crate::{EngineOptions, EngineSpec};

/// Stands in for Pexels' API.
pub(super) struct Pexels;

impl Rules for Pexels {
    fn spec(&self) -> EngineSpec {
        EngineSpec::Pexels
    }

    fn options(&self, root: &str) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.endpoints.pexels = format!("{root}/v1/search");
        options.keys.pexels = Some(KEY.to_owned());
        options
    }

    fn total(&self) -> usize {
        200
    }

    fn page_size(&self) -> usize {
        80
    }

    fn route(&self, asked: &Asked) -> Route {
        if asked.path != "/v1/search" {
            asked.complain(format!("path {}", asked.path));
        }
        asked.headers_at_most(&["authorization"]);
        asked.header_holds("authorization", |key| key == KEY);
        asked.params_at_most(&["query", "per_page", "page"]);
        asked.is("query", PHRASE);
        asked.is("per_page", "80");
        page_start(asked, self)
    }

    fn page(&self, asked: &Asked, items: &[Item], from: usize) -> Reply {
        let photos = items.iter().map(|item| {
            value!({
                "id": item.number, "width": 1600, "height": 1200, "url": item.landing, "photographer": "Jane",
                "photographer_url": "https://www.pexels.com/@jane", "alt": format!("Picture {}", item.number),
                "src": {
                    "original": item.image, "large2x": item.image, "large": item.image, "medium": item.thumb, "small": item.thumb
                }
            })
        });
        let page = from / 80 + 1;
        let mut body = value!({
            "page": page, "per_page": 80, "total_results": self.total(), "photos": photos.collect::<Vec<Value>>()
        });
        if !items.is_empty() && from + items.len() < self.total() {
            body["next_page"] = value!(format!("{}/v1/search?page={}", asked.root(), page + 1));
        }
        let fields = "X-Ratelimit-Limit: 20000\r\nX-Ratelimit-Remaining: 19000\r\nX-Ratelimit-Reset: 1893456000\r\n";
        answer("200 OK", fields, body.to_string().as_bytes())
    }

    fn blocked(&self) -> Reply {
        forbidden()
    }

    fn changed(&self) -> Reply {
        new_shape()
    }
}
