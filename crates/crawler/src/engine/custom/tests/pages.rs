use super::{JSON, engine, page, read, request};
use crate::engine::{Answer, EngineOptions, EngineState, Hit, SearchEngine};

fn is_schema(state: &EngineState, part: &str) -> bool {
    matches!(state, EngineState::SchemaChanged { detail, .. } if detail.contains(part))
}

#[test]
fn json_gives_every_field() {
    let text = format!(
        "{JSON}results.fallback = ['/small', '/tiny']\nresults.page = '/page'\nresults.title = '/title'\nresults.creator = '/by/name'\n\
         results.license = '/license'\nresults.license_url = '/deed'\nresults.attribution = {{ at = '/by/name', template = 'by {{value}}' }}\n\
         results.width = '/w'\nresults.height = '/h'\nresults.source_id = '/id'\n"
    );
    let body = r#"{"list":[{"url":"../i/1.jpg","small":"https://cdn.example/s.jpg","tiny":"//cdn.example/t.jpg","page":"/p/1",
        "title":"Tom &amp; <i>Jerry</i>","by":{"name":"A. B."},"license":"CC BY","deed":"https://creativecommons.org/licenses/by/4.0/",
        "w":640,"h":"480 px","id":17},{"advert":true},{"url":"data:image/png;base64,AA"},{"url":"https://cdn.example/2.jpg","w":0}]}"#;
    let page = page(&engine(&text), None, body).unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(page.hits.len(), 2);
    assert_eq!(
        page.hits[0],
        Hit {
            image_url: "https://site.example/i/1.jpg".to_owned(),
            fallbacks: vec![
                "https://cdn.example/s.jpg".to_owned(),
                "https://cdn.example/t.jpg".to_owned()
            ],
            page_url: some("https://site.example/p/1"),
            title: some("Tom & Jerry"),
            creator: some("A. B."),
            license: some("CC BY"),
            license_url: some("https://creativecommons.org/licenses/by/4.0/"),
            attribution: some("by A. B."),
            source_id: some("17"),
            width: Some(640),
            height: Some(480),
            ..Hit::default()
        }
    );
    assert_eq!(
        (page.hits[1].width, &page.hits[1].fallbacks),
        (None, &Vec::new())
    );
    assert_eq!(page.next.as_deref(), Some("2"));
}

const HTML: &str = r#"
name = "site"
endpoint = "https://site.example/"
body = "html"
[request]
url = "s/{query}/"
[paging]
by = "cursor"
next_url = "a[rel=next]@href"
[results]
items = "ul.grid > li"
image = ["a@data-full", "img@src"]
page = "a@href"
title = "h2"
source_id = "@id"
creator = { at = "@data-m", json = "/by" }
"#;

#[test]
fn html_is_read_by_selectors_and_attributes() {
    let body = r#"<!doctype html><ul class=grid><li id=x1 data-m='{"by":"A &amp;amp; B"}'><a href="../p?id=1&amp;b=2" data-full="/full/1.jpg">
        <img src="t1.jpg"><h2> A
        <b>cat</b>&copy;</h2></a></li><li class=ad>buy</li><li><ul class=grid><li><img src=inner.jpg></ul></li></ul><a rel=next href='?page=2'>"#;
    let page = page(&engine(HTML), None, body).unwrap();
    let hit = &page.hits[0];
    assert_eq!(hit.image_url, "https://site.example/full/1.jpg");
    assert_eq!(
        hit.page_url.as_deref(),
        Some("https://site.example/s/p?id=1&b=2")
    );
    assert_eq!(hit.title.as_deref(), Some("A cat\u{a9}"));
    assert_eq!(
        (hit.source_id.as_deref(), hit.creator.as_deref()),
        (Some("x1"), Some("A & B"))
    );
    assert_eq!(
        page.hits[1].image_url,
        "https://site.example/s/cat/inner.jpg"
    );
    assert_eq!(page.hits.len(), 2, "a list in a list is one item");
    assert_eq!(page.next.as_deref(), Some("/s/cat/?page=2"));
    let asked = request(&engine(HTML), "cat", page.next.as_deref());
    assert_eq!(asked.url.as_str(), "https://site.example/s/cat/?page=2");
}

#[test]
fn addresses_are_relative_to_what_answered_or_to_the_base_that_it_names() {
    let item = "<ul class=grid><li><img src=a.jpg></ul>";
    let moved = Answer {
        url: Some("https://site.example/other/place?q=1".parse().unwrap()),
        ..Answer::of(item)
    };
    let hits = engine(HTML).parse(None, &moved).unwrap().hits;
    assert_eq!(hits[0].image_url, "https://site.example/other/a.jpg");
    let based = format!("<base href='https://cdn.example/x/'>{item}");
    let hits = page(&engine(HTML), None, &based).unwrap().hits;
    assert_eq!(hits[0].image_url, "https://cdn.example/x/a.jpg");
}

const TEXT: &str = r#"
name = "site"
endpoint = "https://site.example/"
body = "text"
[request]
url = "flip?word={query}&pn={offset}"
[paging]
by = "offset"
page_size = 20
last = 40
[results]
items = '"objURL":"(?<image>.*?)","t":"(?<name>.*?)"'
title = { at = "name", decode = ["json", "html"] }
"#;

#[test]
fn a_text_is_read_by_one_expression_with_named_groups() {
    let body = r#"<script>[{"objURL":"https://h/1.jpg?a=1&amp;b=2","t":"A\u0026amp;\u732b"},{"objURL":"https://h/2.jpg","t":"\x"}]"#;
    let engine = engine(TEXT);
    let first = page(&engine, None, body).unwrap();
    assert_eq!(first.hits[0].image_url, "https://h/1.jpg?a=1&b=2");
    assert_eq!(first.hits[0].title.as_deref(), Some("A&\u{732b}"));
    assert_eq!(
        first.hits[1].title, None,
        "what cannot be decoded is left out"
    );
    let nexts =
        [None, Some("20"), Some("40")].map(|cursor| page(&engine, cursor, body).unwrap().next);
    assert_eq!(nexts, [Some("20".to_owned()), Some("40".to_owned()), None]);
}

#[test]
fn what_lies_within_a_script_is_read_as_json() {
    let text = JSON.replace("body = ", "within = '(?s)data = (\\{.*?\\});'\nbody = ");
    let engine = engine(&text);
    let found = page(
        &engine,
        None,
        "<script>window.data = {\"list\":\n[{\"url\":\"/1.jpg\"}]};</script>",
    )
    .unwrap();
    assert_eq!(found.hits[0].image_url, "https://site.example/1.jpg");
    let state = page(&engine, None, "<p>new page</p>").unwrap_err();
    assert!(is_schema(&state, "`within`"), "{state}");
    let state = page(&engine, None, "<p>solve the captcha</p>").unwrap_err();
    assert!(matches!(state, EngineState::Blocked { .. }));
}

#[test]
fn there_is_a_next_page_only_while_there_is_more() {
    let engine = engine(&format!("{JSON}paging.more = '/more'\n"));
    let next = |more: &str| {
        page(
            &engine,
            Some("3"),
            &format!("{{\"list\":[{{\"url\":\"/1\"}}],\"more\":{more}}}"),
        )
        .unwrap()
        .next
    };
    for more in ["true", "4", "\"token\""] {
        assert_eq!(next(more).as_deref(), Some("4"), "{more}");
    }
    for more in ["false", "null", "0", "\"\"", "[]"] {
        assert_eq!(next(more), None, "{more}");
    }
}

#[test]
fn cursors_are_those_of_the_page_in_every_form() {
    let text = JSON
        .replace("{page}", "{cursor}")
        .replace("\"page\"", "\"cursor\"\npaging.next = '/next'");
    let body = |next: &str| format!("{{\"list\":[{{\"url\":\"/1\"}}],\"next\":{next}}}");
    let engine_ = engine(&text);
    for (next, cursor) in [
        ("\"a=b&c\"", Some("a=b&c")),
        ("12", Some("12")),
        ("null", None),
    ] {
        let found = page(&engine_, None, &body(next)).unwrap().next;
        assert_eq!(found.as_deref(), cursor);
    }
    let long = format!("\"{}\"", "x".repeat(5_000));
    assert!(is_schema(
        &page(&engine_, None, &body(&long)).unwrap_err(),
        "longer"
    ));
    let text = TEXT.replace("{offset}", "{cursor}").replace(
        "\"offset\"\npage_size = 20\nlast = 40",
        "\"cursor\"\nnext = 'cursor: (\\w+)'",
    );
    let found = page(
        &engine(&text),
        None,
        "\"objURL\":\"https://h/1\",\"t\":\"\" cursor: abc",
    );
    assert_eq!(found.unwrap().next.as_deref(), Some("abc"));
}

#[test]
fn a_next_page_at_another_site_is_not_asked() {
    let body =
        |href: &str| format!("<ul class=grid><li><img src=a.jpg></ul><a rel=next href='{href}'>");
    for href in [
        "https://evil.example/",
        "//evil.example/x",
        "http://site.example/",
        "https://site.example:8443/",
        "file:///etc/passwd",
    ] {
        let state = page(&engine(HTML), None, &body(href)).unwrap_err();
        assert!(is_schema(&state, "another site"), "{href}: {state}");
    }
    let kept = page(
        &engine(HTML),
        None,
        &body("https://site.example//evil.example/x"),
    )
    .unwrap()
    .next;
    let asked = request(&engine(HTML), "cat", kept.as_deref());
    assert_eq!(asked.url.host_str(), Some("site.example"));
}

#[test]
fn every_other_answer_has_its_state() {
    let json = engine(JSON);
    assert_eq!(
        page(&json, None, "{\"list\":[]}").unwrap_err(),
        EngineState::Empty
    );
    assert_eq!(
        page(&json, None, "{\"list\":null}").unwrap_err(),
        EngineState::Empty
    );
    assert!(is_schema(
        &page(&json, None, "{\"other\":1}").unwrap_err(),
        "results.items"
    ));
    assert!(is_schema(
        &page(&json, None, "{\"list\":7}").unwrap_err(),
        "results.items"
    ));
    assert!(is_schema(
        &page(&json, None, "{\"list\":[{},{}]}").unwrap_err(),
        "none with an image"
    ));
    assert!(is_schema(
        &page(&json, None, "<html>").unwrap_err(),
        "no JSON"
    ));
    let blocked = page(&json, None, "<html>captcha").unwrap_err();
    assert!(matches!(blocked, EngineState::Blocked { .. }));
    let html = engine(HTML);
    assert_eq!(
        page(&html, None, "<p>hello").unwrap_err(),
        EngineState::Empty
    );
    let told = engine(&format!(
        "{HTML}[states]\nempty = ['No Results']\nlimited = ['slow down']\n"
    ));
    assert_eq!(
        page(&told, None, "<p>no results").unwrap_err(),
        EngineState::Empty
    );
    assert!(is_schema(
        &page(&told, None, "<p>hello").unwrap_err(),
        "states.empty"
    ));
    let limited = page(&told, None, "<p>Slow down!").unwrap_err();
    assert_eq!(limited, EngineState::RateLimited { wait: None });
    let status = |status, body: &str| {
        told.refusal(&Answer {
            status,
            ..Answer::of(body)
        })
    };
    assert_eq!(status(404, "no results"), Some(EngineState::Empty));
    assert_eq!(status(404, ""), None, "the status speaks for itself");
}

#[test]
fn what_shows_the_key_is_not_recorded() {
    let mut options = EngineOptions::default();
    options
        .keys
        .custom
        .insert("SITE_KEY".to_owned(), "k3y+Value99".to_owned());
    let text = JSON
        .replace("&p={page}", "")
        .replace("\"page\"", "\"cursor\"\npaging.next_url = '/next'");
    let text =
        format!("{text}results.title = '/title'\n[key]\nvariable = 'SITE_KEY'\nparam = 'key'\n");
    let engine = read(&text, &options).unwrap();
    let body = |next: &str| {
        format!(
            "{{\"list\":[{{\"url\":\"/1.jpg\",\"title\":\"k3y+Value99\"}},{{\"url\":\"/2.jpg?k=k3y%2BValue99\"}}],\"next\":\"{next}\"}}"
        )
    };
    let found = page(&engine, None, &body("/api?key=k3y%2BValue99&page=2")).unwrap();
    assert_eq!(found.next.as_deref(), Some("/api?page=2"));
    assert_eq!((found.hits.len(), &found.hits[0].title), (1, &None));
    let state = page(&engine, None, &body("/api/k3y+Value99/2")).unwrap_err();
    assert!(
        is_schema(&state, "shows the key") && !state.to_string().contains("k3y"),
        "{state}"
    );
}

#[test]
fn the_shipped_files_read_the_gallery() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/engines/");
    let shipped = |name: &str| engine(&std::fs::read_to_string(format!("{folder}{name}")).unwrap());
    let json = shipped("gallery.toml");
    assert_eq!(
        request(&json, "black bird", None).url.as_str(),
        "http://127.0.0.1:8765/api/search?page=1&page_size=50&q=black+bird"
    );
    let found = page(
        &json,
        None,
        include_str!("../../../../fixtures/gallery/page.json"),
    )
    .unwrap();
    assert_eq!((found.hits.len(), found.next.as_deref()), (2, Some("2")));
    assert_eq!(
        found.hits[0].fallbacks,
        ["http://127.0.0.1:8766/thumbs/bird-0001-a.jpg"]
    );
    assert_eq!(
        page(
            &json,
            None,
            include_str!("../../../../fixtures/gallery/empty.json")
        )
        .unwrap_err(),
        EngineState::Empty
    );
    let html = shipped("example-html.toml");
    assert_eq!(
        request(&html, "black bird", None).url.as_str(),
        "http://127.0.0.1:8765/?q=black%20bird"
    );
}

#[test]
fn another_way_to_read_a_page_has_another_name() {
    let of = |text: &str| engine(text).reading();
    assert_eq!(of(JSON), of(JSON));
    for (from, to) in [("/url", "/full"), ("/list", "/items")] {
        assert!(JSON.contains(from), "{from}");
        assert_ne!(of(JSON), of(&JSON.replace(from, to)));
    }
}
