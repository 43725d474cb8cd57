use bytes::Bytes;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::budget::Share;
use super::coding::{Coding, Decoder, Step};
use super::kind::Kind;
use super::pace::Pace;
use super::{Client, failure};
use crate::{Body, Reject};

/// Bytes that a body takes from the budget at first; each further step doubles what it has.
const FIRST_SHARE: u64 = 256 * 1024;
/// Bytes that one step of decoding writes at most.
const STEP: usize = 64 * 1024;

impl Client {
    /// Reads a body within its deadlines, its caps and its share of the budget, and undoes its content encoding.
    ///
    /// The bytes on the wire pass through without being held, so that the share is that of the decoded ones.
    pub(super) async fn read_body(
        &self,
        mut response: Response,
        end: Instant,
    ) -> Result<Body, Reject> {
        let cap = self.limits.body_cap();
        let announced = response.content_length();
        if let Some(length) = announced.filter(|&length| length > cap) {
            return Err(Reject::TooLarge(format!(
                "{length} bytes announced, {cap} allowed"
            )));
        }
        let coding = Coding::of(response.headers())?;
        let mut pace = Pace::new(&self.limits, end, Instant::now());
        let before = Instant::now();
        let _window = self.window(coding).await;
        pace.excuse(before.elapsed());
        let mut intake = Intake {
            bytes: Vec::new(),
            share: self.budget.share(),
            announced: announced.filter(|_| coding.is_none()),
            cap,
            is_decoded: coding.is_some(),
            is_judged: false,
        };
        let mut decoder = coding.map(Decoder::new);
        loop {
            let chunk = self.next(&mut response, &mut pace, cap).await?;
            let before = Instant::now();
            let is_last = chunk.is_none();
            let has_ended = match (&mut decoder, chunk) {
                (None, None) => true,
                // Nothing at all is an empty body, not one that breaks off.
                (Some(_), None) if pace.bytes() == 0 => true,
                (None, Some(chunk)) => {
                    intake.take(&chunk, pace.bytes()).await?;
                    false
                }
                (Some(decoder), chunk) => {
                    match chunk {
                        Some(chunk) => decoder.push(&chunk),
                        None => decoder.close(),
                    }
                    decode(decoder, &mut intake, pace.bytes()).await?
                }
            };
            if has_ended || is_last {
                break;
            }
            // Decoding, and waiting for the budget, are our own doing, so they are not held against the server.
            pace.excuse(before.elapsed());
        }
        intake.finish()
    }

    /// Takes one of the few places for encodings with a large window.
    async fn window(&self, coding: Option<Coding>) -> Option<tokio::sync::SemaphorePermit<'_>> {
        if coding.is_some_and(Coding::has_large_window) {
            self.windows.acquire().await.ok()
        } else {
            None
        }
    }

    /// Waits for the next bytes on the wire; `None` at the end.
    async fn next(
        &self,
        response: &mut Response,
        pace: &mut Pace,
        cap: u64,
    ) -> Result<Option<Bytes>, Reject> {
        let chunk = match timeout_at(pace.deadline(), response.chunk()).await {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(e)) => {
                let detail = format!("after {} bytes: {}", pace.bytes(), failure::cause(&e));
                return Err(Reject::CutShort(detail));
            }
            Err(_) => return Err(pace.missed()),
        };
        if let Some(chunk) = &chunk {
            pace.received(chunk.len(), Instant::now());
            if pace.bytes() > cap {
                return Err(Reject::TooLarge(format!("more than {cap} bytes")));
            }
        }
        Ok(chunk)
    }

    /// Takes a share of the budget; waits until there is enough.
    pub(super) async fn reserve(&self, bytes: u64) -> Share {
        let mut share = self.budget.share();
        share.grow(bytes).await;
        share
    }
}

/// Decodes what is there, and says whether the encoded body has ended. Between two steps, others have their turn.
async fn decode(decoder: &mut Decoder, intake: &mut Intake, sent: u64) -> Result<bool, Reject> {
    let mut out = vec![0; STEP];
    loop {
        match decoder.step(&mut out)? {
            Step::Wrote(n) => intake.take(&out[..n], sent).await?,
            Step::Starved => return Ok(false),
            Step::Ended => return Ok(true),
        }
        tokio::task::yield_now().await;
    }
}

/// Is a body as far as it has come.
struct Intake {
    bytes: Vec<u8>,
    share: Share,
    announced: Option<u64>,
    cap: u64,
    is_decoded: bool,
    is_judged: bool,
}

impl Intake {
    /// Adds bytes, of so many sent until now; gives the body up when there are too many of them, or when it turns out to
    /// be no picture.
    async fn take(&mut self, more: &[u8], sent: u64) -> Result<(), Reject> {
        let length = (self.bytes.len() + more.len()) as u64;
        if length > self.cap {
            let detail = format!("more than {} bytes", self.cap);
            return Err(if self.is_decoded {
                Reject::Bomb(format!("{detail} of {sent} sent"))
            } else {
                Reject::TooLarge(detail)
            });
        }
        if length > self.bytes.capacity() as u64 {
            let most = self.announced.unwrap_or(self.cap).max(length);
            let room = length.next_power_of_two().max(FIRST_SHARE).min(most);
            self.share.grow(room).await;
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            self.bytes.reserve_exact(room - self.bytes.len());
        }
        self.bytes.extend_from_slice(more);
        if self.is_judged {
            return Ok(());
        }
        let kind = Kind::of(&self.bytes, false);
        self.is_judged = kind == Kind::Picture;
        kind.reject().map_or(Ok(()), Err)
    }

    fn finish(self) -> Result<Body, Reject> {
        if !self.is_judged
            && !self.bytes.is_empty()
            && let Some(reject) = Kind::of(&self.bytes, true).reject()
        {
            return Err(reject);
        }
        whole(self.bytes, self.share)
    }
}

/// Makes a body of bytes that are all there, giving back what was reserved beyond them.
pub(super) fn whole(mut bytes: Vec<u8>, mut share: Share) -> Result<Body, Reject> {
    if bytes.is_empty() {
        return Err(Reject::Empty("0 bytes".to_owned()));
    }
    bytes.shrink_to_fit();
    share.settle(bytes.len());
    Ok(Body {
        bytes: Bytes::from(bytes),
        _share: share,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::budget::Budget;
    use super::*;
    use crate::CrawlSettings;

    #[tokio::test]
    async fn others_have_their_turn_while_a_bomb_is_undone() {
        let limits = CrawlSettings::default();
        let mut intake = Intake {
            bytes: Vec::new(),
            share: Budget::new(&limits).share(),
            announced: None,
            cap: limits.max_body_bytes,
            is_decoded: true,
            is_judged: false,
        };
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(b"\xff\xd8\xff").unwrap();
        for _ in 0..24 {
            encoder.write_all(&vec![0; 1024 * 1024]).unwrap();
        }
        let mut decoder = Decoder::new(Coding::Gzip);
        decoder.push(&encoder.finish().unwrap());
        let turns = Arc::new(AtomicUsize::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let (count, over) = (Arc::clone(&turns), Arc::clone(&is_over));
        let other = tokio::spawn(async move {
            while !over.load(Ordering::SeqCst) {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        });
        let reject = decode(&mut decoder, &mut intake, 25_000).await.unwrap_err();
        is_over.store(true, Ordering::SeqCst);
        other.await.unwrap();
        assert_eq!(reject.code(), "bomb");
        assert!(intake.bytes.len() as u64 <= limits.max_body_bytes);
        let turns = turns.load(Ordering::SeqCst);
        assert!(turns >= 20 * 1024 * 1024 / STEP, "{turns} turns");
    }
}
