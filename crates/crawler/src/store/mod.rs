//! The state of a crawl on disk, `crawl.db`.
//!
//! - `schema`: tables and versions; `migrate`: from one version to the next; `soundness`: what is looked at before a file is used
//! - `open`: opening, transactions and statements
//! - `sources`: labels, their streams of pages, engines and hosts
//! - `quotas`: requests to engines counted against what they allow
//! - `ledger`: what of all this a person may want to know beforehand, read without opening the file for a crawl
//! - `sites`: what websites say of their URLs, for a day
//! - `versions`: how servers name the version of an answer, to ask for another one only
//! - `samples`: answers of engines that were not understood
//! - `incoming`: bodies that arrived and are not stored yet
//! - `candidates`: candidates and their downloads, found by `url_hash`
//! - `claims`: what was handed out, and what became of it; `journal`: the latest of that, before it is where it belongs
//! - `lives`: how long runs lived that were cut off
//! - `failed`: downloads that failed and may be asked again
//!
//! One thread owns the connection. Writes gather in one transaction until [`Store::commit`], and nothing that
//! depends on them may leave the process before. The file is locked for other processes while it is open.
//!
//! Memory does not grow with the file: the page cache and the log have fixed bounds, every look-up is by a key, and whatever
//! returns a list is bounded by a label's window or by what was under way.

mod candidates;
mod claims;
mod failed;
mod incoming;
mod journal;
mod ledger;
mod lives;
mod migrate;
mod open;
mod quotas;
mod samples;
mod schema;
mod sites;
mod soundness;
mod sources;
mod url_hash;
mod versions;

pub(crate) use candidates::{Candidate, Fate};
pub(crate) use incoming::Incoming;
#[cfg(test)]
pub(crate) use ledger::{LabelLedger, StreamLedger};
pub use ledger::{Ledger, Spent};
pub(crate) use open::Store;
pub(crate) use samples::Samples;
pub(crate) use sources::{LONGEST_PAUSE, StreamRow};
pub(crate) use versions::PageVersion;
