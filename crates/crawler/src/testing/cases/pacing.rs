use std::time::Duration;

use super::super::JPEG;
use super::super::hostile::{Act, Case, Within, acts, with};

/// Bodies that come slowly, never end or break off.
pub(super) fn cases() -> Vec<Case> {
    let head = |lines: &str| Act::Send(with(&format!("HTTP/1.1 200 OK\n{lines}\n"), JPEG));
    let every = |ms, bytes: usize| Act::Forever(vec![b'x'; bytes], Duration::from_millis(ms));
    vec![
        acts(
            "silent after the first bytes",
            "timeout-idle",
            Within::Idle,
            vec![head("Content-Length: 50\n"), Act::Hold],
        ),
        acts(
            "silent before the first byte",
            "timeout-idle",
            Within::Idle,
            vec![
                Act::Send(with("HTTP/1.1 200 OK\nContent-Length: 50\n\n", b"")),
                Act::Hold,
            ],
        ),
        acts(
            "a byte a moment",
            "too-slow",
            Within::Rate,
            vec![head(""), every(20, 1)],
        ),
        acts(
            "a byte a moment of an announced body",
            "too-slow",
            Within::Rate,
            vec![head("Content-Length: 90000\n"), every(20, 1)],
        ),
        acts(
            "a chunk of a byte a moment",
            "too-slow",
            Within::Rate,
            vec![
                Act::Send(with(
                    "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n",
                    b"3\r\n\xff\xd8\xff\r\n",
                )),
                Act::Forever(b"1\r\nx\r\n".to_vec(), Duration::from_millis(20)),
            ],
        ),
        acts(
            "a burst, then a byte a moment",
            "too-slow",
            Within::Rate,
            vec![head(""), Act::Send(vec![b'x'; 50_000]), every(20, 1)],
        ),
        acts(
            "just fast enough, without end",
            "timeout-total",
            Within::Total,
            vec![head(""), every(20, 600)],
        ),
        acts(
            "fast, without end",
            "too-large",
            Within::Soon,
            vec![head(""), every(0, 64 * 1024)],
        ),
        acts(
            "reset within the body",
            "cut-short",
            Within::Soon,
            vec![head("Content-Length: 50\n"), Act::Reset],
        ),
        acts(
            "reset within a body of no length",
            "cut-short",
            Within::Soon,
            vec![head(""), Act::Reset],
        ),
    ]
}
