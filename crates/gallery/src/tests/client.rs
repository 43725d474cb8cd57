//! A small HTTP client that shows what a body really did.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::PATIENCE;

/// What came back, and how it ended.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// By name in lower case.
    pub(super) headers: HashMap<String, String>,
    /// Without the chunk headers.
    pub(super) body: Vec<u8>,
    pub(super) end: End,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All that was promised has come.
    Complete,
    /// The connection was closed or reset before that.
    Broken,
    /// Nothing more came in the time given, or the most that was wanted is there.
    Pending,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

pub(super) async fn get(url: &str) -> Answer {
    send("GET", url, PATIENCE, usize::MAX).await
}

pub(super) async fn post(url: &str) -> Answer {
    send("POST", url, PATIENCE, usize::MAX).await
}

/// Sends a request and reads until the answer ends, `patience` is over, or more than `most` bytes have come.
pub(super) async fn send(method: &str, url: &str, patience: Duration, most: usize) -> Answer {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, String::from("/")), |(host, path)| {
            (host, format!("/{path}"))
        });
    assert!(
        host.starts_with("127.0.0.1:"),
        "{url} leads off this machine"
    );
    let mut connection = TcpStream::connect(host).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: gallery-test\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let deadline = Instant::now() + patience;
    let mut raw = Vec::new();
    let mut closed = false;
    while !closed && raw.len() <= most {
        match timeout_at(deadline, connection.read_buf(&mut raw)).await {
            Ok(Ok(0) | Err(_)) => closed = true,
            Ok(Ok(_)) => {}
            Err(_) => break,
        }
    }
    read_answer(&raw, closed)
}

fn read_answer(raw: &[u8], closed: bool) -> Answer {
    let split = raw
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("the headers came whole");
    let (head, rest) = (
        std::str::from_utf8(&raw[..split]).unwrap(),
        &raw[split + 4..],
    );
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: HashMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let (body, complete) = if headers
        .get("transfer-encoding")
        .is_some_and(|coding| coding == "chunked")
    {
        unchunk(rest)
    } else {
        let promised: usize = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        (rest.to_vec(), rest.len() == promised)
    };
    let end = match (complete, closed) {
        (true, _) => End::Complete,
        (false, true) => End::Broken,
        (false, false) => End::Pending,
    };
    Answer {
        status,
        headers,
        body,
        end,
    }
}

/// Joins chunks; says whether the last one has come.
fn unchunk(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line_end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size =
            usize::from_str_radix(std::str::from_utf8(&rest[..line_end]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        rest = &rest[line_end + 2..];
        body.extend_from_slice(&rest[..size.min(rest.len())]);
        if rest.len() < size + 2 {
            break;
        }
        rest = &rest[size + 2..];
    }
    (body, false)
}
