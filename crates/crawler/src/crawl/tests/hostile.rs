use std::time::{Duration, Instant};

use crate::testing::{
    Case, Catalog, Hostile, JPEG, Listed, Reply, Server, Within, answer, crawl, hostile_cases,
    settings,
};
use crate::{CrawlSettings, Mode};

/// Deadlines that end every case quickly, all different, so that it shows which of them did it.
pub(super) fn hasty() -> CrawlSettings {
    let ms = Duration::from_millis;
    CrawlSettings {
        tries: 2,
        connect_timeout: ms(300),
        header_timeout: ms(200),
        idle_timeout: ms(250),
        min_rate: 10_000,
        min_rate_grace: ms(400),
        total_timeout: ms(1_200),
        ..settings()
    }
}

/// Runs one case in a crawl of its own; says what went wrong.
async fn run(case: Case, limits: &CrawlSettings) -> Result<(), String> {
    let server = Hostile::start(&case).await;
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::default();
    let start = Instant::now();
    crawl(
        &folder.path().join("crawl.db"),
        limits,
        vec![Listed::engine("l", &[("x", vec![vec![server.url()]])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    let took = start.elapsed();
    let (code, requests) = (catalog.codes("x").concat(), server.requests());
    let most = (case.within.bound(limits) + limits.backoff_cap) * limits.tries;
    println!(
        "| {} | `{code}` | {} | {} ms |",
        case.name,
        requests,
        took.as_millis()
    );
    if code != case.code || took > most || requests > limits.tries as usize {
        let name = case.name;
        return Err(format!(
            "{name}: `{code}` after {took:?} and {requests} requests, not `{}` within {most:?}",
            case.code
        ));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_ends_with_its_reason_within_its_deadline() {
    let limits = hasty();
    let (soon, waiting): (Vec<Case>, Vec<Case>) = hostile_cases(100_000)
        .into_iter()
        .partition(|case| case.within == Within::Soon);
    let mut results = Vec::new();
    for case in soon {
        results.push(run(case, &limits).await);
    }
    // These wait for a deadline, so they wait together.
    let waiting = waiting.into_iter().map(|case| run(case, &limits));
    results.extend(futures::future::join_all(waiting).await);
    let wrong: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_two_cases_have_one_name() {
    let mut names: Vec<&str> = hostile_cases(100_000)
        .iter()
        .map(|case| case.name)
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

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

#[tokio::test]
async fn only_what_may_change_is_asked_again() {
    let twice = CrawlSettings {
        tries: 2,
        ..settings()
    };
    let cut = Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\xff\xd8\xff".to_vec());
    assert_eq!(one(&twice, cut).await, ("cut-short".to_owned(), 2));
    let dropped = Reply::Raw(Vec::new());
    assert_eq!(one(&twice, dropped).await, ("connection".to_owned(), 2));
    let page = answer("200 OK", "", b"<!doctype html>");
    assert_eq!(one(&twice, page).await, ("html".to_owned(), 1));
    let unknown = answer("200 OK", "Content-Encoding: x\r\n", JPEG);
    assert_eq!(one(&twice, unknown).await, ("bad-encoding".to_owned(), 1));
}

#[tokio::test]
async fn the_largest_body_is_taken_and_one_byte_more_is_not() {
    let of = |length: usize| answer("200 OK", "", &[JPEG, &vec![b'x'; length - 3]].concat());
    assert_eq!(one(&settings(), of(100_000)).await.0, "body");
    assert_eq!(
        one(&settings(), of(100_001)).await,
        ("too-large".to_owned(), 1)
    );
}

/// Answers two requests on one connection if it is asked so, with more than it should after the first.
async fn crawl_after(garbage: &'static str) -> (Vec<String>, Vec<usize>) {
    let server = Server::start(move |path, _| {
        let reply = match path {
            "/first" => {
                format!("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nGIF89a first..{garbage}")
            }
            _ => "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nGIF89a second..".to_owned(),
        };
        (Duration::ZERO, Reply::KeepAlive(reply.into_bytes()))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::default();
    let one_by_one = CrawlSettings {
        per_host: 1,
        host_interval: Duration::from_millis(30),
        ..settings()
    };
    let urls = ["/first", "/second"].map(|path| server.url(path)).to_vec();
    crawl(
        &folder.path().join("crawl.db"),
        &one_by_one,
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    (catalog.codes("x"), catalog.lengths.clone())
}

#[tokio::test]
async fn an_answer_never_serves_for_another_request() {
    for garbage in [
        "",
        "garbage",
        "\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nGIF89a",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ] {
        let (codes, lengths) = crawl_after(garbage).await;
        assert_eq!(codes, ["body", "body"], "{garbage:?}");
        assert_eq!(lengths, [14, 15], "{garbage:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_budget_slows_down_but_never_locks_up() {
    let server = Server::start(|_, _| {
        let mut reply = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        reply.extend([JPEG, &[b'x'; 3_000]].concat());
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_stall_hold_little_of_the_budget() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n";
    let stall = Reply::Stall([head, JPEG].concat());
    let stalling = Server::start(move |_, _| (Duration::ZERO, stall.clone())).await;
    let picture = [JPEG, &[b'x'; 3_000]].concat();
    let good = Server::start(move |_, _| (Duration::ZERO, answer("200 OK", "", &picture))).await;
    let limits = CrawlSettings {
        tries: 1,
        downloads: 64,
        per_host: 32,
        max_body_bytes: 10_000_000,
        body_budget: 20_000_000,
        ..settings()
    };
    let mut urls: Vec<String> = (0..24).map(|n| stalling.url(&format!("/{n}"))).collect();
    urls.extend((0..24).map(|n| good.url(&format!("/{n}"))));
    let folder = tempfile::tempdir().unwrap();
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
    let codes = catalog.codes("x");
    assert_eq!(codes[..24], ["timeout-idle"; 24]);
    assert_eq!(codes[24..], ["body"; 24]);
    // One after another, two at a time, they would have taken twelve times their deadline.
    assert!(
        start.elapsed() < limits.idle_timeout * 6,
        "{:?}",
        start.elapsed()
    );
}
