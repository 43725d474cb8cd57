use std::time::Duration;

use super::*;
use crate::optout::{CacheLimits, Fetched};
use crate::stamp::from_unix;

fn url(path: &str) -> Url {
    Url::parse("https://example.org")
        .unwrap()
        .join(path)
        .unwrap()
}

fn reserved(body: &str, path: &str) -> Option<bool> {
    let said = TdmFile::parse(body.as_bytes()).reservation(&url(path));
    said.map(|reservation| reservation.reserved)
}

#[test]
fn the_first_rule_that_matches_counts() {
    // After the second example of the report.
    let groups = r#"[
        {"location": "/directory-a/", "tdm-reservation": 1},
        {"location": "/directory-b/html/", "tdm-reservation": 1, "tdm-policy": "https://example.org/p.json"},
        {"location": "/directory-b/images/*.jpg", "tdm-reservation": 0}
    ]"#;
    let cases: &[(&str, &str, Option<bool>)] = &[
        (groups, "/directory-a/x.pdf", Some(true)),
        (groups, "/directory-b/html/", Some(true)),
        (groups, "/directory-b/images/x/y.jpg", Some(false)),
        (groups, "/directory-b/images/x.png", None),
        (groups, "/Directory-A/x", None),
        (
            r#"[{"location": "/", "tdm-reservation": 1}]"#,
            "/a?b",
            Some(true),
        ),
        (
            r#"[{"location": "/a", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}]"#,
            "/a",
            Some(false),
        ),
        (
            r#"[{"location": "/", "tdm-reservation": 1}, {"location": "/a", "tdm-reservation": 0}]"#,
            "/a",
            Some(true),
        ),
        (
            r#"[{"location": "/a$", "tdm-reservation": 1}]"#,
            "/a/b",
            None,
        ),
        (
            r#"[{"location": "/path/foo-%24", "tdm-reservation": 1}]"#,
            "/path/foo-$",
            Some(true),
        ),
        (
            r#"[{"location": "/%61", "tdm-reservation": 1}]"#,
            "/a",
            Some(true),
        ),
        (
            r#"[{"location": "/caf\u00e9", "tdm-reservation": 1}]"#,
            "/caf%C3%A9",
            Some(true),
        ),
        (
            r#"[{"location": "*.jpg", "tdm-reservation": 1}]"#,
            "/a/b.jpg",
            Some(true),
        ),
    ];
    for (body, path, expected) in cases {
        assert_eq!(reserved(body, path), *expected, "{body} {path}");
    }
}

#[test]
fn broken_rules_and_files_say_nothing() {
    let deep = "[".repeat(100_000);
    let large = format!(
        "[{}{{\"location\":\"/\",\"tdm-reservation\":1}}]",
        " ".repeat(LIMIT)
    );
    let silent = [
        "",
        "null",
        "[]",
        "[[]]",
        "[null, 1, \"/\"]",
        "{}",
        "not json",
        "<html>",
        &deep,
        &large,
        r#"[{"location": "/", "tdm-reservation": 1}"#,
        r#"[{"location": "/", "tdm-reservation": 2}]"#,
        r#"[{"location": "/", "tdm-reservation": 1e400}]"#,
        r#"[{"location": "/", "tdm-reservation": "yes"}]"#,
        r#"[{"location": "/", "tdm-reservation": [1]}]"#,
        r#"[{"location": "/"}]"#,
        r#"[{"tdm-reservation": 1}]"#,
        r#"[{"location": "", "tdm-reservation": 1}]"#,
        r#"[{"location": 1, "tdm-reservation": 1}]"#,
        r#"[{"location": "/\nallow:/", "tdm-reservation": 1}]"#,
    ];
    for body in silent {
        assert_eq!(reserved(body, "/a"), None, "{}", printable(body.as_bytes()));
    }
    let one_good = r#"[7, {"location": "/"}, {"location": "/", "tdm-reservation": 1}]"#;
    assert_eq!(reserved(one_good, "/a"), Some(true));
}

#[test]
fn what_is_meant_in_one_sense_only_is_taken_in_it() {
    for value in ["1", "1.0", "true", "\"1\"", "\" 1 \""] {
        let body = format!(r#"[{{"location": "/", "tdm-reservation": {value}}}]"#);
        assert_eq!(reserved(&body, "/a"), Some(true), "{body}");
    }
    for value in ["0", "false", "\"0\""] {
        let body = format!(r#"[{{"location": "/", "tdm-reservation": {value}}}]"#);
        assert_eq!(reserved(&body, "/a"), Some(false), "{body}");
    }
    assert_eq!(
        reserved(r#"{"location": "/", "tdm-reservation": 1}"#, "/a"),
        Some(true)
    );
    assert_eq!(
        reserved(
            "\u{feff}[{\"location\": \"/\", \"tdm-reservation\": 1}]",
            "/a"
        ),
        Some(true)
    );
}

#[test]
fn evidence_names_the_rule() {
    let body = r#"[{"location": "/a*", "tdm-reservation": 1, "tdm-policy": "https://example.org/p\u0007"}]"#;
    let said = TdmFile::parse(body.as_bytes())
        .reservation(&url("/ab"))
        .unwrap();
    assert_eq!(
        said.refusal().unwrap().to_string(),
        "tdmrep-json: tdm-reservation: 1, location: /a*, tdm-policy: https://example.org/p?"
    );
}

#[test]
fn a_condensed_file_says_the_same() {
    let watched = Watched::new(&[]);
    let body =
        r#"[ {"location": "/a$b%7e*$", "tdm-reservation": 1, "tdm-policy": "p", "x": [1, 2]}, 3 ]"#;
    let condensed = TdmFile::condense(body.as_bytes(), &watched);
    assert_eq!(
        TdmFile::read(&condensed, &watched),
        TdmFile::parse(body.as_bytes())
    );
    assert!(condensed.len() < body.len());
    assert_eq!(TdmFile::condense(b"[]", &watched), b"");
}

#[test]
fn a_file_out_of_reach_reserves_nothing_and_is_fetched_again() {
    let mut cache = TdmCache::new(CacheLimits::default(), Watched::new(&[]));
    let now = from_unix(1_800_000_000);
    let url = url("/a");
    assert_eq!(
        cache.reservation(&url, now),
        TdmAnswer::NotYet(NotYet::Fetch)
    );
    let site = site_of(&url).unwrap();
    let _ = cache.finish(&site, Fetched::Unreachable, now);
    assert_eq!(cache.reservation(&url, now), TdmAnswer::Known(None));
    let later = now + Duration::from_mins(5);
    assert_eq!(
        cache.reservation(&url, later),
        TdmAnswer::NotYet(NotYet::Fetch)
    );
    let body = br#"[{"location": "/", "tdm-reservation": 1}]"#;
    let _ = cache.finish(&site, Fetched::Body(body), later);
    let TdmAnswer::Known(Some(said)) = cache.reservation(&url, later) else {
        panic!("known");
    };
    assert!(said.reserved);
}

#[test]
fn random_bytes_are_survived() {
    let mut random = fastrand::Rng::with_seed(2024);
    let seed = br#"[{"location": "/*.jpg$", "tdm-reservation": 1, "tdm-policy": "p"}]"#;
    for _ in 0..20_000 {
        let mut body = seed.to_vec();
        for _ in 0..random.usize(1..6) {
            let place = random.usize(..body.len());
            body[place] = random.u8(..);
        }
        let _ = TdmFile::parse(&body).reservation(&url("/a.jpg"));
    }
}
