use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use crate::optout::OptOutPolicy;
use crate::testing::{Catalog, Listed, Reply, Seen, Server, answer, crawl, ok, settings};
use crate::{
    CrawlReport, CrawlSettings, EngineOptions, EngineSpec, EngineState, Event, Mode, SearchEngine,
    build_engine,
};

fn gallery(server: &Server) -> Box<dyn SearchEngine> {
    let mut options = EngineOptions::default();
    options.endpoints.gallery = server.url("");
    build_engine(&EngineSpec::Gallery, &options).unwrap()
}

/// The value of a field of a request; `None` when it has none.
fn field<'s>(seen: &'s Seen, name: &str) -> Option<&'s str> {
    seen.head.lines().find_map(|line| {
        let (known, value) = line.split_once(": ")?;
        known.eq_ignore_ascii_case(name).then_some(value.trim_end())
    })
}

/// A search page that names its version by these fields, or says that there is no other when asked for another than it.
fn versioned(seen: &Seen, tag: &str, date: &str, body: &str) -> Reply {
    let by_tag = field(seen, "if-none-match");
    let is_known = match by_tag {
        Some(known) => known == tag,
        None => !date.is_empty() && field(seen, "if-modified-since") == Some(date),
    };
    let mut fields = String::new();
    if !tag.is_empty() {
        let _ = write!(fields, "ETag: {tag}\r\n");
    }
    if !date.is_empty() {
        let _ = write!(fields, "Last-Modified: {date}\r\n");
    }
    if is_known {
        answer("304 Not Modified", &fields, b"")
    } else {
        answer("200 OK", &fields, body.as_bytes())
    }
}

const DATE: &str = "Tue, 24 Nov 2026 08:00:00 GMT";

/// Two pages of two pictures each; the first has a tag, the second a date. From its second edition on the first has a picture more.
async fn site(edition: Arc<AtomicUsize>) -> Server {
    Server::start_seeing(move |seen, _| {
        let edition = edition.load(Ordering::SeqCst);
        let picture = |n: usize| {
            format!(
                "{{\"url\":\"http://{}/{n}.jpg\"}}",
                field(seen, "host").unwrap()
            )
        };
        let page = |pictures: &[usize], next: &str| {
            let pictures: Vec<String> = pictures.iter().map(|n| picture(*n)).collect();
            format!("{{\"results\":[{}],\"next\":{next}}}", pictures.join(","))
        };
        let reply = if seen.path.contains("page=1") {
            let pictures: &[usize] = if edition == 1 { &[1, 2] } else { &[9, 1, 2] };
            versioned(seen, &format!("\"e{edition}\""), "", &page(pictures, "2"))
        } else if seen.path.contains("page=2") {
            versioned(seen, "", DATE, &page(&[3, 4], "null"))
        } else {
            ok(b"body")
        };
        (Duration::ZERO, reply)
    })
    .await
}

async fn run(
    server: &Server,
    state: &std::path::Path,
    mode: Mode,
    catalog: &mut Catalog,
) -> (CrawlReport, Vec<Event>) {
    let engines = vec![gallery(server)];
    let (report, events) = crawl(state, &settings(), engines, Some(&["cat"]), mode, catalog).await;
    (report.unwrap(), events)
}

#[tokio::test]
async fn a_refresh_asks_for_pages_only_if_they_have_changed() {
    let edition = Arc::new(AtomicUsize::new(1));
    let server = site(Arc::clone(&edition)).await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let mut catalog = Catalog::default();
    run(&server, &state, Mode::Continue, &mut catalog).await;
    let first = catalog.kept("cat");
    assert_eq!(first.len(), 4);
    let asked = server.seen();
    assert!(
        asked
            .iter()
            .all(|seen| field(seen, "if-none-match").is_none())
    );

    let refresh = Mode::Refresh { add: 10 };
    for _ in 0..2 {
        let before = server.seen().len();
        let (report, events) = run(&server, &state, refresh, &mut catalog).await;
        let seen = server.seen().split_off(before);
        assert_eq!(seen.len(), 2, "two pages and no picture: {seen:?}");
        assert_eq!(field(&seen[0], "if-none-match"), Some("\"e1\""));
        assert_eq!(field(&seen[1], "if-modified-since"), Some(DATE));
        assert_eq!((report.engines[0].pages, report.engines[0].hits), (2, 4));
        assert_eq!(report.engines[0].failed, None);
        let unchanged = |event: &&Event| {
            matches!(
                event,
                Event::PageFetched {
                    unchanged: true,
                    hits: 2,
                    ..
                }
            )
        };
        assert_eq!(events.iter().filter(unchanged).count(), 2);
        assert_eq!(catalog.kept("cat"), first);
    }

    edition.store(2, Ordering::SeqCst);
    let before = server.seen().len();
    run(&server, &state, refresh, &mut catalog).await;
    let seen = server.seen().split_off(before);
    let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    assert!(paths.contains(&"/9.jpg"), "{paths:?}");
    let before = server.seen().len();
    run(&server, &state, refresh, &mut catalog).await;
    let seen = server.seen().split_off(before);
    assert_eq!(field(&seen[0], "if-none-match"), Some("\"e2\""));
    assert_eq!(catalog.kept("cat").len(), 5);
}

#[tokio::test]
async fn an_engine_that_says_unchanged_unasked_is_not_understood() {
    let server = Server::start(|_, _| {
        let fields = "ETag: \"a\"\r\n";
        (Duration::ZERO, answer("304 Not Modified", fields, b""))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let mut catalog = Catalog::default();
    let (report, _) = run(&server, &state, Mode::Continue, &mut catalog).await;
    let failed = report.engines[0].failed.as_ref();
    assert!(
        matches!(failed, Some(EngineState::SchemaChanged { .. })),
        "{failed:?}"
    );
}

/// Makes what is kept of websites older by two days.
fn age(state: &std::path::Path) {
    let raw = Connection::open(state).unwrap();
    raw.execute("UPDATE sites SET fetched_at = fetched_at - 172800", ())
        .unwrap();
}

#[tokio::test]
async fn rules_of_a_website_hold_on_when_it_says_that_they_have_not_changed() {
    let server = Server::start_seeing(|seen, _| {
        let reply = match seen.path.as_str() {
            "/robots.txt" => {
                let rules = "User-agent: *\nDisallow: /private\n";
                versioned(seen, "\"r\"", "", rules)
            }
            path if path.starts_with("/.well-known/") => answer("404 Not Found", "", b""),
            path => ok(path.as_bytes()),
        };
        (Duration::ZERO, reply)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let obeying = |agents: &[&str]| CrawlSettings {
        opt_outs: OptOutPolicy {
            agents: agents.iter().map(|&agent| agent.to_owned()).collect(),
            ..OptOutPolicy::default()
        },
        ..settings()
    };
    let outcomes = async |label: &str, limits: &CrawlSettings| {
        let urls = ["/a", "/private/b"].map(|path| server.url(&format!("{path}/{label}")));
        let engines = vec![Listed::engine("l", &[(label, vec![urls.to_vec()])])];
        let mut catalog = Catalog::default();
        let (report, _) = crawl(&state, limits, engines, None, Mode::Continue, &mut catalog).await;
        report.unwrap();
        catalog.codes(label)
    };
    let asked = || -> Vec<Option<String>> {
        let seen = server.seen();
        let robots = seen.iter().filter(|seen| seen.path == "/robots.txt");
        robots
            .map(|seen| field(seen, "if-none-match").map(str::to_owned))
            .collect()
    };
    let kept_off = ["body", "robots"];
    assert_eq!(outcomes("x", &obeying(&[])).await, kept_off);
    assert_eq!(outcomes("y", &obeying(&[])).await, kept_off);
    assert_eq!(asked(), [None], "it holds for a day");
    for n in 0..2 {
        age(&state);
        assert_eq!(outcomes(&format!("z{n}"), &obeying(&[])).await, kept_off);
    }
    let tag = Some("\"r\"".to_owned());
    assert_eq!(asked(), [None, tag.clone(), tag]);
    // What was condensed for others does not hold for these.
    age(&state);
    assert_eq!(outcomes("w", &obeying(&["ccbot"])).await, kept_off);
    assert_eq!(asked().last(), Some(&None));
}

#[tokio::test]
async fn rules_that_came_without_a_version_are_never_taken_for_older_ones() {
    // Edition 0 has a tag, 1 has none, and then 0 is back.
    let edition = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&edition);
    let server = Server::start_seeing(move |seen, _| {
        let reply = match (seen.path.as_str(), told.load(Ordering::SeqCst)) {
            ("/robots.txt", 0) => {
                versioned(seen, "\"a\"", "", "User-agent: *\nDisallow: /private\n")
            }
            ("/robots.txt", _) => answer("200 OK", "", b"User-agent: *\nAllow: /\n"),
            (path, _) if path.starts_with("/.well-known/") => answer("404 Not Found", "", b""),
            (path, _) => ok(path.as_bytes()),
        };
        (Duration::ZERO, reply)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let outcome = async |label: &str, agent: &str| {
        let urls = vec![server.url(&format!("/private/{label}"))];
        let engines = vec![Listed::engine("l", &[(label, vec![urls])])];
        let limits = CrawlSettings {
            opt_outs: OptOutPolicy {
                agents: vec![agent.to_owned()],
                ..OptOutPolicy::default()
            },
            ..settings()
        };
        let mut catalog = Catalog::default();
        let mode = Mode::Continue;
        let (report, _) = crawl(&state, &limits, engines, None, mode, &mut catalog).await;
        report.unwrap();
        catalog.codes(label).remove(0)
    };
    assert_eq!(outcome("x", "one").await, "robots");
    edition.store(1, Ordering::SeqCst);
    assert_eq!(
        outcome("y", "two").await,
        "body",
        "other agents, other rules"
    );
    edition.store(0, Ordering::SeqCst);
    age(&state);
    assert_eq!(outcome("z", "two").await, "robots");
}

#[tokio::test]
async fn a_cursor_that_has_run_out_is_asked_for_anew() {
    // The first page is unchanged by its tag though the cursor on it is another one each day.
    let day = Arc::new(AtomicUsize::new(1));
    let today = Arc::clone(&day);
    let server = Server::start_seeing(move |seen, _| {
        let day = today.load(Ordering::SeqCst);
        let host = field(seen, "host").unwrap();
        let after = seen.path.split("page=").nth(1);
        let page = after.and_then(|after| after.split('&').next()?.parse().ok());
        let reply = if page == Some(1) {
            let body =
                format!("{{\"results\":[{{\"url\":\"http://{host}/a.jpg\"}}],\"next\":{day}0}}");
            versioned(seen, "\"same\"", "", &body)
        } else if page == Some(10 * day) {
            let body =
                format!("{{\"results\":[{{\"url\":\"http://{host}/b{day}.jpg\"}}],\"next\":null}}");
            ok(body.as_bytes())
        } else if seen.path.starts_with("/api/") {
            answer("410 Gone", "", b"")
        } else {
            ok(b"body")
        };
        (Duration::ZERO, reply)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let mut catalog = Catalog::default();
    run(&server, &state, Mode::Continue, &mut catalog).await;
    assert_eq!(catalog.kept("cat").len(), 2);
    day.store(2, Ordering::SeqCst);
    let refresh = Mode::Refresh { add: 10 };
    let (report, _) = run(&server, &state, refresh, &mut catalog).await;
    assert!(report.engines[0].failed.is_some(), "its cursor is gone");
    let (report, _) = run(&server, &state, refresh, &mut catalog).await;
    assert_eq!(report.engines[0].failed, None);
    assert_eq!(catalog.kept("cat").len(), 3);
}
