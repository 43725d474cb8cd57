use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json as value};

use super::asked::Asked;
use super::site::{Item, PHRASE, Route, Rules, json, refers_to};
use crate::testing::{Reply, answer};
use crate::{EngineOptions, EngineSpec};

/// Stands in for `DuckDuckGo`'s image search.
pub(super) struct DuckDuckGo;

/// Whether `f` has its six parts, each empty or known; the names of colours are not.
fn is_known_filters(f: &str) -> bool {
    const KNOWN: [(&str, &[&str]); 6] = [
        ("time", &["Day", "Week", "Month", "Year"]),
        ("size", &["Small", "Medium", "Large", "Wallpaper"]),
        ("color", &[]),
        ("type", &["photo", "clipart", "gif", "transparent", "line"]),
        ("layout", &["Square", "Tall", "Wide"]),
        (
            "license",
            &[
                "any",
                "Public",
                "Share",
                "ShareCommercially",
                "Modify",
                "ModifyCommercially",
            ],
        ),
    ];
    let parts: Vec<&str> = f.split(',').collect();
    parts.len() == KNOWN.len()
        && parts
            .iter()
            .zip(KNOWN)
            .all(|(part, (name, values))| match part.split_once(':') {
                Some((kind, value)) => {
                    kind == name && (values.is_empty() || values.contains(&value))
                }
                None => part.is_empty(),
            })
}

/// The token that belongs to a phrase and a user agent.
fn token(phrase: &str, agent: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (phrase, agent).hash(&mut hasher);
    format!("4-{}", hasher.finish())
}

impl Rules for DuckDuckGo {
    fn spec(&self) -> EngineSpec {
        EngineSpec::DuckDuckGo
    }

    fn options(&self, root: &str) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.endpoints.duckduckgo = format!("{root}/");
        options
    }

    fn total(&self) -> usize {
        230
    }

    fn page_size(&self) -> usize {
        100
    }

    fn has_sessions(&self) -> bool {
        true
    }

    fn route(&self, asked: &Asked) -> Route {
        asked.headers_at_most(&["sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site"]);
        asked.is("q", PHRASE);
        let agent = asked.header("user-agent").unwrap_or_default();
        if asked.path == "/" {
            asked.params_at_most(&["q", "iar", "iax", "ia"]);
            asked.is("iar", "images");
            asked.if_there("iax", |text| text == "images");
            asked.if_there("ia", |text| text == "images");
            let page = format!("<script>var a=1;vqd=\"{}\";</script>", token(PHRASE, agent));
            let fields = "Set-Cookie: jar=1; Path=/\r\n";
            return Route::Before(answer("200 OK", fields, page.as_bytes()));
        }
        if asked.path != "/i.js" {
            asked.complain(format!("path {}", asked.path));
        }
        refers_to(asked, "https://duckduckgo.com/");
        asked.header_holds("accept", |text| text == "*/*");
        asked.params_at_most(&["o", "q", "l", "vqd", "p", "f", "s", "ct", "u", "bpia", "a"]);
        asked.is("o", "json");
        asked.is("vqd", &token(PHRASE, agent));
        if asked
            .header("cookie")
            .is_none_or(|text| !text.contains("jar=1"))
        {
            asked.complain("the cookies of the first page are not given back");
        }
        asked.if_there("p", |text| ["1", "-1"].contains(&text));
        asked.if_there("f", is_known_filters);
        asked.if_there("u", |text| text == "bing");
        let from = asked.number_or("s", Some(0));
        if !from.is_multiple_of(100) || from >= self.total() {
            asked.complain(format!("s is {from}"));
        }
        Route::Page(from)
    }

    fn page(&self, _: &Asked, items: &[Item], from: usize) -> Reply {
        let results = items.iter().map(|item| {
            value!({
                "image": item.image, "thumbnail": item.thumb, "url": item.landing, "title": format!("Cat {}", item.number),
                "width": 800, "height": 600, "source": "Bing"
            })
        });
        let mut body = value!({"query": PHRASE, "results": results.collect::<Vec<Value>>()});
        if !items.is_empty() && from + items.len() < self.total() {
            body["next"] = value!(format!("i.js?q=x&o=json&s={}", from + 100));
        }
        let kind = "Content-Type: application/x-javascript\r\n";
        answer("200 OK", kind, body.to_string().as_bytes())
    }

    fn blocked(&self) -> Reply {
        answer("403 Forbidden", "", b"If this error persists, let us know")
    }

    fn changed(&self) -> Reply {
        json(&value!({"items": [], "vqd": {}}))
    }
}
