//! VGG16 in burn: pretrained weights, feature cache, training of an output network, evaluation and prediction.
//!
//! [`train`] turns a snapshot of a dataset into a run folder, [`evaluate`] measures a finished run on a split, [`predict`]
//! classifies picture files with it and [`RunRecord`] reads a run for a report. The frozen base runs once an image; its features
//! stay in the dataset's cache, so that every later run on them takes seconds.
//!
//! | module | holds |
//! | --- | --- |
//! | `settings`, `event`, `error` | what a caller chooses, is told while it runs, and is told when it fails |
//! | `train`, `evaluate`, `predict` | the three calls, each read top to bottom |
//! | `device` | the burn device and the threads |
//! | `weights`, `network` | the pretrained convolutions: checked, hashed, and run up to pool5 |
//! | `features` | the pass over the pictures and the cache of what it gives |
//! | `head`, `fit` | the output networks, and how each learns |
//! | `splits`, `scores`, `evaluation` | rows by split; probabilities and losses; scores of classes and the confusion matrix |
//! | `run` | the files of a run folder |
//! | `atomic`, `random` | files that are whole or absent; reproducible draws |
//!
//! Nothing here prints or reads the environment; burn's own choice of a device, which would, is never used.

mod atomic;
mod device;
mod error;
mod evaluate;
mod evaluation;
mod event;
mod features;
mod fit;
mod head;
mod network;
mod predict;
mod random;
mod run;
mod scores;
mod settings;
mod splits;
mod train;
mod weights;

pub use device::DeviceKind;
pub use error::TrainError;
pub use evaluate::evaluate;
pub use evaluation::{ClassScore, Evaluation, ScoredImage};
pub use event::TrainEvent;
pub use fit::EpochMetrics;
pub use predict::{Guess, Prediction, predict};
pub use run::config::{RunClass, RunConfig, RunData};
pub use run::model::ModelCard;
pub use run::record::RunRecord;
pub use run::summary::{RunSummary, SplitScore};
pub use settings::{
    DEFAULT_CACHE_CAP_BYTES, Head, Plan, PredictSettings, TrainSettings, WeightsSource,
};
pub use train::train;
/// The split of a dataset that a row belongs to.
pub use trawl_dataset::Split;

#[cfg(test)]
#[cfg(feature = "builtin-weights")]
mod fixture;
