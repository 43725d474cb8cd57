use std::fmt::Write;
use std::fs;
use std::time::Duration;

use crate::testing::{Catalog, Listed, Reply, Server, answer, crawl, names, ok, settings};
use crate::{
    Crawl, CrawlError, CrawlSettings, End, EngineOptions, EngineSpec, EngineState, Event, Mode,
    SearchEngine, build_engine,
};

fn gallery(server: &Server) -> Box<dyn SearchEngine> {
    let mut options = EngineOptions::default();
    options.endpoints.gallery = server.url("");
    build_engine(&EngineSpec::Gallery, &options).unwrap()
}

/// Writes a page of the gallery with ten pictures at the host given.
fn page(number: usize, pages: usize, host: &str) -> String {
    let mut results = String::new();
    for n in 0..10 {
        let comma = if n > 0 { "," } else { "" };
        let _ = write!(
            results,
            "{comma}{{\"url\":\"http://{host}/p{number}-{n}\"}}"
        );
    }
    let next = if number < pages {
        (number + 1).to_string()
    } else {
        "null".to_owned()
    };
    format!("{{\"results\":[{results}],\"next\":{next}}}")
}

fn number(path: &str) -> usize {
    let after = path.split("&page=").nth(1).unwrap();
    after.split('&').next().unwrap().parse().unwrap()
}

/// A gallery of so many pages, that answers one of them otherwise until it was asked that often.
async fn site(pages: usize, odd: usize, times: usize, reply: Reply) -> (Server, Server) {
    let images = Server::start(|path, _| (Duration::ZERO, ok(path.as_bytes()))).await;
    let host = images.host();
    let search = Server::start(move |path, before| {
        if !path.starts_with("/api/search?") {
            return (Duration::ZERO, ok(path.as_bytes()));
        }
        let number = number(path);
        if number == odd && before < times {
            return (Duration::ZERO, reply.clone());
        }
        let body = page(number, pages, &host);
        (Duration::ZERO, ok(body.as_bytes()))
    })
    .await;
    (search, images)
}

#[tokio::test]
async fn pages_are_asked_to_the_end_once_each_and_never_again() {
    let (server, images) = site(3, 0, 0, ok(b"")).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let mut catalog = Catalog::default();
    let labels: &[&str] = &["cat"];
    let mut run = async || {
        let engines = vec![gallery(&server)];
        crawl(
            &state,
            &settings(),
            engines,
            Some(labels),
            Mode::Continue,
            &mut catalog,
        )
        .await
    };
    let (report, events) = run().await;
    let report = report.unwrap();
    assert_eq!(
        (&report.names[0].end, report.names[0].found),
        (&End::Exhausted, 30)
    );
    assert_eq!((report.engines[0].pages, report.engines[0].hits), (3, 30));
    let pages = events
        .iter()
        .filter(|e| matches!(e, Event::PageFetched { hits: 10, .. }));
    assert_eq!(pages.count(), 3);
    assert_eq!((server.seen().len(), images.seen().len()), (3, 30));
    let (report, _) = run().await;
    let counters = report.unwrap().counters;
    assert_eq!((counters.page_requests, counters.requests), (0, 0));
    assert_eq!((server.seen().len(), images.seen().len()), (3, 30));
    assert_eq!(catalog.codes("cat"), ["body"; 30]);
}

#[tokio::test]
async fn a_page_that_fails_for_a_while_is_asked_again() {
    let (server, _images) = site(2, 2, 2, answer("503 Busy", "", b"")).await;
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::default();
    let (report, _) = crawl(
        &folder.path().join("crawl.db"),
        &settings(),
        vec![gallery(&server)],
        Some(&["cat"]),
        Mode::Continue,
        &mut catalog,
    )
    .await;
    let report = report.unwrap();
    assert_eq!(
        (report.engines[0].pages, report.counters.page_requests),
        (2, 4)
    );
    assert_eq!(catalog.codes("cat"), ["body"; 20]);
}

#[tokio::test]
async fn a_failed_engine_ends_and_says_why_while_others_go_on() {
    let cases = [
        (answer("403 No", "", b""), "blocked"),
        (answer("200 OK", "", b"<html>captcha</html>"), "blocked"),
        (answer("200 OK", "", b"{\"new\":1}"), "changed"),
        (answer("400 Bad", "", b"{\"error\":\"q\"}"), "changed"),
        (answer("500 Oops", "", b""), "unreachable"),
        (answer("429 Slow", "Retry-After: 7200\r\n", b""), "waiting"),
        (answer("302 F", "Location: /captcha\r\n", b""), "blocked"),
    ];
    for (reply, state) in cases {
        let (server, images) = site(3, 2, usize::MAX, reply).await;
        let folder = tempfile::tempdir().unwrap();
        let state_file = folder.path().join("crawl.db");
        let other: Vec<String> = (0..40).map(|n| images.url(&format!("/o{n}"))).collect();
        let engines = || -> Vec<Box<dyn SearchEngine>> {
            let other = Listed::engine(
                "other",
                &[("cat", vec![other[..20].to_vec(), other[20..].to_vec()])],
            );
            vec![gallery(&server), other]
        };
        let limits = CrawlSettings {
            tries: 1,
            window: 20,
            ..settings()
        };
        let mut catalog = Catalog::default();
        let labels: &[&str] = &["cat"];
        let (report, events) = crawl(
            &state_file,
            &limits,
            engines(),
            Some(labels),
            Mode::Continue,
            &mut catalog,
        )
        .await;
        let report = report.unwrap();
        assert_eq!(
            report.names[0].found, 50,
            "the first page and all of the other engine"
        );
        assert!(
            events
                .iter()
                .any(|e| matches!(e, Event::EngineState { .. }))
        );
        let failed = report.engines[0].failed.as_ref();
        let named = match failed.unwrap() {
            EngineState::Blocked { .. } => "blocked",
            EngineState::SchemaChanged { .. } => "changed",
            EngineState::Unreachable { .. } => "unreachable",
            EngineState::Waiting { .. } => "waiting",
            _ => "other",
        };
        assert_eq!(named, state);
        let asked = server.seen().len();
        match report.names[0].end {
            End::Waiting { .. } => assert_eq!(state, "waiting"),
            End::Blocked { ref engines } => assert_eq!(engines[0].0, "gallery"),
            ref end => panic!("{end:?}"),
        }
        let (report, _) = crawl(
            &state_file,
            &limits,
            engines(),
            Some(labels),
            Mode::Continue,
            &mut catalog,
        )
        .await;
        let again = report.unwrap().counters.page_requests;
        assert_eq!(
            again,
            u64::from(state != "waiting"),
            "a wait is kept, other states are tried"
        );
        assert_eq!(server.seen().len() - asked, usize::try_from(again).unwrap());
    }
}

#[test]
fn engines_and_names_must_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let open =
        |limits: CrawlSettings, engines: Vec<Box<dyn SearchEngine>>, labels: Option<&[&str]>| {
            Crawl::open(&state, limits, engines, labels.map(names), Mode::Continue).map(|_| ())
        };
    let demo = || build_engine(&EngineSpec::Gallery, &EngineOptions::default()).unwrap();
    let closed = CrawlSettings::default();
    let error = open(closed, vec![demo()], Some(&["cat"])).unwrap_err();
    assert!(matches!(error, CrawlError::PrivateEndpoint { .. }));
    assert!(
        error.to_string().contains("--allow-private-hosts"),
        "{error}"
    );
    let error = open(settings(), vec![demo()], None).unwrap_err();
    assert!(matches!(error, CrawlError::NamesNeeded { .. }));
    let error = open(settings(), vec![demo(), demo()], Some(&["cat"])).unwrap_err();
    assert!(matches!(error, CrawlError::EngineTwice { .. }));
    let error = open(settings(), Vec::new(), Some(&["cat"])).unwrap_err();
    assert!(matches!(error, CrawlError::NoEngine));
    let error = open(settings(), vec![Listed::engine("l", &[])], None).unwrap_err();
    assert!(matches!(error, CrawlError::NoLabels { .. }));
}

#[tokio::test]
async fn a_folder_is_delivered_from_disk_under_the_same_cap() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("pics");
    for (file, size) in [
        ("cat/b.jpg", 10),
        ("cat/a.jpg", 20),
        ("dog/big.jpg", 100_001),
        ("dog/void.jpg", 0),
    ] {
        let file = source.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, vec![7; size]).unwrap();
    }
    let spec = EngineSpec::Folder { path: source };
    let engine = build_engine(&spec, &EngineOptions::default()).unwrap();
    let limits = CrawlSettings {
        allow_private_hosts: false,
        ..settings()
    };
    let mut catalog = Catalog::default();
    let state = folder.path().join("crawl.db");
    let (report, _) = crawl(
        &state,
        &limits,
        vec![engine],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert_eq!(report.unwrap().counters.bytes, 30);
    assert_eq!(catalog.codes("cat"), ["body", "body"]);
    assert_eq!(catalog.codes("dog"), ["too-large", "empty"]);
    assert!(catalog.rows["cat"][&0].url.starts_with("file:///"));
    assert!(catalog.rows["cat"][&0].url.ends_with("/cat/a.jpg"));
}
