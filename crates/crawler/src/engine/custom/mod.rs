//! An engine that a person describes in a TOML file, without code. `docs/custom-engines.md` explains every key.
//!
//! - `file`: the file as it is written; `defect`: what can be wrong with it
//! - `described`: a file put together as an engine, with everything in it compiled once
//! - `template`: text with places in braces; `request`, `key`: what is asked, and with what; `filters`: what narrows it
//! - `paging`: which page follows
//! - `locator`: where something lies in a body; `body`: a body read, and what a locator finds in it
//! - `field`: one field of a hit; `results`: a page of them; `signs`: what says blocked, limited or empty
//!
//! Bodies come from anywhere, so that everything read from one is bounded: items, bytes of a value, elements of a page and
//! steps taken through them.

mod body;
mod defect;
mod described;
mod field;
mod file;
mod filters;
mod key;
mod locator;
mod paging;
mod request;
mod results;
mod signs;
mod template;
#[cfg(test)]
mod tests;

pub(super) use described::Custom;
pub use file::{EngineNote, read_engine_note};
