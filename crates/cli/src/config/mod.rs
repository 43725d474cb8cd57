//! Configuration: `config/default.toml` < `--config FILE` < `TRAWL_*` environment < flags.
//!
//! | module | owns |
//! | --- | --- |
//! | [`environment`] | which variables are set, for a person to know |
//! | [`keys`] | keys of engines, from the environment alone |
//! | [`layers`] | merging the four layers key by key, unknown keys |
//! | [`sections`] | one struct a section, what each becomes in the libraries |
//! | [`quantity`] | sizes ("20 MiB") and durations ("100ms") |
//!
//! Only this module reads the environment.

pub(crate) mod environment;
pub(crate) mod keys;
mod layers;
mod quantity;
mod sections;
#[cfg(test)]
mod sections_tests;

pub(crate) use layers::Layers;
pub(crate) use quantity::{ByteSize, Span};
pub(crate) use sections::Config;

/// The documented defaults; every key trawl knows is in here.
pub(crate) const DEFAULTS: &str = include_str!("../../../../config/default.toml");
