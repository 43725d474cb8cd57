use std::time::Duration;

use crate::testing::{Catalog, Listed, Server, answer, crawl, ok, settings};
use crate::{CrawlSettings, End, Mode, SearchEngine};

/// Three labels at two engines; labels share some URLs, and every fifth picture is missing.
fn engines(server: &Server) -> Vec<Box<dyn SearchEngine>> {
    let page = |from: usize, to: usize| (from..to).map(|n| server.url(&format!("/{n}"))).collect();
    let a = Listed::engine(
        "a",
        &[
            ("cat", vec![page(0, 10), page(10, 20), page(20, 30)]),
            ("dog", vec![page(5, 25)]),
        ],
    );
    let b = Listed::engine(
        "b",
        &[
            ("cat", vec![page(8, 14), page(40, 60)]),
            ("owl", vec![page(0, 40)]),
        ],
    );
    vec![a, b]
}

async fn kept(limits: &CrawlSettings, jitter: bool) -> Vec<Vec<String>> {
    let server = Server::start(move |path, before| {
        let n: u64 = path[1..].parse().unwrap();
        let delay = if jitter { fastrand::u64(0..15) } else { n % 3 };
        let delay = Duration::from_millis(delay);
        match (n % 5, before) {
            (0, _) => (delay, answer("404 Not Found", "", b"")),
            (1, 0) => (delay, answer("500 Oops", "", b"")),
            _ => (delay, ok(path.as_bytes())),
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog {
        goal: Some(15),
        ..Catalog::default()
    };
    let (report, _) = crawl(
        &folder.path().join("crawl.db"),
        limits,
        engines(&server),
        Some(&["cat", "dog", "owl"]),
        Mode::Continue,
        &mut catalog,
    )
    .await;
    let report = report.unwrap();
    assert!(
        report.names.iter().all(|name| name.end == End::Goal),
        "{report:?}"
    );
    assert!(server.most_of_one() <= 3);
    let strip = |url: String| url.rsplit('/').next().unwrap().to_owned();
    ["cat", "dog", "owl"]
        .iter()
        .map(|label| catalog.kept(label).into_iter().map(strip).collect())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_does_not_depend_on_concurrency_or_latency() {
    let calm = kept(
        &CrawlSettings {
            downloads: 1,
            per_host: 1,
            ..settings()
        },
        false,
    )
    .await;
    let first: Vec<&str> = calm[0].iter().map(String::as_str).collect();
    assert_eq!(
        first,
        [
            "8", "1", "9", "2", "3", "11", "4", "12", "13", "6", "7", "41", "42", "43", "14"
        ],
        "engines interleaved by rank, round by round"
    );
    // The last window leaves place for one label at a time.
    for (downloads, per_host, window) in [(64, 16, 64), (3, 2, 5), (16, 16, 17), (16, 16, 1 << 16)]
    {
        let wild = CrawlSettings {
            downloads,
            per_host,
            window,
            ..settings()
        };
        assert_eq!(kept(&wild, true).await, calm);
    }
}
