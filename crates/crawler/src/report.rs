use std::time::SystemTime;

use crate::EngineState;

/// Sums up one run.
#[derive(Debug, Clone, PartialEq)]
pub struct CrawlReport {
    /// One entry a label, in the order of the names.
    pub names: Vec<NameEnd>,
    /// One entry an engine, in the order given.
    pub engines: Vec<EngineEnd>,
    /// What was done in this run.
    pub counters: Counters,
}

/// Tells how the run ended for one label.
#[derive(Debug, Clone, PartialEq)]
pub struct NameEnd {
    /// The label.
    pub label: String,
    /// Why nothing more is handed out.
    pub end: End,
    /// Its candidates found so far, all runs together.
    pub found: u64,
}

/// Tells why nothing more is handed out for a label.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// It has what was wanted.
    Goal,
    /// Every engine has shown all it has (or as much as `max_pages` allows).
    Exhausted,
    /// At least one engine failed, so that there may be more.
    Blocked {
        /// Each failed engine's id and what it said.
        engines: Vec<(String, EngineState)>,
    },
    /// An engine wants a longer pause than `max_wait`.
    Waiting {
        /// When it may be asked again.
        until: SystemTime,
    },
    /// The run was stopped before.
    Stopped,
}

impl End {
    /// Returns the end's name, as logs and scripts read it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Goal => "goal",
            Self::Exhausted => "exhausted",
            Self::Blocked { .. } => "blocked",
            Self::Waiting { .. } => "waiting",
            Self::Stopped => "stopped",
        }
    }
}

/// Tells how one engine did.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineEnd {
    /// The engine's id.
    pub engine: String,
    /// Pages stored in this run.
    pub pages: u64,
    /// Hits on them.
    pub hits: u64,
    /// What it said last instead of a page, when that ended a phrase or the engine.
    pub failed: Option<EngineState>,
}

/// Counts the work of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests for images, retries and redirects included, and files read.
    pub requests: u64,
    /// Requests for pages of engines, retries included.
    pub page_requests: u64,
    /// Requests for robots.txt and its like, retries included.
    pub site_requests: u64,
    /// Downloads tried again after a failure.
    pub retries: u64,
    /// Bodies delivered.
    pub bodies: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Rejects delivered.
    pub rejected: u64,
    /// Deliveries of what was known from another label.
    pub known: u64,
    /// The most downloads under way at one moment.
    pub most_in_flight: usize,
}
