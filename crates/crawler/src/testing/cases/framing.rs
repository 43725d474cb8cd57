use std::time::Duration;

use super::super::JPEG;
use super::super::hostile::{Act, Case, Within, acts, sends, with};

const CHUNKED: &str = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n";

/// Lengths and chunks.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = lengths();
    cases.extend(chunks());
    cases.extend(tails());
    cases
}

fn lengths() -> Vec<Case> {
    let length = |name, code, lines: &str| {
        let head = format!("HTTP/1.1 200 OK\n{lines}\n\n");
        sends(name, code, with(&head, JPEG))
    };
    vec![
        length(
            "a length that is short",
            "not-an-image",
            "Content-Length: 2",
        ),
        length("a length that is right", "body", "Content-Length: 3"),
        length("a length that is long", "cut-short", "Content-Length: 50"),
        length("a length below 0", "connection", "Content-Length: -3"),
        length("a length of text", "connection", "Content-Length: three"),
        length("a length with a sign", "connection", "Content-Length: +3"),
        length(
            "a length beyond 64 bits",
            "connection",
            "Content-Length: 99999999999999999999",
        ),
        length(
            "a length near 64 bits",
            "too-large",
            "Content-Length: 18446744073709551610",
        ),
        length(
            "two lengths",
            "connection",
            "Content-Length: 3\nContent-Length: 2",
        ),
        length("two lengths in one", "connection", "Content-Length: 3, 2"),
        length("a length of 0", "empty", "Content-Length: 0"),
        length("no length", "body", "X-A: b"),
        length("status 200, no body", "empty", "Content-Length: 0\nX-A: b"),
        acts(
            "a length over the cap",
            "too-large",
            Within::Soon,
            vec![
                Act::Send(with("HTTP/1.1 200 OK\nContent-Length: 999999999\n\n", JPEG)),
                Act::Hold,
            ],
        ),
        sends(
            "a length and chunks",
            "body",
            with(
                "HTTP/1.1 200 OK\nContent-Length: 1\nTransfer-Encoding: chunked\n\n",
                b"3\r\n\xff\xd8\xff\r\n0\r\n\r\n",
            ),
        ),
        sends(
            "status 204",
            "http-status",
            with("HTTP/1.1 204 No Content\n\n", b""),
        ),
        sends(
            "status 206",
            "http-status",
            with("HTTP/1.1 206 Partial\nContent-Length: 3\n\n", JPEG),
        ),
    ]
}

fn chunks() -> Vec<Case> {
    let cut = |name, body: &[u8]| sends(name, "cut-short", with(CHUNKED, body));
    let first = b"3\r\n\xff\xd8\xff\r\n";
    let after = |more: &[u8]| [first, more].concat();
    vec![
        cut("a size that is no number", &after(b"ZZ\r\n")),
        cut("a size below 0", &after(b"-1\r\nx\r\n")),
        cut("a size beyond 64 bits", &after(b"fffffffffffffffff\r\nx")),
        cut("no size", &after(b"\r\nx\r\n")),
        cut(
            "a chunk longer than its size",
            &after(b"1\r\nxyz\r\n0\r\n\r\n"),
        ),
        cut("closed within a chunk", &after(b"50\r\nxyz")),
        cut("closed without the last chunk", &after(b"")),
        cut(
            "an extension of 100 KB",
            &[
                first,
                &b"3;a="[..],
                &[b'x'; 100_000],
                b"\r\nxyz\r\n0\r\n\r\n",
            ]
            .concat(),
        ),
        cut(
            "an extension on every chunk",
            &[
                first,
                &[b"1;a=".to_vec(), vec![b'x'; 900], b"\r\ny\r\n".to_vec()]
                    .concat()
                    .repeat(60)[..],
                b"0\r\n\r\n",
            ]
            .concat(),
        ),
        acts(
            "one chunk without end",
            "too-large",
            Within::Soon,
            vec![
                Act::Send(with(CHUNKED, b"7fffffffffffffff\r\n\xff\xd8\xff")),
                Act::Forever(vec![b'x'; 16 * 1024], Duration::ZERO),
            ],
        ),
        acts(
            "chunks without end",
            "too-large",
            Within::Soon,
            vec![
                Act::Send(with(CHUNKED, first)),
                Act::Forever(
                    [&b"3e8\r\n"[..], &[b'x'; 1_000], b"\r\n"]
                        .concat()
                        .repeat(16),
                    Duration::ZERO,
                ),
            ],
        ),
        acts(
            "a size without end",
            "timeout-idle",
            Within::Idle,
            vec![
                Act::Send(with(CHUNKED, first)),
                Act::Forever(vec![b'0'; 1_000], Duration::from_millis(1)),
            ],
        ),
    ]
}

fn tails() -> Vec<Case> {
    let end = b"3\r\n\xff\xd8\xff\r\n0\r\n";
    let trailer = |ms| {
        vec![
            Act::Send(with(CHUNKED, end)),
            Act::Forever(b"X-A: b\r\n".to_vec(), Duration::from_millis(ms)),
        ]
    };
    vec![
        sends(
            "a trailer",
            "body",
            with(CHUNKED, &[end, &b"X-A: b\r\n\r\n"[..]].concat()),
        ),
        acts(
            "trailers without end",
            "cut-short",
            Within::Soon,
            trailer(0),
        ),
        acts(
            "a trailer a moment",
            "timeout-idle",
            Within::Idle,
            trailer(20),
        ),
        acts(
            "the last chunk is not sent",
            "timeout-idle",
            Within::Idle,
            vec![
                Act::Send(with(CHUNKED, b"3\r\n\xff\xd8\xff\r\n")),
                Act::Hold,
            ],
        ),
    ]
}
