use std::time::{Duration, Instant};

use crate::optout::OptOutPolicy;
use crate::testing::{Catalog, Listed, Reply, Server, answer, crawl, ok, settings};
use crate::{CrawlSettings, Mode};

fn obeying() -> CrawlSettings {
    CrawlSettings {
        opt_outs: OptOutPolicy::default(),
        ..settings()
    }
}

/// Serves these replies by path, 404 for robots.txt and tdmrep.json unless they are among them, and an image elsewhere.
async fn site(replies: &[(&'static str, Reply)]) -> Server {
    let replies = replies.to_vec();
    Server::start(move |path, _| {
        let own = replies.iter().find(|(own, _)| *own == path);
        let reply = match own {
            Some((_, reply)) => reply.clone(),
            None if path == "/robots.txt" || path.starts_with("/.well-known/") => {
                answer("404 Not Found", "", b"")
            }
            None => ok(path.as_bytes()),
        };
        (Duration::ZERO, reply)
    })
    .await
}

/// Crawls the paths in this order and returns what became of each.
async fn outcomes(server: &Server, limits: &CrawlSettings, paths: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    run(server, limits, "x", paths, &state).await
}

async fn run(
    server: &Server,
    limits: &CrawlSettings,
    label: &str,
    paths: &[&str],
    state: &std::path::Path,
) -> Vec<String> {
    let urls = paths.iter().map(|path| server.url(path)).collect();
    let mut catalog = Catalog::default();
    let engines = vec![Listed::engine("l", &[(label, vec![urls])])];
    let (report, _) = crawl(state, limits, engines, None, Mode::Continue, &mut catalog).await;
    report.unwrap();
    catalog.codes(label)
}

#[tokio::test]
async fn robots_are_asked_once_and_before_anything_else() {
    let robots = answer(
        "200 OK",
        "",
        b"User-agent: *\nDisallow: /private\n\nUser-agent: img2dataset\nDisallow: /ai\n",
    );
    let server = site(&[("/robots.txt", robots)]).await;
    let paths = ["/a", "/private/b", "/ai/c", "/d"];
    let got = outcomes(&server, &obeying(), &paths).await;
    assert_eq!(got, ["body", "robots", "robots", "body"]);
    let seen: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(seen[0], "/robots.txt");
    assert_eq!(server.most_of_one(), 1);
    assert_eq!(server.count("/private/b") + server.count("/ai/c"), 0);
    let own = CrawlSettings {
        opt_outs: OptOutPolicy {
            robots: false,
            ..OptOutPolicy::default()
        },
        ..settings()
    };
    assert_eq!(outcomes(&server, &own, &paths).await, ["body"; 4]);
}

#[tokio::test]
async fn a_site_whose_robots_cannot_be_read_is_left_alone_and_others_are_not() {
    let server = site(&[("/robots.txt", answer("503 Busy", "", b""))]).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let got = run(&server, &obeying(), "x", &["/a", "/b"], &state).await;
    assert_eq!(got, ["robots-unreachable"; 2]);
    assert_eq!(server.count("/robots.txt"), 3, "the tries of one request");
    let again = run(&server, &obeying(), "y", &["/c", "/d"], &state).await;
    assert_eq!(again, ["robots-unreachable"; 2]);
    assert_eq!(server.count("/robots.txt"), 3, "remembered over runs");
    assert_eq!(server.count("/a"), 0);
    let forbidden = site(&[("/robots.txt", answer("403 No", "", b""))]).await;
    let got = outcomes(&forbidden, &obeying(), &["/a"]).await;
    assert_eq!(got, ["body"], "a refusal means that there are no rules");
}

#[tokio::test]
async fn a_dead_host_keeps_its_own_reason() {
    let server = site(&[]).await;
    let dead = format!("http://127.0.0.1:9/{}", "x");
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::default();
    let engines = vec![Listed::engine(
        "l",
        &[("x", vec![vec![dead, server.url("/a")]])],
    )];
    let state = folder.path().join("crawl.db");
    let limits = obeying();
    let (report, _) = crawl(&state, &limits, engines, None, Mode::Continue, &mut catalog).await;
    report.unwrap();
    assert_eq!(catalog.codes("x"), ["connection", "body"]);
}

#[tokio::test]
async fn redirects_are_cleared_where_they_lead() {
    let closed = site(&[(
        "/robots.txt",
        answer("200 OK", "", b"User-agent: trawl\nDisallow: /\n"),
    )])
    .await;
    let to = format!("Location: {}\r\n", closed.url("/secret"));
    let open = site(&[("/a", answer("302 Found", &to, b""))]).await;
    assert_eq!(outcomes(&open, &obeying(), &["/a"]).await, ["robots"]);
    assert_eq!(closed.count("/secret"), 0);
}

#[tokio::test]
async fn headers_are_obeyed_before_the_body_is_read() {
    let with = |header: &str| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n{header}\r\n\r\n");
        // The body never comes: whoever waits for it fails otherwise.
        Reply::Stall(head.into_bytes())
    };
    let server = site(&[
        (
            "/noai",
            with("X-Robots-Tag: noai, unavailable_after: Wed, 03 Dec 2099 13:00:00 GMT"),
        ),
        ("/noindex", with("X-Robots-Tag: noimageindex")),
        ("/tdm", with("tdm-reservation: 1")),
        ("/usage", with("Content-Usage: train-ai=n")),
        (
            "/other",
            answer(
                "200 OK",
                "X-Robots-Tag: otherbot: noindex\r\n",
                b"\xff\xd8\xffimage",
            ),
        ),
    ])
    .await;
    let paths = ["/noai", "/noindex", "/tdm", "/usage", "/other"];
    let start = Instant::now();
    let got = outcomes(&server, &obeying(), &paths).await;
    assert_eq!(got, ["opt-out", "opt-out", "opt-out", "opt-out", "body"]);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(server.most_of_one(), 1, "never tried again");
}

#[tokio::test]
async fn a_reservation_of_the_site_is_obeyed_unasked() {
    let file =
        br#"[{"location":"/art/*","tdm-reservation":1},{"location":"/","tdm-reservation":0}]"#;
    let server = site(&[("/.well-known/tdmrep.json", answer("200 OK", "", file))]).await;
    let got = outcomes(&server, &obeying(), &["/art/a", "/b"]).await;
    assert_eq!(got, ["opt-out", "body"]);
    assert_eq!(server.count("/art/a"), 0);
}

#[tokio::test]
async fn a_crawl_delay_is_kept_and_one_too_long_keeps_us_off() {
    let server = site(&[(
        "/robots.txt",
        answer("200 OK", "", b"User-agent: *\nCrawl-delay: 0.3\n"),
    )])
    .await;
    let got = outcomes(&server, &obeying(), &["/a", "/b", "/c"]).await;
    assert_eq!(got, ["body"; 3]);
    let seen = server.seen();
    let at = |path: &str| seen.iter().find(|seen| seen.path == path).unwrap().at;
    for (first, second) in [("/a", "/b"), ("/b", "/c")] {
        let gap = at(second).duration_since(at(first));
        // The gap is measured where requests arrive, which may be a little later for the first than for the second.
        assert!(gap >= Duration::from_millis(280), "{gap:?}");
    }
    let slow = site(&[(
        "/robots.txt",
        answer("200 OK", "", b"User-agent: *\nCrawl-delay: 3600\n"),
    )])
    .await;
    assert_eq!(outcomes(&slow, &obeying(), &["/a"]).await, ["robots"]);
    assert_eq!(slow.count("/a"), 0);
}
