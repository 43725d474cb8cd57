//! `DuckDuckGo` images, by the interface of its own web page.
//!
//! - `search`: the engine: its requests and what its answers stand for
//! - `narrow`: the filters in one parameter
//! - `token`: what its front page must give before a phrase can be searched

mod narrow;
mod search;
#[cfg(test)]
mod search_tests;
mod token;

pub(super) use search::DuckDuckGo;
pub use search::read;
pub use token::read as read_token;
