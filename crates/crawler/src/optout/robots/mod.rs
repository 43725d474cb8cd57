//! What one website's robots.txt says (RFC 9309), the `Content-Usage` rules of AIPREF included.
//!
//! - `lines`: which lines matter, however they are written
//! - `groups`: whom they address, and a file that is cut down to that
//! - `usage`: the preferences of one group
//! - `file`: the answer for a URL
//! - `answer`: the answer of a cache of such files
//!
//! Patterns, their order and their matching are the crate robotxt's.

mod answer;
mod file;
mod groups;
mod lines;
mod usage;

pub use answer::{RobotsAnswer, RobotsCache};
pub use file::{RobotsFile, RobotsVerdict};
