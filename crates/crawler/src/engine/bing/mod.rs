//! Bing images, by the interface of its own web page.
//!
//! - `search`: the engine: its requests and what its answers stand for
//! - `qft`: the filters in one parameter
//! - `tile`: the results on a page

mod qft;
mod search;
#[cfg(test)]
mod search_tests;
mod tile;

pub(super) use search::Bing;
pub use search::read;
