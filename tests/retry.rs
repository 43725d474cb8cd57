//! Failures that pass: what `--retry-failed` brings back.

use std::f64::consts::TAU;
use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::support::{Bench, published};

/// Pictures of the site, for two names.
const PICTURES: u32 = 24;

/// A site of pictures that is down for some of them while it is ill.
struct Hospital {
    port: u16,
    is_ill: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
}

impl Hospital {
    /// Starts a site that answers 503 for every picture whose number `fails` names, as long as it is ill.
    fn start(fails: fn(u32) -> bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_ill = Arc::new(AtomicBool::new(true));
        let requests = Arc::new(AtomicUsize::new(0));
        let (ill, count) = (Arc::clone(&is_ill), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                // The client may leave at any time.
                let _ = answer(stream, |n| ill.load(Ordering::SeqCst) && fails(n));
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
        let rows: Vec<String> = (0..PICTURES)
            .map(|n| {
                let label = if n % 2 == 0 { "even" } else { "odd" };
                format!("{label},http://127.0.0.1:{}/{n}", self.port)
            })
            .collect();
        bench.write("list.csv", format!("label,url\n{}\n", rows.join("\n")));
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
    let number = path.trim_start_matches('/').parse().unwrap_or(0);
    let (status, body) = if fails(number) {
        ("503 Service Unavailable", Vec::new())
    } else {
        ("200 OK", picture(number))
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

/// A picture like no other: a few waves, of which the number chooses directions and phases.
fn picture(number: u32) -> Vec<u8> {
    let mut state = u64::from(number) + 1;
    let mut draw = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 40).unwrap()) / f64::from(1 << 24)
    };
    let waves: Vec<[f64; 4]> = (0..24)
        .map(|_| {
            [
                draw() * 14.0 - 7.0,
                draw() * 14.0 - 7.0,
                draw() * TAU,
                draw(),
            ]
        })
        .collect();
    let image = image::GrayImage::from_fn(256, 256, |x, y| {
        let (x, y) = (f64::from(x) / 256.0, f64::from(y) / 256.0);
        let sum: f64 = waves
            .iter()
            .map(|[across, down, phase, height]| {
                height * (TAU * (across * x + down * y) + phase).cos()
            })
            .sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a byte"
        )]
        let tone = (128.0 + 24.0 * sum).clamp(0.0, 255.0) as u8;
        image::Luma([tone])
    });
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
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
