use std::time::Duration;

use url::Url;

use crate::optout::OptOutPolicy;
use crate::{CrawlError, Licenses};

/// Holds every limit of a crawl.
///
/// The default is polite enough for the open web and never needs more than about 130 MB for bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrawlSettings {
    /// The `User-Agent` of every request, for engines and images alike.
    pub user_agent: String,
    /// Lets addresses that are not public be dialled, those at any port.
    pub allow_private_hosts: bool,
    /// Ports of public hosts that are asked besides 80 and 443.
    pub allow_ports: Vec<u16>,
    /// An `http://` or `https://` proxy that every request goes through; none is read from the environment.
    ///
    /// Names are then resolved by the proxy, so it must keep them from leading to private addresses itself: only
    /// addresses that stand in a URL are still checked here.
    pub proxy: Option<String>,
    /// Downloads under way at a time, all hosts together.
    pub downloads: usize,
    /// Downloads under way at a time at one (scheme, host, port).
    pub per_host: usize,
    /// Least time between two starts at one host.
    pub host_interval: Duration,
    /// The interval to which a host that shows strain (429 and 503) is slowed down at most.
    pub slowest_interval: Duration,
    /// Pages under way at a time at one engine.
    pub per_engine: usize,
    /// Least time between two pages of one engine.
    pub engine_interval: Duration,
    /// Longest wait for a connection, name resolution and TLS included.
    pub connect_timeout: Duration,
    /// Longest time from the connection to the last header.
    pub header_timeout: Duration,
    /// Longest silence within the body.
    pub idle_timeout: Duration,
    /// Longest time for one request from its start to the last byte.
    pub total_timeout: Duration,
    /// Least bytes a second that a body may come with, measured over `min_rate_grace`; 0 allows any.
    pub min_rate: u64,
    /// The time within which `min_rate * min_rate_grace` bytes, or the end of the body, must come, again and again.
    pub min_rate_grace: Duration,
    /// Largest body in bytes that is read, as it is sent and again after undoing its content encoding.
    pub max_body_bytes: u64,
    /// Bytes of all bodies held at a time, those delivered and not yet dropped included.
    ///
    /// Two bodies at a time may be in a content encoding that needs a window of up to 16 MiB (`br`, `zstd`), which is not
    /// counted.
    pub body_budget: u64,
    /// Redirects followed for one download.
    pub max_redirects: u32,
    /// How often one URL is asked in all, over every run.
    pub tries: u32,
    /// First wait before a retry; it doubles from try to try.
    pub backoff_base: Duration,
    /// Longest wait that backing off leads to.
    pub backoff_cap: Duration,
    /// Longest wait that a server may ask for; a longer one ends the download (or the engine) for this run.
    pub max_wait: Duration,
    /// Candidates of one name handed out beyond the oldest undecided one.
    pub window: usize,
    /// Pages asked of one engine for one search phrase.
    pub max_pages: u32,
    /// Which signals of websites against crawling and training are obeyed.
    pub opt_outs: OptOutPolicy,
    /// Longest time between two requests that robots.txt may ask for; a site that wants more is left alone.
    pub max_crawl_delay: Duration,
    /// Licences wanted; a candidate under another one, or whose licence nobody tells, is refused unasked.
    pub licenses: Licenses,
    /// Narrows `allow_private_hosts` to 127.0.0.0/8, for tests that must never dial anything else.
    #[cfg(test)]
    pub(crate) loopback_only: bool,
}

impl Default for CrawlSettings {
    fn default() -> Self {
        Self {
            user_agent: concat!(
                "Mozilla/5.0 (compatible; trawl/",
                env!("CARGO_PKG_VERSION"),
                ")"
            )
            .to_owned(),
            allow_private_hosts: false,
            allow_ports: Vec::new(),
            proxy: None,
            downloads: 64,
            per_host: 2,
            host_interval: Duration::from_millis(100),
            slowest_interval: Duration::from_secs(10),
            per_engine: 1,
            engine_interval: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(3),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_mins(1),
            min_rate: 1_000,
            min_rate_grace: Duration::from_secs(15),
            max_body_bytes: 20 * 1024 * 1024,
            body_budget: 128_000_000,
            max_redirects: 5,
            tries: 3,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            max_wait: Duration::from_mins(10),
            window: 64,
            max_pages: 20,
            opt_outs: OptOutPolicy::default(),
            max_crawl_delay: Duration::from_secs(30),
            licenses: Licenses::default(),
            #[cfg(test)]
            loopback_only: false,
        }
    }
}

impl CrawlSettings {
    /// The largest reservation that one body may make: the cap, but never more than the whole budget.
    pub(crate) fn body_cap(&self) -> u64 {
        self.max_body_bytes
            .min(self.body_budget)
            .min(u64::from(u32::MAX))
    }

    /// Refuses settings under which nothing could ever move.
    pub(crate) fn check(&self) -> Result<(), CrawlError> {
        let positive = [
            ("downloads", self.downloads > 0),
            ("per_host", self.per_host > 0),
            ("per_engine", self.per_engine > 0),
            ("max_body_bytes", self.max_body_bytes > 0),
            ("body_budget", self.body_budget > 0),
            ("tries", self.tries > 0),
            ("window", self.window > 0),
            ("max_pages", self.max_pages > 0),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, holds)| !holds) {
            return Err(CrawlError::Settings {
                what: format!("{key} must be at least 1"),
            });
        }
        if self.user_agent.chars().any(char::is_control) {
            return Err(CrawlError::Settings {
                what:
                    "user_agent, and the contact in it, must be one line without control characters"
                        .to_owned(),
            });
        }
        self.proxy_url().map(drop)
    }

    /// Reads the proxy's URL.
    pub(crate) fn proxy_url(&self) -> Result<Option<Url>, CrawlError> {
        let Some(proxy) = &self.proxy else {
            return Ok(None);
        };
        match Url::parse(proxy) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(url)),
            // The text may hold a password, so it is not repeated.
            _ => Err(CrawlError::Settings {
                what: "proxy must be like http://HOST:PORT or https://HOST:PORT".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_documented() {
        let s = CrawlSettings::default();
        assert!(!s.allow_private_hosts);
        assert_eq!((s.downloads, s.per_host, s.per_engine), (64, 2, 1));
        assert_eq!(s.connect_timeout, Duration::from_secs(3));
        assert_eq!(s.header_timeout, Duration::from_secs(10));
        assert_eq!((s.min_rate, s.min_rate_grace.as_secs()), (1_000, 15));
        assert!(s.allow_ports.is_empty() && s.proxy.is_none());
        assert_eq!((s.max_redirects, s.tries, s.window), (5, 3, 64));
        assert!(s.user_agent.starts_with("Mozilla/5.0 (compatible; trawl/"));
        assert!(s.check().is_ok());
    }

    #[test]
    fn a_contact_of_two_lines_is_no_header() {
        let settings = CrawlSettings {
            user_agent: "trawl; a\nb".to_owned(),
            ..CrawlSettings::default()
        };
        let error = settings.check().unwrap_err().to_string();
        assert!(error.contains("contact"), "{error}");
    }

    #[test]
    fn a_limit_of_zero_is_refused_by_name() {
        let s = CrawlSettings {
            per_host: 0,
            ..CrawlSettings::default()
        };
        assert!(s.check().unwrap_err().to_string().contains("per_host"));
    }

    #[test]
    fn a_proxy_is_http_or_https_and_its_password_is_not_repeated() {
        let with = |proxy: &str| CrawlSettings {
            proxy: Some(proxy.to_owned()),
            ..CrawlSettings::default()
        };
        for good in ["http://127.0.0.1:3128", "https://me:secret@proxy.example"] {
            assert!(with(good).check().is_ok(), "{good}");
        }
        for bad in ["", "proxy:3128", "socks5://me:secret@proxy", "file:///x"] {
            let error = with(bad).check().unwrap_err().to_string();
            assert!(
                error.contains("proxy must") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}
