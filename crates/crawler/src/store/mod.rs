//! The state of a crawl on disk, `crawl.db`.
//!
//! - `schema`: opening, versions and tables
//! - `sources`: labels, their streams of pages, engines and hosts
//! - `quotas`: requests to engines counted against what they allow
//! - `samples`: answers of engines that were not understood
//! - `incoming`: bodies that arrived and are not stored yet
//! - `candidates`: candidates, their downloads and what became of them
//!
//! One thread owns the connection. Writes gather in one transaction until [`Store::commit`], and nothing that
//! depends on them may leave the process before. The file is locked for other processes while it is open.

mod candidates;
mod incoming;
mod quotas;
mod samples;
mod schema;
mod sources;

pub(crate) use candidates::{Candidate, Fate};
pub(crate) use incoming::Incoming;
pub(crate) use samples::Samples;
pub(crate) use schema::Store;
pub(crate) use sources::StreamRow;
