use std::time::Duration;

use super::{JSON, engine, page};
use crate::engine::EngineState;

const HTML: &str = r#"
name = "site"
endpoint = "https://site.example/"
body = "html"
request.url = "s/{query}/"
[results]
items = "div"
image = "img@src"
title = "div p ~ p:nth-child(3n)"
creator = "b i u s em"
"#;

/// Processor time that is enough on a slow machine, and far under what unbounded work would take.
#[cfg(target_os = "linux")]
const SOON: Duration = Duration::from_secs(20);

/// Processor time that this thread has had: what a busy machine gives to others does not count.
#[cfg(target_os = "linux")]
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos = text.split(' ').next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanos.unwrap())
}

#[test]
fn items_are_capped_and_long_values_left_out() {
    let list = vec!["{\"url\":\"/x.jpg\"}"; 5_000].join(",");
    let found = page(&engine(JSON), None, &format!("{{\"list\":[{list}]}}")).unwrap();
    assert_eq!(found.hits.len(), 1_000);
    let long = "y".repeat(9_000);
    let state = page(
        &engine(JSON),
        None,
        &format!("{{\"list\":[{{\"url\":\"/{long}\"}}]}}"),
    );
    assert!(matches!(state, Err(EngineState::SchemaChanged { .. })));
}

#[test]
fn json_nested_without_end_is_no_page() {
    let state = page(&engine(JSON), None, &"[".repeat(1_000_000)).unwrap_err();
    assert!(matches!(state, EngineState::SchemaChanged { .. }));
}

#[cfg(target_os = "linux")]
#[test]
fn pages_made_to_be_slow_or_large_are_neither() {
    use std::fmt::Write;
    let engine = engine(HTML);
    let mut open = "<p>".to_owned();
    for n in 0..14_000 {
        let _ = write!(open, "<b c={n}>");
    }
    open.push_str("</p>");
    for (name, body) in [
        ("deep", "<div>".repeat(29_000)),
        ("siblings", "<div>".to_owned() + &"<p>".repeat(29_000)),
        ("many", "<div>".repeat(600_000)),
        ("tables", "<table>".repeat(29_000)),
        ("formatted", "<b><i><u><s><em>".repeat(5_500)),
        ("unclosed", "<p><a href=x>".repeat(14_000)),
        (
            "misnested",
            "<div><b>".repeat(7_000) + &"</b></div>".repeat(7_000),
        ),
        (
            "attributes",
            (0..900_000).fold("<div".to_owned(), |mut tag, n| {
                let _ = write!(tag, " a{n}");
                tag
            }),
        ),
        ("unopened", "<div>".repeat(14_000) + &"</p>".repeat(14_000)),
        ("reopened", open + &"<p>x</p>".repeat(7_000)),
    ] {
        let start = spent();
        let _ = page(&engine, None, &body);
        let took = spent().saturating_sub(start);
        assert!(took < SOON, "{name} took {took:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn expressions_take_time_by_the_length_of_the_text_alone() {
    let text = r"
name = 'site'
endpoint = 'https://site.example/'
body = 'text'
request.url = 's/{query}/'
[results]
items = '(?<image>(a+)+$)'
";
    let start = spent();
    let _ = page(&engine(text), None, &("a".repeat(100_000) + "b"));
    let took = spent().saturating_sub(start);
    assert!(took < SOON, "{took:?}");
}
