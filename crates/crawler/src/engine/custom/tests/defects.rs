use super::{JSON, read};
use crate::engine::EngineOptions;
use crate::{CrawlError, read_engine_note};

/// Replaces a part of the file and returns what is said of it.
fn defect(from: &str, to: &str) -> String {
    let text = JSON.replace(from, to);
    assert_ne!(text, JSON, "{from} is not in the file");
    let error = read(&text, &EngineOptions::default())
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(error, CrawlError::EngineFile { .. }));
    let said = error.to_string();
    assert!(
        said.starts_with("engine file ") && said.contains("site.toml: "),
        "{said}"
    );
    said
}

#[test]
fn a_file_that_is_not_as_it_should_be_shows_the_line_and_what_is_known() {
    for (from, to, hints) in [
        ("name = ", "nam = ", ["nam", "`name`"]),
        (
            "\"json\"",
            "\"xml\"",
            ["line 4 `body = \"xml\"`", "`json`, `html`, `text`"],
        ),
        ("name = \"site\"", "", ["missing field", "name"]),
        (
            "results.image",
            "results.img",
            ["results.img = ", "`image`"],
        ),
        (
            "\"/url\"",
            "{ att = \"/url\" }",
            ["results.image", "{ at, json, decode, template }"],
        ),
        (
            "\"page\"",
            "\"pages\"",
            ["paging.by = \"pages\"", "`offset`"],
        ),
        (
            "paging.by",
            "paging.step = -1\npaging.by",
            ["paging.step = -1", "u32"],
        ),
    ] {
        let said = defect(from, to);
        assert!(hints.iter().all(|hint| said.contains(hint)), "{to}: {said}");
    }
}

/// What is replaced in the file, by what, and a part of what is said then.
type Case = (&'static str, &'static str, &'static str);

const ASKING: &[Case] = &[
    (
        "https://site.example/api/",
        "site.example",
        "endpoint: `site.example` is no URL",
    ),
    (
        "https://site.example/api/",
        "ftp://site.example",
        "endpoint: `ftp://site.example`: only http",
    ),
    (
        "https://site.example/api/",
        "https://site.example/?a=1",
        "endpoint: ",
    ),
    (
        "https://site.example/api/",
        "https://me:pw@site.example/",
        "use [key]",
    ),
    (
        "find?q={query}&p={page}",
        "https://other.example/{query}",
        "request.url: ",
    ),
    (
        "find?q={query}&p={page}",
        "find?q={query}#{page}",
        "request.url: ",
    ),
    ("{query}", "{quarry}", "{quarry} is not known here"),
    ("{query}", "cat", "the phrase goes nowhere"),
    ("{page}", "1", "every page would be the first: put {page}"),
    ("{page}", "{offset}", "{offset} is not known here"),
    ("{page}", "{page}&n={page_size}", "paging.page_size: "),
    ("{page}", "{page", "request.url: "),
    (
        "\"page\"",
        "\"cursor\"",
        "{page} is not known here: use {query} {page_size} {cursor}",
    ),
    (
        "{page}\"\npaging.by = \"page\"",
        "{cursor}\"\npaging.by = \"cursor\"",
        "either next",
    ),
    (
        "\"page\"",
        "\"page\"\npaging.next = '/n'",
        "paging.next: does not go with by = \"page\"",
    ),
    ("\"page\"", "\"page\"\npaging.first = 'a'", "paging.first: "),
    (
        "\"page\"",
        "\"page\"\npaging.first = 5\npaging.last = 4",
        "paging.last: ",
    ),
    (
        "\"page\"",
        "\"page\"\npaging.more = 'next'",
        "paging.more: `next` is no JSON pointer",
    ),
    (
        "\"page\"",
        "\"page\"\npaging.page_size = 0",
        "paging.page_size: must be",
    ),
];

const READING: &[Case] = &[
    (
        "\"/list\"",
        "\"list.all\"",
        "results.items: `list.all` is no JSON pointer",
    ),
    (
        "results.image = \"/url\"",
        "results.title = '/t'",
        "results.image: ",
    ),
    (
        "\"json\"",
        "\"html\"",
        "results.items: `/list` is no CSS selector",
    ),
    ("\"json\"", "\"text\"", "results.items: name its parts"),
    ("paging.by", "within = 'a'\npaging.by", "within: "),
    (
        "paging.by",
        "request.headers.user-agent = 'Chrome'\npaging.by",
        "request.headers.user-agent: cannot be set",
    ),
    (
        "paging.by",
        "request.headers.Authorization = 'k'\npaging.by",
        "go into [key]",
    ),
    (
        "paging.by",
        "request.headers.x = \"a\\nb\"\npaging.by",
        "one line",
    ),
    (
        "paging.by",
        "limits.per_day = 0\npaging.by",
        "limits.per_day: ",
    ),
    (
        "paging.by",
        "limits.interval_seconds = -1\npaging.by",
        "limits.interval_seconds: ",
    ),
    (
        "paging.by",
        "states.blocked = ['']\npaging.by",
        "states.blocked: ",
    ),
    (
        "paging.by",
        "filters.size = { param = 's', values = { big = 'b' } }\npaging.by",
        "filters.size.values.big: ",
    ),
    (
        "paging.by",
        "key = { variable = 'KEY' }\npaging.by",
        "key: give either",
    ),
    (
        "paging.by",
        "key = { variable = 'my key', param = 'k' }\npaging.by",
        "key.variable: ",
    ),
    (
        "paging.by",
        "key = { variable = 'TRAWL_KEY', param = 'k' }\npaging.by",
        "key.variable: ",
    ),
    (
        "paging.by",
        "key = { variable = 'KEY', param = 'k', from = 'https://f/' }\npaging.by",
        "get one at https://f/",
    ),
    ("\"site\"", "\" \"", "name: "),
];

#[test]
fn a_file_that_cannot_work_names_the_key_and_what_would_be_right() {
    for (from, to, hint) in ASKING.iter().chain(READING) {
        let said = defect(from, to);
        assert!(said.contains(hint), "{to}: {said}");
    }
}

#[test]
fn a_key_goes_over_https_or_to_this_machine_only() {
    let mut options = EngineOptions::default();
    options.keys.custom.insert("KEY".to_owned(), "k".to_owned());
    let text = format!("{JSON}[key]\nvariable = 'KEY'\nparam = 'k'\n");
    for (endpoint, is_fine) in [
        ("https://site.example/", true),
        ("http://site.example/", false),
        ("http://127.0.0.1:8765/", true),
        ("http://localhost/", true),
        ("http://10.0.0.1/", false),
    ] {
        let text = text.replace("https://site.example/api/", endpoint);
        assert_eq!(read(&text, &options).is_ok(), is_fine, "{endpoint}");
    }
}

#[test]
fn a_file_that_is_not_there_or_no_text_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no.toml");
    let long = " ".repeat(300_000);
    for bytes in [None, Some(&b"name = \"\xff\""[..]), Some(long.as_bytes())] {
        if let Some(bytes) = bytes {
            std::fs::write(&file, bytes).unwrap();
        }
        let said = read_engine_note(&file).unwrap_err().to_string();
        assert!(said.contains("no.toml: "), "{said}");
    }
}

#[test]
fn a_note_tells_the_variable_and_reads_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.toml");
    std::fs::write(
        &file,
        format!("terms = \"\"\"\\u001bask\nfirst\"\"\"\n{JSON}[key]\nvariable = 'SITE_KEY'\nparam = 'k'\n"),
    )
    .unwrap();
    let note = read_engine_note(&file).unwrap();
    assert_eq!(note.key_variable.as_deref(), Some("SITE_KEY"));
    assert_eq!(
        (note.name.as_str(), note.terms.as_deref()),
        ("site", Some("ask first"))
    );
    std::fs::write(&file, JSON).unwrap();
    assert_eq!(read_engine_note(&file).unwrap().key_variable, None);
}
