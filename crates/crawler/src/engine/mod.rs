//! The engines: what can be asked for images of a name.
//!
//! - [`search`](SearchEngine): the trait with its request, page and hit
//! - `answer`, `secret`, `quota`: what an engine says, what it must be told and nobody else, and how often it may be asked
//! - `state`: what an engine can say instead of a page
//! - `spec`: which engine is meant, and building it from `options` and `filters`
//! - `gallery`, `openverse`, `wikimedia`: searched over HTTP; building a request and parsing a page are pure
//! - `urls`, `folder`: read from disk, with labels of their own; a `shelf` keeps where their hits are, not the hits
//! - `list`: the forms of a list of URLs, read from end to end; `again`: single rows of it
//! - `json`: reading members of loosely typed answers

mod again;
mod answer;
mod filters;
mod folder;
mod gallery;
mod json;
mod list;
mod openverse;
mod options;
mod quota;
mod search;
mod secret;
mod shelf;
mod spec;
mod state;
mod urls;
mod wikimedia;

pub use answer::Answer;
pub use filters::{Color, Filters, Kind, Safe, Size};
pub use options::{Endpoints, EngineOptions, Keys};
pub use quota::Quota;
pub use search::{Ask, EngineRequest, Hit, Opening, Page, SearchEngine, Session, Standing};
pub use secret::Secret;
pub use spec::{EngineSpec, build_engine};
pub use state::EngineState;
