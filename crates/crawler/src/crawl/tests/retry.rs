use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::testing::{Catalog, Listed, Reply, Server, answer, crawl, ok, settings};
use crate::{Crawl, CrawlError, CrawlSettings, Mode, SearchEngine};

/// Fails at first in four ways that pass, of eight, and in one that does not.
async fn server() -> Server {
    Server::start(|path, before| {
        let n: u64 = path[1..].parse().unwrap();
        let reply = match (n % 8, before) {
            (0, _) => answer("404 Not Found", "", b""),
            (1, 0) => answer("503 Busy", "", b""),
            (2, 0) => Reply::Stall(Vec::new()),
            (3, 0) => Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut".to_vec()),
            (4, 0) => answer("429 Slow down", "Retry-After: 0\r\n", b""),
            _ => ok(path.as_bytes()),
        };
        (Duration::ZERO, reply)
    })
    .await
}

fn once() -> CrawlSettings {
    CrawlSettings {
        tries: 1,
        ..settings()
    }
}

fn engines(urls: &[String]) -> Vec<Box<dyn SearchEngine>> {
    let pages = |urls: &[String]| vec![urls.to_vec()];
    // The second label shares the middle of the first.
    vec![Listed::engine(
        "l",
        &[("x", pages(urls)), ("y", pages(&urls[10..20]))],
    )]
}

async fn go(
    state: &Path,
    limits: &CrawlSettings,
    urls: &[String],
    catalog: &mut Catalog,
) -> crate::CrawlReport {
    let mode = Mode::Continue;
    let (report, _) = crawl(state, limits, engines(urls), None, mode, catalog).await;
    report.unwrap()
}

#[tokio::test]
async fn what_failed_is_asked_again_and_gives_what_an_undisturbed_crawl_gives() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let urls: Vec<String> = (0..32).map(|n| server.url(&format!("/{n}"))).collect();
    let mut catalog = Catalog::default();
    go(&state, &once(), &urls, &mut catalog).await;
    assert_eq!(
        catalog.codes("x").iter().filter(|c| *c == "body").count(),
        12
    );
    let report = go(&state, &settings(), &urls, &mut catalog).await;
    assert_eq!(
        report.counters.requests, 0,
        "of itself nothing is asked again"
    );

    catalog.retry_failed = true;
    let report = go(&state, &once(), &urls, &mut catalog).await;
    let counts = [
        ("cut-short", 4),
        ("rate-limited", 4),
        ("server-error", 4),
        ("timeout-total", 4),
    ];
    assert_eq!(catalog.taken_back, BTreeMap::from(counts));
    assert_eq!(report.counters.requests, 16, "each once, for both labels");
    for (n, url) in urls.iter().enumerate() {
        let times = 1 + usize::from((1..=4).contains(&(n % 8)));
        assert_eq!(server.count(&format!("/{n}")), times, "{url}");
    }

    // Every path was asked once, so the site is well now: the same as if it had always been.
    let folder = tempfile::tempdir().unwrap();
    let mut calm = Catalog::default();
    go(&folder.path().join("crawl.db"), &once(), &urls, &mut calm).await;
    for label in ["x", "y"] {
        assert_eq!(catalog.codes(label), calm.codes(label));
        assert_eq!(catalog.kept(label), calm.kept(label));
    }
    let report = go(&state, &once(), &urls, &mut catalog).await;
    assert_eq!((report.counters.requests, catalog.taken_back.len()), (0, 0));
}

#[tokio::test]
async fn tries_begin_anew_and_are_bounded_again() {
    let server = Server::start(|_, _| (Duration::ZERO, answer("503 Busy", "", b""))).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let urls: Vec<String> = (0..20).map(|n| server.url(&format!("/{n}"))).collect();
    let mut catalog = Catalog {
        retry_failed: true,
        ..Catalog::default()
    };
    let limits = CrawlSettings {
        tries: 2,
        ..settings()
    };
    for run in 1..=3 {
        go(&state, &limits, &urls, &mut catalog).await;
        assert_eq!(catalog.codes("x"), ["server-error"; 20]);
        assert_eq!(server.seen().len(), 2 * 20 * run);
    }
}

#[tokio::test]
async fn a_kill_between_the_two_sides_loses_neither_the_failures_nor_the_chance() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let urls: Vec<String> = (0..32).map(|n| server.url(&format!("/{n}"))).collect();
    let mut catalog = Catalog::default();
    go(&state, &once(), &urls, &mut catalog).await;
    let (before, asked) = (catalog.codes("x"), server.seen().len());
    let halfway = |catalog: &mut Catalog| {
        let engines = engines(&urls);
        let mut crawl = Crawl::open(&state, once(), engines, None, Mode::Continue).unwrap();
        let killed = crawl.retry_failed(|urls| {
            catalog.reopen(urls);
            Err(CrawlError::NoEngine)
        });
        assert!(killed.is_err());
    };
    halfway(&mut catalog);
    assert_eq!(catalog.codes("x").len(), 16, "the rest is forgotten");
    go(&state, &once(), &urls, &mut catalog).await;
    assert_eq!(catalog.codes("x"), before, "said once more");
    assert_eq!(server.seen().len(), asked, "and not asked");

    halfway(&mut catalog);
    catalog.retry_failed = true;
    go(&state, &once(), &urls, &mut catalog).await;
    assert_eq!(
        catalog.codes("x").iter().filter(|c| *c == "body").count(),
        28
    );
}

#[tokio::test]
async fn a_refresh_takes_back_what_it_decides_only() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let urls: Vec<String> = (0..32).map(|n| server.url(&format!("/{n}"))).collect();
    let mut catalog = Catalog {
        goal: Some(6),
        ..Catalog::default()
    };
    go(&state, &once(), &urls, &mut catalog).await;
    let asked = server.seen().len();
    catalog.retry_failed = true;
    // One has its goal and is only looked at beyond what is known; the other has not, and gets all it can.
    let mode = Mode::Refresh { add: 0 };
    crawl(&state, &once(), engines(&urls), None, mode, &mut catalog).await;
    let again: Vec<usize> = (0..32)
        .filter(|n| server.count(&format!("/{n}")) > 1)
        .collect();
    assert!(server.seen().len() > asked);
    assert!(again.iter().all(|n| (10..20).contains(n)), "{again:?}");
}
