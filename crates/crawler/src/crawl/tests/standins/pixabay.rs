use serde_json::{Value, json as value};

use super::asked::Asked;
use super::site::{Item, KEY, PHRASE, Route, Rules, forbidden, json, new_shape, page_start};
use crate::testing::Reply;
use crate::{EngineOptions, EngineSpec};

/// Stands in for Pixabay's API.
pub(super) struct Pixabay;

impl Rules for Pixabay {
    fn spec(&self) -> EngineSpec {
        EngineSpec::Pixabay
    }

    fn options(&self, root: &str) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.endpoints.pixabay = format!("{root}/api/");
        options.keys.pixabay = Some(KEY.to_owned());
        options
    }

    fn total(&self) -> usize {
        450
    }

    fn page_size(&self) -> usize {
        200
    }

    fn route(&self, asked: &Asked) -> Route {
        if asked.path != "/api/" {
            asked.complain(format!("path {}", asked.path));
        }
        asked.headers_at_most(&[]);
        asked.params_at_most(&["key", "q", "image_type", "per_page", "page", "safesearch"]);
        asked.is("key", KEY);
        asked.is("q", PHRASE);
        asked.is("per_page", "200");
        asked.if_there("image_type", |text| text == "photo");
        asked.if_there("safesearch", |text| ["true", "false"].contains(&text));
        page_start(asked, self)
    }

    fn page(&self, _: &Asked, items: &[Item], _: usize) -> Reply {
        let hits = items.iter().map(|item| {
            value!({
                "id": item.number, "pageURL": item.landing, "tags": "cat, animal", "previewURL": item.thumb,
                "webformatURL": item.thumb, "largeImageURL": item.image, "imageWidth": 1600, "imageHeight": 1200, "user": "Jane"
            })
        });
        json(
            &value!({"total": 9_000, "totalHits": self.total(), "hits": hits.collect::<Vec<Value>>()}),
        )
    }

    fn blocked(&self) -> Reply {
        forbidden()
    }

    fn changed(&self) -> Reply {
        new_shape()
    }
}
