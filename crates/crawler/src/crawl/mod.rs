//! A crawl: opened, reconciled with the catalog, and driven by one loop on one thread.
//!
//! - `open`: [`Crawl`], from its state file to its end
//! - `driver`: the loop, and what it keeps; `setup`: engines and labels as they are when it begins
//! - `label`, `job`: the state of one name and of one download
//! - `paging`: rounds of engine pages, merged into candidates; `asking`: one page, its sessions and tries; `question`: what is sent
//!   for it, by the crawl and by a probe; `reading`: what its answer means
//! - `breaker`, `sessions`: when an engine is left alone, and what it was opened with
//! - `places`: which labels are at work, so that memory does not grow with their number
//! - `handout`: candidates within the window become jobs; `interrupted`: those that an earlier run had under way, and
//!   `life`: how long this one must live to risk the last tries of those
//! - `sites`: what websites say of their URLs, asked before the URLs are; `site_asking`: asking them
//! - `starting`: which download starts when; `download`: jobs become requests, and answers become deliveries
//! - `feedback`: settlements and progress
//! - `failed`: what failed in runs before and is asked for anew
//! - `probe`: an engine tried out, without a crawl
//! - `ending`: when it is over, and what to say then
//!
//! Each turn of the loop takes what has happened, decides, commits to the store, and only then lets requests
//! and deliveries out.

mod asking;
mod breaker;
mod download;
mod driver;
mod ending;
mod failed;
mod feedback;
mod handout;
mod interrupted;
mod job;
mod label;
mod life;
mod open;
mod paging;
mod places;
mod probe;
mod question;
mod reading;
mod sessions;
mod setup;
mod site_asking;
mod sites;
mod starting;

pub use open::{Crawl, Mode};
pub use probe::{ProbeOutcome, ProbeReport, Prober, RobotsProbe};

#[cfg(test)]
mod tests;
