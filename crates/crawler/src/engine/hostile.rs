//! Bad answers, to every engine with a documented interface: none of them panics, and no address but one of the web comes out.

use serde_json::{Value, json};

use super::{Answer, EngineOptions, EngineSpec, EngineState, Page, SearchEngine, build_engine};

/// Pairs every engine with a page that it reads.
fn engines() -> Vec<(Box<dyn SearchEngine>, &'static [u8])> {
    let mut options = EngineOptions::default();
    let key = || Some("k3y".to_owned());
    options.keys.flickr = key();
    options.keys.pexels = key();
    options.keys.pixabay = key();
    options.keys.openverse = key().zip(key());
    let pages: [(EngineSpec, &[u8]); 5] = [
        (
            EngineSpec::Flickr,
            include_bytes!("../../fixtures/flickr/page.json"),
        ),
        (
            EngineSpec::Openverse,
            include_bytes!("../../fixtures/openverse/page.json"),
        ),
        (
            EngineSpec::Pexels,
            include_bytes!("../../fixtures/pexels/page.json"),
        ),
        (
            EngineSpec::Pixabay,
            include_bytes!("../../fixtures/pixabay/page.json"),
        ),
        (
            EngineSpec::Wikimedia,
            include_bytes!("../../fixtures/wikimedia/page.json"),
        ),
    ];
    let built = pages
        .into_iter()
        .map(|(spec, page)| (build_engine(&spec, &options).unwrap(), page));
    built.collect()
}

/// Reads one body in every way that an engine reads bodies.
fn read(engine: &dyn SearchEngine, body: &[u8]) -> Result<Page, EngineState> {
    for status in [400, 401, 403, 404, 429, 503] {
        let answer = Answer {
            status,
            ..Answer::of(body)
        };
        let _ = engine.refusal(&answer);
    }
    let _ = engine.open(&Answer::of(body));
    let page = engine.parse(Some("1"), &Answer::of(body));
    if let Ok(page) = &page {
        check(page);
        let _ = engine.ask("owl", page.next.as_deref(), Some("t"));
    }
    page
}

fn check(page: &Page) {
    for hit in &page.hits {
        let pages = hit.page_url.iter().chain(&hit.license_url);
        let images = hit.fallbacks.iter().chain([&hit.image_url]);
        for url in pages.chain(images) {
            let is_web = url.starts_with("http://") || url.starts_with("https://");
            assert!(is_web, "{url}");
        }
        assert!(!hit.local);
    }
}

/// Lists the places of a value's members and items, outermost first.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_body_that_is_cut_off_anywhere_is_no_page() {
    for (engine, page) in engines() {
        let end = page.trim_ascii_end().len();
        for length in (0..end).step_by(7) {
            let result = read(&*engine, &page[..length]);
            let is_change = matches!(result, Err(EngineState::SchemaChanged { .. }));
            assert!(is_change, "{} at {length}", engine.id());
        }
        assert!(read(&*engine, &page[..end]).is_ok());
    }
}

#[test]
fn any_member_may_be_of_any_type_or_missing() {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("99999999999999999999"),
        json!("javascript:alert(1)"),
        json!("\u{0}\u{202e}\u{1f989}"),
        json!([]),
        json!({}),
        json!([[{"url": "https://h/"}]]),
    ];
    for (engine, page) in engines() {
        let good: Value = serde_json::from_slice(page).unwrap();
        let mut found = Vec::new();
        places(&good, "", &mut found);
        assert!(found.len() > 20);
        for place in found {
            for value in &values {
                let mut bad = good.clone();
                *bad.pointer_mut(&place).unwrap() = value.clone();
                let _ = read(&*engine, bad.to_string().as_bytes());
            }
            let Some((above, name)) = place.rsplit_once('/') else {
                continue;
            };
            let mut bad = good.clone();
            if let Value::Object(members) = bad.pointer_mut(above).unwrap() {
                members.remove(name);
            }
            let _ = read(&*engine, bad.to_string().as_bytes());
        }
    }
}

#[test]
fn addresses_of_another_kind_are_no_hits() {
    for (engine, page) in engines() {
        let text = String::from_utf8_lossy(page);
        for scheme in ["javascript:", "file://", "data:", "ftp://"] {
            let bad = text.replace("https://", scheme);
            let result = read(&*engine, bad.as_bytes());
            let is_empty = result.as_ref().map_or(true, |page| page.hits.is_empty());
            assert!(is_empty, "{}: {result:?}", engine.id());
        }
    }
}

#[test]
fn nesting_and_bytes_that_are_no_text_are_refused() {
    for (engine, page) in engines() {
        for deep in ["[".repeat(200_000), "{\"a\":".repeat(200_000)] {
            assert!(read(&*engine, deep.as_bytes()).is_err());
        }
        let mut bytes = page.to_vec();
        let at = bytes.iter().rposition(u8::is_ascii_lowercase).unwrap();
        bytes[at] = 0xff;
        assert!(read(&*engine, &bytes).is_err(), "{}", engine.id());
        for other in [&b"\xff\xfe\x00"[..], b"", b"null", b"\"x\"", b"1e999"] {
            assert!(read(&*engine, other).is_err(), "{}", engine.id());
        }
    }
}

#[test]
fn cursors_of_other_runs_are_harmless() {
    for (engine, page) in engines() {
        for cursor in [
            "",
            "0",
            "-1",
            "x",
            "99999999999999999999",
            "4294967295",
            "{}",
            "[]",
        ] {
            let _ = engine.ask("owl", Some(cursor), None);
            if let Ok(page) = engine.parse(Some(cursor), &Answer::of(page)) {
                check(&page);
            }
        }
    }
}
