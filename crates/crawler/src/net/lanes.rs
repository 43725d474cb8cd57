use reqwest::{ClientBuilder, RequestBuilder};
use url::Url;

use super::Guard;
use super::address::Lane;
use super::resolver::{Lookup, Resolver};
use crate::{CrawlError, CrawlSettings};

/// Holds the HTTP clients for one kind of request, one for each lane.
///
/// A resolver is told a name but not the port, and addresses are known only after a request has been sent on its way. So
/// the port picks the client, and the client's resolver knows what may be dialled there. The private lane exists only
/// where private addresses may be dialled at all.
#[derive(Debug)]
pub(super) struct Lanes {
    guard: Guard,
    ordinary: reqwest::Client,
    private: Option<reqwest::Client>,
}

impl Lanes {
    /// Builds the clients; `base` makes what they have in common.
    pub(super) fn build(
        limits: &CrawlSettings,
        guard: &Guard,
        lookup: &Lookup,
        base: impl Fn() -> ClientBuilder,
    ) -> Result<Self, CrawlError> {
        let proxy = limits.proxy_url()?;
        let lane = |lane: Lane| {
            let builder = match &proxy {
                None => base()
                    .dns_resolver(Resolver::guarded(lookup, guard, lane))
                    .no_proxy(),
                Some(proxy) => base()
                    .dns_resolver(Resolver::proxy(lookup, proxy.host_str().unwrap_or("")))
                    .no_proxy()
                    .proxy(reqwest::Proxy::all(proxy.clone()).map_err(|e| failed(&e))?),
            };
            builder.build().map_err(|e| failed(&e))
        };
        let has_private = proxy.is_none() && guard.has_private_lane();
        Ok(Self {
            guard: guard.clone(),
            ordinary: lane(Lane::Ordinary)?,
            private: has_private.then(|| lane(Lane::Private)).transpose()?,
        })
    }

    /// Begins a request for a URL that [`Guard::check`] has let through.
    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.lane(&url).get(url)
    }

    /// Begins a request with a body, likewise.
    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.lane(&url).post(url)
    }

    fn lane(&self, url: &Url) -> &reqwest::Client {
        match (self.guard.lane(url), &self.private) {
            (Lane::Private, Some(private)) => private,
            _ => &self.ordinary,
        }
    }
}

fn failed(error: &reqwest::Error) -> CrawlError {
    CrawlError::Client {
        what: super::failure::cause(error),
    }
}
