use std::time::Duration;

use crate::{End, EngineState};

/// Tells what a running crawl just did; for progress and logs only, nothing depends on it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A page of hits is stored.
    PageFetched {
        /// The engine's id.
        engine: String,
        /// The label it was asked for.
        label: String,
        /// The search phrase.
        query: String,
        /// The page's number, from 1.
        page: u32,
        /// Hits on it.
        hits: usize,
    },
    /// An engine stopped for this run, or waits.
    EngineState {
        /// The engine's id.
        engine: String,
        /// What it said.
        state: EngineState,
    },
    /// New candidates of a label are stored.
    Found {
        /// The label.
        label: String,
        /// Its candidates so far.
        count: u64,
    },
    /// A request leaves.
    Started {
        /// The URL asked, that of the redirect after one.
        url: String,
        /// Its scheme, host and port.
        host: String,
    },
    /// A download ended for good.
    Finished {
        /// The candidate's URL.
        url: String,
        /// Bytes of the body.
        bytes: u64,
        /// Whether there is a body.
        ok: bool,
        /// The reject's code when there is none.
        reason: Option<&'static str>,
    },
    /// A download failed and will be tried again.
    Retrying {
        /// The candidate's URL.
        url: String,
        /// The code of the failure.
        reason: &'static str,
        /// The wait before the next try.
        after: Duration,
        /// Tries so far.
        tries: u32,
    },
    /// A whole host pauses.
    HostPaused {
        /// Its scheme, host and port.
        host: String,
        /// For how long.
        wait: Duration,
    },
    /// Nothing more is handed out for a name.
    NameDone {
        /// The label.
        label: String,
        /// Why.
        why: End,
    },
}
