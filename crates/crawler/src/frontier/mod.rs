//! Who is asked when: queues by host, decided before a global slot is taken.
//!
//! - `address`: the one form of a URL under which it is recorded
//! - `host`: what counts as one host
//! - `pacer`: in-flight limits, intervals and pauses, as a state machine with explicit moments
//! - `retry`: which failure is asked again, and when

mod address;
mod host;
mod pacer;
mod retry;

pub(crate) use address::{clean, is_too_long, recorded};
pub(crate) use host::HostKey;
pub(crate) use pacer::{Limits, Pacer};
pub(crate) use retry::Retry;
