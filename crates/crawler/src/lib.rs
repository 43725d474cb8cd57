//! Finds and downloads images politely: engines, frontier, hosts and safe HTTP.
//!
//! Names become search phrases, engines turn phrases into hits, hits become the candidates of a label in an
//! order that never depends on timing, and candidates are downloaded and delivered. Whoever takes the
//! deliveries says back what is stored and what is still wanted.
//!
//! # Map
//!
//! - `names`: the names file
//! - [`engine`]: what can be asked for images
//! - `settings`: every limit
//! - `license`: what a licence lets people do, and which are wanted
//! - `crawl`: opening a crawl, the one loop that drives it, and a probe that tries engines out without one
//! - `estimate`: what a crawl will take, before it asks anything
//! - `store`: the state on disk, `crawl.db`
//! - `frontier`: who is asked when
//! - `net`: requests, addresses and bodies
//! - [`optout`]: by what websites say that they want to be left out
//! - `record`, `event`, `report`: what crosses the border of the crate
//! - `reject`, `error`: a failed candidate is a [`Reject`] and data, a failed run is a [`CrawlError`]
//!
//! # Promises
//!
//! - A try is counted in `crawl.db` before its request leaves: however often the process is killed, no
//!   candidate's URL is asked more than `tries` times. A redirect's target counts for the candidate that led
//!   there, and is asked once within a try.
//! - The order of a label's candidates depends only on what the engines answer.
//! - A body's share of a fixed budget grows before the body does, and is kept until the body is dropped.
//! - Nothing is dialled that is not public, unless the person asks for it; no public host is asked at a port other than
//!   80, 443 and those that the person adds.
//! - Whatever a server sends, or does not send, its connection is given up within the deadlines, for a reason of its own.

mod crawl;
pub mod engine;
mod error;
mod estimate;
#[cfg(test)]
mod estimate_tests;
mod event;
mod frontier;
mod license;
mod names;
mod net;
pub mod optout;
mod record;
mod reject;
mod report;
mod settings;
mod stamp;
mod store;
#[cfg(test)]
mod testing;

pub use crawl::{Crawl, Mode, ProbeOutcome, ProbeReport, Prober, RobotsProbe};
pub use engine::{
    Answer, Ask, Endpoints, EngineNote, EngineOptions, EngineRequest, EngineSpec, EngineState,
    Filters, Hit, Keys, Page, SearchEngine, build_engine, read_engine_note,
};
pub use error::CrawlError;
pub use estimate::{Assumed, Demand, EngineEstimate, Estimate, Outlook, QuotaEstimate};
pub use event::Event;
pub use license::{License, Licenses, UnknownLicense};
pub use names::{Name, Names, NamesError, parse_names};
pub use net::retry_after;
pub use record::{
    Body, Claim, Delivery, DeliveryOutcome, Feedback, Progress, Provenance, Reconciled, Start,
};
pub use reject::Reject;
pub use report::{Counters, CrawlReport, End, EngineEnd, NameEnd};
pub use settings::CrawlSettings;
pub use store::{Ledger, Spent};
