use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::testing::{Catalog, Reply, Server, answer, crawl, ok, settings};
use crate::{
    CrawlReport, CrawlSettings, EngineOptions, EngineSpec, EngineState, Event, Mode, SearchEngine,
    build_engine,
};

/// Crawls one name from one engine with two tries a page, and returns all that a person may come to see as one text as well.
async fn run(engine: Box<dyn SearchEngine>, folder: &Path) -> (CrawlReport, String) {
    let limits = CrawlSettings {
        tries: 2,
        ..settings()
    };
    let mut catalog = Catalog::default();
    let (report, events): (_, Vec<Event>) = crawl(
        &folder.join("crawl.db"),
        &limits,
        vec![engine],
        Some(&["owl"]),
        Mode::Continue,
        &mut catalog,
    )
    .await;
    let report = report.unwrap();
    let mut shown = format!("{report:?} {events:?}");
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                shown += &String::from_utf8_lossy(&fs::read(path).unwrap());
            }
        }
    }
    (report, shown)
}

/// Says that an answer comes at once.
fn at_once(reply: Reply) -> (Duration, Reply) {
    (Duration::ZERO, reply)
}

fn unauthorized(body: &str) -> Reply {
    answer("401 Unauthorized", "", body.as_bytes())
}

fn openverse(server: &Server) -> Box<dyn SearchEngine> {
    let mut options = EngineOptions::default();
    options.endpoints.openverse = server.url("/v1/images/");
    options.keys.openverse = Some(("client-7".to_owned(), "s3cret".to_owned()));
    build_engine(&EngineSpec::Openverse, &options).unwrap()
}

fn flickr(server: &Server) -> Box<dyn SearchEngine> {
    let mut options = EngineOptions::default();
    options.endpoints.flickr = server.url("/rest/");
    options.keys.flickr = Some("k3y-of-me".to_owned());
    build_engine(&EngineSpec::Flickr, &options).unwrap()
}

#[tokio::test]
async fn a_token_that_ran_out_is_replaced_and_none_is_kept() {
    let server = Server::start(|path, before| {
        at_once(match path {
            "/v1/auth_tokens/token/" => ok(format!(
                "{{\"access_token\":\"t0ken-{before}\",\"expires_in\":43200}}"
            )
            .as_bytes()),
            page if page.contains("&page=2&") && before == 0 => {
                unauthorized("{\"detail\":\"Invalid token: t0ken-0\"}")
            }
            page if page.starts_with("/v1/images/") => {
                let number = page.contains("&page=2&");
                let body = format!(
                    "{{\"page_count\":2,\"results\":[{{\"url\":\"http://127.0.0.1:1/{number}\"}}]}}"
                );
                ok(body.as_bytes())
            }
            _ => ok(b"x"),
        })
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (report, shown) = run(openverse(&server), folder.path()).await;
    let engine = &report.engines[0];
    assert_eq!((engine.pages, &engine.failed), (2, &None));
    let seen = server.seen();
    let asked: Vec<(&str, Option<&str>)> = seen
        .iter()
        .map(|seen| {
            let token = seen.head.split_once("authorization: Bearer ");
            let token = token.map(|(_, rest)| rest.lines().next().unwrap());
            (seen.head.split(' ').next().unwrap(), token)
        })
        .collect();
    assert_eq!(
        asked,
        [
            ("POST", None),
            ("GET", Some("t0ken-0")),
            ("GET", Some("t0ken-0")),
            ("POST", None),
            ("GET", Some("t0ken-1")),
        ]
    );
    for secret in ["client-7", "s3cret", "t0ken"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_client_that_is_not_taken_says_what_to_check_and_keeps_no_answer() {
    for (reply, sign) in [
        (
            unauthorized("{\"error\":\"invalid_client\"}"),
            "OPENVERSE_CLIENT_ID",
        ),
        (
            ok(b"{\"bearer\":\"t0ken\",\"why\":\"s3cret\"}"),
            "access_token",
        ),
    ] {
        let server = Server::start(move |_, _| at_once(reply.clone())).await;
        let folder = tempfile::tempdir().unwrap();
        let (report, shown) = run(openverse(&server), folder.path()).await;
        assert_eq!((server.seen().len(), report.engines[0].pages), (1, 0));
        assert!(shown.contains(sign), "{shown}");
        assert!(
            !shown.contains("t0ken") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn an_engine_that_is_out_of_order_with_status_200_is_asked_again() {
    let page = "{\"photos\":{\"pages\":1,\"photo\":[{\"url_z\":\"http://127.0.0.1:1/a\"}]},\"stat\":\"ok\"}";
    let server = Server::start(move |_, before| {
        at_once(match before {
            0 => ok(b"{\"stat\":\"fail\",\"code\":105,\"message\":\"busy\"}"),
            _ => ok(page.as_bytes()),
        })
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (report, shown) = run(flickr(&server), folder.path()).await;
    assert_eq!((report.engines[0].pages, server.seen().len()), (1, 2));
    assert!(server.seen()[0].path.ends_with("&api_key=k3y-of-me"));
    assert!(!shown.contains("k3y-of-me"));
}

#[tokio::test]
async fn a_key_that_an_engine_repeats_is_not_shown() {
    let server = Server::start(|_, _| {
        at_once(ok(
            b"{\"stat\":\"fail\",\"code\":100,\"message\":\"Invalid API Key k3y-of-me\"}",
        ))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (report, shown) = run(flickr(&server), folder.path()).await;
    let failed = report.engines[0].failed.clone().unwrap();
    assert!(matches!(failed, EngineState::Blocked { .. }));
    assert!(
        failed.to_string().contains("Invalid API Key [key]"),
        "{failed}"
    );
    assert!(!shown.contains("k3y-of-me"), "{shown}");
}

#[tokio::test]
async fn a_key_without_requests_ends_its_engine_after_the_page() {
    let server = Server::start(|_, _| {
        let headers = "X-Ratelimit-Remaining: 0\r\nX-Ratelimit-Reset: 7200\r\n";
        let body =
            b"{\"next_page\":\"2\",\"photos\":[{\"src\":{\"large\":\"http://127.0.0.1:1/a\"}}]}";
        at_once(answer("200 OK", headers, body))
    })
    .await;
    let mut options = EngineOptions::default();
    options.endpoints.pexels = server.url("/v1/search");
    options.keys.pexels = Some("k3y-of-me".to_owned());
    let engine = || build_engine(&EngineSpec::Pexels, &options).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (report, _) = run(engine(), folder.path()).await;
    let ended = &report.engines[0];
    assert_eq!((ended.pages, ended.hits), (1, 1));
    assert!(matches!(ended.failed, Some(EngineState::Waiting { .. })));
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].head.contains("authorization: k3y-of-me\r\n"));
    let (report, shown) = run(engine(), folder.path()).await;
    assert_eq!(report.counters.page_requests, 0, "the pause is kept");
    assert!(!shown.contains("k3y-of-me"));
}

#[tokio::test]
async fn an_engine_that_wants_one_request_at_a_time_gets_one() {
    let server =
        Server::start(|_, _| (Duration::from_millis(30), ok(b"{\"batchcomplete\":true}"))).await;
    let mut options = EngineOptions::default();
    options.endpoints.wikimedia = server.url("/w/api.php");
    let engine = build_engine(&EngineSpec::Wikimedia, &options).unwrap();
    let limits = CrawlSettings {
        per_engine: 4,
        ..settings()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::default();
    let (report, _) = crawl(
        &folder.path().join("crawl.db"),
        &limits,
        vec![engine],
        Some(&["owl", "cat", "dog", "bee"]),
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert_eq!(report.unwrap().engines[0].pages, 4);
    assert_eq!((server.seen().len(), server.most_under_way()), (4, 1));
}
