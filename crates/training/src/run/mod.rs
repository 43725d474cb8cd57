//! The run folder: what a training leaves on disk.
//!
//! | file | written | module |
//! | --- | --- | --- |
//! | `config.json` | before the first step | [`config`] |
//! | `metrics.jsonl` | a line after every epoch | [`folder`] |
//! | `checkpoints/` | the best head when it gets better, the last when the fit ends | [`model`] |
//! | `model.safetensors` | at the end | [`model`] |
//! | `evaluation-val.json`, `evaluation-test.json` | at the end, and by `evaluate` | [`folder`] |
//! | `model.json` | last: a run is finished when it is there | [`model`] |
//!
//! [`summary`] is the outcome in numbers; [`record`] reads all of it for a report.

pub(crate) mod config;
pub(crate) mod folder;
pub(crate) mod model;
pub(crate) mod record;
pub(crate) mod summary;
