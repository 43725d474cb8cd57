use std::time::Duration;

use reqwest::Response;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{Client, failure, image};
use crate::Reject;
use crate::engine::{EngineRequest, EngineState};

/// Largest page that is read, in bytes after content decoding.
const PAGE_CAP: usize = 8 * 1024 * 1024;

/// Is the result of one try for an engine's page.
#[derive(Debug)]
pub(crate) enum PageAnswer {
    /// The body, not parsed yet.
    Body(Vec<u8>),
    /// The engine said something else, which another try would not change.
    State(EngineState),
    /// It wants fewer requests.
    Limited(Option<Duration>),
    /// It may answer later.
    Retry {
        /// What failed.
        detail: String,
        /// What it asks to wait.
        wait: Option<Duration>,
    },
}

impl Client {
    /// Asks for one page, following redirects; each hop is checked as the first one is.
    pub(crate) async fn page(&self, request: &EngineRequest) -> PageAnswer {
        let deadline = Instant::now() + self.limits.total_timeout;
        let mut url = request.url.clone();
        for _ in 0..=self.limits.max_redirects {
            if let Err(reject) = self.guard.check(&url) {
                return refused(&reject);
            }
            let same_origin = url.origin() == request.url.origin();
            let mut builder = self.http.get(url.clone());
            if same_origin {
                for (name, value) in &request.headers {
                    builder = builder.header(name, value);
                }
            }
            let silence = Instant::now() + self.limits.connect_timeout + self.limits.idle_timeout;
            let response = match timeout_at(deadline.min(silence), builder.send()).await {
                Ok(Ok(response)) => response,
                Ok(Err(e)) => return sorted(&failure::classify(&e)),
                Err(_) => return later("no headers in time"),
            };
            match response.status().as_u16() {
                200 => return self.page_body(response, deadline).await,
                301 | 302 | 303 | 307 | 308 => match image::redirect(&response, &url) {
                    Ok(next) if is_captcha(&next) => {
                        return PageAnswer::State(EngineState::Blocked {
                            detail: format!("redirect to {next}"),
                        });
                    }
                    Ok(next) => url = next,
                    Err(reject) => return refused(&reject),
                },
                status => return by_status(status, &response),
            }
        }
        PageAnswer::State(EngineState::schema("too many redirects"))
    }

    async fn page_body(&self, mut response: Response, deadline: Instant) -> PageAnswer {
        let mut body = Vec::new();
        loop {
            let idle = Instant::now() + self.limits.idle_timeout;
            match timeout_at(deadline.min(idle), response.chunk()).await {
                Ok(Ok(Some(chunk))) if body.len() + chunk.len() > PAGE_CAP => {
                    return PageAnswer::State(EngineState::schema("a page over 8 MiB"));
                }
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                Ok(Ok(None)) => return PageAnswer::Body(body),
                Ok(Err(e)) => return later(&failure::cause(&e)),
                Err(_) => return later("the page did not end in time"),
            }
        }
    }
}

fn by_status(status: u16, response: &Response) -> PageAnswer {
    let wait = image::retry_after(response);
    match status {
        429 => PageAnswer::Limited(wait),
        401 | 403 => PageAnswer::State(EngineState::Blocked {
            detail: format!("status {status}"),
        }),
        _ if failure::is_transient_status(status) => PageAnswer::Retry {
            detail: format!("status {status}"),
            wait,
        },
        500..=599 => PageAnswer::State(EngineState::Unreachable {
            detail: format!("status {status}"),
        }),
        _ => PageAnswer::State(EngineState::schema(format!("status {status}"))),
    }
}

/// Sorts a failed request: some are worth another try.
fn sorted(reject: &Reject) -> PageAnswer {
    if failure::is_transient(reject) {
        later(&reject.to_string())
    } else {
        refused(reject)
    }
}

fn later(detail: &str) -> PageAnswer {
    PageAnswer::Retry {
        detail: detail.to_owned(),
        wait: None,
    }
}

/// Tells an address that may not be dialled, with the way out.
fn refused(reject: &Reject) -> PageAnswer {
    let hint = match reject {
        Reject::PrivateAddress(_) | Reject::BadPort(_) => {
            "; add --allow-private-hosts to ask it all the same"
        }
        _ => "",
    };
    PageAnswer::State(EngineState::Unreachable {
        detail: format!("{reject}{hint}"),
    })
}

fn is_captcha(url: &Url) -> bool {
    let text = url.as_str().to_ascii_lowercase();
    ["captcha", "/sorry", "challenge"]
        .iter()
        .any(|sign| text.contains(sign))
}
