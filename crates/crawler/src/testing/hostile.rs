use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::CrawlSettings;

/// Is one thing that a hostile server does with a connection, once it has read a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes again and again, with a pause after each time, until the client is gone.
    Forever(Vec<u8>, Duration),
    /// Stays silent until the client is gone.
    Hold,
    /// Resets the connection rather than closing it.
    Reset,
}

/// Names the deadline that ends a case at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// No waiting at all.
    Soon,
    Header,
    Idle,
    Rate,
    Total,
}

impl Within {
    /// How long one try may last under these settings; half a second is for a busy machine.
    pub(crate) fn bound(self, limits: &CrawlSettings) -> Duration {
        let wait = match self {
            Self::Soon => Duration::ZERO,
            Self::Header => limits.connect_timeout + limits.header_timeout,
            Self::Idle => limits.idle_timeout,
            // The window that begins just before the rate falls.
            Self::Rate => limits.min_rate_grace * 2,
            Self::Total => limits.total_timeout,
        };
        wait.min(limits.total_timeout) + Duration::from_millis(500)
    }
}

/// Is one way to behave badly, and what must come of it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The reject's code, or `body`.
    pub(crate) code: &'static str,
    pub(crate) within: Within,
    /// What is done with every request.
    pub(crate) script: Vec<Act>,
}

/// Writes a case that sends these bytes and closes the connection.
pub(crate) fn sends(name: &'static str, code: &'static str, bytes: Vec<u8>) -> Case {
    acts(name, code, Within::Soon, vec![Act::Send(bytes)])
}

/// Writes a case of several acts.
pub(crate) fn acts(
    name: &'static str,
    code: &'static str,
    within: Within,
    script: Vec<Act>,
) -> Case {
    Case {
        name,
        code,
        within,
        script,
    }
}

/// Writes a head with the line ends of HTTP, and what follows it.
pub(crate) fn with(head: &str, body: &[u8]) -> Vec<u8> {
    [head.replace('\n', "\r\n").as_bytes(), body].concat()
}

/// Answers every request at a port of its own as one case says.
#[derive(Debug)]
pub(crate) struct Hostile {
    port: u16,
    requests: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hostile {
    pub(crate) async fn start(case: &Case) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        let script: Arc<[Act]> = case.script.clone().into();
        let task = tokio::spawn(async move {
            // The connections end with the server.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(play(stream, Arc::clone(&script), Arc::clone(&count)));
            }
        });
        Self {
            port,
            requests,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/a.jpg", self.port)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn play(mut stream: TcpStream, script: Arc<[Act]>, count: Arc<AtomicUsize>) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => head.extend_from_slice(&buffer[..n]),
        }
    }
    count.fetch_add(1, Ordering::SeqCst);
    for act in &*script {
        match act {
            Act::Send(bytes) => {
                if stream.write_all(bytes).await.is_err() {
                    return;
                }
            }
            Act::Forever(bytes, pause) => loop {
                if stream.write_all(bytes).await.is_err() {
                    return;
                }
                tokio::time::sleep(*pause).await;
            },
            Act::Hold => {
                while matches!(stream.read(&mut buffer).await, Ok(n) if n > 0) {}
                return;
            }
            Act::Reset => {
                // What was sent before is to arrive before the reset does.
                tokio::time::sleep(Duration::from_millis(30)).await;
                let _ = stream.set_zero_linger();
                return;
            }
        }
    }
    let _ = stream.shutdown().await;
}
