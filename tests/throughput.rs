//! As many pictures a second as connections and latency allow, through the whole program.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{Bench, published};

const HOSTS: usize = 32;

/// `downloads` of the default configuration; two for each host.
const CONNECTIONS: usize = 64;

/// From a request to its answer.
const LATENCY: Duration = Duration::from_millis(500);

/// Pictures a second when every connection always waits for one.
const POSSIBLE: f64 = 128.0;

/// Some fifteen seconds' worth.
const PICTURES: usize = 30 * CONNECTIONS;

/// Side of a picture in pixels.
const SIDE: u32 = 320;

const LABELS: usize = 10;

/// Spots of colour across a picture.
const SPOTS: u32 = 16;

/// Image hosts that answer half a second after each request, and keep their connections.
struct Hosts {
    ports: Vec<u16>,
    answered: Arc<Mutex<Vec<Instant>>>,
}

impl Hosts {
    fn start(pictures: Vec<Vec<u8>>) -> Self {
        let pictures = Arc::new(pictures);
        let answered: Arc<Mutex<Vec<Instant>>> = Arc::default();
        let start = |_| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let (pictures, answered) = (Arc::clone(&pictures), Arc::clone(&answered));
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (pictures, answered) = (Arc::clone(&pictures), Arc::clone(&answered));
                    // The client leaves when it has all.
                    std::thread::spawn(move || serve(stream, &pictures, &answered));
                }
            });
            port
        };
        Self {
            ports: (0..HOSTS).map(start).collect(),
            answered,
        }
    }

    fn list(&self) -> String {
        let mut list = "label,url\n".to_owned();
        for n in 0..PICTURES {
            let port = self.ports[n % HOSTS];
            writeln!(list, "name {},http://127.0.0.1:{port}/{n}", n % LABELS).unwrap();
        }
        list
    }

    /// Answers a second between the first and the last tenth, over whole rounds of all connections, so that it does not matter
    /// that answers come in bursts.
    fn rate(&self) -> f64 {
        let answered = self.answered.lock().unwrap();
        assert_eq!(answered.len(), PICTURES, "each picture is asked for once");
        let skipped = PICTURES / 10;
        let counted = (PICTURES - 2 * skipped) / CONNECTIONS * CONNECTIONS;
        let time = answered[skipped + counted] - answered[skipped];
        f64::from(u32::try_from(counted).unwrap()) / time.as_secs_f64()
    }
}

fn serve(
    mut stream: TcpStream,
    pictures: &[Vec<u8>],
    answered: &Mutex<Vec<Instant>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(first) = lines.next().transpose()? {
        let due = Instant::now() + LATENCY;
        for line in lines.by_ref() {
            if line?.is_empty() {
                break;
            }
        }
        while let Some(rest) = due.checked_duration_since(Instant::now()) {
            std::thread::park_timeout(rest);
        }
        let path = first.split(' ').nth(1).unwrap_or("/");
        let number: Option<usize> = path.trim_start_matches('/').parse().ok();
        let picture = number.and_then(|number| pictures.get(number));
        let status = picture.map_or("404 Not Found", |_| "200 OK");
        let body = picture.map_or(&[][..], Vec::as_slice);
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), body].concat())?;
        if picture.is_some() {
            answered.lock().unwrap().push(Instant::now());
        }
    }
    Ok(())
}

/// A picture like no other: soft spots of colour under some grain, about 30 KB as a photograph of that size has.
fn picture(number: usize) -> Vec<u8> {
    let mut state = number as u64 + 1;
    let mut draw = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    let mut spot = || [0; 3].map(|_| u8::try_from(draw() % 256).unwrap());
    let spots = image::RgbImage::from_fn(SPOTS, SPOTS, |_, _| image::Rgb(spot()));
    let filter = image::imageops::FilterType::Triangle;
    let mut picture = image::imageops::resize(&spots, SIDE, SIDE, filter);
    for pixel in picture.pixels_mut() {
        let grain = u8::try_from(draw() % 24).unwrap();
        pixel.0 = pixel.0.map(|tone| tone.saturating_add(grain));
    }
    let mut jpeg = Cursor::new(Vec::new());
    picture
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .unwrap();
    jpeg.into_inner()
}

/// Draws all pictures, on every core.
fn pictures() -> Vec<Vec<u8>> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let draw = |thread| {
        let drawn = (thread..PICTURES).step_by(threads);
        drawn.map(|n| (n, picture(n))).collect::<Vec<_>>()
    };
    let mut pictures: Vec<(usize, Vec<u8>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || draw(thread)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    pictures.sort_unstable_by_key(|(n, _)| *n);
    pictures.into_iter().map(|(_, picture)| picture).collect()
}

/// Crawls all pictures into a new folder and returns how many a second came.
fn measure(hosts: &Hosts) -> f64 {
    hosts.answered.lock().unwrap().clear();
    let bench = Bench::new();
    bench.write("list.csv", hosts.list());
    let config = "[crawl]\nallow_private_hosts = true\nper_host = 2\nhost_interval = \"0ms\"\n";
    let config = bench.write("trawl.toml", config);
    let (config, began) = (config.to_str().unwrap(), Instant::now());
    let from = ["--engine", "urls:list.csv", "--out", "data/list"];
    bench
        .run(&[&["crawl", "--config", config], &from[..]].concat())
        .expect(0);
    assert_eq!(published(&bench.path("data/list")).len(), PICTURES);
    let rate = hosts.rate();
    println!(
        "{rate:.1} pictures a second of {POSSIBLE:.0} that are possible ({:.1} %); {PICTURES} in {:.1} s from start to end",
        100.0 * rate / POSSIBLE,
        began.elapsed().as_secs_f64()
    );
    rate
}

#[test]
#[ignore = "slow: nineteen hundred pictures at half a second each"]
fn sixty_four_connections_fetch_nine_tenths_of_what_their_latency_allows() {
    let hosts = Hosts::start(pictures());
    // Whatever else the machine has to do can only make it slower, so the best of three counts.
    let is_fast = (0..3).any(|_| measure(&hosts) >= 0.9 * POSSIBLE);
    assert!(is_fast, "see above");
}
