use std::io::{self, BufRead, Read};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use reqwest::header::{self, HeaderMap};

use super::zstd::Zstd;
use crate::Reject;

/// Bytes that a decoder gets to see at a time, so that no step works long.
const SIP: usize = 16 * 1024;

/// Is a content encoding that is undone here, although images are asked for without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// Reads the encoding of an answer; `None` when the body is as it is.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Reject> {
        let mut names = Vec::new();
        for value in headers.get_all(header::CONTENT_ENCODING) {
            let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
            names.extend(value.split(',').map(|name| name.trim().to_owned()));
        }
        names.retain(|name| !matches!(name.as_str(), "" | "identity"));
        match names.as_slice() {
            [] => Ok(None),
            [name] => match name.as_str() {
                "gzip" | "x-gzip" => Ok(Some(Self::Gzip)),
                "deflate" => Ok(Some(Self::Deflate)),
                "br" => Ok(Some(Self::Brotli)),
                "zstd" => Ok(Some(Self::Zstd)),
                _ => Err(Reject::BadEncoding(format!("`{}` is unknown", short(name)))),
            },
            many => Err(Reject::BadEncoding(format!(
                "{} on one another",
                many.len()
            ))),
        }
    }

    /// Says whether undoing it takes a window of many megabytes.
    pub(super) fn has_large_window(self) -> bool {
        matches!(self, Self::Brotli | Self::Zstd)
    }
}

fn short(name: &str) -> &str {
    &name[..name.floor_char_boundary(40)]
}

/// Is what one step of a [`Decoder`] led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes were written.
    Wrote(usize),
    /// It needs more of the encoded body.
    Starved,
    /// The encoded body has ended; what follows it is of no interest, as browsers hold it.
    Ended,
}

/// Undoes a content encoding in steps, each bounded by what it reads and by what it writes.
///
/// A body that ends before its encoding does is broken. Members of gzip and frames of zstd may follow each other.
pub(super) struct Decoder(Codec);

enum Codec {
    Gzip(Box<GzDecoder<Feed>>),
    /// `deflate` before its first two bytes, which tell which of two formats it is.
    Deflate(Feed),
    Zlib(Box<ZlibDecoder<Feed>>),
    Raw(Box<DeflateDecoder<Feed>>),
    Brotli(Box<Brotli>, Feed),
    Zstd(Box<Zstd>, Feed),
}

type Brotli = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

impl Decoder {
    pub(super) fn new(coding: Coding) -> Self {
        let feed = Feed::default();
        let alloc = StandardAlloc::default;
        Self(match coding {
            Coding::Gzip => Codec::Gzip(Box::new(GzDecoder::new(feed))),
            Coding::Deflate => Codec::Deflate(feed),
            // Strict: no windows over 16 MiB, which are not part of the encoding that HTTP knows (RFC 7932).
            Coding::Brotli => {
                let state = BrotliState::new_strict(alloc(), alloc(), alloc());
                Codec::Brotli(Box::new(state), feed)
            }
            Coding::Zstd => Codec::Zstd(Box::new(Zstd::new()), feed),
        })
    }

    /// Adds bytes of the encoded body.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.feed().push(bytes);
    }

    /// Says that no more bytes will come.
    pub(super) fn close(&mut self) {
        self.feed().is_closed = true;
    }

    /// Goes on for a little while. `out` must not be empty.
    pub(super) fn step(&mut self, out: &mut [u8]) -> Result<Step, Reject> {
        self.choose();
        let step = match &mut self.0 {
            Codec::Gzip(decoder) => gzip(decoder, out),
            Codec::Deflate(_) => Ok(Step::Starved),
            Codec::Zlib(decoder) => pull(decoder, out),
            Codec::Raw(decoder) => pull(decoder, out),
            Codec::Brotli(state, feed) => brotli(state, feed, out),
            Codec::Zstd(zstd, feed) => zstd.step(feed, out),
        };
        step.map_err(Reject::BadEncoding)
    }

    /// Tells the two formats called `deflate` apart.
    ///
    /// A zlib header begins with 8 in its low bits and is a multiple of 31 (RFC 1950, section 2.2). Raw deflate would
    /// begin so only with a stored block whose padding is not zero, which no encoder writes.
    fn choose(&mut self) {
        let Codec::Deflate(feed) = &mut self.0 else {
            return;
        };
        let is_zlib = match feed.rest() {
            [a, b, ..] => a & 0x0f == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0,
            _ if feed.is_closed => false,
            _ => return,
        };
        let feed = std::mem::take(feed);
        self.0 = if is_zlib {
            Codec::Zlib(Box::new(ZlibDecoder::new(feed)))
        } else {
            Codec::Raw(Box::new(DeflateDecoder::new(feed)))
        };
    }

    fn feed(&mut self) -> &mut Feed {
        match &mut self.0 {
            Codec::Gzip(decoder) => decoder.get_mut(),
            Codec::Zlib(decoder) => decoder.get_mut(),
            Codec::Raw(decoder) => decoder.get_mut(),
            Codec::Deflate(feed) | Codec::Brotli(_, feed) | Codec::Zstd(_, feed) => feed,
        }
    }
}

/// Reads what a decoder gives until its feed is empty.
fn pull(decoder: &mut impl Read, out: &mut [u8]) -> Result<Step, String> {
    match decoder.read(out) {
        Ok(0) => Ok(Step::Ended),
        Ok(n) => Ok(Step::Wrote(n)),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(Step::Starved),
        Err(e) => Err(e.to_string()),
    }
}

fn gzip(decoder: &mut GzDecoder<Feed>, out: &mut [u8]) -> Result<Step, String> {
    let step = pull(decoder, out)?;
    if step != Step::Ended {
        return Ok(step);
    }
    let feed = decoder.get_mut();
    match feed.rest() {
        [0x1f, 0x8b, ..] => {
            let feed = std::mem::take(feed);
            *decoder = GzDecoder::new(feed);
            pull(decoder, out)
        }
        [] | [0x1f] if !feed.is_closed => Ok(Step::Starved),
        _ => Ok(Step::Ended),
    }
}

fn brotli(state: &mut Brotli, feed: &mut Feed, out: &mut [u8]) -> Result<Step, String> {
    let input = feed.sip();
    let (mut left, mut read) = (input.len(), 0);
    let (mut room, mut written, mut total) = (out.len(), 0, 0);
    let result = BrotliDecompressStream(
        &mut left,
        &mut read,
        input,
        &mut room,
        &mut written,
        out,
        &mut total,
        state,
    );
    feed.consume(read);
    match result {
        BrotliResult::ResultFailure => Err("not a brotli stream".to_owned()),
        _ if written > 0 => Ok(Step::Wrote(written)),
        BrotliResult::ResultSuccess => Ok(Step::Ended),
        // It stopped at the end of a sip, not of all that is there.
        BrotliResult::NeedsMoreInput if !feed.rest().is_empty() => Ok(Step::Wrote(0)),
        BrotliResult::NeedsMoreInput if feed.is_closed => Err("it ends too early".to_owned()),
        BrotliResult::NeedsMoreInput => Ok(Step::Starved),
        BrotliResult::NeedsMoreOutput => Ok(Step::Wrote(0)),
    }
}

/// Is the encoded body as far as it has come and is not decoded.
#[derive(Debug, Default)]
pub(super) struct Feed {
    bytes: Vec<u8>,
    at: usize,
    /// Whether no more comes.
    pub(super) is_closed: bool,
}

impl Feed {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// All that is there.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    fn sip(&self) -> &[u8] {
        let rest = self.rest();
        &rest[..rest.len().min(SIP)]
    }
}

impl Read for Feed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.rest().is_empty() && !self.is_closed {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(self.sip())
    }

    fn consume(&mut self, n: usize) {
        self.at = (self.at + n).min(self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    /// Decodes what comes in pieces, with room for so many bytes at a time.
    fn decode(coding: Coding, pieces: &[&[u8]], room: usize) -> Result<Vec<u8>, String> {
        let mut decoder = Decoder::new(coding);
        let mut out = vec![0; room];
        let mut whole = Vec::new();
        for n in 0..=pieces.len() {
            match pieces.get(n) {
                Some(piece) => decoder.push(piece),
                None => decoder.close(),
            }
            loop {
                match decoder.step(&mut out).map_err(|e| e.to_string())? {
                    Step::Wrote(n) => whole.extend_from_slice(&out[..n]),
                    Step::Starved => break,
                    Step::Ended => return Ok(whole),
                }
            }
        }
        Err("it never ends".to_owned())
    }

    fn text() -> Vec<u8> {
        (0..2_000_u32)
            .flat_map(|n| format!("{} ", n * n % 97).into_bytes())
            .collect()
    }

    fn encoded() -> [(Coding, Vec<u8>); 4] {
        let text = text();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&text).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&text).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::best());
        raw.write_all(&text).unwrap();
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let zstd = ruzstd::encoding::compress_to_vec(&text[..], level);
        [
            (Coding::Gzip, gzip.finish().unwrap()),
            (Coding::Deflate, zlib.finish().unwrap()),
            (Coding::Deflate, raw.finish().unwrap()),
            (Coding::Zstd, zstd),
        ]
    }

    #[test]
    fn it_makes_no_difference_how_a_body_is_cut_up() {
        for (coding, body) in encoded() {
            let bytes: Vec<&[u8]> = body.chunks(1).collect();
            assert_eq!(decode(coding, &bytes, 7).unwrap(), text(), "{coding:?}");
            assert_eq!(decode(coding, &[&body], 64 * 1024).unwrap(), text());
            for at in 0..body.len() {
                let (a, b) = body.split_at(at);
                assert_eq!(decode(coding, &[a, b], 4096).unwrap(), text(), "{coding:?}");
            }
        }
    }

    #[test]
    fn no_part_of_a_body_passes_for_all_of_it() {
        for (coding, body) in encoded() {
            for end in 0..body.len() {
                assert!(
                    decode(coding, &[&body[..end]], 4096).is_err(),
                    "{coding:?} {end}"
                );
            }
        }
    }

    #[test]
    fn members_and_frames_follow_each_other_wherever_they_are_cut() {
        for (coding, body) in encoded() {
            if coding == Coding::Deflate {
                continue;
            }
            let twice = [&body[..], &body].concat();
            let both = [text(), text()].concat();
            for at in body.len() - 2..body.len() + 6 {
                let (a, b) = twice.split_at(at);
                assert_eq!(decode(coding, &[a, b], 4096).unwrap(), both, "{coding:?}");
            }
        }
    }

    #[test]
    fn nothing_makes_a_decoder_panic() {
        for (coding, body) in encoded() {
            for at in (0..body.len()).step_by(3) {
                let mut changed = body.clone();
                changed[at] ^= 0x55;
                let _ = decode(coding, &[&changed], 4096);
            }
        }
        for seed in 0..200 {
            let mut random = fastrand::Rng::with_seed(seed);
            let noise: Vec<u8> = (0..300).map(|_| random.u8(..)).collect();
            for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd] {
                let _ = decode(coding, &[&noise], 4096);
            }
        }
    }
}
