use serde_json::{Value, json as value};

use super::asked::Asked;
use super::site::{Item, PHRASE, Route, Rules, forbidden, json};
use crate::testing::Reply;
use crate::{EngineOptions, EngineSpec};

/// Stands in for the API of Wikimedia Commons.
pub(super) struct Wikimedia;

/// Widths that a thumbnail may have.
const WIDTHS: [&str; 11] = [
    "20", "40", "60", "120", "250", "330", "500", "960", "1280", "1920", "3840",
];

impl Rules for Wikimedia {
    fn spec(&self) -> EngineSpec {
        EngineSpec::Wikimedia
    }

    fn options(&self, root: &str) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.endpoints.wikimedia = format!("{root}/w/api.php");
        options
    }

    fn total(&self) -> usize {
        130
    }

    fn page_size(&self) -> usize {
        50
    }

    fn route(&self, asked: &Asked) -> Route {
        if asked.path != "/w/api.php" {
            asked.complain(format!("path {}", asked.path));
        }
        asked.headers_at_most(&[]);
        asked.header_holds("user-agent", |agent| {
            let browsers = ["Chrome", "Firefox", "Safari", "Gecko"];
            agent.contains("trawl/")
                && agent.contains('@')
                && !browsers.iter().any(|b| agent.contains(b))
        });
        asked.params_at_most(&[
            "action",
            "format",
            "formatversion",
            "generator",
            "gsrsearch",
            "gsrnamespace",
            "gsrlimit",
            "gsroffset",
            "prop",
            "iiprop",
            "iiurlwidth",
            "continue",
        ]);
        asked.is("action", "query");
        asked.is("format", "json");
        asked.is("formatversion", "2");
        asked.is("generator", "search");
        asked.is("gsrnamespace", "6");
        asked.is("gsrlimit", "50");
        asked.is("prop", "imageinfo");
        let searched = asked.param("gsrsearch").unwrap_or_default();
        let kinds = ["filetype:bitmap", "filetype:bitmap|drawing"];
        if !kinds
            .iter()
            .any(|kind| searched == format!("{kind} {PHRASE}"))
        {
            asked.complain(format!("gsrsearch is {searched}"));
        }
        asked.if_there("iiprop", |text| {
            let known = ["url", "size", "mime", "sha1", "extmetadata"];
            text.split('|').all(|part| known.contains(&part))
        });
        asked.if_there("iiurlwidth", |width| WIDTHS.contains(&width));
        let from = asked.number_or("gsroffset", Some(0));
        let is_whole = asked.param("continue") == (from > 0).then_some("gsroffset||");
        if !is_whole {
            asked.complain("continue must be given back whole, and only as a whole");
        }
        if !from.is_multiple_of(self.page_size()) || from >= self.total() {
            asked.complain(format!("gsroffset is {from}"));
        }
        Route::Page(from)
    }

    fn page(&self, _: &Asked, items: &[Item], from: usize) -> Reply {
        if items.is_empty() {
            return json(&value!({"batchcomplete": true}));
        }
        // Pages come in the order of their ids; the rank is the index.
        let pages = items.iter().rev().map(|item| {
            let number = item.number;
            value!({
                "pageid": 10_000 - number, "ns": 6, "title": format!("File:Cat {number}.jpg"), "index": number + 1,
                "imagerepository": "local", "imageinfo": [{
                    "url": item.image, "descriptionurl": item.landing, "thumburl": format!("{}/500px-Cat_{number}.jpg", item.thumb), "thumbwidth": 500, "thumbheight": 375,
                    "width": 1600, "height": 1200, "size": 90_000, "mime": "image/jpeg", "sha1": format!("{number:040x}"),
                    "extmetadata": {
                        "LicenseShortName": {"value": "CC BY-SA 4.0"}, "Artist": {"value": "<a href=\"//x\">Jane</a>"},
                        "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"}
                    }
                }]
            })
        });
        let mut answer = value!({"query": {"pages": pages.collect::<Vec<Value>>()}});
        let next = from + items.len();
        if next < self.total() {
            answer["continue"] = value!({"gsroffset": next, "continue": "gsroffset||"});
        } else {
            answer["batchcomplete"] = value!(true);
        }
        json(&answer)
    }

    fn blocked(&self) -> Reply {
        forbidden()
    }

    fn changed(&self) -> Reply {
        json(&value!({"query": {"files": []}}))
    }
}
