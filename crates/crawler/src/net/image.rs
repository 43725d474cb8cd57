use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::{Response, header};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{Client, Origin, failure, wait};
use crate::frontier::HostKey;
use crate::frontier::Retry;
use crate::optout::Reservation;
use crate::{Body, Reject, stamp};

/// What is accepted, the formats that can be read first.
const ACCEPT: &str =
    "image/jpeg,image/png,image/webp,image/gif,image/bmp,image/tiff;q=0.9,*/*;q=0.1";
/// Bytes after which a body can be told from a web page.
const HEAD: usize = 256;

/// Is the result of one request for an image.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// The body is whole.
    Body(Body, Origin),
    /// The body that an interrupted run has kept is not there.
    Lost,
    /// It is elsewhere; nothing has been asked there yet.
    Redirect(Url),
    /// There is no body.
    Failed {
        /// Why.
        reject: Reject,
        /// Whether the same request may succeed later.
        retry: bool,
        /// What the server asks to wait.
        wait: Option<Duration>,
        /// Whether the whole host wants to be left alone (429 and 503).
        busy: bool,
        /// Header fields that may matter later.
        headers: Vec<(String, String)>,
    },
}

impl Attempt {
    /// A failure by its own reason.
    fn failed(reject: Reject) -> Self {
        Self::Failed {
            retry: failure::is_transient(&reject),
            reject,
            wait: None,
            busy: false,
            headers: Vec::new(),
        }
    }
}

impl Client {
    /// Fetches what the URL names: over HTTP, or from disk for a candidate of a folder source. A body that came over
    /// HTTP is written to `keep` before it is handed on; `origin` says where the candidate stood when it was asked.
    pub(crate) async fn fetch(
        &self,
        url: &Url,
        local: bool,
        keep: PathBuf,
        mut origin: Origin,
        filed: Option<&Reservation>,
        interval: Duration,
    ) -> Attempt {
        let is_file = local && url.scheme() == "file";
        let body = if is_file {
            self.read_file(url).await
        } else {
            self.gate.pass(&HostKey::of(url), interval).await;
            match self.send(url).await {
                Ok(Sent::Redirect(url)) => return Attempt::Redirect(url),
                Ok(Sent::Status(attempt)) => return attempt,
                Ok(Sent::Body(response, deadline)) => {
                    origin.headers = seen(response.headers());
                    let fields = response.headers().iter();
                    let fields = fields.map(|(name, value)| (name.as_str(), value.as_bytes()));
                    let found = self.limits.opt_outs.judge(fields, filed, SystemTime::now());
                    origin.signals = found.signals_seen;
                    if let Some(refusal) = found.refusal {
                        return Attempt::Failed {
                            reject: Reject::OptOut(refusal.to_string()),
                            retry: false,
                            wait: None,
                            busy: false,
                            headers: origin.headers,
                        };
                    }
                    self.read_body(response, deadline).await
                }
                Err(reject) => Err(reject),
            }
        };
        match body {
            Ok(body) => {
                origin.fetched_at = stamp::rfc3339(SystemTime::now());
                if !is_file {
                    self.keep(keep, &origin, body.bytes.clone()).await;
                }
                Attempt::Body(body, origin)
            }
            Err(reject) => Attempt::failed(reject),
        }
    }

    /// Sends one request and looks at its headers.
    async fn send(&self, url: &Url) -> Result<Sent, Reject> {
        self.guard.check(url)?;
        let start = Instant::now();
        let deadline = start + self.limits.total_timeout;
        let request = self
            .http
            .get(url.clone())
            .header(header::ACCEPT, ACCEPT)
            .header(header::ACCEPT_ENCODING, "identity");
        // The connection has a deadline of its own, so the silence before the headers begins after it.
        let silence = self.limits.connect_timeout + self.limits.idle_timeout;
        let response = match timeout_at(deadline.min(start + silence), request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(e)) => return Err(failure::classify(&e)),
            Err(_) if start + silence < deadline => {
                return Err(Reject::TimeoutIdle("no headers".to_owned()));
            }
            Err(_) => return Err(Reject::TimeoutTotal("no headers".to_owned())),
        };
        let status = response.status().as_u16();
        match status {
            200 => Ok(Sent::Body(response, deadline)),
            301 | 302 | 303 | 307 | 308 => redirect(&response, url).map(Sent::Redirect),
            _ => Ok(Sent::Status(Attempt::Failed {
                reject: Reject::from_status(status),
                retry: failure::is_transient_status(status),
                wait: retry_after(&response),
                busy: Retry::is_of_host(status),
                headers: seen(response.headers()),
            })),
        }
    }

    /// Reads a body within its deadlines, its cap and its share of the budget.
    async fn read_body(&self, mut response: Response, deadline: Instant) -> Result<Body, Reject> {
        let cap = self.limits.body_cap();
        let announced = response.content_length();
        if let Some(length) = announced.filter(|&length| length > cap) {
            return Err(Reject::TooLarge(format!(
                "{length} bytes announced, {cap} allowed"
            )));
        }
        let before = Instant::now();
        let share = self.reserve(announced.unwrap_or(cap)).await;
        // Waiting for the budget is our own doing, so it is not held against the server.
        let deadline = deadline + before.elapsed();
        let mut bytes = Vec::with_capacity(usize::try_from(announced.unwrap_or(0)).unwrap_or(0));
        let mut is_checked = false;
        loop {
            let idle = Instant::now() + self.limits.idle_timeout;
            let chunk = match timeout_at(deadline.min(idle), response.chunk()).await {
                Ok(Ok(chunk)) => chunk,
                Ok(Err(e)) => {
                    let detail = format!("after {} bytes: {}", bytes.len(), failure::cause(&e));
                    return Err(Reject::CutShort(detail));
                }
                Err(_) if deadline <= idle => {
                    return Err(Reject::TimeoutTotal(format!(
                        "{} bytes by then",
                        bytes.len()
                    )));
                }
                Err(_) => {
                    return Err(Reject::TimeoutIdle(format!("after {} bytes", bytes.len())));
                }
            };
            let Some(chunk) = chunk else { break };
            if (bytes.len() + chunk.len()) as u64 > cap {
                return Err(Reject::TooLarge(format!("more than {cap} bytes")));
            }
            bytes.extend_from_slice(&chunk);
            if !is_checked && bytes.len() >= HEAD {
                is_checked = true;
                refuse_html(&bytes)?;
            }
        }
        refuse_html(&bytes)?;
        whole(bytes, share)
    }

    /// Takes a share of the budget; waits until there is enough.
    pub(super) async fn reserve(&self, bytes: u64) -> OwnedSemaphorePermit {
        let bytes = bytes.min(self.limits.body_cap());
        std::sync::Arc::clone(&self.budget)
            .acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX))
            .await
            .expect("the budget is never closed")
    }
}

/// Is what the headers of an answer lead to.
enum Sent {
    Body(Response, Instant),
    Redirect(Url),
    Status(Attempt),
}

/// Makes a body of bytes that are all there, giving back what was reserved beyond them.
pub(super) fn whole(mut bytes: Vec<u8>, mut share: OwnedSemaphorePermit) -> Result<Body, Reject> {
    if bytes.is_empty() {
        return Err(Reject::Empty("0 bytes".to_owned()));
    }
    bytes.shrink_to_fit();
    let surplus = share.num_permits().saturating_sub(bytes.len());
    drop(share.split(surplus));
    Ok(Body {
        bytes: Bytes::from(bytes),
        _share: share,
    })
}

fn refuse_html(bytes: &[u8]) -> Result<(), Reject> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = bytes[..bytes.len().min(HEAD)].trim_ascii_start();
    let begins = |tag: &[u8]| {
        head.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    if begins(b"<!doctype html") || begins(b"<html") {
        return Err(Reject::Html("the body begins like HTML".to_owned()));
    }
    Ok(())
}

/// Takes the header fields that may matter later, short and as text.
fn seen(headers: &header::HeaderMap) -> Vec<(String, String)> {
    const FIELDS: [&str; 12] = [
        "content-type",
        "content-length",
        "content-encoding",
        "etag",
        "last-modified",
        "retry-after",
        "x-robots-tag",
        "tdm-reservation",
        "tdm-policy",
        "content-usage",
        "link",
        "server",
    ];
    const LONGEST: usize = 200;
    let values = FIELDS.iter().flat_map(|&name| {
        let all = headers.get_all(name).iter().take(4);
        all.map(move |value| (name, String::from_utf8_lossy(value.as_bytes())))
    });
    values
        .map(|(name, value)| (name.to_owned(), value.chars().take(LONGEST).collect()))
        .collect()
}

/// Reads where a redirect leads; the fragment and credentials are dropped.
pub(super) fn redirect(response: &Response, from: &Url) -> Result<Url, Reject> {
    let location = response
        .headers()
        .get(header::LOCATION)
        .ok_or_else(|| Reject::UnexpectedStatus("a redirect to nowhere".to_owned()))?;
    let text = String::from_utf8_lossy(location.as_bytes());
    let mut url = from
        .join(text.trim())
        .map_err(|e| Reject::BadUrl(format!("redirect to `{text}`: {e}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Reject::BadScheme(format!("redirect to {}:", url.scheme())));
    }
    crate::frontier::clean(&mut url);
    Ok(url)
}

/// Reads the wait that an answer asks for.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    wait::retry_after(value, SystemTime::now())
}
