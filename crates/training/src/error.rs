//! What stops a training, an evaluation or a prediction.

use std::io;
use std::path::{Path, PathBuf};

use trawl_dataset::DatasetError;

use crate::{DeviceKind, Split};

/// A failure that ends the whole call; a single picture that fails in `predict` is data instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The dataset cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A file or folder cannot be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// No room is left where a file is written.
    #[error("no space left on the disk of {}: free some and run the same command again", path.display())]
    DiskFull {
        /// The file that did not fit.
        path: PathBuf,
    },
    /// The pretrained weights are missing, cut short or of another network.
    #[error("unusable weights {}: {reason}; give --weights a safetensors file with conv1_1.weight .. conv5_3.bias of VGG16, or leave it out for the builtin ones", path.display())]
    Weights {
        /// The weights file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The builtin weights are asked for in a program built without them.
    #[error(
        "this program was built without its pretrained weights: build it with the cargo feature builtin-weights, or give --weights a file"
    )]
    NoBuiltinWeights,
    /// A device that was not compiled in.
    #[error(
        "device {kind} is not part of this program: build it with --features {kind}, or use --device flex"
    )]
    DeviceMissing {
        /// The device asked for.
        kind: DeviceKind,
    },
    /// A device that is compiled in does not start on this machine.
    #[error("device {kind} does not start: {reason}; use --device flex")]
    DeviceFailed {
        /// The device asked for.
        kind: DeviceKind,
        /// Its own words.
        reason: String,
    },
    /// A setting that cannot work.
    #[error("{what}")]
    Settings {
        /// Which setting, why, and what would work.
        what: String,
    },
    /// There is nothing to tell apart.
    #[error(
        "{} holds {} in its training split, and a classifier needs at least two: add names to the list and crawl again",
        dataset.display(),
        count(*classes, "class with images", "classes with images")
    )]
    TooFewClasses {
        /// The dataset folder.
        dataset: PathBuf,
        /// Classes with training images.
        classes: usize,
    },
    /// The split to evaluate holds no image.
    #[error("{} has no image in its {split} split: evaluate another split, or crawl at least 10 images a name", dataset.display())]
    EmptySplit {
        /// The dataset folder.
        dataset: PathBuf,
        /// The split asked for.
        split: Split,
    },
    /// The run folder holds a run with other settings.
    #[error("{} holds a run with another {differs}: give this one a name of its own with --run", run.display())]
    OtherRun {
        /// The run folder.
        run: PathBuf,
        /// The first setting that differs.
        differs: &'static str,
    },
    /// The folder is not empty and not a run.
    #[error("{} is a folder with other files in it: name a new or empty one with --run", run.display())]
    NotARunFolder {
        /// The folder.
        run: PathBuf,
    },
    /// The folder holds no finished run.
    #[error("{} holds no finished run ({} is missing): train it with trawl train --run {}", run.display(), missing, run.display())]
    NotFinished {
        /// The run folder.
        run: PathBuf,
        /// The file that tells.
        missing: &'static str,
    },
    /// Another process works in the run folder.
    #[error("{} is in use by another training: wait for it, or name another run with --run", run.display())]
    Busy {
        /// The run folder.
        run: PathBuf,
    },
    /// A file of the run is not what was written.
    #[error("{} is damaged: {reason}; train again with another --run", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The loss is no longer a number.
    #[error(
        "the loss became {loss} in epoch {epoch}, batch {batch}: train with a lower --learning-rate"
    )]
    Diverged {
        /// Epoch, from 1.
        epoch: u32,
        /// Batch within the epoch, from 1.
        batch: usize,
        /// The loss as computed.
        loss: f64,
    },
    /// The caller asked to stop; running again with the same settings starts the head anew and keeps the cached features.
    #[error("stopped before the end")]
    Stopped,
}

impl TrainError {
    /// Wraps a system error, telling a full disk apart.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        if matches!(
            source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        ) {
            return Self::DiskFull {
                path: path.to_owned(),
            };
        }
        Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(matches!(
            TrainError::io("write", Path::new("a"), full),
            TrainError::DiskFull { .. }
        ));
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let message = TrainError::io("write", Path::new("runs/a"), denied).to_string();
        assert!(message.starts_with("cannot write runs/a: "), "{message}");
    }

    #[test]
    fn messages_are_one_line_with_path_and_remedy() {
        let error = TrainError::Weights {
            path: PathBuf::from("w.safetensors"),
            reason: "the file ends early".to_owned(),
        };
        let message = error.to_string();
        assert!(message.contains("w.safetensors") && message.contains("--weights"));
        assert!(!message.contains('\n'));
        let error = TrainError::DeviceMissing {
            kind: DeviceKind::Cuda,
        };
        assert_eq!(
            error.to_string(),
            "device cuda is not part of this program: build it with --features cuda, or use --device flex"
        );
    }
}
