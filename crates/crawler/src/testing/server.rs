use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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
