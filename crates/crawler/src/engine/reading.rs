//! The pure functions that read what engines answer, for fuzzing; every one takes anything and never panics.

pub use super::baidu::{decode as baidu_address, read as baidu_page, repair as baidu_repair};
pub use super::bing::read as bing_page;
pub use super::duckduckgo::{read as duckduckgo_page, read_token as duckduckgo_token};
