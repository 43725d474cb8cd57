use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::super::JPEG;
use super::super::hostile::{Act, Case, Within, acts, sends, with};

/// `\xff\xd8\xff` and `hello` four times with blanks between, in brotli.
const BROTLI: &str = "220300bf91d2cd5ba8cbd0b0ff251bc85be81307fc160e";
/// `\xff\xd8\xff` and zeros up to 30 MB in brotli, with the largest window.
const BROTLI_BOMB: &str = "cfffff7ff827ffb101e2b440c0f6fedfcabfe164fc1300715800a0b39b0c";
/// What [`BROTLI`] holds, in zstd with a checksum.
const ZSTD: &str = "28b52ffd04587d000048ffd8ff68656c6c6f20010099cb11245dc012";
/// A frame of zstd with a window of 32 MiB.
const ZSTD_WIDE: &str = "28b52ffd0078400000ffd8ff68656c6c6f2900007468657265";

/// Bytes from hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A picture's first bytes, and zeros up to half as much again as a body may have.
fn large(cap: usize) -> Vec<u8> {
    let mut large = JPEG.to_vec();
    large.resize(cap / 2 * 3, 0);
    large
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn encoded(coding: &str, body: &[u8]) -> Vec<u8> {
    with(
        &format!("HTTP/1.1 200 OK\nContent-Encoding: {coding}\n\n"),
        body,
    )
}

/// Content encodings nobody asked for.
pub(super) fn cases(cap: usize) -> Vec<Case> {
    let mut cases = undone();
    cases.extend(broken());
    cases.extend(bombs(&large(cap)));
    cases.extend(refused());
    cases
}

fn undone() -> Vec<Case> {
    let is = |name, coding, body: &[u8]| sends(name, "body", encoded(coding, body));
    let picture = [JPEG, &[7; 2_000]].concat();
    let tail = |body: &[u8]| [body, b"and more"].concat();
    vec![
        is("identity", "identity", &picture),
        is("gzip", "gzip", &gzip(&picture)),
        is("x-gzip in capitals", "X-GZIP", &gzip(&picture)),
        is("zlib", "deflate", &zlib(&picture)),
        is("raw deflate", "deflate", &deflate(&picture)),
        is("brotli", "br", &hex(BROTLI)),
        is("zstd", "identity, zstd", &zstd(&picture)),
        is("zstd with a checksum", "zstd", &hex(ZSTD)),
        is(
            "two members of gzip",
            "gzip",
            &[gzip(&picture), gzip(&picture)].concat(),
        ),
        is(
            "two frames of zstd",
            "zstd",
            &[hex(ZSTD), hex(ZSTD)].concat(),
        ),
        is("gzip and more", "gzip", &tail(&gzip(&picture))),
        is("zlib and more", "deflate", &tail(&zlib(&picture))),
        is("raw deflate and more", "deflate", &tail(&deflate(&picture))),
        is("brotli and more", "br", &tail(&hex(BROTLI))),
        is("zstd and more", "zstd", &tail(&hex(ZSTD))),
        acts(
            "gzip and more without end",
            "body",
            Within::Soon,
            vec![
                Act::Send(encoded("gzip", &gzip(&picture))),
                Act::Forever(vec![b'x'; 16 * 1024], Duration::ZERO),
            ],
        ),
        sends(
            "a page in gzip",
            "html",
            encoded("gzip", &gzip(b"<!doctype html><p>no")),
        ),
        sends("nothing in gzip", "empty", encoded("gzip", &gzip(b""))),
        sends("nothing, called gzip", "empty", encoded("gzip", b"")),
    ]
}

fn broken() -> Vec<Case> {
    let is = |name, coding, body: &[u8]| sends(name, "bad-encoding", encoded(coding, body));
    let cut = |body: Vec<u8>, by: usize| body[..body.len() - by].to_vec();
    let picture = [JPEG, &[7; 2_000]].concat();
    let mut sum = gzip(&picture);
    let at = sum.len() - 6;
    sum[at] ^= 1;
    let mut zstd_sum = hex(ZSTD);
    *zstd_sum.last_mut().unwrap() ^= 1;
    vec![
        is("gzip cut", "gzip", &cut(gzip(&picture), 20)),
        is("gzip without its checksum", "gzip", &cut(gzip(&picture), 3)),
        is("gzip cut in its header", "gzip", b"\x1f\x8b\x08"),
        is("zlib cut", "deflate", &cut(zlib(&picture), 8)),
        is("raw deflate cut", "deflate", &cut(deflate(&picture), 3)),
        is("one byte of deflate", "deflate", b"\x78"),
        is("brotli cut", "br", &cut(hex(BROTLI), 3)),
        is("zstd cut", "zstd", &cut(zstd(&picture), 4)),
        is("zstd without its checksum", "zstd", &cut(hex(ZSTD), 2)),
        is("a wrong checksum of gzip", "gzip", &sum),
        is("a wrong checksum of zstd", "zstd", &zstd_sum),
        is("a picture called gzip", "gzip", &picture),
        is("a picture called deflate", "deflate", &picture),
        is("a picture called br", "br", &picture),
        is("a picture called zstd", "zstd", &picture),
        is("a window of 32 MiB", "zstd", &hex(ZSTD_WIDE)),
        // Large-window brotli: its first byte announces up to 1 GiB.
        is("a window of 1 GiB", "br", b"\x11\x1e\0\0\0\0\0\0\0\0"),
        is(
            "a block of zstd over 128 KiB",
            "zstd",
            b"\x28\xb5\x2f\xfd\0\x58\xfc\xff\xff\0\0\0\0\0\0\0\0\0\0\0",
        ),
    ]
}

fn bombs(large: &[u8]) -> Vec<Case> {
    let bomb = |name, coding, body: &[u8]| sends(name, "bomb", encoded(coding, body));
    let empty_blocks = b"\0\0\0\xff\xff".repeat(2_000);
    let mut head = gzip(b"");
    head.truncate(10);
    vec![
        bomb("a bomb of gzip", "gzip", &gzip(large)),
        bomb("a bomb of zlib", "deflate", &zlib(large)),
        bomb("a bomb of raw deflate", "deflate", &deflate(large)),
        bomb("a bomb of brotli", "br", &hex(BROTLI_BOMB)),
        bomb("a bomb of zstd", "zstd", &zstd(large)),
        acts(
            "gzip that never yields a byte",
            "too-large",
            Within::Soon,
            vec![
                Act::Send(encoded("gzip", &head)),
                Act::Forever(empty_blocks, Duration::ZERO),
            ],
        ),
        acts(
            "gzip that stalls",
            "timeout-idle",
            Within::Idle,
            vec![Act::Send(encoded("gzip", &gzip(large)[..100])), Act::Hold],
        ),
    ]
}

fn refused() -> Vec<Case> {
    let is = |name, coding| sends(name, "bad-encoding", encoded(coding, JPEG));
    vec![
        is("an unknown encoding", "compress"),
        is("an encoding of nonsense", "utf-8"),
        is("two encodings", "gzip, gzip"),
        is("two encodings in two lines", "gzip\nContent-Encoding: br"),
        is("twenty encodings", &"gzip,".repeat(20)),
    ]
}
