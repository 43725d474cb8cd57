use std::time::Duration;

use super::super::JPEG;
use super::super::hostile::{Act, Case, Within, acts, sends, with};

const OK: &str = "HTTP/1.1 200 OK\n";

/// Status lines and headers.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = slow();
    cases.extend(malformed());
    cases.extend(floods());
    cases
}

fn slow() -> Vec<Case> {
    let drip = |bytes: &[u8], ms| Act::Forever(bytes.to_vec(), Duration::from_millis(ms));
    let header = |name, script| acts(name, "timeout-header", Within::Header, script);
    vec![
        header("silent", vec![Act::Hold]),
        header(
            "a header a moment",
            vec![Act::Send(with(OK, b"")), drip(b"X-A: b\r\n", 20)],
        ),
        header(
            "a byte of a header a moment",
            vec![Act::Send(with(OK, b"X-A: ")), drip(b"x", 10)],
        ),
        header(
            "a byte of the status line a moment",
            vec![Act::Send(b"HTTP/1.1 200 ".to_vec()), drip(b"O", 10)],
        ),
        header(
            "silent within the headers",
            vec![
                Act::Send(with("HTTP/1.1 200 OK\nContent-Le", b"")),
                Act::Hold,
            ],
        ),
        header(
            "1xx a moment",
            vec![drip(b"HTTP/1.1 100 Continue\r\n\r\n", 10)],
        ),
        header(
            "1xx without end",
            vec![drip(
                &b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(50),
                1,
            )],
        ),
    ]
}

fn malformed() -> Vec<Case> {
    let bad = |name, head: &str| sends(name, "connection", with(head, JPEG));
    vec![
        sends("closed at once", "connection", Vec::new()),
        acts(
            "reset at once",
            "connection",
            Within::Soon,
            vec![Act::Reset],
        ),
        bad("no status line", "hello there\n\n"),
        sends("HTTP/0.9", "connection", [JPEG, &[b'x'; 200]].concat()),
        bad("HTTP/3.0 on TCP", "HTTP/3.0 200 OK\n\n"),
        bad("a status of two digits", "HTTP/1.1 20 OK\n\n"),
        bad("a status of text", "HTTP/1.1 abc OK\n\n"),
        bad("a status of four digits", "HTTP/1.1 2000 OK\n\n"),
        bad("no colon", "HTTP/1.1 200 OK\nContent-Length 5\n\n"),
        bad("a colon first", "HTTP/1.1 200 OK\n: 5\n\n"),
        bad(
            "a name with a space",
            "HTTP/1.1 200 OK\nContent Length: 3\n\n",
        ),
        bad("NUL in a value", "HTTP/1.1 200 OK\nX-A: a\0b\n\n"),
        bad("folded lines", "HTTP/1.1 200 OK\nX-A: a\n b\n\n"),
        bad("cut within the headers", "HTTP/1.1 200 OK\nX-A: a"),
        sends(
            "status 101",
            "http-status",
            with("HTTP/1.1 101 Switching Protocols\n\n", JPEG),
        ),
        sends(
            "a frame of HTTP/2",
            "connection",
            b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\0\xff\xff".to_vec(),
        ),
        sends(
            "1xx before the answer",
            "body",
            with(
                "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\n\nHTTP/1.1 200 OK\n\n",
                JPEG,
            ),
        ),
        sends(
            "bare line feeds",
            "body",
            [b"HTTP/1.1 200 OK\n\n", JPEG].concat(),
        ),
        bad("HTTP/1.1 and no more", "HTTP/1.1"),
    ]
}

fn floods() -> Vec<Case> {
    let many = b"X-Header: some value\r\n".repeat(100_000);
    let long = vec![b'x'; 10_000_000];
    vec![
        sends(
            "100,000 headers",
            "connection",
            [&with(OK, &many)[..], b"\r\n", JPEG].concat(),
        ),
        sends(
            "a header of 10 MB",
            "connection",
            [&with(OK, b"X-A: ")[..], &long, b"\r\n\r\n"].concat(),
        ),
        sends(
            "a status line of 10 MB",
            "connection",
            [b"HTTP/1.1 200 ", &long[..], b"\r\n\r\n"].concat(),
        ),
        acts(
            "headers without end",
            "connection",
            Within::Soon,
            vec![
                Act::Send(with(OK, b"")),
                Act::Forever(b"X-A: b\r\n".repeat(1_000), Duration::ZERO),
            ],
        ),
        acts(
            "a redirect with a body without end",
            "too-many-redirects",
            Within::Soon,
            vec![
                Act::Send(with("HTTP/1.1 302 Found\nLocation: /a.jpg\n\n", b"")),
                Act::Forever(vec![b'x'; 64 * 1024], Duration::ZERO),
            ],
        ),
        acts(
            "an error with a body without end",
            "not-found",
            Within::Soon,
            vec![
                Act::Send(with("HTTP/1.1 404 Not Found\n\n", b"")),
                Act::Forever(vec![b'x'; 64 * 1024], Duration::ZERO),
            ],
        ),
    ]
}
