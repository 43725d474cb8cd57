use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use percent_encoding::{AsciiSet, percent_encode};
use reqwest::{Response, header};
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
/// Longest target of a redirect in bytes, as long as any URL that is asked.
const LONGEST_TARGET: usize = 8 * 1024;
/// Bytes of a redirect's target that cannot stand in a URL: those that are not ASCII.
const NOT_ASCII: &AsciiSet = &AsciiSet::EMPTY;

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
            .images
            .get(url.clone())
            .header(header::ACCEPT, ACCEPT)
            .header(header::ACCEPT_ENCODING, "identity");
        // The connection has a deadline of its own, so the time for the headers begins after it.
        let wait = self.limits.connect_timeout + self.limits.header_timeout;
        let response = match timeout_at(deadline.min(start + wait), request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(e)) => return Err(failure::classify(&e)),
            Err(_) if start + wait < deadline => {
                return Err(Reject::TimeoutHeader(format!("not whole after {wait:?}")));
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
}

/// Is what the headers of an answer lead to.
enum Sent {
    Body(Response, Instant),
    Redirect(Url),
    Status(Attempt),
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
    if location.len() > LONGEST_TARGET {
        let length = location.len();
        return Err(Reject::BadUrl(format!(
            "redirect to a URL of {length} bytes"
        )));
    }
    // Bytes of whatever character set are asked for as they are, so that the server finds its own path again.
    let text = percent_encode(location.as_bytes(), NOT_ASCII).to_string();
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
