use std::path::Path;
use std::time::Duration;

use crate::testing::{Catalog, Listed, Server, answer, crawl, ok, settings};
use crate::{CrawlSettings, Mode, SearchEngine};

fn list(label: &str, pages: Vec<Vec<String>>) -> Vec<Box<dyn SearchEngine>> {
    vec![Listed::engine("l", &[(label, pages)])]
}

async fn go(
    state: &Path,
    limits: &CrawlSettings,
    engines: Vec<Box<dyn SearchEngine>>,
    mode: Mode,
    catalog: &mut Catalog,
) -> Option<crate::CrawlReport> {
    crawl(state, limits, engines, None, mode, catalog).await.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_are_dropped_and_resumed_keep_order_and_tries() {
    let server = Server::start(|path, before| {
        let n: u64 = path[1..].parse().unwrap();
        let reply = match (n % 4, before) {
            (0, _) => answer("404 Not Found", "", b""),
            (1, 0) => answer("503 Busy", "", b""),
            _ => ok(path.as_bytes()),
        };
        (Duration::from_millis(n % 7), reply)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let urls: Vec<String> = (0..40).map(|n| server.url(&format!("/{n}"))).collect();
    let limits = CrawlSettings {
        window: 12,
        ..settings()
    };
    let mut catalog = Catalog::default();
    let mut runs = 0;
    loop {
        runs += 1;
        assert!(runs < 40, "every run stores something");
        // Each run is dropped when it delivers after a few more were stored: that delivery is lost.
        catalog.deaf_after = Some(catalog.log.len() + 4);
        let engines = list("x", vec![urls.clone()]);
        if go(&state, &limits, engines, Mode::Continue, &mut catalog)
            .await
            .is_some()
        {
            break;
        }
    }
    assert!(runs > 5);
    assert!(
        server.most_of_one() <= 3,
        "no URL is asked more than its tries"
    );
    let rows = &catalog.rows["x"];
    let order: Vec<&String> = rows.values().map(|got| &got.url).collect();
    assert_eq!(order, urls.iter().collect::<Vec<_>>());
    for (n, got) in rows {
        // A URL whose answers were all lost in crashes may be given up; nothing else changes.
        let allowed: &[&str] = match n % 4 {
            0 => &["not-found", "tries-exhausted"],
            _ => &["body", "tries-exhausted"],
        };
        assert!(allowed.contains(&got.what.as_str()), "{n}: {}", got.what);
    }
    let before = server.seen().len();
    catalog.deaf_after = None;
    let engines = list("x", vec![urls]);
    let report = go(&state, &limits, engines, Mode::Continue, &mut catalog)
        .await
        .unwrap();
    assert_eq!(
        report.counters.requests, 0,
        "the same command again asks nothing"
    );
    assert_eq!(server.seen().len(), before);
}

#[tokio::test]
async fn a_body_that_was_lost_on_its_way_is_delivered_again_without_a_request() {
    let server = Server::start(|_, _| (Duration::ZERO, ok(b"body"))).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let mut catalog = Catalog {
        deaf_after: Some(0),
        ..Catalog::default()
    };
    let engines = || list("x", vec![vec![server.url("/a")]]);
    for _ in 0..4 {
        let report = go(&state, &settings(), engines(), Mode::Continue, &mut catalog).await;
        assert!(report.is_none(), "the delivery is lost");
    }
    catalog.deaf_after = None;
    go(&state, &settings(), engines(), Mode::Continue, &mut catalog)
        .await
        .unwrap();
    assert_eq!(server.count("/a"), 1, "what has arrived is kept");
    assert!(
        !folder.path().join("incoming").exists(),
        "and let go once it is stored"
    );
}

#[tokio::test]
async fn tries_used_up_by_crashes_end_in_a_reject() {
    let server = Server::start(|_, _| (Duration::from_secs(20), ok(b"body"))).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let mut catalog = Catalog::default();
    let engines = || list("x", vec![vec![server.url("/a")]]);
    for kill in 1..=3 {
        let settings = settings();
        let run = go(&state, &settings, engines(), Mode::Continue, &mut catalog);
        let asked = async {
            while server.count("/a") < kill {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = run => panic!("the server has not answered"),
            () = asked => {}
        }
    }
    go(&state, &settings(), engines(), Mode::Continue, &mut catalog)
        .await
        .unwrap();
    assert_eq!(catalog.codes("x"), ["tries-exhausted"]);
    assert_eq!(server.count("/a"), 3);
}

#[tokio::test]
async fn a_final_reject_that_was_lost_is_delivered_again_without_a_request() {
    let server = Server::start(|_, _| (Duration::ZERO, answer("404 No", "", b""))).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let mut catalog = Catalog {
        deaf_after: Some(0),
        ..Catalog::default()
    };
    let engines = || list("x", vec![vec![server.url("/a")]]);
    go(&state, &settings(), engines(), Mode::Continue, &mut catalog).await;
    catalog.deaf_after = None;
    go(&state, &settings(), engines(), Mode::Continue, &mut catalog)
        .await
        .unwrap();
    assert_eq!(catalog.codes("x"), ["not-found"]);
    assert_eq!(server.count("/a"), 1);
}

#[tokio::test]
async fn what_the_catalog_has_is_settled_at_the_start() {
    let server = Server::start(|_, _| (Duration::ZERO, ok(b"body"))).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let url = server.url("/a");
    let mut catalog = Catalog {
        deaf_after: Some(0),
        ..Catalog::default()
    };
    let engines = || list("x", vec![vec![url.clone()]]);
    go(&state, &settings(), engines(), Mode::Continue, &mut catalog).await;
    // The catalog committed it, but the word of it was lost.
    catalog.known.insert(("x".to_owned(), url.clone()));
    let report = go(&state, &settings(), engines(), Mode::Continue, &mut catalog).await;
    assert_eq!(report.unwrap().counters.requests, 0);
    assert_eq!(server.count("/a"), 1);
    assert!(catalog.log.is_empty(), "nothing is delivered twice");
}

#[tokio::test]
async fn a_url_of_two_labels_is_downloaded_once() {
    let server = Server::start(|_, _| (Duration::from_millis(20), ok(b"body"))).await;
    let folder = tempfile::tempdir().unwrap();
    let shared = server.url("/shared");
    let filler: Vec<String> = (0..9).map(|n| server.url(&format!("/{n}"))).collect();
    let late: Vec<String> = filler.iter().cloned().chain([shared.clone()]).collect();
    let limits = CrawlSettings {
        window: 3,
        ..settings()
    };
    let engine = Listed::engine(
        "l",
        &[
            ("a", vec![vec![shared.clone()]]),
            ("b", vec![vec![shared.clone()]]),
            ("c", vec![late]),
        ],
    );
    let mut catalog = Catalog::default();
    let state = folder.path().join("crawl.db");
    go(&state, &limits, vec![engine], Mode::Continue, &mut catalog)
        .await
        .unwrap();
    assert_eq!(server.count("/shared"), 1);
    let both = catalog.log.iter().find(|got| got.url == shared).unwrap();
    let claims = [("a".to_owned(), 0), ("b".to_owned(), 0)];
    assert_eq!(
        (both.what.as_str(), both.claims.as_slice()),
        ("body", &claims[..])
    );
    let known: Vec<_> = catalog
        .log
        .iter()
        .filter(|got| got.what == "known")
        .collect();
    assert_eq!(known.len(), 1);
    assert_eq!(
        (known[0].url.as_str(), known[0].claims[0].0.as_str()),
        (shared.as_str(), "c")
    );
}

#[tokio::test]
async fn a_refresh_without_news_downloads_nothing_and_one_with_news_only_those() {
    let server = Server::start(|_, _| (Duration::ZERO, ok(b"body"))).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let urls = |from: usize, to: usize| -> Vec<String> {
        (from..to).map(|n| server.url(&format!("/{n}"))).collect()
    };
    let mut catalog = Catalog {
        goal: Some(5),
        ..Catalog::default()
    };
    let engines = list("x", vec![urls(0, 30)]);
    go(&state, &settings(), engines, Mode::Continue, &mut catalog)
        .await
        .unwrap();
    let asked = server.seen().len();
    assert!(
        asked < 20,
        "near the goal not much more is asked than wanted: {asked}"
    );

    let refresh = Mode::Refresh { add: 2 };
    let kept = catalog.rows["x"].len();
    catalog.goal = Some(u32::try_from(kept).unwrap() + 2);
    let engines = list("x", vec![urls(0, 30)]);
    let report = go(&state, &settings(), engines, refresh, &mut catalog)
        .await
        .unwrap();
    assert_eq!(report.engines[0].pages, 1, "the engine is asked again");
    assert_eq!((report.counters.requests, server.seen().len()), (0, asked));

    let news: Vec<String> = urls(100, 120).into_iter().chain(urls(0, 30)).collect();
    let engines = list("x", vec![news]);
    let report = go(&state, &settings(), engines, refresh, &mut catalog)
        .await
        .unwrap();
    assert!(report.counters.requests >= 2);
    let new: Vec<String> = server.seen()[asked..]
        .iter()
        .map(|seen| seen.path.clone())
        .collect();
    assert!(
        new.iter()
            .all(|path| path.starts_with("/1") && path.len() == 4),
        "{new:?}"
    );
    assert_eq!(
        catalog.rows["x"][&30].url,
        server.url("/100"),
        "new ones come at the end"
    );
}

#[tokio::test]
async fn a_stop_ends_the_run_and_the_next_one_goes_on() {
    use crate::{Crawl, End};
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;

    let server = Server::start(|_, _| (Duration::from_millis(100), ok(b"body"))).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let urls: Vec<String> = (0..50).map(|n| server.url(&format!("/{n}"))).collect();
    let engines = list("x", vec![urls.clone()]);
    let run = Crawl::open(&state, settings(), engines, None, Mode::Continue).unwrap();
    let (deliver, mut deliveries) = mpsc::channel(64);
    let (say, feedback) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        token.cancel();
    });
    let report = run
        .run(Vec::new(), deliver, feedback, Box::new(|_| {}), stop)
        .await
        .unwrap();
    drop(say);
    assert_eq!(report.names[0].end, End::Stopped);
    let mut delivered = 0;
    while deliveries.recv().await.is_some() {
        delivered += 1;
    }
    assert_eq!(delivered, server.seen().len(), "what was under way came in");
    assert!(delivered < 50);
    let mut catalog = Catalog::default();
    let engines = list("x", vec![urls]);
    go(&state, &settings(), engines, Mode::Continue, &mut catalog)
        .await
        .unwrap();
    assert_eq!(catalog.codes("x"), ["body"; 50]);
}
