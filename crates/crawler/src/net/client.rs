use std::sync::Arc;

use reqwest::header::{self, HeaderMap, HeaderValue};
use tokio::sync::Semaphore;

use super::Guard;
use super::disk::Disk;
use super::gate::Gate;
use super::jar::Jars;
use super::resolver::Resolver;
use crate::{CrawlError, CrawlSettings};

/// Sends every request of the crate, and owns the byte budget of the bodies.
#[derive(Debug)]
pub(crate) struct Client {
    pub(super) http: reqwest::Client,
    pub(super) guard: Guard,
    pub(super) limits: CrawlSettings,
    pub(super) budget: Arc<Semaphore>,
    pub(super) disk: Disk,
    pub(super) jars: Jars,
    pub(super) gate: Gate,
}

impl Client {
    /// Builds the client. No proxy is read from the environment (it would resolve names past the guard),
    /// no redirect is followed and nothing is retried behind the back of the frontier.
    pub(crate) fn new(limits: &CrawlSettings) -> Result<Self, CrawlError> {
        // An error only says that the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(limits.allow_private_hosts);
        let agent =
            HeaderValue::from_str(&limits.user_agent).map_err(|_| CrawlError::Settings {
                what: format!("user_agent `{}` is no header value", limits.user_agent),
            })?;
        let build = |trust_nobody: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, agent.clone());
            let mut builder = reqwest::Client::builder()
                .default_headers(headers)
                .dns_resolver(Resolver::system(guard))
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .connect_timeout(limits.connect_timeout)
                .pool_max_idle_per_host(limits.per_host.max(limits.per_engine));
            if trust_nobody {
                builder = builder.tls_certs_only([]);
            }
            builder.build()
        };
        // A machine without certificates can still crawl over plain http; https fails there as `tls`.
        let http = build(false)
            .or_else(|_| build(true))
            .map_err(|e| CrawlError::Client {
                what: super::failure::cause(&e),
            })?;
        let permits = usize::try_from(limits.body_budget)
            .unwrap_or(usize::MAX)
            .min(Semaphore::MAX_PERMITS);
        Ok(Self {
            http,
            guard,
            limits: limits.clone(),
            budget: Arc::new(Semaphore::new(permits)),
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
    pub(crate) fn guard(&self) -> Guard {
        self.guard
    }

    /// Bytes of the budget that are free right now.
    #[cfg(test)]
    pub(crate) fn free_bytes(&self) -> usize {
        self.budget.available_permits()
    }
}
