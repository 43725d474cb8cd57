use std::collections::HashSet;
use std::fmt::Write;

use super::search::{Baidu, read};
use crate::engine::{
    Answer, Ask, Color, EngineOptions, EngineState, Filters, Kind, Page, Safe, SearchEngine, Size,
    Standing,
};

const PAGE: &[u8] = include_bytes!("../../../fixtures/baidu/page.json");

/// Filters, the parameters they add, and those that are missed.
type Case = (
    Filters,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

fn baidu(filters: Filters) -> Baidu {
    let mut options = EngineOptions {
        filters,
        ..EngineOptions::default()
    };
    options.endpoints.baidu = "https://baidu.example.com/".to_owned();
    Baidu::new(&options).unwrap()
}

fn plain() -> Baidu {
    baidu(Filters::default())
}

fn request(engine: &Baidu, cursor: Option<&str>) -> crate::EngineRequest {
    match engine.ask("黑猫 & \"dog\"#", cursor, Some("")) {
        Ask::Web(request) => request,
        Ask::Local(_) | Ask::Failed(_) => panic!("not local"),
    }
}

fn pairs(engine: &Baidu, cursor: Option<&str>) -> Vec<(String, String)> {
    let request = request(engine, cursor);
    request.url.query_pairs().into_owned().collect()
}

fn parsed(body: &[u8]) -> Result<Page, EngineState> {
    plain().parse(None, &Answer::of(body))
}

#[test]
fn a_search_has_exactly_these_parameters_and_fields() {
    let query = "黑猫 & \"dog\"#";
    for (cursor, pn, gsm) in [
        (None, "0", "0"),
        (Some("30"), "30", "1e"),
        (Some("990"), "990", "3de"),
    ] {
        let expected = [
            ("tn", "resultjson_com"),
            ("ipn", "rj"),
            ("ct", "201326592"),
            ("fp", "result"),
            ("cl", "2"),
            ("ie", "utf-8"),
            ("oe", "utf-8"),
            ("lm", "-1"),
            ("st", "-1"),
            ("face", "0"),
            ("nc", "1"),
            ("istype", "2"),
            ("word", query),
            ("queryWord", query),
            ("pn", pn),
            ("rn", "30"),
            ("gsm", gsm),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(pairs(&plain(), cursor), expected);
    }
    let request = request(&plain(), None);
    assert_eq!(request.url.host_str(), Some("baidu.example.com"));
    assert_eq!(request.url.path(), "/search/acjson");
    assert_eq!((request.form, request.secrets.len()), (None, 0));
    let fields = [
        ("referer", "https://image.baidu.com/"),
        ("accept-language", "zh-CN,zh;q=0.9,en;q=0.8"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(request.headers, fields);
    let opening = plain().opening("cat").unwrap();
    assert_eq!(opening.scope, "", "one for all phrases");
    assert_eq!(opening.request.url.as_str(), "https://baidu.example.com/");
    assert_eq!(opening.request.headers, fields);
    let session = plain().open(&Answer::of("<html>captcha.js")).unwrap();
    assert_eq!(
        (session.token.as_str(), session.lifetime.as_secs()),
        ("", 3_600)
    );
    assert_eq!(plain().standing(), Standing::Unofficial);
}

#[test]
fn each_filter_has_its_value_or_is_named_as_missing() {
    let before: HashSet<_> = pairs(&plain(), None).into_iter().collect();
    let size = |size| Filters {
        size,
        ..Filters::default()
    };
    let kind = |kind| Filters {
        kind,
        ..Filters::default()
    };
    let cases: [Case; 10] = [
        (size(Size::Small), &[("z", "1")], &[]),
        (size(Size::Medium), &[("z", "2")], &[]),
        (size(Size::Large), &[("z", "3")], &[]),
        (size(Size::Huge), &[("z", "9")], &[]),
        (kind(Kind::Animated), &[("lm", "6")], &[]),
        (kind(Kind::Photo), &[], &["type"]),
        (kind(Kind::Line), &[], &["type"]),
        (
            Filters {
                color: Color::Red,
                ..Filters::default()
            },
            &[],
            &["color"],
        ),
        (
            Filters {
                safe: Safe::Off,
                ..Filters::default()
            },
            &[],
            &["safe"],
        ),
        (
            Filters {
                licenses: "cc0".parse().unwrap(),
                ..Filters::default()
            },
            &[],
            &[],
        ),
    ];
    for (filters, added, missing) in cases {
        let engine = baidu(filters);
        let after: HashSet<_> = pairs(&engine, None).into_iter().collect();
        let mut new: Vec<_> = after.difference(&before).cloned().collect();
        new.sort();
        let added = added
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        assert_eq!(new, added.collect::<Vec<_>>());
        assert_eq!(engine.unfiltered(), missing);
    }
}

#[test]
fn a_page_is_read_in_spite_of_its_faults() {
    let page = parsed(PAGE).unwrap();
    assert_eq!(page.next.as_deref(), Some("30"));
    let urls: Vec<&str> = page.hits.iter().map(|hit| hit.image_url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "http://img.example.com/a1/cat-9.jpg",
            "http://example.com/plain%202.png",
            "https://example.org/3.jpg",
            "https://cdn.example.org/t4.jpg",
        ]
    );
    let first = &page.hits[0];
    assert_eq!(first.title.as_deref(), Some("it's a cat & more"));
    assert_eq!(
        first.page_url.as_deref(),
        Some("http://example.com/cats?id=1")
    );
    assert_eq!((first.width, first.height), (Some(800), Some(600)));
    assert_eq!(
        first.fallbacks,
        [
            "https://cdn.example.org/m1.jpg",
            "https://cdn.example.org/t1.jpg"
        ]
    );
    let second = &page.hits[1];
    assert_eq!(
        second.fallbacks,
        [
            "https://example.org/Path_X/8k.png?x=1&y=2",
            "http://example.com/other2.png",
            "https://cdn.example.org/h2.jpg",
            "https://cdn.example.org/m2.jpg",
            "https://cdn.example.org/t2.jpg",
        ]
    );
    assert_eq!(second.title.as_deref(), Some("tabby"));
    assert_eq!(page.hits[2].title.as_deref(), Some("caf\u{fffd}"));
}

#[test]
fn pages_end_with_the_results_and_before_they_repeat() {
    let next = |body: &[u8], offset| read(body, offset).unwrap().next;
    let last = include_bytes!("../../../fixtures/baidu/last.json");
    assert_eq!(next(last, 30).as_deref(), Some("60"));
    assert_eq!(next(last, 60), None, "61 results in all");
    assert_eq!(next(PAGE, 960).as_deref(), Some("990"));
    assert_eq!(next(PAGE, 990), None, "repeated from 1,000 on");
    assert_eq!(next(PAGE, u32::MAX), None);
    let count = |total: &str| {
        let body = format!(r#"{{{total}"data":[{{"thumbURL":"http://example.org/t"}}]}}"#);
        next(body.as_bytes(), 30)
    };
    assert_eq!(count(r#""displayNum":60,"#), None);
    assert_eq!(
        count(r#""listNum":0,"displayNum":61,"#).as_deref(),
        Some("60")
    );
    assert_eq!(
        count("").as_deref(),
        Some("60"),
        "no total: until nothing comes"
    );
}

#[test]
fn every_other_answer_has_its_state() {
    let state = |body: &[u8]| parsed(body).unwrap_err();
    let empty = include_bytes!("../../../fixtures/baidu/empty.json");
    assert_eq!(state(empty), EngineState::Empty);
    assert_eq!(state(br#"{"data":[]}"#), EngineState::Empty);
    assert_eq!(state(br#"{"imgs":[{}]}"#), EngineState::Empty);
    let blocked = include_bytes!("../../../fixtures/baidu/blocked.json");
    let EngineState::Blocked { detail } = state(blocked) else {
        panic!("not blocked")
    };
    assert_eq!(detail, "antiFlag, Forbid spider access");
    for body in [
        &include_bytes!("../../../fixtures/baidu/blocked.html")[..],
        br#"{"antiFlag":"1","data":[]}"#,
    ] {
        assert!(matches!(state(body), EngineState::Blocked { .. }));
    }
    for body in [
        &include_bytes!("../../../fixtures/baidu/changed.json")[..],
        include_bytes!("../../../fixtures/baidu/ratelimited.html"),
        br#"{"antiFlag":0}"#,
        br#"{"data":{"0":{}}}"#,
        br#"{"data":[{"url":"http://example.com/"}, 7, null, "x", []]}"#,
        b"",
        b"null",
        b"[]",
        &PAGE[..PAGE.len() / 2],
    ] {
        let state = state(body);
        assert!(
            matches!(state, EngineState::SchemaChanged { .. }),
            "{state:?}"
        );
    }
}

#[test]
fn answers_of_older_interfaces_are_read_as_well() {
    let avatar = include_bytes!("../../../fixtures/baidu/avatar.json");
    let page = read(avatar, 60).unwrap();
    let urls: Vec<&str> = page.hits.iter().map(|hit| hit.image_url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "http://img.example.com/a1.jpg",
            "http://img.example.com/a2.jpg"
        ]
    );
    assert_eq!(page.next.as_deref(), Some("62"), "by what came");
    let flip = include_bytes!("../../../fixtures/baidu/flip.html");
    let page = read(flip, 0).unwrap();
    assert_eq!((page.hits.len(), page.next.as_deref()), (3, Some("3")));
    let later = include_bytes!("../../../fixtures/baidu/flip_later.html");
    assert_eq!(read(later, 20).unwrap().hits.len(), 2);
}

#[test]
fn hostile_answers_never_panic() {
    let values = [
        "null",
        "7",
        "-1.5e300",
        "true",
        "[]",
        "{}",
        "[[{}]]",
        r#""\ud800""#,
        r#""javascript:alert(1)""#,
    ];
    let keys = [
        "objURL",
        "replaceUrl",
        "hoverURL",
        "middleURL",
        "thumbURL",
        "fromPageTitle",
        "fromURL",
        "width",
        "height",
    ];
    for value in values {
        let mut item = String::new();
        for key in keys {
            let _ = write!(item, r#""{key}":{value},"#);
        }
        let body = format!(
            r#"{{"listNum":{value},"data":[{{{item}"x":0}},{{"replaceUrl":[{value},{{"ObjURL":{value}}}]}}]}}"#
        );
        assert!(parsed(body.as_bytes()).is_err(), "{value}");
    }
    for cut in 0..PAGE.len() {
        let _ = parsed(&PAGE[..cut]);
    }
    let nested = "[".repeat(4 * 1024 * 1024);
    assert!(parsed(nested.as_bytes()).is_err());
    let deep = format!(r#"{{"data":[{}"#, r#"{"a":"#.repeat(1_000_000));
    assert!(parsed(deep.as_bytes()).is_err());
    let item = r#"{"objURL":"http://example.com/a.jpg?b=1&amp;c=ü d"}"#;
    let many = format!(r#"{{"data":[{}]}}"#, vec![item; 160_000].join(","));
    let page = parsed(many.as_bytes()).unwrap();
    assert_eq!(page.hits.len(), 160_000, "8 MB of one hit");
    assert_eq!(
        page.hits[0].image_url,
        "http://example.com/a.jpg?b=1&amp;c=%C3%BC%20d"
    );
    assert!(parsed(&vec![0xff; 8 * 1024 * 1024]).is_err());
    assert!(parsed(&vec![b'\\'; 8 * 1024 * 1024]).is_err());
}
