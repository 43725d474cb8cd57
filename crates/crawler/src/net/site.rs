use std::time::Duration;

use bytes::BytesMut;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{Client, Validators, failure, image};
use crate::Reject;
use crate::frontier::HostKey;
use crate::optout::MAX_REDIRECTS;

/// Is the end of one try for a file by which a website speaks for all its URLs.
#[derive(Debug)]
pub(crate) enum SiteAnswer {
    /// The server answered.
    Status {
        /// No redirect.
        status: u16,
        /// What there is of a body, up to what was to be read.
        body: Vec<u8>,
        /// What it asks to wait.
        wait: Option<Duration>,
        /// How it names this version, when the file lies where it was asked for.
        validators: Option<Validators>,
    },
    /// There was no answer, or one that must not be followed.
    Failed(Reject),
}

impl SiteAnswer {
    /// The answer that there is no such file.
    pub(crate) fn none() -> Self {
        Self::Status {
            status: 404,
            body: Vec::new(),
            wait: None,
            validators: None,
        }
    }
}

impl Client {
    /// Fetches such a file up to `most` bytes of it, following redirects to other hosts too; each hop is checked.
    ///
    /// With the validators of an earlier answer the server may say with status 304 that there is no other.
    pub(crate) async fn site_file(
        &self,
        asked: &Url,
        validators: Option<&Validators>,
        most: usize,
        interval: Duration,
    ) -> SiteAnswer {
        let deadline = Instant::now() + self.limits.total_timeout;
        let mut url = asked.clone();
        for _ in 0..=MAX_REDIRECTS {
            if let Err(reject) = self.guard.check(&url) {
                return SiteAnswer::Failed(reject);
            }
            self.gate.pass(&HostKey::of(&url), interval).await;
            let silence = Instant::now() + self.limits.connect_timeout + self.limits.idle_timeout;
            let mut request = self.http.get(url.clone());
            if let Some(validators) = validators.filter(|_| url == *asked) {
                request = validators.apply(request);
            }
            let response = match timeout_at(deadline.min(silence), request.send()).await {
                Ok(Ok(response)) => response,
                Ok(Err(e)) => return SiteAnswer::Failed(failure::classify(&e)),
                Err(_) => {
                    return SiteAnswer::Failed(Reject::TimeoutIdle(format!(
                        "no headers from {url}"
                    )));
                }
            };
            let status = response.status().as_u16();
            if matches!(status, 301 | 302 | 303 | 307 | 308) {
                match image::redirect(&response, &url) {
                    Ok(next) => url = next,
                    // A redirect to nowhere leads to no file.
                    Err(_) => return SiteAnswer::none(),
                }
                continue;
            }
            let is_there = url == *asked;
            return self.site_body(response, is_there, most, deadline).await;
        }
        // As many redirects as that mean that there is no file (RFC 9309, section 2.3.1.2).
        SiteAnswer::none()
    }

    async fn site_body(
        &self,
        mut response: Response,
        is_there: bool,
        most: usize,
        deadline: Instant,
    ) -> SiteAnswer {
        let status = response.status().as_u16();
        let wait = image::retry_after(&response);
        let fields = response.headers();
        let validators = is_there
            .then(|| Validators::of(|name| fields.get(name)?.to_str().ok()))
            .flatten();
        let mut body = BytesMut::new();
        while (200..300).contains(&status) && body.len() < most {
            let idle = Instant::now() + self.limits.idle_timeout;
            match timeout_at(deadline.min(idle), response.chunk()).await {
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                Ok(Ok(None)) => break,
                Ok(Err(e)) => {
                    return SiteAnswer::Failed(Reject::CutShort(failure::cause(&e)));
                }
                Err(_) => {
                    let detail = format!("after {} bytes", body.len());
                    return SiteAnswer::Failed(Reject::TimeoutIdle(detail));
                }
            }
        }
        body.truncate(most);
        SiteAnswer::Status {
            status,
            body: body.to_vec(),
            wait,
            validators,
        }
    }
}
