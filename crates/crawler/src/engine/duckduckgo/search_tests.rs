use super::search::{DuckDuckGo, read};
use crate::engine::{
    Answer, Ask, Color, EngineOptions, EngineRequest, EngineState, Filters, Kind, Safe,
    SearchEngine, Size, Standing,
};
use crate::{License, Licenses};

const PAGE: &[u8] = include_bytes!("../../../fixtures/duckduckgo/page.json");
const OPENING: &[u8] = include_bytes!("../../../fixtures/duckduckgo/opening.html");

fn duck(filters: Filters) -> DuckDuckGo {
    let mut options = EngineOptions {
        filters,
        ..EngineOptions::default()
    };
    options.endpoints.duckduckgo = "https://duck.example.com/".to_owned();
    DuckDuckGo::new(&options).unwrap()
}

fn plain() -> DuckDuckGo {
    duck(Filters::default())
}

fn request(engine: &DuckDuckGo, query: &str, cursor: Option<&str>) -> EngineRequest {
    match engine.ask(query, cursor, Some("4-1_a")) {
        Ask::Web(request) => request,
        Ask::Local(_) | Ask::Failed(_) => panic!("not local"),
    }
}

fn pairs(request: &EngineRequest) -> Vec<(String, String)> {
    request.url.query_pairs().into_owned().collect()
}

fn value(engine: &DuckDuckGo, name: &str) -> String {
    let mut pairs = pairs(&request(engine, "cat", None)).into_iter();
    pairs.find(|(key, _)| key == name).unwrap().1
}

fn owned<const N: usize>(pairs: [(&str, &str); N]) -> [(String, String); N] {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned()))
}

const FIELDS: [(&str, &str); 4] = [
    ("referer", "https://duckduckgo.com/"),
    ("accept", "*/*"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-site", "same-origin"),
];

#[test]
fn an_opening_gives_the_token_of_its_phrase() {
    let opening = plain().opening("black & white").unwrap();
    assert_eq!(opening.scope, "black & white");
    assert_eq!(opening.request.url.path(), "/");
    let expected = owned([
        ("q", "black & white"),
        ("iar", "images"),
        ("iax", "images"),
        ("ia", "images"),
    ]);
    assert_eq!(pairs(&opening.request), expected);
    assert_eq!(opening.request.headers, owned(FIELDS));
    let session = plain().open(&Answer::of(OPENING)).unwrap();
    assert_eq!(session.token, "4-123456789012345678901234567890");
    assert_eq!(plain().standing(), Standing::Unofficial);
}

#[test]
fn a_search_has_exactly_these_parameters_and_fields() {
    for (cursor, s) in [(None, "0"), (Some("100"), "100"), (Some("400"), "400")] {
        let request = request(&plain(), "black & white", cursor);
        let expected = owned([
            ("o", "json"),
            ("q", "black & white"),
            ("l", "us-en"),
            ("vqd", "4-1_a"),
            ("p", "1"),
            ("f", ",,,,,"),
            ("s", s),
        ]);
        assert_eq!(pairs(&request), expected);
        assert_eq!(request.url.path(), "/i.js");
        assert_eq!(request.headers, owned(FIELDS));
    }
}

#[test]
fn a_long_phrase_is_cut_alike_in_both_requests() {
    let long = "猫".repeat(600);
    let opening = plain().opening(&long).unwrap();
    let asked = pairs(&request(&plain(), &long, None)).remove(1).1;
    assert_eq!(asked.chars().count(), 499);
    assert_eq!(opening.scope, asked);
    assert_eq!(pairs(&opening.request)[0].1, asked);
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
    for (filters, f) in [
        (size(Size::Small), ",size:Small,,,,"),
        (size(Size::Medium), ",size:Medium,,,,"),
        (size(Size::Large), ",size:Large,,,,"),
        (size(Size::Huge), ",size:Wallpaper,,,,"),
        (kind(Kind::Photo), ",,,type:photo,,"),
        (kind(Kind::Clipart), ",,,type:clipart,,"),
        (kind(Kind::Line), ",,,type:line,,"),
        (kind(Kind::Transparent), ",,,type:transparent,,"),
        (kind(Kind::Animated), ",,,type:gif,,"),
        (color(Color::Color), ",,color:color,,,"),
        (color(Color::Gray), ",,color:Monochrome,,,"),
        (color(Color::Teal), ",,color:Teal,,,"),
        (
            Filters {
                size: Size::Large,
                kind: Kind::Photo,
                color: Color::Red,
                licenses: "public-domain".parse().unwrap(),
                safe: Safe::Off,
            },
            ",size:Large,color:Red,type:photo,,license:Public",
        ),
    ] {
        let engine = duck(filters);
        assert_eq!(value(&engine, "f"), f);
        assert!(engine.unfiltered().is_empty());
    }
    for (safe, p) in [
        (Safe::Strict, "1"),
        (Safe::Moderate, "1"),
        (Safe::Off, "-1"),
    ] {
        assert_eq!(
            value(
                &duck(Filters {
                    safe,
                    ..Filters::default()
                }),
                "p"
            ),
            p
        );
    }
}

#[test]
fn hits_are_under_what_the_licence_filter_promises_and_no_more() {
    for (wanted, filter, is_enough) in [
        ("public-domain", "Public", true),
        ("commercial", "ShareCommercially", true),
        ("modify", "Modify", true),
        ("commercial-modify", "ModifyCommercially", true),
        ("cc,public-domain", "Public", true),
        ("cc", "any", false),
        ("cc0", "Public", false),
        ("cc-by-sa", "ModifyCommercially", false),
        ("cc-by-nc", "Modify", false),
        ("cc-by-nc-nd", "any", false),
    ] {
        let licenses: Licenses = wanted.parse().unwrap();
        let engine = duck(Filters {
            licenses: licenses.clone(),
            ..Filters::default()
        });
        assert_eq!(
            value(&engine, "f"),
            format!(",,,,,license:{filter}"),
            "{wanted}"
        );
        let page = engine.parse(None, &Answer::of(PAGE)).unwrap();
        let told = License::read(page.hits[0].license.as_deref(), None);
        assert_eq!(licenses.allow(told), is_enough, "{wanted}");
    }
    let page = plain().parse(None, &Answer::of(PAGE)).unwrap();
    assert_eq!(page.hits[0].license, None);
    let wanted = "modify".parse().unwrap();
    let engine = duck(Filters {
        licenses: wanted,
        ..Filters::default()
    });
    let page = engine.parse(None, &Answer::of(PAGE)).unwrap();
    assert_eq!(
        page.hits[0].license.as_deref(),
        Some("free to change (by DuckDuckGo's filter)")
    );
}

#[test]
fn a_page_is_read_and_names_its_next() {
    let page = plain().parse(None, &Answer::of(PAGE)).unwrap();
    assert_eq!(page.next.as_deref(), Some("100"));
    assert_eq!(page.hits.len(), 3);
    let first = &page.hits[0];
    assert_eq!(first.image_url, "https://img.example.com/a%20b.jpg?x=1&y=2");
    assert_eq!(first.fallbacks, ["https://tse1.example.org/th?id=1"]);
    assert_eq!(first.title.as_deref(), Some("A cat & a \"dog\""));
    assert_eq!(first.page_url.as_deref(), Some("https://example.com/cats"));
    assert_eq!((first.width, first.height), (Some(1920), Some(1080)));
    let second = &page.hits[1];
    assert_eq!(second.image_url, "https://img.example.com/%E7%8C%AB.png");
    assert_eq!(
        (second.fallbacks.len(), &second.page_url, second.width),
        (0, &None, None)
    );
    assert_eq!(page.hits[2].image_url, "https://tse3.example.org/th?id=3");
    let last = include_bytes!("../../../fixtures/duckduckgo/last.json");
    assert_eq!(read(last, 100, None).unwrap().next, None);
}

#[test]
fn only_the_place_is_taken_from_the_next_address() {
    let next = |next: &str, offset| {
        let next = serde_json::Value::from(next);
        let body = format!(r#"{{"next":{next},"results":[{{"image":"https://example.com/a"}}]}}"#);
        read(body.as_bytes(), offset, None).unwrap().next
    };
    for (address, offset, expected) in [
        ("i.js?q=cat&s=100&vqd=evil", 0, Some("100")),
        ("https://evil.example/i.js?s=200", 100, Some("200")),
        ("?s=499#s=1", 400, Some("499")),
        ("i.js?s=500", 400, None),
        ("i.js?s=100", 100, None),
        ("i.js?s=0", 100, None),
        ("i.js?s=-1", 0, None),
        ("i.js?s=99999999999", 0, None),
        ("i.js?ss=100", 0, None),
        ("i.js", 0, None),
        ("", 0, None),
    ] {
        assert_eq!(next(address, offset).as_deref(), expected, "{address}");
    }
}

#[test]
fn every_other_answer_has_its_state() {
    let state = |body: &[u8]| read(body, 0, None).unwrap_err();
    let limited = EngineState::RateLimited { wait: None };
    let empty = include_bytes!("../../../fixtures/duckduckgo/empty.json");
    assert_eq!(state(empty), EngineState::Empty);
    for body in [
        &include_bytes!("../../../fixtures/duckduckgo/ratelimited.json")[..],
        b"Ratelimit",
        b"<html>202 RateLimit",
    ] {
        assert_eq!(state(body), limited);
    }
    let blocked = include_bytes!("../../../fixtures/duckduckgo/blocked.html");
    assert!(matches!(state(blocked), EngineState::Blocked { .. }));
    for body in [
        &include_bytes!("../../../fixtures/duckduckgo/changed.json")[..],
        br#"{"results":{}}"#,
        br#"{"results":[{"image":7},null,[],"x"]}"#,
        b"",
        b"<html>hello",
        &PAGE[..PAGE.len() / 2],
    ] {
        let state = state(body);
        assert!(
            matches!(state, EngineState::SchemaChanged { .. }),
            "{state:?}"
        );
    }
    let refusal = |status, body: &[u8]| {
        plain().refusal(&Answer {
            status,
            ..Answer::of(body)
        })
    };
    assert_eq!(refusal(403, b"Ratelimit"), Some(limited.clone()));
    assert_eq!(
        refusal(403, b"If this error persists"),
        None,
        "as the status says: blocked"
    );
    assert_eq!(refusal(202, b"wait"), Some(limited));
    assert!(matches!(
        refusal(202, blocked),
        Some(EngineState::Blocked { .. })
    ));
    assert_eq!(refusal(500, b""), None);
}

#[test]
fn hostile_answers_never_panic() {
    for cut in 0..PAGE.len() {
        let _ = read(&PAGE[..cut], 0, None);
    }
    for value in [
        "null",
        "7",
        "-1e9",
        "true",
        "[]",
        "{}",
        "[[{}]]",
        "\"javascript:x\"",
    ] {
        let item = [
            "image",
            "thumbnail",
            "url",
            "title",
            "width",
            "height",
            "source",
        ]
        .map(|key| format!("\"{key}\":{value}"))
        .join(",");
        let body = format!(r#"{{"next":{value},"results":[{{{item}}}]}}"#);
        assert!(read(body.as_bytes(), 0, None).is_err(), "{value}");
    }
    let deep = "{\"results\":[".repeat(600_000);
    assert!(read(deep.as_bytes(), 0, None).is_err());
    assert!(read(&vec![0xff; 8 * 1024 * 1024], 0, None).is_err());
    let item = r#"{"image":"https://example.com/a?b&amp;c"}"#;
    let many = format!(r#"{{"results":[{}]}}"#, vec![item; 190_000].join(","));
    let page = read(many.as_bytes(), 0, None).unwrap();
    assert_eq!((page.hits.len(), page.next), (190_000, None));
}
