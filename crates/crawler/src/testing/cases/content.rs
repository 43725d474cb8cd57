use std::time::Duration;

use super::super::hostile::{Act, Case, Within, acts, sends, with};

const HEAD: &str = "HTTP/1.1 200 OK\nContent-Type: image/jpeg\n\n";

/// What is no picture, whatever its content type says.
pub(super) fn cases() -> Vec<Case> {
    let is = |name, code, body: &[u8]| sends(name, code, with(HEAD, body));
    let endless = |name, code, body: &[u8]| {
        let flood = Act::Forever(vec![b' '; 64 * 1024], Duration::ZERO);
        let script = vec![Act::Send(with(HEAD, body)), flood];
        acts(name, code, Within::Soon, script)
    };
    let stalled = |name, code, body: &[u8]| {
        let script = vec![Act::Send(with(HEAD, body)), Act::Hold];
        acts(name, code, Within::Soon, script)
    };
    let long = |start: &[u8]| [start, &[0; 600]].concat();
    let text = |start: &str| format!("{start}{}", " word".repeat(200)).into_bytes();
    vec![
        is("a page", "html", b"\n <!DOCTYPE HTML><p>"),
        stalled("a page that stalls", "html", &text("<html><body>")),
        endless(
            "a page without end",
            "html",
            b"\xef\xbb\xbf\r\n<!doctype html>",
        ),
        is("SVG", "not-an-image", b"<?xml version='1.0'?><svg/>"),
        is("JSON", "not-an-image", b"{\"error\":404}"),
        is("plain text", "not-an-image", b"no"),
        stalled("PDF", "not-an-image", &long(b"%PDF-1.7\n%\xe2\xe3")),
        stalled("MP4", "not-an-image", &long(b"\0\0\0\x18ftypmp42")),
        stalled("AVIF", "not-an-image", &long(b"\0\0\0\x1cftypavif")),
        stalled("HEIC", "not-an-image", &long(b"\0\0\0\x18ftypheic")),
        stalled("a program", "not-an-image", &long(b"\x7fELF\x02\x01")),
        stalled("ZIP", "not-an-image", &long(b"PK\x03\x04")),
        endless("blanks without end", "not-an-image", b""),
        endless("zeros, then blanks without end", "not-an-image", &[0; 64]),
        is("two bytes of a JPEG", "not-an-image", b"\xff\xd8"),
    ]
}
