use std::time::Duration;

use crate::{End, EngineState, Reject};

/// Tells what a running crawl just did; for bars, logs and counts only, nothing depends on it.
///
/// A host is written as scheme, host and port, as it is paced. No event holds a key: what engines say has keys blotted out.
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
        hits: u32,
        /// Whether the engine said that nothing has changed on it since an earlier run.
        unchanged: bool,
    },
    /// An engine is left alone for a while, and then asked again.
    EngineWaits {
        /// The engine's id.
        engine: String,
        /// What it said; `None` when it gave a page and asked for the pause with it.
        state: Option<EngineState>,
        /// For how long.
        wait: Duration,
    },
    /// A phrase of an engine, or the engine, is given up for this run.
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
    /// A request for a picture leaves.
    Started {
        /// The URL asked, that of the redirect after one.
        url: String,
        /// Its host.
        host: String,
    },
    /// A body has arrived whole.
    Fetched {
        /// The candidate's URL.
        url: String,
        /// The host that sent it, the last one after redirects.
        host: String,
        /// Bytes of the body.
        bytes: u64,
        /// Tries it took, those of earlier runs included.
        tries: u32,
    },
    /// A download ended for good, without a body.
    Rejected {
        /// The candidate's URL.
        url: String,
        /// The host where it ended, the last one after redirects.
        host: String,
        /// Why.
        reject: Reject,
        /// Tries so far, those of earlier runs included.
        tries: u32,
    },
    /// Another copy of the same picture takes the place of one that cannot be had.
    FellBack {
        /// The URL that is given up.
        from: String,
        /// The one that is asked now.
        to: String,
    },
    /// A download failed and will be tried again.
    Retrying {
        /// The candidate's URL.
        url: String,
        /// The host that failed.
        host: String,
        /// Why.
        reject: Reject,
        /// The wait before the next try.
        after: Duration,
        /// Tries so far.
        tries: u32,
    },
    /// A whole host pauses.
    HostPaused {
        /// The host.
        host: String,
        /// For how long.
        wait: Duration,
    },
    /// What a website says about crawlers cannot be read; until it can, nothing is asked of it.
    SiteUnreadable {
        /// The address of the file.
        url: String,
        /// Why.
        reject: Reject,
    },
    /// Nothing more is handed out for a name.
    NameDone {
        /// The label.
        label: String,
        /// Why.
        why: End,
    },
}
