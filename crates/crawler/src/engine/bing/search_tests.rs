use std::fmt::Write;

use super::search::{Bing, read};
use crate::engine::{
    Answer, Ask, Color, EngineOptions, EngineRequest, EngineState, Filters, Kind, Safe,
    SearchEngine, Size, Standing,
};
use crate::{License, Licenses};

const PAGE: &[u8] = include_bytes!("../../../fixtures/bing/page.html");

fn bing(filters: Filters) -> Bing {
    let mut options = EngineOptions {
        filters,
        ..EngineOptions::default()
    };
    options.endpoints.bing = "https://bing.example.com".to_owned();
    Bing::new(&options).unwrap()
}

fn request(engine: &Bing, cursor: Option<&str>) -> EngineRequest {
    match engine.ask("black & white #1", cursor, None) {
        Ask::Web(request) => request,
        Ask::Local(_) | Ask::Failed(_) => panic!("not local"),
    }
}

fn pairs(engine: &Bing, cursor: Option<&str>) -> Vec<(String, String)> {
    let request = request(engine, cursor);
    request.url.query_pairs().into_owned().collect()
}

fn value(engine: &Bing, name: &str) -> String {
    let mut pairs = pairs(engine, None).into_iter();
    pairs.find(|(key, _)| key == name).unwrap().1
}

fn owned<const N: usize>(pairs: [(&str, &str); N]) -> [(String, String); N] {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned()))
}

#[test]
fn a_search_has_exactly_these_parameters_and_fields() {
    let engine = bing(Filters::default());
    for (cursor, first) in [(None, "1"), (Some("36"), "36"), (Some("71"), "71")] {
        let expected = owned([
            ("q", "black & white #1"),
            ("async", "1"),
            ("first", first),
            ("count", "35"),
            ("mkt", "en-US"),
            ("adlt", "strict"),
            ("qft", ""),
        ]);
        assert_eq!(pairs(&engine, cursor), expected);
    }
    let request = request(&engine, None);
    let text = request.url.as_str();
    assert!(text.starts_with("https://bing.example.com/images/async?q=black+%26+white+%231&"));
    let fields = owned([
        ("referer", "https://www.bing.com/"),
        ("accept-language", "en-US,en;q=0.9"),
    ]);
    assert_eq!(request.headers, fields);
    assert_eq!((request.form, request.secrets.len()), (None, 0));
    assert_eq!(engine.opening("cat"), None);
    assert_eq!(engine.standing(), Standing::Unofficial);
}

#[test]
fn each_filter_has_its_value() {
    let size = |size| Filters {
        size,
        ..Filters::default()
    };
    let kind = |kind| Filters {
        kind,
        ..Filters::default()
    };
    let color = |color| Filters {
        color,
        ..Filters::default()
    };
    for (filters, qft) in [
        (size(Size::Small), "+filterui:imagesize-small"),
        (size(Size::Medium), "+filterui:imagesize-medium"),
        (size(Size::Large), "+filterui:imagesize-large"),
        (size(Size::Huge), "+filterui:imagesize-wallpaper"),
        (kind(Kind::Photo), "+filterui:photo-photo"),
        (kind(Kind::Clipart), "+filterui:photo-clipart"),
        (kind(Kind::Line), "+filterui:photo-linedrawing"),
        (kind(Kind::Transparent), "+filterui:photo-transparent"),
        (kind(Kind::Animated), "+filterui:photo-animatedgif"),
        (color(Color::Color), "+filterui:color2-color"),
        (color(Color::Gray), "+filterui:color2-bw"),
        (color(Color::Red), "+filterui:color2-FGcls_RED"),
        (color(Color::Teal), "+filterui:color2-FGcls_TEAL"),
        (
            Filters {
                licenses: "public-domain".parse().unwrap(),
                ..Filters {
                    size: Size::Large,
                    kind: Kind::Photo,
                    color: Color::Red,
                    ..Filters::default()
                }
            },
            "+filterui:photo-photo+filterui:color2-FGcls_RED+filterui:imagesize-large+filterui:license-L1",
        ),
    ] {
        let engine = bing(filters);
        assert_eq!(value(&engine, "qft"), qft);
        assert!(engine.unfiltered().is_empty());
    }
    for (safe, adlt, opens) in [
        (Safe::Strict, "strict", false),
        (Safe::Moderate, "moderate", false),
        (Safe::Off, "off", true),
    ] {
        let engine = bing(Filters {
            safe,
            ..Filters::default()
        });
        assert_eq!(value(&engine, "adlt"), adlt);
        let opening = engine.opening("cat");
        assert_eq!(
            opening.is_some(),
            opens,
            "only `off` needs an earlier visit"
        );
        if let Some(opening) = opening {
            assert_eq!(
                (opening.scope.as_str(), opening.request.url.path()),
                ("", "/")
            );
            assert!(engine.open(&Answer::of("")).unwrap().token.is_empty());
        }
    }
}

#[test]
fn hits_are_under_what_the_licence_filter_promises_and_no_more() {
    for (wanted, filter, license) in [
        (
            "public-domain",
            "license-L1",
            Some("public domain (by Bing's filter)"),
        ),
        (
            "commercial",
            "license-L2_L3_L4",
            Some("free to use commercially (by Bing's filter)"),
        ),
        (
            "commercial-modify",
            "license-L2_L3",
            Some("free to use commercially and to change (by Bing's filter)"),
        ),
        (
            "modify",
            "license-L2_L3",
            Some("free to use commercially and to change (by Bing's filter)"),
        ),
        (
            "cc,public-domain",
            "license-L1",
            Some("public domain (by Bing's filter)"),
        ),
        ("cc", "licenseType-Any", None),
    ] {
        let licenses: Licenses = wanted.parse().unwrap();
        let engine = bing(Filters {
            licenses: licenses.clone(),
            ..Filters::default()
        });
        assert_eq!(
            value(&engine, "qft"),
            format!("+filterui:{filter}"),
            "{wanted}"
        );
        let page = engine.parse(None, &Answer::of(PAGE)).unwrap();
        let told = page.hits[0].license.as_deref();
        assert_eq!(told, license, "{wanted}");
        let is_allowed = licenses.allow(License::read(told, None));
        assert_eq!(is_allowed, license.is_some(), "{wanted}");
    }
    for (wanted, filter) in [
        ("cc0", "license-L1"),
        ("cc-by", "license-L2_L3"),
        ("cc-by-nd", "license-L2_L3_L4"),
        ("cc-by-nc", "licenseType-Any"),
    ] {
        let licenses: Licenses = wanted.parse().unwrap();
        let engine = bing(Filters {
            licenses: licenses.clone(),
            ..Filters::default()
        });
        assert_eq!(
            value(&engine, "qft"),
            format!("+filterui:{filter}"),
            "{wanted}"
        );
        let page = engine.parse(None, &Answer::of(PAGE)).unwrap();
        let told = License::read(page.hits[0].license.as_deref(), None);
        assert!(
            !licenses.allow(told),
            "{wanted}: the filter does not promise that"
        );
    }
    let page = bing(Filters::default())
        .parse(None, &Answer::of(PAGE))
        .unwrap();
    assert_eq!(page.hits[0].license, None);
}

#[test]
fn a_page_is_read_and_the_next_begins_after_what_came() {
    let engine = bing(Filters::default());
    let page = engine.parse(None, &Answer::of(PAGE)).unwrap();
    assert_eq!(page.next.as_deref(), Some("5"), "1 and the four that came");
    assert_eq!(page.hits.len(), 3);
    let first = &page.hits[0];
    assert_eq!(first.image_url, "https://img.example.com/one.png?a=1&b=2");
    assert_eq!(
        first.fallbacks,
        ["https://tse1.example.org/th?id=1&amp;w=200"]
    );
    assert_eq!(first.title.as_deref(), Some("A cat & a \"dog\""));
    assert_eq!((first.width, first.height), (Some(1920), Some(1080)));
    let second = &page.hits[1];
    assert_eq!(
        second.image_url,
        "https://img.example.com/two%20words/%C3%BC.jpg"
    );
    assert_eq!(second.page_url.as_deref(), Some("https://example.com/2"));
    assert_eq!(second.title.as_deref(), Some("the second"));
    assert_eq!((second.width, second.height), (Some(1200), Some(800)));
    let third = &page.hits[2];
    assert_eq!(
        third.image_url, "https://tse3.example.org/th?id=3",
        "the copy at least"
    );
    assert_eq!(
        (&third.page_url, &third.title, third.width),
        (&None, &None, None)
    );
    let next = |cursor| engine.parse(Some(cursor), &Answer::of(PAGE)).unwrap().next;
    assert_eq!(next("996").as_deref(), Some("1000"));
    assert_eq!(next("997"), None, "nothing after about 1,000");
    let layout = include_bytes!("../../../fixtures/bing/layout.html");
    let (hits, received) = read(layout, None).unwrap();
    let urls: Vec<&str> = hits.iter().map(|hit| hit.image_url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "https://img.example.com/a.webp",
            "https://img.example.com/b.gif"
        ]
    );
    assert_eq!(received, 2);
    let last = include_bytes!("../../../fixtures/bing/last.html");
    assert_eq!(
        engine
            .parse(Some("36"), &Answer::of(*last))
            .unwrap()
            .next
            .as_deref(),
        Some("37")
    );
}

#[test]
fn every_other_answer_has_its_state() {
    let state = |body: &[u8]| read(body, None).unwrap_err();
    let empty = include_bytes!("../../../fixtures/bing/empty.html");
    for body in [&b""[..], b" \r\n\t", empty] {
        assert_eq!(state(body), EngineState::Empty);
    }
    let blocked = include_bytes!("../../../fixtures/bing/blocked.html");
    assert!(matches!(state(blocked), EngineState::Blocked { .. }));
    for body in [
        &include_bytes!("../../../fixtures/bing/changed.html")[..],
        include_bytes!("../../../fixtures/bing/ratelimited.html"),
        br#"<a class="iusc" m="[]"></a>"#,
        br#"<a class="iusc" m="{&quot;murl&quot;:7}"></a>"#,
        br#"<div class="imgpt"><img src="https://img.example.com/a"></div>"#,
        br#"{"results":[]}"#,
        b"<html>hello",
        b"\0",
    ] {
        let state = state(body);
        assert!(
            matches!(state, EngineState::SchemaChanged { .. }),
            "{state:?}"
        );
    }
}

#[test]
fn hostile_answers_never_panic() {
    for cut in 0..PAGE.len() {
        let _ = read(&PAGE[..cut], None);
    }
    for value in [
        "null",
        "7",
        "-1e9",
        "[]",
        "{}",
        "[[{}]]",
        "\"\\ud800\"",
        "\"javascript:x\"",
    ] {
        let about = ["murl", "turl", "purl", "t", "desc"]
            .map(|key| format!("\"{key}\":{value}"))
            .join(",");
        let page = format!("<a class=iusc m='{{{about}}}'></a>");
        assert!(read(page.as_bytes(), None).is_err(), "{value}");
    }
    let deep = format!("<a class=iusc m='{}'></a>", "[".repeat(7_000_000));
    assert!(read(deep.as_bytes(), None).is_err());
    assert!(read("<ul><li>".repeat(1_000_000).as_bytes(), None).is_err());
    assert!(read(&vec![0xff; 8 * 1024 * 1024], None).is_err());
    let mut many = String::new();
    while many.len() < 8 * 1024 * 1024 {
        let _ = write!(
            many,
            "<a class=iusc m='{{\"murl\":\"https://img.example.com/same?a&amp;amp;b\"}}'></a>"
        );
    }
    let (hits, received) = read(many.as_bytes(), None).unwrap();
    assert_eq!(hits.len(), received);
    assert_eq!(hits[0].image_url, "https://img.example.com/same?a&amp;b");
    let engine = bing(Filters::default());
    assert_eq!(engine.parse(None, &Answer::of(many)).unwrap().next, None);
}
