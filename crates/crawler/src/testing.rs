//! A scripted server and a consumer of deliveries, for the tests of the crate.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    Crawl, CrawlReport, CrawlSettings, Delivery, DeliveryOutcome, Event, Feedback, Mode, Name,
    Progress, SearchEngine,
};

/// Is what the server does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Writes these bytes, then closes.
    Raw(Vec<u8>),
    /// Writes these bytes and keeps the connection open in silence.
    Stall(Vec<u8>),
    /// Writes these bytes, then a piece of body again and again.
    Endless(Vec<u8>, Duration),
}

/// Builds a whole answer.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Reply {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    Reply::Raw(bytes)
}

pub(crate) fn ok(body: &[u8]) -> Reply {
    answer("200 OK", "", body)
}

/// Is one request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) at: Instant,
    pub(crate) head: String,
}

type Script = dyn Fn(&str, usize) -> (Duration, Reply) + Send + Sync;

#[derive(Default)]
struct Log {
    seen: Vec<Seen>,
    counts: HashMap<String, usize>,
    under_way: usize,
    most: usize,
}

/// Answers requests at a loopback port by a script: (path, how often it was asked before) to (delay, reply).
pub(crate) struct Server {
    port: u16,
    log: Arc<Mutex<Log>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start(
        script: impl Fn(&str, usize) -> (Duration, Reply) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::default()));
        let script: Arc<Script> = Arc::new(script);
        let shared = Arc::clone(&log);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&script)));
            }
        });
        Self { port, log, task }
    }

    /// Host and port.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().seen.clone()
    }

    pub(crate) fn count(&self, path: &str) -> usize {
        let log = self.log.lock().unwrap();
        log.counts.get(path).copied().unwrap_or(0)
    }

    /// The largest count of any one path.
    pub(crate) fn most_of_one(&self) -> usize {
        let log = self.log.lock().unwrap();
        log.counts.values().copied().max().unwrap_or(0)
    }

    /// The most requests that were under way at one moment.
    pub(crate) fn most_under_way(&self) -> usize {
        self.log.lock().unwrap().most
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Log>>, script: Arc<Script>) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => head.extend_from_slice(&buffer[..n]),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let before = {
        let mut log = log.lock().unwrap();
        log.seen.push(Seen {
            path: path.clone(),
            at: Instant::now(),
            head,
        });
        log.under_way += 1;
        log.most = log.most.max(log.under_way);
        let count = log.counts.entry(path.clone()).or_default();
        *count += 1;
        *count - 1
    };
    let (delay, reply) = script(&path, before);
    tokio::time::sleep(delay).await;
    // The client may start its next request as soon as it has the answer.
    log.lock().unwrap().under_way -= 1;
    match reply {
        Reply::Raw(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            while matches!(stream.read(&mut buffer).await, Ok(n) if n > 0) {}
        }
        Reply::Endless(bytes, pause) => {
            let _ = stream.write_all(&bytes).await;
            while stream.write_all(&[b'x'; 1024]).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Settings that test quickly and stay on loopback.
pub(crate) fn settings() -> CrawlSettings {
    let ms = Duration::from_millis;
    CrawlSettings {
        allow_private_hosts: true,
        host_interval: Duration::ZERO,
        engine_interval: Duration::ZERO,
        per_host: 8,
        connect_timeout: ms(1_000),
        idle_timeout: ms(300),
        total_timeout: ms(1_000),
        backoff_base: ms(10),
        backoff_cap: ms(40),
        max_body_bytes: 100_000,
        body_budget: 1_000_000,
        ..CrawlSettings::default()
    }
}

pub(crate) fn names(labels: &[&str]) -> Vec<Name> {
    labels
        .iter()
        .map(|&label| Name {
            label: label.to_owned(),
            queries: vec![label.to_owned()],
        })
        .collect()
}

/// Is what one delivery was, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) url: String,
    pub(crate) what: String,
    pub(crate) claims: Vec<(String, u64)>,
}

/// Stores deliveries like a catalog would: decided in order, a goal a label, all bodies kept.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) goal: Option<u32>,
    /// (label, url) of all that is stored.
    pub(crate) known: HashSet<(String, String)>,
    /// Outcome by label and seq.
    pub(crate) rows: HashMap<String, BTreeMap<u64, Got>>,
    pub(crate) log: Vec<Got>,
    pub(crate) outcomes: HashMap<String, String>,
    /// Bodies that arrive from here on are not settled any more.
    pub(crate) deaf_after: Option<usize>,
}

impl Catalog {
    pub(crate) fn progress(&self, label: &str, from_seq: u64) -> Progress {
        let empty = BTreeMap::new();
        let rows = self.rows.get(label).unwrap_or(&empty);
        let mut next_seq = from_seq;
        while rows.contains_key(&next_seq) {
            next_seq += 1;
        }
        let decided = rows.iter().filter(|(seq, _)| **seq < next_seq);
        let kept = decided.filter(|(_, got)| got.what == "body").count();
        let kept = u32::try_from(kept).unwrap();
        Progress {
            label: label.to_owned(),
            next_seq,
            remaining: self.goal.map(|goal| goal.saturating_sub(kept)),
        }
    }

    /// The URLs kept for a label up to its goal, in order: what must not depend on timing.
    pub(crate) fn kept(&self, label: &str) -> Vec<String> {
        let rows = self.rows.get(label).into_iter().flatten();
        let kept = rows.filter(|(_, got)| got.what == "body");
        let most = self.goal.map_or(usize::MAX, |goal| goal as usize);
        kept.take(most).map(|(_, got)| got.url.clone()).collect()
    }

    pub(crate) fn codes(&self, label: &str) -> Vec<String> {
        let rows = self.rows.get(label).into_iter().flatten();
        rows.map(|(_, got)| got.what.clone()).collect()
    }

    fn store(&mut self, delivery: &Delivery) -> Got {
        let what = match &delivery.outcome {
            DeliveryOutcome::Body(_) => "body",
            DeliveryOutcome::Rejected(reject) => reject.code(),
            DeliveryOutcome::Known => "known",
        };
        self.log.push(Got {
            url: delivery.url.clone(),
            what: what.to_owned(),
            claims: delivery
                .claims
                .iter()
                .map(|c| (c.label.clone(), c.seq))
                .collect(),
        });
        // What is known has the outcome that it had for the other label.
        let what = match what {
            "known" => self.outcomes[&delivery.url].clone(),
            what => what.to_owned(),
        };
        self.outcomes.insert(delivery.url.clone(), what.clone());
        let got = Got {
            url: delivery.url.clone(),
            what,
            claims: delivery
                .claims
                .iter()
                .map(|claim| (claim.label.clone(), claim.seq))
                .collect(),
        };
        for (label, seq) in &got.claims {
            self.known.insert((label.clone(), got.url.clone()));
            let rows = self.rows.entry(label.clone()).or_default();
            let earlier = rows.insert(*seq, got.clone());
            assert!(
                earlier.is_none_or(|e| e.url == got.url),
                "one seq, two URLs"
            );
        }
        got
    }
}

/// Opens and runs a crawl against the catalog until it ends, or until it has been stored that many times.
pub(crate) async fn crawl(
    state: &Path,
    settings: &CrawlSettings,
    engines: Vec<Box<dyn SearchEngine>>,
    labels: Option<&[&str]>,
    mode: Mode,
    catalog: &mut Catalog,
) -> (Option<CrawlReport>, Vec<Event>) {
    let mut crawl = Crawl::open(state, settings.clone(), engines, labels.map(names), mode).unwrap();
    crawl
        .reconcile(|label, url| {
            Ok::<_, crate::CrawlError>(catalog.known.contains(&(label.to_owned(), url.to_owned())))
        })
        .unwrap();
    let starts: HashMap<String, u64> = crawl
        .starts()
        .into_iter()
        .map(|start| (start.label, start.from_seq))
        .collect();
    let progress = starts
        .iter()
        .map(|(label, from)| catalog.progress(label, *from))
        .collect();
    let (deliver, mut deliveries) = mpsc::channel(4);
    let (say, feedback) = mpsc::unbounded_channel();
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let client = crawl.client();
    let free = client.free_bytes();
    let run = crawl.run(
        progress,
        deliver,
        feedback,
        Box::new(move |event| sink.lock().unwrap().push(event)),
        CancellationToken::new(),
    );
    tokio::pin!(run);
    let report = loop {
        tokio::select! {
            report = &mut run => break Some(report.unwrap()),
            Some(delivery) = deliveries.recv() => {
                if catalog.deaf_after.is_some_and(|n| catalog.log.len() >= n) {
                    break None;
                }
                let got = catalog.store(&delivery);
                drop(delivery);
                for (label, _) in got.claims {
                    let Progress { label, next_seq, remaining } = catalog.progress(&label, starts[&label]);
                    say.send(Feedback::Progress { label: label.clone(), next_seq, remaining }).unwrap();
                    say.send(Feedback::Settled { label, url: got.url.clone() }).unwrap();
                }
            }
        }
    };
    if report.is_some() {
        assert_eq!(client.free_bytes(), free, "every body gave its share back");
    }
    let events = std::mem::take(&mut *events.lock().unwrap());
    (report, events)
}

/// Is an engine that serves pages from memory through a list of hits a page, for one phrase each.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: &'static str,
    pub(crate) labels: Vec<String>,
    /// (label, pages of URLs)
    pub(crate) pages: HashMap<String, Vec<Vec<String>>>,
}

impl Listed {
    pub(crate) fn engine(
        id: &'static str,
        pages: &[(&str, Vec<Vec<String>>)],
    ) -> Box<dyn SearchEngine> {
        Box::new(Self {
            id,
            labels: pages.iter().map(|(label, _)| (*label).to_owned()).collect(),
            pages: pages
                .iter()
                .map(|(label, pages)| ((*label).to_owned(), pages.clone()))
                .collect(),
        })
    }
}

impl SearchEngine for Listed {
    fn id(&self) -> &str {
        self.id
    }

    fn labels(&self) -> Option<&[String]> {
        Some(&self.labels)
    }

    fn ask(&self, query: &str, cursor: Option<&str>) -> crate::Ask {
        let at: usize = cursor.map_or(0, |c| c.parse().unwrap());
        let pages = &self.pages[query];
        let hits = pages.get(at).into_iter().flatten();
        crate::Ask::Local(crate::Page {
            hits: hits
                .map(|url| crate::Hit {
                    image_url: url.clone(),
                    ..crate::Hit::default()
                })
                .collect(),
            next: (at + 1 < pages.len()).then(|| (at + 1).to_string()),
        })
    }

    fn parse(&self, _: Option<&str>, _: &[u8]) -> Result<crate::Page, crate::EngineState> {
        Err(crate::EngineState::Empty)
    }
}
