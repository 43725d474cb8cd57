//! Image hosts whose pictures come at the second request, when the first has gone wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::picture;

/// Hosts, each at a port of its own.
const HOSTS: usize = 4;

/// How long an answer takes to begin.
const LATENCY: Duration = Duration::from_millis(20);

/// What the site has been asked: when, for which URL, and how often for each.
type Log = Arc<Mutex<Vec<(Duration, String)>>>;

/// Running image hosts; they end with the process.
#[derive(Debug)]
pub(crate) struct Fickle {
    ports: Vec<u16>,
    log: Log,
}

impl Fickle {
    /// Starts the hosts, which share the pictures 0 to `pictures`.
    pub(crate) fn start(pictures: u32) -> Self {
        let log = Log::default();
        let bodies: Arc<Vec<Vec<u8>>> = Arc::new((0..pictures).map(picture).collect());
        let began = Instant::now();
        let start = |_| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let (log, bodies) = (Arc::clone(&log), Arc::clone(&bodies));
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (log, bodies) = (Arc::clone(&log), Arc::clone(&bodies));
                    // The client may leave at any time.
                    std::thread::spawn(move || answer(stream, port, began, &log, &bodies));
                }
            });
            port
        };
        let ports = (0..HOSTS).map(start).collect();
        Self { ports, log }
    }

    /// The lines of a list that gives each label so many of the pictures, in turns.
    pub(crate) fn list(&self, labels: &[&str], each: u32) -> String {
        let mut list = "label,url\n".to_owned();
        for n in 0..each * u32::try_from(labels.len()).unwrap() {
            let label = labels[n as usize % labels.len()];
            let port = self.ports[n as usize / 3 % HOSTS];
            writeln!(list, "{label},http://127.0.0.1:{port}/{n}.png").unwrap();
        }
        list
    }

    /// Requests for each URL (port and path) so far, those for files about the site left out.
    pub(crate) fn requests(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (_, url) in self.log.lock().unwrap().iter() {
            if url.contains(".png") {
                *counts.entry(url.clone()).or_default() += 1;
            }
        }
        counts
    }

    /// Every request, a line each, in order.
    pub(crate) fn told(&self) -> String {
        let mut told = String::new();
        for (at, url) in self.log.lock().unwrap().iter() {
            writeln!(told, "{:.3} {url}", at.as_secs_f64()).unwrap();
        }
        told
    }
}

fn answer(
    mut stream: TcpStream,
    port: u16,
    began: Instant,
    log: &Log,
    bodies: &[Vec<u8>],
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or("/");
    let url = format!("{port}{path}");
    let is_first = {
        let mut log = log.lock().unwrap();
        let is_first = log.iter().all(|(_, known)| *known != url);
        log.push((began.elapsed(), url));
        is_first
    };
    std::thread::park_timeout(LATENCY);
    let number: Option<usize> = path
        .trim_start_matches('/')
        .strip_suffix(".png")
        .and_then(|number| number.parse().ok());
    let Some((number, body)) = number.and_then(|n| Some((n, bodies.get(n)?))) else {
        return send(&mut stream, "404 Not Found", "", 0, b"");
    };
    let whole = body.len();
    match number % 9 {
        1 | 5 if is_first => send(&mut stream, "503 Service Unavailable", "", 0, b""),
        2 if is_first => {
            let wait = "Retry-After: 1\r\n";
            send(&mut stream, "429 Too Many Requests", wait, 0, b"")
        }
        3 | 7 if is_first => send(&mut stream, "200 OK", "", whole, &body[..whole / 2]),
        4 if is_first => {
            send(&mut stream, "200 OK", "", whole, &body[..64])?;
            // Until the client has had enough.
            stream.read(&mut [0; 64]).map(drop)
        }
        _ => send(&mut stream, "200 OK", "", whole, body),
    }
}

fn send(
    stream: &mut TcpStream,
    status: &str,
    more: &str,
    length: usize,
    body: &[u8],
) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{more}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(body)
}
