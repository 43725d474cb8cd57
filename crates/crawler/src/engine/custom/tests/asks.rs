use std::time::Duration;

use super::{JSON, engine, read, request};
use crate::engine::{Color, EngineOptions, Filters, Quota, SearchEngine, Size, Standing};

fn url(text: &str, query: &str, cursor: Option<&str>) -> String {
    request(&engine(text), query, cursor).url.into()
}

#[test]
fn places_are_encoded_in_path_query_and_params() {
    let text = JSON
        .replace("find?q={query}&p={page}", "in/{query}/{page}?also={query}")
        .replace("paging.by", "request.params = { z = 'fix', a = '{query}', n = '{page_size}' }\npaging.page_size = 30\npaging.by");
    assert_eq!(
        url(&text, "a/b & ç?#{x}", Some("4")),
        "https://site.example/api/in/a%2Fb%20%26%20%C3%A7%3F%23%7Bx%7D/4?also=a%2Fb%20%26%20%C3%A7%3F%23%7Bx%7D\
         &a=a%2Fb+%26+%C3%A7%3F%23%7Bx%7D&n=30&z=fix"
    );
}

#[test]
fn numbers_begin_and_grow_as_the_file_says() {
    assert_eq!(
        url(JSON, "cat", None),
        "https://site.example/api/find?q=cat&p=1"
    );
    assert_eq!(
        url(JSON, "cat", Some("7")),
        "https://site.example/api/find?q=cat&p=7"
    );
    let text = JSON
        .replace("{page}", "{offset}")
        .replace("\"page\"", "\"offset\"\npaging.page_size = 20");
    assert_eq!(
        url(&text, "cat", None),
        "https://site.example/api/find?q=cat&p=0"
    );
    assert_eq!(
        url(&text, "cat", Some("40")),
        "https://site.example/api/find?q=cat&p=40"
    );
}

#[test]
fn a_cursor_is_left_out_of_the_params_of_the_first_page() {
    let text = JSON.replace("&p={page}", "").replace(
        "\"page\"",
        "\"cursor\"\npaging.next = '/next'\nrequest.params.after = '{cursor}'",
    );
    assert_eq!(
        url(&text, "cat", None),
        "https://site.example/api/find?q=cat"
    );
    assert_eq!(
        url(&text, "cat", Some("a+b")),
        "https://site.example/api/find?q=cat&after=a%2Bb"
    );
    let text = text.replace("paging.next", "paging.first = '*'\npaging.next");
    assert_eq!(
        url(&text, "cat", None),
        "https://site.example/api/find?q=cat&after=*"
    );
}

#[test]
fn an_address_stays_at_the_origin_whatever_it_looks_like() {
    let text = JSON
        .replace("&p={page}", "")
        .replace("\"page\"", "\"cursor\"\npaging.next_url = '/next'");
    assert_eq!(
        url(&text, "cat", Some("/more?t=1")),
        "https://site.example/more?t=1"
    );
    for cursor in [
        "//evil.example/x",
        "\\\\evil.example/x",
        "http://evil.example/",
        "@evil.example/",
    ] {
        let request = request(&engine(&text), "cat", Some(cursor));
        assert_eq!(request.url.host_str(), Some("site.example"), "{cursor}");
    }
}

#[test]
fn headers_limits_and_standing_are_told() {
    let text = format!(
        "{JSON}\n[request.headers]\nReferer = 'https://site.example/'\n[limits]\nper_minute = 30\nper_day = 500\ninterval_seconds = 1.5\n"
    );
    let engine = engine(&text);
    let request = request(&engine, "cat", None);
    let referer = ("referer".to_owned(), "https://site.example/".to_owned());
    assert_eq!(request.headers, [referer]);
    assert_eq!(engine.standing(), Standing::Custom);
    assert_eq!(engine.quotas().len(), 3);
    let spacing = engine.quotas().iter().filter_map(Quota::spacing).max();
    assert_eq!(spacing, Some(Duration::from_secs(2)));
    assert_eq!(
        engine.endpoint().unwrap().as_str(),
        "https://site.example/api/"
    );
    assert_eq!((engine.id(), engine.page_size()), ("custom:site.toml", 50));
}

#[test]
fn filters_become_parameters_and_missing_ones_are_named() {
    let text =
        format!("{JSON}\n[filters]\nsize = {{ param = 'dim', values = {{ large = 'l & xl' }} }}\n");
    let filters = Filters {
        size: Size::Large,
        color: Color::Red,
        ..Filters::default()
    };
    let options = EngineOptions {
        filters,
        ..EngineOptions::default()
    };
    let engine = read(&text, &options).unwrap();
    assert!(
        request(&engine, "cat", None)
            .url
            .as_str()
            .ends_with("?q=cat&p=1&dim=l+%26+xl")
    );
    assert_eq!(engine.unfiltered(), ["color"]);
}

#[test]
fn the_key_is_a_secret_in_its_place() {
    let with = |key: &str| {
        let mut options = EngineOptions::default();
        options
            .keys
            .custom
            .insert("SITE_KEY".to_owned(), "k3y+Value99".to_owned());
        read(
            &format!("{JSON}\n[key]\nvariable = 'SITE_KEY'\n{key}\n"),
            &options,
        )
        .unwrap()
    };
    let header = with("header = 'X-Key'\nprefix = 'Bearer '");
    let asked = request(&header, "cat", None);
    assert_eq!(
        asked.secrets[0].as_header(),
        Some(("x-key", "Bearer k3y+Value99".to_owned()))
    );
    assert_eq!(
        asked.secrets[0].blot("k3y+Value99"),
        "[key]",
        "also without what goes before it"
    );
    let param = with("param = 'key'");
    let asked = request(&param, "cat", None);
    assert_eq!(asked.secrets[0].as_query(), Some(("key", "k3y+Value99")));
    assert!(!asked.url.as_str().contains("key="));
    for engine in [header, param] {
        assert!(!format!("{engine:?}").contains("k3y"), "{engine:?}");
    }
}
