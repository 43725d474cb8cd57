use std::time::Duration;

use reqwest::{RequestBuilder, Response, header};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{Client, Validators, failure, image};
use crate::Reject;
use crate::engine::{Answer, EngineRequest, EngineState};

/// Largest page that is read, in bytes after content decoding.
const PAGE_CAP: usize = 8 * 1024 * 1024;

/// Is the result of one try for an engine's page.
#[derive(Debug)]
pub(crate) enum PageAnswer {
    /// The engine answered, with any status but a redirect; `wait` is what it asks to wait.
    Answer(Answer, Option<Duration>),
    /// It said something else than an answer, which another try would not change.
    State(EngineState),
    /// There was no answer.
    Unanswered {
        /// What failed.
        detail: String,
        /// The code of the failure ([`Reject::code`]).
        code: &'static str,
        /// Whether it may answer later.
        is_passing: bool,
    },
}

impl Client {
    /// Asks an engine, following redirects; each hop is checked as the first one is. Header fields, form and secrets go to
    /// the origin that was meant and to no other, cookies to whom they belong.
    ///
    /// With the validators of an earlier answer the engine may say with status 304 that there is no other.
    pub(crate) async fn page(
        &self,
        engine: &str,
        request: &EngineRequest,
        validators: Option<&Validators>,
    ) -> PageAnswer {
        let deadline = Instant::now() + self.limits.total_timeout;
        let mut url = request.url.clone();
        let mut posts = request.form.is_some();
        for _ in 0..=self.limits.max_redirects {
            if let Err(reject) = self.guard.check(&url) {
                return refused(&reject);
            }
            let mut builder = self.compose(engine, request, &url, posts);
            if let Some(validators) = validators.filter(|_| url == request.url) {
                builder = validators.apply(builder);
            }
            let silence = Instant::now() + self.limits.connect_timeout + self.limits.idle_timeout;
            let response = match timeout_at(deadline.min(silence), builder.send()).await {
                Ok(Ok(response)) => response,
                Ok(Err(e)) => return sorted(&failure::classify(&e.without_url())),
                Err(_) => return later("no headers in time", "timeout-header"),
            };
            self.jars.keep(engine, &url, response.headers());
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return page_body(response, url, deadline, self.limits.idle_timeout).await;
            }
            match image::redirect(&response, &url) {
                Ok(next) if is_captcha(&next) => {
                    let detail = format!("redirect to {}", without_query(&next));
                    return PageAnswer::State(EngineState::Blocked { detail });
                }
                Ok(next) => {
                    // A browser turns a post into a get there, and only 307 and 308 say otherwise.
                    posts &= matches!(status, 307 | 308);
                    url = next;
                }
                Err(reject) => return refused(&reject),
            }
        }
        PageAnswer::State(EngineState::schema("too many redirects"))
    }

    fn compose(
        &self,
        engine: &str,
        request: &EngineRequest,
        url: &Url,
        posts: bool,
    ) -> RequestBuilder {
        let is_meant = url.origin() == request.url.origin();
        let secrets = request.secrets.iter().filter(|_| is_meant);
        let mut target = url.clone();
        for (name, value) in secrets.clone().filter_map(|secret| secret.as_query()) {
            // A redirect within the origin may have kept it.
            if !target.query_pairs().any(|(known, _)| known == name) {
                target.query_pairs_mut().append_pair(name, value);
            }
        }
        let mut builder = match &request.form {
            Some(form) if posts && is_meant => {
                let form = form
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()));
                let fields: Vec<_> = form
                    .chain(secrets.clone().filter_map(|secret| secret.as_form()))
                    .collect();
                let body = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(fields)
                    .finish();
                let kind = "application/x-www-form-urlencoded";
                let post = self.http.post(target).header(header::CONTENT_TYPE, kind);
                post.body(body)
            }
            _ => self.http.get(target),
        };
        if is_meant {
            for (name, value) in &request.headers {
                builder = builder.header(name, value);
            }
            for (name, value) in secrets.filter_map(|secret| secret.as_header()) {
                builder = builder.header(name, value);
            }
        }
        match self.jars.cookies(engine, url) {
            Some(cookies) => builder.header(header::COOKIE, cookies),
            None => builder,
        }
    }
}

async fn page_body(
    mut response: Response,
    url: Url,
    deadline: Instant,
    silence: Duration,
) -> PageAnswer {
    let wait = image::retry_after(&response);
    let fields = response.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    });
    let mut answer = Answer {
        status: response.status().as_u16(),
        headers: fields.collect(),
        body: Vec::new(),
        url: Some(url),
    };
    loop {
        let idle = Instant::now() + silence;
        match timeout_at(deadline.min(idle), response.chunk()).await {
            Ok(Ok(Some(chunk))) if answer.body.len() + chunk.len() > PAGE_CAP => {
                return PageAnswer::State(EngineState::schema("a page over 8 MiB"));
            }
            Ok(Ok(Some(chunk))) => answer.body.extend_from_slice(&chunk),
            Ok(Ok(None)) => return PageAnswer::Answer(answer, wait),
            // What the status says counts for more than the rest of an error page.
            _ if answer.status != 200 => return PageAnswer::Answer(answer, wait),
            Ok(Err(e)) => {
                return later(&failure::cause(&e.without_url()), "cut-short");
            }
            Err(_) => return later("the page did not end in time", "timeout-idle"),
        }
    }
}

/// Sorts a failed request: some are worth another try.
fn sorted(reject: &Reject) -> PageAnswer {
    if failure::is_transient(reject) {
        later(&reject.to_string(), reject.code())
    } else {
        refused(reject)
    }
}

fn later(detail: &str, code: &'static str) -> PageAnswer {
    PageAnswer::Unanswered {
        detail: detail.to_owned(),
        code,
        is_passing: true,
    }
}

/// Tells an address that may not be dialled, with the way out.
fn refused(reject: &Reject) -> PageAnswer {
    let hint = match reject {
        Reject::PrivateAddress(_) => "; add --allow-private-hosts to ask it all the same",
        Reject::BadPort(_) => "; add the port to crawl.allow_ports to ask it all the same",
        _ => "",
    };
    PageAnswer::Unanswered {
        detail: format!("{reject}{hint}"),
        code: reject.code(),
        is_passing: false,
    }
}

/// Returns a URL as it may be shown: a query may carry what nobody should read.
fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

fn is_captcha(url: &Url) -> bool {
    let text = without_query(url).as_str().to_ascii_lowercase();
    ["captcha", "/sorry", "challenge"]
        .iter()
        .any(|sign| text.contains(sign))
}
