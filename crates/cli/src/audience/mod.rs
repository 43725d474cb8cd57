//! Who hears of a running crawl: everything goes through one stream of events, and each listener takes what it needs.
//!
//! - `stream`: the stream, and who listens
//! - `bars`: what moves in a terminal
//! - `log`: what is said, in sentences or as structured lines
//! - `tally`: what the summary counts of this run
//! - `metrics`: the file that monitoring reads

mod bars;
mod log;
mod metrics;
mod stream;
mod tally;

pub(crate) use metrics::{Ended, Metrics};
pub(crate) use stream::Audience;
pub(crate) use tally::{Failures, Tally};
