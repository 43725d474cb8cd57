//! The outcome of a training in numbers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Evaluation;

/// What came of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The run folder.
    pub run: PathBuf,
    /// The run was finished before, with the same settings: nothing was done.
    pub already: bool,
    /// Classes.
    pub classes: u32,
    /// Images of the training split.
    pub train_images: u32,
    /// Epochs that ran.
    pub epochs: u32,
    /// The epoch whose head was kept.
    pub best_epoch: u32,
    /// Mean cross-entropy of that epoch on the training split.
    pub train_loss: f64,
    /// Share of training images guessed right in that epoch.
    pub train_top1: f64,
    /// The validation split, where it has images.
    pub val: Option<SplitScore>,
    /// The test split, where it has images.
    pub test: Option<SplitScore>,
    /// Images whose features came from the cache.
    pub features_cached: u32,
    /// Images whose features were computed.
    pub features_computed: u32,
    /// Wall time of getting all features, in seconds.
    pub feature_seconds: f64,
    /// Wall time of it all, in seconds.
    pub seconds: f64,
}

/// The outline of an [`Evaluation`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SplitScore {
    /// Images.
    pub images: u32,
    /// Share whose first guess is right.
    pub top1: f64,
    /// Share whose class is among the first five guesses.
    pub top5: f64,
    /// Mean cross-entropy.
    pub loss: f64,
}

impl From<&Evaluation> for SplitScore {
    fn from(evaluation: &Evaluation) -> Self {
        Self {
            images: evaluation.images,
            top1: evaluation.top1,
            top5: evaluation.top5,
            loss: evaluation.loss,
        }
    }
}
