use std::sync::Arc;

use reqwest::ClientBuilder;
use reqwest::header::{self, HeaderMap, HeaderValue};
use tokio::sync::Semaphore;

use super::Guard;
use super::budget::Budget;
use super::disk::Disk;
use super::gate::Gate;
use super::jar::Jars;
use super::lanes::Lanes;
use super::resolver::{self, Lookup};
use crate::{CrawlError, CrawlSettings};

/// Bodies at a time whose content encoding needs a large window.
const WINDOWS: usize = 2;

/// Sends every request of the crate, and owns the byte budget of the bodies.
#[derive(Debug)]
pub(crate) struct Client {
    /// For pages, which are decoded on the way.
    pub(super) http: Lanes,
    /// For images, which come as they were sent.
    pub(super) images: Lanes,
    pub(super) guard: Guard,
    pub(super) limits: CrawlSettings,
    pub(super) budget: Budget,
    pub(super) windows: Arc<Semaphore>,
    pub(super) disk: Disk,
    pub(super) jars: Jars,
    pub(super) gate: Gate,
}

impl Client {
    /// Builds the client. No proxy is read from the environment (it would resolve names past the guard),
    /// no redirect is followed, no cookie is kept and nothing is retried behind the back of the frontier.
    pub(crate) fn new(limits: &CrawlSettings) -> Result<Self, CrawlError> {
        // A machine without certificates can still crawl over plain http; https fails there as `tls`.
        Self::build(limits, &resolver::system(), |builder| builder).or_else(|_| {
            Self::build(limits, &resolver::system(), |builder| {
                builder.tls_certs_only([])
            })
        })
    }

    /// Builds the client with another resolver, and clients that `adapt` changes.
    pub(super) fn build(
        limits: &CrawlSettings,
        lookup: &Lookup,
        adapt: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, CrawlError> {
        // An error only says that the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(limits);
        let agent =
            HeaderValue::from_str(&limits.user_agent).map_err(|_| CrawlError::Settings {
                what: format!("user_agent `{}` is no header value", limits.user_agent),
            })?;
        let base = || adapt(common(limits, &agent));
        Ok(Self {
            http: Lanes::build(limits, &guard, lookup, base)?,
            images: Lanes::build(limits, &guard, lookup, || base().no_gzip())?,
            guard,
            limits: limits.clone(),
            budget: Budget::new(limits),
            windows: Arc::new(Semaphore::new(WINDOWS)),
            disk: Disk::start()?,
            jars: Jars::default(),
            gate: Gate::default(),
        })
    }

    /// Forgets the cookies of an engine, before a session for all phrases is opened.
    pub(crate) fn forget_cookies_if(&self, engine: &str, is_for_all: bool) {
        if is_for_all {
            self.jars.empty(engine);
        }
    }

    /// The rules of what may be dialled.
    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Bytes of the budget that are free right now.
    #[cfg(test)]
    pub(crate) fn free_bytes(&self) -> usize {
        self.budget.free()
    }
}

/// Begins a client as all of them are.
fn common(limits: &CrawlSettings, agent: &HeaderValue) -> ClientBuilder {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, agent.clone());
    let builder = reqwest::Client::builder()
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(limits.connect_timeout)
        .pool_max_idle_per_host(limits.per_host.max(limits.per_engine));
    // Whatever a test does wrong, the kernel sends nothing from this address to another machine.
    #[cfg(test)]
    let builder = builder.local_address(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    builder
}
