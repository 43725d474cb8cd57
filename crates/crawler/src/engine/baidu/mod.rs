//! Baidu images, by the interface of its own web page.
//!
//! - `search`: the engine: its requests and what its answers stand for
//! - `item`: one result as a hit
//! - `coding`: the code that addresses are written in
//! - `repair`: what must be mended before an answer is JSON
//! - `legacy`: the answers of the two interfaces before this one

mod coding;
mod item;
mod legacy;
mod repair;
mod search;
#[cfg(test)]
mod search_tests;

pub use coding::decode;
pub use repair::repair;
pub(super) use search::Baidu;
pub use search::read;
