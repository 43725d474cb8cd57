use thiserror::Error;

/// Tells why one candidate was not downloaded; it is counted and recorded, and the run goes on.
///
/// Each variant carries a detail for the person; [`Reject::code`] is what is counted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Reject {
    /// The URL cannot be parsed or has no host.
    #[error("not a usable URL: {0}")]
    BadUrl(String),
    /// The URL, or a redirect, is not http or https.
    #[error("only http and https are fetched: {0}")]
    BadScheme(String),
    /// A port other than 80 and 443.
    #[error("port refused: {0}")]
    BadPort(String),
    /// The address is not a public one.
    #[error("address refused: {0}")]
    PrivateAddress(String),
    /// The host name does not resolve.
    #[error("name not resolved: {0}")]
    Dns(String),
    /// No connection, or it broke before the headers.
    #[error("connection failed: {0}")]
    Connection(String),
    /// The certificate or the handshake failed.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// No connection within the deadline.
    #[error("no connection in time: {0}")]
    TimeoutConnect(String),
    /// The headers were not whole within the deadline.
    #[error("no headers in time: {0}")]
    TimeoutHeader(String),
    /// The server fell silent within the body.
    #[error("server fell silent: {0}")]
    TimeoutIdle(String),
    /// The request took too long in all.
    #[error("took too long: {0}")]
    TimeoutTotal(String),
    /// The body came with fewer bytes a second than `min_rate`.
    #[error("too slow: {0}")]
    TooSlow(String),
    /// The body ended before it was whole.
    #[error("body cut short: {0}")]
    CutShort(String),
    /// More bytes than a body may have.
    #[error("too large: {0}")]
    TooLarge(String),
    /// More bytes than a body may have, once its content encoding was undone.
    #[error("decompression bomb: {0}")]
    Bomb(String),
    /// A content encoding that is unknown, stacked on another, or broken.
    #[error("content encoding: {0}")]
    BadEncoding(String),
    /// A body without a byte.
    #[error("empty body: {0}")]
    Empty(String),
    /// A web page where an image should be.
    #[error("a web page, not an image: {0}")]
    Html(String),
    /// Something else than an image in a format that is read.
    #[error("not an image: {0}")]
    NotAnImage(String),
    /// More redirects than allowed, or a loop.
    #[error("too many redirects: {0}")]
    TooManyRedirects(String),
    /// Status 404 or 410, or a file that is gone.
    #[error("not found: {0}")]
    NotFound(String),
    /// Status 401 or 403, or a file that may not be read.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// Status 429, or a server that wants a longer pause than `max_wait`.
    #[error("rate limited: {0}")]
    RateLimited(String),
    /// Another status from 400 to 499.
    #[error("refused: {0}")]
    ClientError(String),
    /// A status from 500 to 599.
    #[error("server error: {0}")]
    ServerError(String),
    /// A status that is neither success, redirect nor error.
    #[error("unexpected status: {0}")]
    UnexpectedStatus(String),
    /// The site's robots.txt keeps crawlers such as this one off the URL.
    #[error("kept off by robots.txt: {0}")]
    Robots(String),
    /// The site's robots.txt cannot be read, which means to keep off until it can (RFC 9309, section 2.3.1.4).
    #[error("robots.txt cannot be read: {0}")]
    RobotsUnreachable(String),
    /// The site reserves its pictures against indexing, mining or training.
    #[error("reserved by its site: {0}")]
    OptOut(String),
    /// Its licence is none of those that are wanted, or nobody tells it.
    #[error("licence not wanted: {0}")]
    License(String),
    /// Every try was used up by runs that ended before there was a result.
    #[error("tries used up: {0}")]
    TriesExhausted(String),
}

/// Builds a reject from its detail.
type Make = fn(String) -> Reject;

/// Pairs every code with the variant it stands for.
const CODES: &[(&str, Make)] = &[
    ("bad-url", Reject::BadUrl),
    ("bad-scheme", Reject::BadScheme),
    ("bad-port", Reject::BadPort),
    ("private-address", Reject::PrivateAddress),
    ("dns", Reject::Dns),
    ("connection", Reject::Connection),
    ("tls", Reject::Tls),
    ("timeout-connect", Reject::TimeoutConnect),
    ("timeout-header", Reject::TimeoutHeader),
    ("timeout-idle", Reject::TimeoutIdle),
    ("timeout-total", Reject::TimeoutTotal),
    ("too-slow", Reject::TooSlow),
    ("cut-short", Reject::CutShort),
    ("too-large", Reject::TooLarge),
    ("bomb", Reject::Bomb),
    ("bad-encoding", Reject::BadEncoding),
    ("empty", Reject::Empty),
    ("html", Reject::Html),
    ("not-an-image", Reject::NotAnImage),
    ("too-many-redirects", Reject::TooManyRedirects),
    ("not-found", Reject::NotFound),
    ("forbidden", Reject::Forbidden),
    ("rate-limited", Reject::RateLimited),
    ("http-4xx", Reject::ClientError),
    ("server-error", Reject::ServerError),
    ("http-status", Reject::UnexpectedStatus),
    ("robots", Reject::Robots),
    ("robots-unreachable", Reject::RobotsUnreachable),
    ("opt-out", Reject::OptOut),
    ("license", Reject::License),
    ("tries-exhausted", Reject::TriesExhausted),
];

impl Reject {
    /// Returns the stable name under which this reason is counted.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadUrl(_) => "bad-url",
            Self::BadScheme(_) => "bad-scheme",
            Self::BadPort(_) => "bad-port",
            Self::PrivateAddress(_) => "private-address",
            Self::Dns(_) => "dns",
            Self::Connection(_) => "connection",
            Self::Tls(_) => "tls",
            Self::TimeoutConnect(_) => "timeout-connect",
            Self::TimeoutHeader(_) => "timeout-header",
            Self::TimeoutIdle(_) => "timeout-idle",
            Self::TimeoutTotal(_) => "timeout-total",
            Self::TooSlow(_) => "too-slow",
            Self::CutShort(_) => "cut-short",
            Self::TooLarge(_) => "too-large",
            Self::Bomb(_) => "bomb",
            Self::BadEncoding(_) => "bad-encoding",
            Self::Empty(_) => "empty",
            Self::Html(_) => "html",
            Self::NotAnImage(_) => "not-an-image",
            Self::TooManyRedirects(_) => "too-many-redirects",
            Self::NotFound(_) => "not-found",
            Self::Forbidden(_) => "forbidden",
            Self::RateLimited(_) => "rate-limited",
            Self::ClientError(_) => "http-4xx",
            Self::ServerError(_) => "server-error",
            Self::UnexpectedStatus(_) => "http-status",
            Self::Robots(_) => "robots",
            Self::RobotsUnreachable(_) => "robots-unreachable",
            Self::OptOut(_) => "opt-out",
            Self::License(_) => "license",
            Self::TriesExhausted(_) => "tries-exhausted",
        }
    }

    /// Returns the detail without the reason before it.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::BadUrl(d)
            | Self::BadScheme(d)
            | Self::BadPort(d)
            | Self::PrivateAddress(d)
            | Self::Dns(d)
            | Self::Connection(d)
            | Self::Tls(d)
            | Self::TimeoutConnect(d)
            | Self::TimeoutHeader(d)
            | Self::TimeoutIdle(d)
            | Self::TimeoutTotal(d)
            | Self::TooSlow(d)
            | Self::CutShort(d)
            | Self::TooLarge(d)
            | Self::Bomb(d)
            | Self::BadEncoding(d)
            | Self::Empty(d)
            | Self::Html(d)
            | Self::NotAnImage(d)
            | Self::TooManyRedirects(d)
            | Self::NotFound(d)
            | Self::Forbidden(d)
            | Self::RateLimited(d)
            | Self::ClientError(d)
            | Self::ServerError(d)
            | Self::UnexpectedStatus(d)
            | Self::Robots(d)
            | Self::RobotsUnreachable(d)
            | Self::OptOut(d)
            | Self::License(d)
            | Self::TriesExhausted(d) => d,
        }
    }

    /// Says whether another copy of the same picture may be asked for instead: not where its owner or the person said no.
    pub(crate) fn lets_fall_back(&self) -> bool {
        !matches!(
            self,
            Self::License(_) | Self::Robots(_) | Self::RobotsUnreachable(_) | Self::OptOut(_)
        )
    }

    /// Restores a reject from its recorded code and detail; `None` when the code is unknown.
    pub(crate) fn from_parts(code: &str, detail: String) -> Option<Self> {
        let (_, make) = CODES.iter().find(|(known, _)| *known == code)?;
        Some(make(detail))
    }

    /// Returns the status of an answer that was no success, as [`Reject::from_status`] has written it down.
    pub(crate) fn status(&self) -> Option<u16> {
        self.detail().strip_prefix("status ")?.parse().ok()
    }

    /// Returns every code under which a reject may be counted.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        CODES.iter().map(|(code, _)| *code)
    }

    /// Sorts an HTTP status that is no success and no redirect.
    pub(crate) fn from_status(status: u16) -> Self {
        let detail = format!("status {status}");
        match status {
            404 | 410 => Self::NotFound(detail),
            401 | 403 => Self::Forbidden(detail),
            429 => Self::RateLimited(detail),
            400..=499 => Self::ClientError(detail),
            500..=599 => Self::ServerError(detail),
            _ => Self::UnexpectedStatus(detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_restores_its_own_variant() {
        for (code, make) in CODES {
            let reject = make("why".to_owned());
            assert_eq!(reject.code(), *code);
            assert_eq!(reject.detail(), "why");
            assert_eq!(Reject::from_parts(code, "why".to_owned()), Some(reject));
        }
        assert_eq!(Reject::from_parts("unheard-of", String::new()), None);
    }

    #[test]
    fn statuses_have_their_reasons() {
        let code = |status| Reject::from_status(status).code();
        assert_eq!(code(404), "not-found");
        assert_eq!(code(410), "not-found");
        assert_eq!(code(403), "forbidden");
        assert_eq!(code(418), "http-4xx");
        assert_eq!(code(429), "rate-limited");
        assert_eq!(code(503), "server-error");
        assert_eq!(code(304), "http-status");
    }
}
