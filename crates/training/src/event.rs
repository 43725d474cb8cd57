//! What a caller is told while a call runs.

use std::path::PathBuf;

use crate::Split;

/// One step of progress; calls arrive on the calling thread, in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TrainEvent {
    /// The pretrained base is being read.
    Loading {
        /// `builtin` or the path of the file.
        weights: String,
    },
    /// An interrupted run with the same settings was found; its head starts anew.
    Restarting {
        /// The run folder.
        run: PathBuf,
    },
    /// Features of the dataset's images.
    Features {
        /// Images whose features are there.
        done: usize,
        /// Images in all.
        total: usize,
        /// How many of `done` came from the cache.
        cached: usize,
    },
    /// One pass over the training split is over.
    Epoch {
        /// Number of the epoch, from 1.
        epoch: u32,
        /// Epochs at most.
        epochs: u32,
        /// Mean cross-entropy on the training split, without penalty.
        train_loss: f64,
        /// Share of training images whose first guess is right.
        train_top1: f64,
        /// Mean cross-entropy on the validation split, when there is one.
        val_loss: Option<f64>,
        /// Share of validation images whose first guess is right.
        val_top1: Option<f64>,
        /// Learning rate of this epoch.
        lr: f64,
        /// Wall time of this epoch.
        seconds: f64,
    },
    /// A split is being evaluated.
    Evaluating {
        /// Which one.
        split: Split,
        /// Its images.
        images: usize,
    },
    /// Pictures are being classified.
    Predicting {
        /// Pictures done.
        done: usize,
        /// Pictures in all.
        total: usize,
    },
    /// A file of the run was written.
    Saved {
        /// The file.
        path: PathBuf,
    },
}
