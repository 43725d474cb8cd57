use std::time::{Duration, SystemTime};

use url::Url;

use super::file::{RobotsFile, RobotsVerdict};
use crate::optout::site::{Lookup, NotYet, SiteCache, site_of};
use crate::optout::{OptOutPolicy, Refusal};

/// Remembers what the robots.txt of many websites says.
pub type RobotsCache = SiteCache<RobotsFile>;

/// Says whether a URL may be asked, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RobotsAnswer {
    /// It may.
    Allowed {
        /// The `Allow` rule that says so, when there is one.
        rule: Option<String>,
    },
    /// It may not, and asking again within this run is of no use.
    Refused(Refusal),
    /// Nothing is known at this moment, so the URL must not be asked now.
    NotYet(NotYet),
}

impl SiteCache<RobotsFile> {
    /// Says whether a URL may be asked.
    ///
    /// A website whose robots.txt cannot be fetched is closed until it can (RFC 9309, section 2.3.1.4), unless
    /// the policy does not obey robots.txt. URLs that are not http or https, and everything when the policy
    /// asks neither for robots nor for aipref, are allowed without a file.
    pub fn answer(&mut self, url: &Url, policy: &OptOutPolicy, now: SystemTime) -> RobotsAnswer {
        let open = RobotsAnswer::Allowed { rule: None };
        let Some(site) = site_of(url) else {
            return open;
        };
        if !(policy.robots || policy.aipref) {
            return open;
        }
        match self.lookup(&site, now) {
            Lookup::Absent => RobotsAnswer::NotYet(NotYet::Fetch),
            Lookup::Fetching { until } => RobotsAnswer::NotYet(NotYet::Wait { until }),
            Lookup::Unreachable { .. } if !policy.robots => open,
            Lookup::Unreachable { retry_at } => {
                RobotsAnswer::NotYet(NotYet::Retry { at: retry_at })
            }
            Lookup::Known(file) => match file.verdict(url, policy) {
                RobotsVerdict::Allowed { rule } => RobotsAnswer::Allowed { rule },
                RobotsVerdict::Refused(refusal) => RobotsAnswer::Refused(refusal),
            },
        }
    }

    /// Returns the pause between requests that a URL's website asks for, if its file is known; uncapped.
    pub fn crawl_delay(&mut self, url: &Url, now: SystemTime) -> Option<Duration> {
        match self.lookup(&site_of(url)?, now) {
            Lookup::Known(file) => file.crawl_delay(),
            _ => None,
        }
    }
}
