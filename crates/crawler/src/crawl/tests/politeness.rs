use std::time::{Duration, Instant, SystemTime};

use crate::testing::{Catalog, Listed, Reply, Server, answer, crawl, ok, settings};
use crate::{CrawlSettings, Event, Mode};

/// Crawls paths of one server for the label `x`.
async fn run(server: &Server, limits: &CrawlSettings, paths: &[&str]) -> (Catalog, Vec<Event>) {
    let folder = tempfile::tempdir().unwrap();
    let urls = paths.iter().map(|path| server.url(path)).collect();
    let mut catalog = Catalog::default();
    let (report, events) = crawl(
        &folder.path().join("crawl.db"),
        limits,
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert!(report.is_some());
    (catalog, events)
}

#[tokio::test]
async fn only_what_may_pass_is_retried_and_never_more_than_the_tries() {
    let statuses = ["408", "425", "429", "500", "502", "503", "504"];
    let finals = ["400", "401", "404", "410", "451", "501", "304"];
    let server = Server::start(|path, _| {
        let status = format!("{} X", &path[1..]);
        (Duration::ZERO, answer(&status, "", b"no"))
    })
    .await;
    let paths: Vec<String> = statuses
        .iter()
        .chain(&finals)
        .map(|s| format!("/{s}"))
        .collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (catalog, events) = run(&server, &settings(), &paths).await;
    for status in statuses {
        assert_eq!(server.count(&format!("/{status}")), 3, "{status}");
    }
    for status in finals {
        assert_eq!(server.count(&format!("/{status}")), 1, "{status}");
    }
    let codes = catalog.codes("x");
    assert_eq!(codes[..3], ["http-4xx", "http-4xx", "rate-limited"]);
    assert_eq!(codes[7..10], ["http-4xx", "forbidden", "not-found"]);
    let retries = events
        .iter()
        .filter(|e| matches!(e, Event::Retrying { .. }));
    assert_eq!(retries.count(), statuses.len() * 2);
}

#[tokio::test]
async fn a_retry_after_in_seconds_or_as_a_date_pauses_the_whole_host() {
    let server = Server::start(|path, before| {
        let reply = match (path, before) {
            ("/seconds", 0) => answer("503 Busy", "Retry-After: 1\r\n", b""),
            ("/date", 0) => {
                // A date has no parts of a second, so two more are less than two away.
                let at = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
                answer("429 Slow", &format!("Retry-After: {at}\r\n"), b"")
            }
            _ => ok(b"body"),
        };
        (Duration::ZERO, reply)
    })
    .await;
    let limits = CrawlSettings {
        per_host: 1,
        ..settings()
    };
    for (path, least) in [("/seconds", 1_000), ("/date", 900)] {
        let start = server.seen().len();
        let (catalog, events) = run(&server, &limits, &[path, "/next"]).await;
        assert_eq!(catalog.codes("x"), ["body", "body"]);
        let seen = server.seen();
        let gap = seen[start + 1].at - seen[start].at;
        assert!(gap >= Duration::from_millis(least), "{path}: {gap:?}");
        assert!(events.iter().any(|e| matches!(e, Event::HostPaused { .. })));
    }
}

#[tokio::test]
async fn a_pause_longer_than_may_be_waited_gives_the_host_up() {
    let server = Server::start(|_, _| {
        let reply = answer("429 Slow", "Retry-After: 3600\r\n", b"");
        (Duration::ZERO, reply)
    })
    .await;
    let limits = CrawlSettings {
        per_host: 1,
        ..settings()
    };
    let (catalog, _) = run(&server, &limits, &["/a", "/b", "/c"]).await;
    assert_eq!(catalog.codes("x"), ["rate-limited"; 3]);
    assert_eq!(
        server.seen().len(),
        1,
        "the others are not asked for nothing"
    );
}

#[tokio::test]
async fn a_host_sees_no_more_in_flight_and_no_shorter_interval() {
    let server = Server::start(|_, _| (Duration::from_millis(70), ok(b"body"))).await;
    let limits = CrawlSettings {
        per_host: 2,
        host_interval: Duration::from_millis(30),
        ..settings()
    };
    let paths: Vec<String> = (0..20).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (catalog, _) = run(&server, &limits, &paths).await;
    assert_eq!(catalog.codes("x"), ["body"; 20]);
    assert_eq!(server.most_under_way(), 2);
    let seen = server.seen();
    for pair in seen.windows(2) {
        // The gap is kept where requests start; at the server a delayed first one makes it look shorter.
        let gap = pair[1].at - pair[0].at;
        assert!(gap >= Duration::from_millis(15), "{gap:?}");
    }
    let whole = seen[19].at - seen[0].at;
    assert!(whole >= Duration::from_millis(30 * 19 - 15), "{whole:?}");
}

#[tokio::test]
async fn a_silent_host_holds_up_no_other() {
    let silent = Server::start(|_, _| (Duration::ZERO, Reply::Stall(Vec::new()))).await;
    let quick = Server::start(|_, _| (Duration::ZERO, ok(b"body"))).await;
    let folder = tempfile::tempdir().unwrap();
    let mut urls: Vec<String> = (0..6).map(|n| silent.url(&format!("/{n}"))).collect();
    urls.extend((0..30).map(|n| quick.url(&format!("/{n}"))));
    let limits = CrawlSettings {
        downloads: 4,
        per_host: 2,
        tries: 1,
        connect_timeout: Duration::from_millis(50),
        ..settings()
    };
    let mut catalog = Catalog::default();
    let start = Instant::now();
    crawl(
        &folder.path().join("crawl.db"),
        &limits,
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    let last = quick.seen().last().unwrap().at - start;
    assert!(
        last < Duration::from_millis(900),
        "two slots were free all along: {last:?}"
    );
    assert_eq!(catalog.codes("x")[..6], ["timeout-header"; 6]);
}

#[tokio::test]
async fn every_request_names_its_agent_and_asks_for_identity() {
    let server = Server::start(|_, _| (Duration::ZERO, ok(b"body"))).await;
    run(&server, &settings(), &["/a"]).await;
    let head = server.seen()[0].head.to_lowercase();
    assert!(
        head.contains("user-agent: mozilla/5.0 (compatible; trawl/"),
        "{head}"
    );
    assert!(head.contains("accept-encoding: identity"), "{head}");
    assert!(
        !head.contains("cookie") && !head.contains("referer"),
        "{head}"
    );
}
