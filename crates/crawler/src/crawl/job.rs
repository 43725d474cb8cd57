use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::frontier::HostKey;
use crate::net::{Origin, Validators};
use crate::optout::Reservation;
use crate::{Delivery, Reject};

/// Is a label's claim on a download: its place among the labels, and the seq.
pub(super) type Ticket = (usize, u64);

/// Is one URL on its way from candidate to settlement.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) download: i64,
    /// The URL as recorded.
    pub(super) url: Arc<str>,
    pub(super) local: bool,
    /// An interrupted run has kept the body: nothing is asked.
    pub(super) kept: bool,
    /// It was delivered with a body, which lies on disk until it is settled.
    pub(super) has_body: bool,
    pub(super) tries: u32,
    pub(super) past: Past,
    pub(super) route: Route,
    /// What the website's `TDMRep` file says of the URL that is asked next.
    pub(super) reservation: Option<Reservation>,
    pub(super) phase: Phase,
    /// Labels that get the result of this download.
    pub(super) claims: Vec<Ticket>,
    /// Labels that came after the delivery; they get it as known once it is settled.
    pub(super) waiters: Vec<Ticket>,
}

/// Is what earlier runs had to do with a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// None has asked for it.
    None,
    /// One has counted a try of it and left no result.
    Interrupted,
}

/// Is where a download is on its redirects.
#[derive(Debug)]
pub(super) struct Route {
    /// What is asked next, the candidate's own URL at first; `None` when that is no URL.
    pub(super) target: Option<Url>,
    pub(super) host: HostKey,
    /// What was asked before it in this try.
    pub(super) visited: Vec<Url>,
}

/// Is how far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Queued at its host, or waiting for its retry.
    Waiting,
    /// A request is under way.
    Running,
    /// It has a result, which is delivered or about to be.
    Ended,
}

/// Is a delivery that needs no download.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) job: u64,
    pub(super) claims: Vec<Ticket>,
    pub(super) what: What,
}

/// Is what a note says.
#[derive(Debug)]
pub(super) enum What {
    Rejected(Reject),
    Known,
}

/// Is what leaves the process once the store is committed.
#[derive(Debug)]
pub(super) enum Effect {
    Fetch {
        job: u64,
        url: Url,
        local: bool,
        body: PathBuf,
        origin: Origin,
        reservation: Option<Reservation>,
        interval: Duration,
    },
    /// A website's file.
    Site {
        ask: u64,
        url: Url,
        /// The version that is kept.
        known: Option<Validators>,
        most: usize,
        interval: Duration,
    },
    ReadKept {
        job: u64,
        url: Arc<str>,
        body: PathBuf,
    },
    Send(Delivery),
    Page {
        ask: u64,
    },
}

impl Job {
    /// Says whether the label is among those that get something of this job.
    pub(super) fn has(&self, label: usize) -> bool {
        let mut tickets = self.claims.iter().chain(&self.waiters);
        tickets.any(|ticket| ticket.0 == label)
    }

    /// The URL that redirects have led to, when there were any.
    pub(super) fn final_url(&self) -> Option<String> {
        let target = self.route.target.as_ref()?;
        (!self.route.visited.is_empty()).then(|| target.to_string())
    }
}
