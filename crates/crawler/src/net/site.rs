use std::time::Duration;

use bytes::BytesMut;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{Client, failure, image};
use crate::Reject;
use crate::frontier::HostKey;
use crate::optout::MAX_REDIRECTS;

/// Is the end of one try for a file by which a website speaks for all its URLs.
#[derive(Debug)]
pub(crate) enum SiteAnswer {
    /// The server answered, with a status that is no redirect, this much of the body, and what it asks to wait.
    Status(u16, Vec<u8>, Option<Duration>),
    /// There was no answer, or one that must not be followed.
    Failed(Reject),
}

impl Client {
    /// Fetches such a file up to `most` bytes of it, following redirects to other hosts too; each hop is checked.
    pub(crate) async fn site_file(&self, url: &Url, most: usize, interval: Duration) -> SiteAnswer {
        let deadline = Instant::now() + self.limits.total_timeout;
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            if let Err(reject) = self.guard.check(&url) {
                return SiteAnswer::Failed(reject);
            }
            self.gate.pass(&HostKey::of(&url), interval).await;
            let silence = Instant::now() + self.limits.connect_timeout + self.limits.idle_timeout;
            let request = self.http.get(url.clone()).send();
            let response = match timeout_at(deadline.min(silence), request).await {
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
                    Err(_) => return SiteAnswer::Status(404, Vec::new(), None),
                }
                continue;
            }
            return self.site_body(response, status, most, deadline).await;
        }
        // As many redirects as that mean that there is no file (RFC 9309, section 2.3.1.2).
        SiteAnswer::Status(404, Vec::new(), None)
    }

    async fn site_body(
        &self,
        mut response: Response,
        status: u16,
        most: usize,
        deadline: Instant,
    ) -> SiteAnswer {
        let wait = image::retry_after(&response);
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
        SiteAnswer::Status(status, body.to_vec(), wait)
    }
}
