//! The engines: what can be asked for images of a name.
//!
//! - [`search`](SearchEngine): the trait with its request, page and hit
//! - `answer`, `secret`, `quota`: what an engine says, what it must be told and nobody else, and how often it may be asked
//! - `state`: what an engine can say instead of a page
//! - `spec`: which engine is meant, and building it from `options` and `filters`
//! - `openverse`, `wikimedia`, `flickr`, `pexels`, `pixabay`: searched over HTTP by documented interfaces
//! - `baidu`, `bing`, `duckduckgo`: by those of their web pages
//! - `gallery`, `custom`: trawl's own demo site, and any site as a file describes it
//! - `urls`, `folder`: read from disk, with labels of their own, kept on a `shelf`
//! - `json`: reading members of loosely typed answers; `html`: parsing pages within bounds

mod answer;
mod baidu;
mod bing;
mod custom;
mod duckduckgo;
mod filters;
mod flickr;
mod folder;
mod gallery;
mod html;
mod json;
mod openverse;
mod options;
mod pexels;
mod pixabay;
mod quota;
mod search;
mod secret;
mod shelf;
mod spec;
mod state;
mod urls;
mod wikimedia;

pub use answer::Answer;
pub use custom::{EngineNote, read_engine_note};
pub use filters::{Color, Filters, Kind, Safe, Size};
pub use options::{Endpoints, EngineOptions, Keys};
pub use quota::Quota;
pub use search::{Ask, EngineRequest, Hit, Opening, Page, SearchEngine, Session, Standing};
pub use secret::Secret;
pub use spec::{EngineSpec, build_engine};
pub use state::EngineState;
