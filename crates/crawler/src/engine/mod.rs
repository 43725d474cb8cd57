//! The engines: what can be asked for images of a name.
//!
//! - [`search`](SearchEngine): the trait with its request, page and hit
//! - `answer`, `secret`, `quota`: what an engine says, what it must be told and nobody else, and how often it may be asked
//! - `state`: what an engine can say instead of a page
//! - `spec`: which engine is meant, and building it from `options` and `filters`
//! - `openverse`, `wikimedia`, `flickr`, `pexels`, `pixabay`: searched over HTTP by documented interfaces
//! - `baidu`, `bing`, `duckduckgo`: by those of their web pages
//! - `gallery`, `custom`: trawl's own demo site, and any site as a file describes it
//! - `urls`, `folder`: read from disk, with labels of their own; a `shelf` keeps where their hits are, not the hits
//! - `list`: the forms of a list of URLs, read from end to end; `again`: single rows of it
//! - `json`, `markup`, `link`: reading loosely typed answers, pages and the addresses in both
//! - `promise`: what a licence filter says of everything that it lets through
//! - `key`, `allowance`: what the engines with keys share: the key, and how many requests it has left
//! - `commons`: one file of Wikimedia Commons; `html`: parsing pages within bounds

mod again;
mod allowance;
mod answer;
mod baidu;
mod bing;
mod commons;
mod custom;
mod duckduckgo;
mod filters;
mod flickr;
mod folder;
mod gallery;
#[cfg(test)]
mod hostile;
mod html;
mod json;
mod key;
mod link;
mod list;
mod markup;
mod openverse;
mod options;
mod pexels;
mod pixabay;
mod promise;
mod quota;
#[doc(hidden)]
pub mod reading;
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
