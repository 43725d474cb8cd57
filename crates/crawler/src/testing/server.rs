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
    /// Writes these bytes, then takes another request on the same connection.
    KeepAlive(Vec<u8>),
    /// Writes these bytes and keeps the connection open in silence.
    Stall(Vec<u8>),
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

/// The first bytes of a JPEG: a body that begins so passes for a picture until it is decoded.
pub(crate) const JPEG: &[u8] = b"\xff\xd8\xff";

/// Answers 200 with the body. One that is neither empty nor JSON nor markup is led by the first bytes of a JPEG.
pub(crate) fn ok(body: &[u8]) -> Reply {
    match body {
        [] | [b'{' | b'[' | b'<', ..] => answer("200 OK", "", body),
        body => answer("200 OK", "", &[JPEG, body].concat()),
    }
}

/// Is one request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) at: Instant,
    pub(crate) head: String,
}

type Script = dyn Fn(&Seen, usize) -> (Duration, Reply) + Send + Sync;

#[derive(Default)]
struct Log {
    seen: Vec<Seen>,
    counts: HashMap<String, usize>,
    under_way: usize,
    most: usize,
}

impl Log {
    /// Notes a request; returns how often its path was asked before.
    fn begin(&mut self, seen: Seen) -> usize {
        self.under_way += 1;
        self.most = self.most.max(self.under_way);
        let count = self.counts.entry(seen.path.clone()).or_default();
        *count += 1;
        let before = *count - 1;
        self.seen.push(seen);
        before
    }
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
        Self::start_seeing(move |seen, before| script(&seen.path, before)).await
    }

    /// Starts one whose script sees the whole head of a request.
    pub(crate) async fn start_seeing(
        script: impl Fn(&Seen, usize) -> (Duration, Reply) + Send + Sync + 'static,
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

    /// Answers every connection, once a first byte has come, whatever it is.
    pub(crate) async fn start_raw(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let reply = reply.clone();
                tokio::spawn(async move {
                    let _ = stream.read(&mut [0; 4096]).await;
                    send(&mut stream, reply).await
                });
            }
        });
        Self {
            port,
            log: Arc::default(),
            task,
        }
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
    while let Some(head) = read_head(&mut stream).await {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let seen = Seen {
            path,
            at: Instant::now(),
            head,
        };
        let before = log.lock().unwrap().begin(seen.clone());
        let (delay, reply) = script(&seen, before);
        tokio::time::sleep(delay).await;
        // The client may start its next request as soon as it has the answer.
        log.lock().unwrap().under_way -= 1;
        if !send(&mut stream, reply).await {
            return;
        }
    }
}

/// Sends a reply; says whether another request may follow.
async fn send(stream: &mut TcpStream, reply: Reply) -> bool {
    match reply {
        Reply::KeepAlive(bytes) => return stream.write_all(&bytes).await.is_ok(),
        Reply::Raw(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            while matches!(stream.read(&mut [0; 4096]).await, Ok(n) if n > 0) {}
        }
    }
    false
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => head.extend_from_slice(&buffer[..n]),
        }
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}
