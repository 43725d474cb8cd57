use serde_json::{Value, json as value};

use super::asked::Asked;
use super::site::{Item, PHRASE, Route, Rules, json, refers_to};
use crate::testing::{Reply, answer};
use crate::{EngineOptions, EngineSpec};

/// Stands in for Baidu's image search.
pub(super) struct Baidu;

/// What Baidu's encoding writes for each character of [`PLAIN`].
const CODED: &str = "0123456789abcdefghijklmnopqrstuvw";
const PLAIN: &str = "7dgjmoru140852vsnkheb963wtqplifca";

/// Writes a URL as Baidu does.
fn coded(url: &str) -> String {
    let mut coded = String::new();
    for c in url.chars() {
        match c {
            ':' => coded.push_str("_z2C$q"),
            '.' => coded.push_str("_z&e3B"),
            '/' => coded.push_str("AzdH3F"),
            c => {
                let at = PLAIN.find(c);
                coded.push(at.map_or(c, |at| char::from(CODED.as_bytes()[at])));
            }
        }
    }
    coded
}

impl Rules for Baidu {
    fn spec(&self) -> EngineSpec {
        EngineSpec::Baidu
    }

    fn options(&self, root: &str) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.endpoints.baidu = format!("{root}/");
        options
    }

    fn total(&self) -> usize {
        75
    }

    fn page_size(&self) -> usize {
        30
    }

    fn has_sessions(&self) -> bool {
        true
    }

    fn route(&self, asked: &Asked) -> Route {
        asked.headers_at_most(&[]);
        if asked.path == "/" {
            asked.params_at_most(&[]);
            let fields = "Set-Cookie: BAIDUID=1F2E:FG=1; Path=/; Max-Age=3600\r\n";
            return Route::Before(answer("200 OK", fields, b"<html>images"));
        }
        if asked.path != "/search/acjson" {
            asked.complain(format!("path {}", asked.path));
        }
        refers_to(asked, "https://image.baidu.com/");
        asked.header_holds("accept-language", |text| text.starts_with("zh-CN"));
        let is_warm = asked
            .header("cookie")
            .is_some_and(|text| text.contains("BAIDUID=1F2E:FG=1"));
        if !is_warm {
            asked.complain("the cookie of the first page is not given back");
        }
        asked.params_at_most(&[
            "tn",
            "ipn",
            "ie",
            "oe",
            "word",
            "queryWord",
            "pn",
            "rn",
            "ct",
            "fp",
            "cl",
            "lm",
            "st",
            "face",
            "z",
            "ic",
            "width",
            "height",
            "nc",
            "istype",
            "gsm",
        ]);
        asked.is("tn", "resultjson_com");
        asked.is("ipn", "rj");
        asked.is("ie", "utf-8");
        asked.is("oe", "utf-8");
        asked.is("word", PHRASE);
        asked.is("queryWord", PHRASE);
        asked.is("rn", "30");
        for (name, known) in [
            ("ct", &["201326592"][..]),
            ("fp", &["result"]),
            ("cl", &["2"]),
            ("lm", &["-1", "7", "6"]),
            ("st", &["-1"]),
            ("face", &["0", "1"]),
            ("z", &["9", "3", "2", "1"]),
            ("nc", &["1"]),
            ("istype", &["2"]),
        ] {
            asked.if_there(name, |text| known.contains(&text));
        }
        let from = asked.number("pn");
        asked.if_there("gsm", |text| text == format!("{from:x}"));
        if !from.is_multiple_of(30) {
            asked.complain(format!("pn is {from}"));
        }
        Route::Page(from)
    }

    fn page(&self, _: &Asked, items: &[Item], _: usize) -> Reply {
        let mut data: Vec<Value> = items
            .iter()
            .map(|item| {
                let number = item.number;
                let mut entry = value!({
                    "thumbURL": item.thumb, "middleURL": item.thumb, "hoverURL": "", "objURL": coded(&item.image),
                    "fromPageTitle": format!("it~s <strong>cat</strong> {number}&amp;co^"), "fromURL": coded(&item.landing),
                    "fromURLHost": "x.example", "width": 800, "height": 600, "type": "jpeg", "filesize": ""
                });
                let key = if number % 2 == 0 { "ObjURL" } else { "ObjUrl" };
                match number % 3 {
                    0 => entry["replaceUrl"] = value!([{key: item.image, "FromURL": item.landing}]),
                    1 => entry["replaceUrl"] = value!([]),
                    _ => {}
                }
                entry
            })
            .collect();
        data.push(value!({}));
        let body = value!({"listNum": self.total(), "displayNum": 9_999, "data": data}).to_string();
        // The encoder escapes what needs no escape, and leaves what does.
        let body = body
            .replace('~', "\\'")
            .replace("</", "<\\/")
            .replace('^', "\u{1}\t");
        answer("200 OK", "Content-Type: text/html\r\n", body.as_bytes())
    }

    fn blocked(&self) -> Reply {
        json(&value!({"antiFlag": 1, "message": "Forbid spider access"}))
    }

    fn changed(&self) -> Reply {
        json(&value!({"listNum": 75, "images": []}))
    }
}

#[test]
fn urls_are_coded_as_the_known_examples() {
    for (url, known) in [
        (
            "http://img.example.com/a1/cat-9.jpg",
            "ippr_z2C$qAzdH3FAzdH3Ft42_z&e3Bjxw4rsj_z&e3Bv54AzdH3Fw8AzdH3Fvwp-l_z&e3B3r2",
        ),
        (
            "https://example.org/Path_X/8k.png?x=1&y=2",
            "ipprf_z2C$qAzdH3FAzdH3Fjxw4rsj_z&e3B562AzdH3FPwpi_XAzdH3Fbh_z&e3Brg2?x=8&y=d",
        ),
    ] {
        assert_eq!(coded(url), known);
    }
}
