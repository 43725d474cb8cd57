use serde_json::{Value, json as value};

use super::asked::Asked;
use super::site::{Item, PHRASE, Route, Rules, forbidden, json, new_shape, page_start};
use crate::testing::{Reply, answer};
use crate::{EngineOptions, EngineSpec};

/// Stands in for `api.openverse.org/v1/images/`, asked without a token.
pub(super) struct Openverse;

impl Rules for Openverse {
    fn spec(&self) -> EngineSpec {
        EngineSpec::Openverse
    }

    fn options(&self, root: &str) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.endpoints.openverse = format!("{root}/v1/images/");
        options
    }

    fn total(&self) -> usize {
        50
    }

    fn page_size(&self) -> usize {
        20
    }

    fn route(&self, asked: &Asked) -> Route {
        if asked.path != "/v1/images/" {
            asked.complain(format!("path {}", asked.path));
        }
        asked.headers_at_most(&[]);
        asked.params_at_most(&[
            "q",
            "page",
            "page_size",
            "license_type",
            "extension",
            "size",
            "aspect_ratio",
            "category",
            "mature",
            "filter_dead",
            "source",
        ]);
        asked.is("q", PHRASE);
        asked.if_there("license_type", |text| {
            text.split(',')
                .all(|part| ["commercial", "modification"].contains(&part))
        });
        asked.if_there("mature", |text| ["true", "false"].contains(&text));
        asked.if_there("filter_dead", |text| ["true", "false"].contains(&text));
        if asked.number_or("page_size", Some(20)) > 20 {
            asked.complain("an anonymous page_size over 20");
            return Route::Before(answer("401 Unauthorized", "", b"{}"));
        }
        asked.is("page_size", "20");
        page_start(asked, self)
    }

    fn page(&self, _: &Asked, items: &[Item], from: usize) -> Reply {
        let results = items.iter().map(|item| {
            value!({
                "id": format!("ov-{}", item.number), "title": format!("Picture {}", item.number), "indexed_on": "2024-01-01T00:00:00Z",
                "foreign_landing_url": item.landing, "url": item.image, "creator": "Jane", "creator_url": null, "license": "by",
                "license_version": "2.0", "license_url": "https://creativecommons.org/licenses/by/2.0/", "provider": "flickr",
                "source": "flickr", "category": "photograph", "filesize": null, "filetype": "jpg",
                "tags": [{"name": "cat", "accuracy": null}], "attribution": "\"Picture\" by Jane is licensed under CC BY 2.0.",
                "fields_matched": ["title"], "mature": false, "height": 600, "width": 800, "thumbnail": item.thumb,
                "detail_url": null, "related_url": null
            })
        });
        json(&value!({
            "result_count": self.total(), "page_count": self.total().div_ceil(20), "page_size": 20, "page": from / 20 + 1,
            "results": results.collect::<Vec<Value>>()
        }))
    }

    fn blocked(&self) -> Reply {
        forbidden()
    }

    fn changed(&self) -> Reply {
        new_shape()
    }
}
