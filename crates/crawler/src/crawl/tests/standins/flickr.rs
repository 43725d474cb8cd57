use serde_json::{Value, json as value};

use super::asked::Asked;
use super::site::{Item, KEY, PHRASE, Route, Rules, forbidden, json, page_start};
use crate::testing::Reply;
use crate::{EngineOptions, EngineSpec};

/// Stands in for Flickr's API.
pub(super) struct Flickr;

impl Rules for Flickr {
    fn spec(&self) -> EngineSpec {
        EngineSpec::Flickr
    }

    fn options(&self, root: &str) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.endpoints.flickr = format!("{root}/services/rest/");
        options.keys.flickr = Some(KEY.to_owned());
        options
    }

    fn total(&self) -> usize {
        1_100
    }

    fn page_size(&self) -> usize {
        500
    }

    fn route(&self, asked: &Asked) -> Route {
        if asked.path != "/services/rest/" {
            asked.complain(format!("path {}", asked.path));
        }
        asked.headers_at_most(&[]);
        asked.params_at_most(&[
            "method",
            "api_key",
            "text",
            "sort",
            "media",
            "content_types",
            "safe_search",
            "license",
            "extras",
            "per_page",
            "page",
            "format",
            "nojsoncallback",
            "min_upload_date",
            "max_upload_date",
        ]);
        asked.is("method", "flickr.photos.search");
        asked.is("api_key", KEY);
        asked.is("text", PHRASE);
        asked.is("format", "json");
        asked.is("nojsoncallback", "1");
        asked.is("per_page", "500");
        asked.if_there("media", |text| text == "photos");
        asked.if_there("license", |text| {
            text.split(',')
                .all(|id| id.parse::<u32>().is_ok_and(|id| id <= 10))
        });
        asked.if_there("extras", |text| {
            let known = [
                "license",
                "owner_name",
                "o_dims",
                "url_z",
                "url_c",
                "url_l",
                "url_o",
            ];
            text.split(',').all(|part| known.contains(&part))
        });
        page_start(asked, self)
    }

    fn page(&self, asked: &Asked, items: &[Item], from: usize) -> Reply {
        let extras = asked.param("extras").unwrap_or_default();
        let photos = items.iter().map(|item| {
            let mut photo = value!({
                "id": format!("{}", 5_000 + item.number), "owner": "12@N00", "secret": "s", "server": "1", "farm": 1,
                "title": format!("Picture {}", item.number), "license": "4", "ownername": "Jane"
            });
            // The largest size that was asked for is the one that may be gone; the smallest is always there.
            let asked: Vec<&str> = ["url_o", "url_l", "url_c", "url_z"]
                .into_iter()
                .filter(|size| extras.split(',').any(|extra| extra == *size))
                .collect();
            for (at, size) in asked.iter().enumerate() {
                let is_least = at + 1 == asked.len() && at > 0;
                let url = if is_least { item.thumb.clone() } else { item.image.clone() };
                photo[*size] = value!(url);
                photo[size.replace("url", "width")] = value!(800);
                photo[size.replace("url", "height")] = value!(600);
            }
            photo
        });
        json(&value!({
            "photos": {
                "page": from / 500 + 1, "pages": self.total().div_ceil(500), "perpage": 500, "total": self.total(),
                "photo": photos.collect::<Vec<Value>>()
            },
            "stat": "ok"
        }))
    }

    fn blocked(&self) -> Reply {
        forbidden()
    }

    fn changed(&self) -> Reply {
        json(&value!({"pictures": [], "stat": "ok"}))
    }
}
