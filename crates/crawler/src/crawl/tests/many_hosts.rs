use std::time::{Duration, Instant};

use crate::testing::{Catalog, Listed, Server, answer, crawl, ok, settings};
use crate::{CrawlSettings, Mode};

/// What the hosts have seen together.
#[derive(Debug)]
struct Seen {
    requests: usize,
    most_in_flight: usize,
    shortest_gap: Duration,
    /// The same as the servers read it, without a thought of what they read late.
    shortest_read: Duration,
    most_of_one: usize,
}

/// Crawls so many hosts with so many images each, one in twenty of which is refused with 429 at first.
async fn measure(hosts: usize, each: usize, limits: &CrawlSettings) -> Seen {
    let mut servers = Vec::new();
    for _ in 0..hosts {
        let server = Server::start(|path, before| {
            let number: usize = path[1..].parse().unwrap_or(1);
            let reply = if number % 20 == 7 && before == 0 {
                answer("429 Too Many Requests", "Retry-After: 1\r\n", b"")
            } else {
                ok(path.as_bytes())
            };
            (Duration::from_millis(20), reply)
        });
        servers.push(server.await);
    }
    let urls: Vec<String> = (0..each)
        .flat_map(|n| {
            servers
                .iter()
                .map(move |server| server.url(&format!("/{n}")))
        })
        .collect();
    let count = urls.len();
    let mut catalog = Catalog::default();
    let folder = tempfile::tempdir().unwrap();
    let (report, _) = crawl(
        &folder.path().join("crawl.db"),
        limits,
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    report.unwrap();
    assert_eq!(catalog.codes("x"), vec!["body"; count]);
    let seen: Vec<_> = servers.iter().map(Server::seen).collect();
    let read = seen.iter().flat_map(|seen| {
        let pairs = seen.windows(2);
        pairs.map(|pair| pair[1].at - pair[0].at)
    });
    let gaps = seen.iter().flat_map(|seen| {
        let at: Vec<Instant> = seen.iter().map(|seen| seen.at).collect();
        gaps(&at, limits.host_interval)
    });
    Seen {
        requests: seen.iter().map(Vec::len).sum(),
        most_in_flight: servers
            .iter()
            .map(Server::most_under_way)
            .max()
            .unwrap_or(0),
        shortest_gap: gaps.min().unwrap_or_default(),
        shortest_read: read.min().unwrap_or_default(),
        most_of_one: servers.iter().map(Server::most_of_one).max().unwrap_or(0),
    }
}

/// The times from each request to the next. Of one that was read late, which shows in a gap before it that is longer than the
/// interval by less than another one, the gap after it gets back what it lost.
fn gaps(at: &[Instant], interval: Duration) -> Vec<Duration> {
    let mut late = Duration::ZERO;
    let gaps = at.windows(2).map(|pair| {
        let gap = pair[1] - pair[0];
        let whole = gap + late;
        late = if gap < 2 * interval {
            whole.saturating_sub(interval)
        } else {
            Duration::ZERO
        };
        whole
    });
    gaps.collect()
}

#[test]
fn a_late_request_is_told_from_one_that_came_too_soon() {
    let start = Instant::now();
    let shortest = |millis: &[u64]| {
        let at: Vec<Instant> = millis
            .iter()
            .map(|&at| start + Duration::from_millis(at))
            .collect();
        let gaps = gaps(&at, Duration::from_millis(100));
        gaps.into_iter().min().unwrap().as_millis()
    };
    assert_eq!(shortest(&[0, 100, 200]), 100);
    assert_eq!(shortest(&[0, 185, 200, 300]), 100, "the second was late");
    assert_eq!(shortest(&[0, 100, 115, 215]), 15);
    assert_eq!(shortest(&[0, 1_000, 1_015, 1_100]), 15, "after a pause");
    assert_eq!(shortest(&[0, 150, 200, 210]), 10, "late once, soon once");
}

fn polite() -> CrawlSettings {
    CrawlSettings {
        per_host: 2,
        host_interval: Duration::from_millis(100),
        slowest_interval: Duration::from_millis(400),
        window: 20_000,
        ..settings()
    }
}

/// Servers take note of a request when they have read it; on a machine with more to do than cores that may be later for one
/// than for the next, which makes a gap look shorter than it was when they left.
const LATE: Duration = Duration::from_millis(20);

fn check(seen: &Seen) {
    println!("{seen:?}");
    assert!(seen.shortest_read <= seen.shortest_gap, "{seen:?}");
    assert!(seen.most_in_flight <= 2, "{seen:?}");
    assert!(
        seen.shortest_gap + LATE >= Duration::from_millis(100),
        "{seen:?}"
    );
    assert_eq!(seen.most_of_one, 2, "a refusal is tried again once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_host_sees_more_or_shorter_though_some_refuse() {
    let seen = measure(20, 20, &polite()).await;
    assert_eq!(seen.requests, 20 * 21);
    check(&seen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: ten thousand requests at ten a second and host"]
async fn no_host_sees_more_or_shorter_in_ten_thousand_requests() {
    let seen = measure(50, 200, &polite()).await;
    assert!(seen.requests >= 10_000, "{seen:?}");
    check(&seen);
}
