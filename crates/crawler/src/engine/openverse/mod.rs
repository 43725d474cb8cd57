//! Openverse, the catalogue of openly licensed images.
//!
//! - `search`: asking, as a guest or with an account
//! - `filter`: its parameters for the filters
//! - `refusal`: what it says instead of a page
//! - `work`: one result

mod filter;
mod refusal;
mod search;
mod work;

pub(super) use search::Openverse;
