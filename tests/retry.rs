//! Failures that pass: what `--retry-failed` brings back.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::support::{Bench, picture, published};

/// Pictures of the site, for two names.
const PICTURES: u32 = 24;

/// A site of pictures that is down for some of them while it is ill.
struct Hospital {
    port: u16,
    is_ill: Arc<AtomicBool>,
    /// Those for pictures.
    requests: Arc<AtomicUsize>,
}

impl Hospital {
    /// Starts a site that answers 503 for every picture whose number `fails` names, as long as it is ill; it has nothing against crawlers.
    fn start(fails: fn(u32) -> bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_ill = Arc::new(AtomicBool::new(true));
        let requests = Arc::new(AtomicUsize::new(0));
        let (ill, count) = (Arc::clone(&is_ill), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let fails = |n| {
                    count.fetch_add(1, Ordering::SeqCst);
                    ill.load(Ordering::SeqCst) && fails(n)
                };
                // The client may leave at any time.
                let _ = answer(stream, fails);
            }
        });
        Self {
            port,
            is_ill,
            requests,
        }
    }

    /// Writes the list of its pictures and a config file, and gives the arguments that crawl it into `data/list`.
    fn arguments(&self, bench: &Bench, more: &[&str]) -> Vec<String> {
        let mut rows = vec!["label,url".to_owned()];
        rows.extend((0..PICTURES).map(|n| {
            let label = if n % 2 == 0 { "even" } else { "odd" };
            format!("{label},http://127.0.0.1:{}/{n}", self.port)
        }));
        bench.write("list.csv", rows.join("\n"));
        let config = bench.config("http://127.0.0.1:9", "tries = 2\nper_host = 8");
        [
            "crawl",
            "--engine",
            "urls:list.csv",
            "--out",
            "data/list",
            "--json",
            "--config",
        ]
        .into_iter()
        .chain([config.to_str().unwrap()])
        .chain(more.iter().copied())
        .map(str::to_owned)
        .collect()
    }

    fn crawl(&self, bench: &Bench, more: &[&str], code: i32) -> (serde_json::Value, String) {
        let arguments = self.arguments(bench, more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = bench.run(&arguments).expect(code);
        (ended.json(), ended.stderr)
    }
}

fn answer(mut stream: TcpStream, fails: impl Fn(u32) -> bool) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or("/");
    let (status, body) = match path.trim_start_matches('/').parse() {
        Err(_) => ("404 Not Found", Vec::new()),
        Ok(number) if fails(number) => ("503 Service Unavailable", Vec::new()),
        Ok(number) => ("200 OK", picture(number)),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

/// The published rows without their splits, which are given once and for good.
fn without_splits(bench: &Bench) -> Vec<String> {
    let strip = |row: String| {
        let mut parts: Vec<&str> = row.split(' ').collect();
        parts.remove(2);
        parts.join(" ")
    };
    let rows = published(&bench.path("data/list"));
    rows.into_iter().map(strip).collect()
}

#[test]
fn a_site_that_was_down_and_is_well_again_gives_the_snapshot_of_an_undisturbed_crawl() {
    let site = Hospital::start(|_| true);
    let ill = Bench::new();
    site.crawl(&ill, &[], 3);
    assert_eq!(
        site.requests.load(Ordering::SeqCst),
        2 * PICTURES as usize,
        "two tries each"
    );
    site.is_ill.store(false, Ordering::SeqCst);
    let (_, said) = site.crawl(&ill, &[], 3);
    assert!(!said.contains("trying"), "{said}");
    assert_eq!(
        site.requests.load(Ordering::SeqCst),
        2 * PICTURES as usize,
        "of itself it asks nothing"
    );
    let (again, said) = site.crawl(&ill, &["--retry-failed"], 0);
    assert!(
        said.contains("trying 24 failed downloads again (24 server-error)"),
        "{said}"
    );

    let calm = Bench::new();
    let (undisturbed, _) = site.crawl(&calm, &[], 0);
    assert_eq!(again["snapshot"], undisturbed["snapshot"]);
    assert!(
        again["snapshot"].is_object() || again["snapshot"].is_string(),
        "{again}"
    );
    assert_eq!(published(&ill.path("data/list")).len(), PICTURES as usize);
    assert_eq!(
        published(&ill.path("data/list")),
        published(&calm.path("data/list"))
    );
    ill.run(&["verify", "data/list"]).expect(0);
}

#[test]
fn pictures_that_come_late_take_their_place_in_what_was_published_without_them() {
    let site = Hospital::start(|n| n % 5 == 1);
    let ill = Bench::new();
    site.crawl(&ill, &["--per-name", "9"], 0);
    let before = published(&ill.path("data/list"));
    site.is_ill.store(false, Ordering::SeqCst);
    let (_, said) = site.crawl(&ill, &["--per-name", "9", "--retry-failed"], 0);
    assert!(said.contains("failed downloads again"), "{said}");
    let calm = Bench::new();
    site.crawl(&calm, &["--per-name", "9"], 0);
    assert_eq!(without_splits(&ill), without_splits(&calm));
    let after = published(&ill.path("data/list"));
    assert_ne!(before, after, "the goal is filled by those that come first");
    let stayed: Vec<&String> = before.iter().filter(|row| after.contains(row)).collect();
    assert!(stayed.len() >= 10, "what stays keeps its split: {stayed:?}");
    ill.run(&["verify", "data/list"]).expect(0);

    let (_, said) = site.crawl(&ill, &["--per-name", "9", "--retry-failed"], 0);
    assert!(said.contains("no failed download to try again"), "{said}");
    let refresh = ill
        .run(&["refresh", "data/list", "--retry-failed"])
        .expect(0);
    assert!(
        refresh.stderr.contains("no failed download"),
        "{}",
        refresh.stderr
    );
}
