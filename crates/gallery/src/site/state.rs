//! What the seventeen listeners share.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::collection::Collection;
use crate::faults::Bodies;
use crate::listing::Listing;
use crate::log::RequestLog;
use crate::ports::Addresses;
use crate::studio::Studio;

/// The state of a running site.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) addresses: Addresses,
    pub(crate) collection: Arc<Collection>,
    pub(crate) listing: Listing,
    pub(crate) studio: Studio,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) latency: Duration,
    pub(crate) log: RequestLog,
    /// Cancelled when the site stops.
    pub(crate) stop: CancellationToken,
    /// Rate-limited items, by their place in the listing, that have refused their first request.
    pub(crate) refused_once: Mutex<HashSet<usize>>,
}

impl Site {
    /// Says whether this is the first request for a rate-limited item; from the second on it is not.
    pub(super) fn refuses_now(&self, item: usize) -> bool {
        self.refused_once
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(item)
    }
}
