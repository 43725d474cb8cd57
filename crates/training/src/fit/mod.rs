//! The learning of a head, epoch by epoch.
//!
//! | module | holds |
//! | --- | --- |
//! | [`data`] | what each head learns from |
//! | [`linear`] | the linear head, by L-BFGS on all features at once |
//! | [`vgg`] | VGG's classifier, by stochastic gradient descent |
//! | [`sgd`] | the update rule of the latter |

pub(crate) mod data;
pub(crate) mod linear;
pub(crate) mod sgd;
pub(crate) mod vgg;

use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::head::HeadNet;

/// One pass over the training split: a line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// Number of the epoch, from 1.
    pub epoch: u32,
    /// Epochs at most.
    pub epochs: u32,
    /// Mean cross-entropy on the training split, without penalty.
    pub train_loss: f64,
    /// Share of training images whose first guess is right.
    pub train_top1: f64,
    /// Share of training images with the right class among the first five; absent where only a running count is kept.
    pub train_top5: Option<f64>,
    /// Mean cross-entropy on the validation split, when there is one.
    pub val_loss: Option<f64>,
    /// Share of validation images whose first guess is right.
    pub val_top1: Option<f64>,
    /// Share of validation images with the right class among the first five.
    pub val_top5: Option<f64>,
    /// Learning rate of this epoch.
    pub learning_rate: f64,
    /// Wall time of this epoch in seconds.
    pub seconds: f64,
}

/// What a fit hands out after every epoch: its measures, the head as it is, and whether it is the best so far.
pub(crate) struct Progress<'a> {
    pub(crate) metrics: EpochMetrics,
    pub(crate) head: &'a HeadNet,
    pub(crate) best: bool,
}

/// The end of a fit.
pub(crate) struct Fitted {
    /// The head as the last epoch left it.
    pub(crate) head: HeadNet,
    /// Epochs that ran.
    pub(crate) epochs: u32,
    /// The epoch whose head counts; its head was handed out with `best` set.
    pub(crate) best_epoch: u32,
}

/// Takes the progress; an error ends the fit.
pub(crate) type Watch<'a> = dyn FnMut(Progress<'_>) -> Result<(), TrainError> + 'a;

/// Class indices as burn takes them.
pub(crate) fn class_ids(targets: &[usize]) -> Vec<i64> {
    targets
        .iter()
        .map(|&class| i64::try_from(class).expect("a class index is small"))
        .collect()
}
