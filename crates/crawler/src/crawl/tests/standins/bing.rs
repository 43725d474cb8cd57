use std::fmt::Write;

use serde_json::json as value;

use super::asked::Asked;
use super::site::{Item, PHRASE, QUERY, Route, Rules, html, refers_to};
use crate::testing::Reply;
use crate::{EngineOptions, EngineSpec};

/// Stands in for Bing's image search, which gives fewer images on a page than it is asked for.
pub(super) struct Bing;

impl Rules for Bing {
    fn spec(&self) -> EngineSpec {
        EngineSpec::Bing
    }

    fn options(&self, root: &str) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.endpoints.bing = format!("{root}/");
        options
    }

    fn total(&self) -> usize {
        80
    }

    fn page_size(&self) -> usize {
        33
    }

    fn route(&self, asked: &Asked) -> Route {
        asked.headers_at_most(&[]);
        if asked.path == "/" {
            asked.params_at_most(&[]);
            return Route::Before(html("<html>Bing"));
        }
        if asked.path != "/images/async" {
            asked.complain(format!("path {}", asked.path));
        }
        refers_to(asked, "https://www.bing.com/");
        asked.header_holds("accept-language", |text| !text.is_empty());
        asked.header_holds("accept-encoding", |text| text.contains("gzip"));
        asked.params_at_most(&["q", "async", "first", "count", "mkt", "adlt", "qft"]);
        asked.is("q", PHRASE);
        asked.is("async", "1");
        asked.is("count", "35");
        if asked.param("mkt").is_none() {
            asked.complain("without mkt the results follow the address of the asker");
        }
        asked.if_there("adlt", |text| ["off", "moderate", "strict"].contains(&text));
        asked.if_there("qft", is_known_filter);
        // Counted from 1; a page begins where the one before has ended.
        let first = asked.number("first");
        let from = first.saturating_sub(1);
        if first == 0 || (!from.is_multiple_of(self.page_size()) && from != self.total()) {
            asked.complain(format!("first is {first}"));
        }
        Route::Page(from)
    }

    fn page(&self, _: &Asked, items: &[Item], from: usize) -> Reply {
        if items.is_empty() {
            return html("");
        }
        let is_list = from == 0;
        let mut page = String::from(if is_list {
            "<ul class=\"dgControl_list\">"
        } else {
            "<div>"
        });
        for item in items {
            let data = value!({
                "purl": item.landing, "murl": format!("{}?{QUERY}", item.image), "turl": item.thumb,
                "t": format!("Cat \"{}\"", item.number), "desc": ""
            });
            let data = data.to_string().replace("&b", "\\u0026b");
            let data = data
                .replace('&', "&amp;")
                .replace('"', "&quot;")
                .replace('<', "&lt;");
            let size = "<div class=\"img_info\"><span class=\"nowrap\">1920 \u{d7} 1080 \u{b7} jpeg</span></div>";
            let link = format!(
                "<a class=\"iusc\" m=\"{data}\" href=\"/images/search?view=detail\"></a>{size}"
            );
            let _ = if is_list {
                write!(page, "<li>{link}</li>")
            } else {
                write!(page, "<div class=\"imgpt\">{link}</div>")
            };
        }
        html(&page)
    }

    fn blocked(&self) -> Reply {
        html("<html><body>To continue, please solve the CAPTCHA below</body></html>")
    }

    fn changed(&self) -> Reply {
        html("<html><body><div class=\"grid9\"><img data-x=\"1\"></div></body></html>")
    }
}

/// Whether every part of `qft` is one that is known.
fn is_known_filter(qft: &str) -> bool {
    let colors = [
        "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "black",
        "white",
    ];
    let mut parts = qft.split('+').filter(|part| !part.is_empty());
    parts.all(|part| {
        let part = part.strip_prefix("filterui:").unwrap_or_default();
        let (kind, value) = part.split_once('-').unwrap_or_default();
        match kind {
            "photo" => [
                "photo",
                "clipart",
                "linedrawing",
                "transparent",
                "animatedgif",
            ]
            .contains(&value),
            "color2" => match value.strip_prefix("FGcls_") {
                Some(color) => colors.contains(&color.to_lowercase().as_str()),
                None => ["color", "bw"].contains(&value),
            },
            "imagesize" => ["small", "medium", "large", "wallpaper"].contains(&value),
            "licenseType" => value == "Any",
            "license" => ["L1", "L2_L3_L4", "L2_L3"].contains(&value),
            _ => false,
        }
    })
}
