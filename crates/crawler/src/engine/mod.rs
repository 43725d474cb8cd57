//! The engines: what can be asked for images of a name.
//!
//! - [`search`](SearchEngine): the trait with its request, page and hit
//! - `state`: what an engine can say instead of a page
//! - `spec`: which engine is meant, and building it
//! - `gallery`, `openverse`, `wikimedia`: searched over HTTP; building a request and parsing a page are pure
//! - `urls`, `folder`: read from disk, with labels of their own; a `shelf` keeps where their hits are, not the hits
//! - `list`: the forms of a list of URLs, read from end to end; `again`: single rows of it
//! - `json`: reading members of loosely typed answers

mod again;
mod folder;
mod gallery;
mod json;
mod list;
mod openverse;
mod search;
mod shelf;
mod spec;
mod state;
mod urls;
mod wikimedia;

pub use search::{Ask, EngineRequest, Hit, Page, SearchEngine};
pub use spec::{Endpoints, EngineSpec, build_engine};
pub use state::EngineState;
