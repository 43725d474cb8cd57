use std::time::Duration;

use crate::testing::{Catalog, Listed, Reply, Server, answer, crawl, ok, settings};
use crate::{CrawlSettings, Mode};

/// Crawls one path and returns how it ended and how often it was asked.
async fn one(limits: &CrawlSettings, reply: Reply) -> (String, usize) {
    let server = Server::start(move |_, _| (Duration::ZERO, reply.clone())).await;
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::default();
    crawl(
        &folder.path().join("crawl.db"),
        limits,
        vec![Listed::engine("l", &[("x", vec![vec![server.url("/a")]])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    (catalog.codes("x").concat(), server.count("/a"))
}

fn raw(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn twice() -> CrawlSettings {
    CrawlSettings {
        tries: 2,
        ..settings()
    }
}

#[tokio::test]
async fn bodies_that_do_not_come_are_retried_within_the_tries() {
    let stalled = Reply::Stall(raw("HTTP/1.1 200 OK\nContent-Length: 50\n\nabc"));
    assert_eq!(one(&twice(), stalled).await, ("timeout-idle".to_owned(), 2));
    let silent = Reply::Stall(Vec::new());
    let quick = CrawlSettings {
        connect_timeout: Duration::from_millis(100),
        ..twice()
    };
    assert_eq!(one(&quick, silent).await, ("timeout-idle".to_owned(), 2));
    let cut = Reply::Raw(raw("HTTP/1.1 200 OK\nContent-Length: 50\n\nabc"));
    assert_eq!(one(&twice(), cut).await, ("cut-short".to_owned(), 2));
    let broken = Reply::Raw(raw(
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nabcde\nZZ\n",
    ));
    assert_eq!(one(&twice(), broken).await, ("cut-short".to_owned(), 2));
    let no_status = Reply::Raw(b"hello there\r\n\r\n".to_vec());
    assert_eq!(one(&twice(), no_status).await, ("connection".to_owned(), 2));
    let dropped = Reply::Raw(Vec::new());
    assert_eq!(one(&twice(), dropped).await, ("connection".to_owned(), 2));
}

#[tokio::test]
async fn slow_and_endless_bodies_end_at_the_deadline_or_the_cap() {
    let head = raw("HTTP/1.1 200 OK\n\n");
    let slow = Reply::Endless(head.clone(), Duration::from_millis(50));
    let once = CrawlSettings {
        tries: 1,
        total_timeout: Duration::from_millis(400),
        ..settings()
    };
    assert_eq!(one(&once, slow).await, ("timeout-total".to_owned(), 1));
    let fast = Reply::Endless(head, Duration::ZERO);
    assert_eq!(one(&settings(), fast).await, ("too-large".to_owned(), 1));
}

#[tokio::test]
async fn too_large_is_told_with_and_without_a_length() {
    let announced = Reply::Stall(raw("HTTP/1.1 200 OK\nContent-Length: 999999999\n\n"));
    assert_eq!(
        one(&settings(), announced).await,
        ("too-large".to_owned(), 1)
    );
    let mut unannounced = raw("HTTP/1.1 200 OK\n\n");
    unannounced.extend(vec![b'x'; 100_001]);
    assert_eq!(
        one(&settings(), Reply::Raw(unannounced)).await,
        ("too-large".to_owned(), 1)
    );
    let mut exact = raw("HTTP/1.1 200 OK\n\n");
    exact.extend(vec![b'x'; 100_000]);
    assert_eq!(one(&settings(), Reply::Raw(exact)).await.0, "body");
}

#[tokio::test]
async fn what_is_no_image_is_told_apart() {
    let html = answer(
        "200 OK",
        "Content-Type: image/jpeg\r\n",
        b"\n <!DOCTYPE HTML><p>",
    );
    assert_eq!(one(&settings(), html).await, ("html".to_owned(), 1));
    assert_eq!(one(&settings(), ok(b"")).await, ("empty".to_owned(), 1));
    assert_eq!(
        one(&settings(), ok(b"<svg/>")).await.0,
        "body",
        "decided by whoever decodes"
    );
}

#[tokio::test]
async fn redirects_are_followed_checked_and_capped() {
    let server = Server::start(|path, _| {
        let to = |location: &str| answer("302 Found", &format!("Location: {location}\r\n"), b"");
        let reply = match path {
            "/good" => to("/target?x=1#part"),
            "/target?x=1" => ok(b"body"),
            "/self" => to("/self"),
            "/ping" => to("/pong"),
            "/pong" => to("/ping"),
            "/file" => to("file:///etc/passwd"),
            "/data" => to("data:image/png;base64,AAAA"),
            "/nowhere" => answer("302 Found", "", b""),
            "/flaky" => to("/gone"),
            "/gone" => answer("503 Busy", "", b""),
            long => {
                let n: u32 = long[1..].parse().unwrap();
                to(&format!("/{}", n + 1))
            }
        };
        (Duration::ZERO, reply)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let paths = [
        "/good", "/self", "/ping", "/file", "/data", "/nowhere", "/0", "/flaky",
    ];
    let urls = paths.iter().map(|path| server.url(path)).collect();
    let mut catalog = Catalog::default();
    crawl(
        &folder.path().join("crawl.db"),
        &settings(),
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert_eq!(
        catalog.codes("x"),
        [
            "body",
            "too-many-redirects",
            "too-many-redirects",
            "bad-scheme",
            "bad-scheme",
            "http-status",
            "too-many-redirects",
            "server-error",
        ]
    );
    assert_eq!(
        server.count("/self"),
        1,
        "a loop is seen before it is asked again"
    );
    assert_eq!((server.count("/ping"), server.count("/pong")), (1, 1));
    assert_eq!(
        (server.count("/5"), server.count("/6")),
        (1, 0),
        "five redirects, not six"
    );
    assert_eq!((server.count("/flaky"), server.count("/gone")), (3, 3));
}

#[tokio::test]
async fn addresses_and_urls_are_refused_before_anything_is_dialled() {
    let folder = tempfile::tempdir().unwrap();
    let urls = [
        "http://169.254.169.254/latest/meta-data",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://example.org:22/",
        "file:///etc/passwd",
        "ftp://example.org/a.jpg",
        "nonsense",
        "",
    ];
    let urls = urls.iter().map(|&url| url.to_owned()).collect();
    let limits = CrawlSettings {
        allow_private_hosts: false,
        ..settings()
    };
    let mut catalog = Catalog::default();
    let (report, _) = crawl(
        &folder.path().join("crawl.db"),
        &limits,
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert_eq!(report.unwrap().counters.requests, 0);
    assert_eq!(
        catalog.codes("x"),
        [
            "private-address",
            "private-address",
            "private-address",
            "bad-port",
            "bad-scheme",
            "bad-scheme",
            "bad-url",
            "bad-url",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_budget_slows_down_but_never_locks_up() {
    let server = Server::start(|_, _| {
        let mut reply = raw("HTTP/1.1 200 OK\n\n");
        reply.extend(vec![b'x'; 3_000]);
        (Duration::from_millis(5), Reply::Raw(reply))
    })
    .await;
    let limits = CrawlSettings {
        max_body_bytes: 10_000,
        body_budget: 25_000,
        ..settings()
    };
    let folder = tempfile::tempdir().unwrap();
    let urls = (0..60).map(|n| server.url(&format!("/{n}"))).collect();
    let mut catalog = Catalog::default();
    crawl(
        &folder.path().join("crawl.db"),
        &limits,
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert_eq!(catalog.codes("x"), ["body"; 60]);
}
