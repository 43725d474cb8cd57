//! `config.json`: everything that a run's result depends on.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use trawl_dataset::{Class, Preparation, Snapshot};

use crate::device::Engine;
use crate::fit::{linear, vgg};
use crate::weights::Weights;
use crate::{DeviceKind, Head, Plan, TrainSettings};

/// A class as a run knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunClass {
    /// The name as the person wrote it.
    pub label: String,
    /// Its folder in the dataset.
    pub folder: String,
}

impl From<&Class> for RunClass {
    fn from(class: &Class) -> Self {
        Self {
            label: class.label.clone(),
            folder: class.folder.clone(),
        }
    }
}

/// The data of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunData {
    /// The dataset folder, absolute.
    pub dataset: PathBuf,
    /// The dataset folder as seen from the run folder, for when both move together.
    pub dataset_relative: PathBuf,
    /// Number of the snapshot.
    pub snapshot_number: u32,
    /// Content id of the snapshot.
    pub snapshot: String,
    /// How pictures become pixels.
    pub preparation: Preparation,
    /// [`Preparation::name`] of it.
    pub preparation_name: String,
    /// In class order.
    pub classes: Vec<RunClass>,
}

impl RunData {
    /// Describes a snapshot as data of the run in `run`; both folders exist.
    pub(crate) fn new(dataset: &Path, snapshot: &Snapshot, run: &Path) -> std::io::Result<Self> {
        let dataset = dataset.canonicalize()?;
        Ok(Self {
            dataset_relative: relative(&run.canonicalize()?, &dataset),
            dataset,
            snapshot_number: snapshot.number,
            snapshot: snapshot.id.clone(),
            preparation_name: snapshot.preparation.name(),
            preparation: snapshot.preparation.clone(),
            classes: snapshot.classes.iter().map(RunClass::from).collect(),
        })
    }

    /// Lists the labels in class order.
    pub(crate) fn labels(&self) -> Vec<String> {
        self.classes
            .iter()
            .map(|class| class.label.clone())
            .collect()
    }

    /// Finds the dataset folder: where it was, else where it lies seen from `run`.
    pub(crate) fn locate(&self, run: &Path) -> PathBuf {
        if self.dataset.is_dir() {
            self.dataset.clone()
        } else {
            run.join(&self.dataset_relative)
        }
    }
}

/// The effective settings of a run, defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// Version of the program.
    pub version: String,
    /// Which part of the network learns.
    pub plan: Plan,
    /// The output network.
    pub head: Head,
    /// `builtin` or the path of the weights file.
    pub weights: String,
    /// blake3 of the weights file.
    pub weights_hash: String,
    /// What computes, never `auto`.
    pub device: DeviceKind,
    /// Epochs at most.
    pub epochs: u32,
    /// Seed of initialisation, order and dropout.
    pub seed: u64,
    /// Images in one step; all of the training split for the linear head.
    pub batch: usize,
    /// First learning rate.
    pub learning_rate: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// What it learns from.
    pub data: RunData,
}

impl RunConfig {
    /// Fills in what the caller left open.
    pub(crate) fn effective(
        settings: &TrainSettings,
        weights: &Weights,
        engine: &Engine,
        data: RunData,
        train_images: usize,
    ) -> Self {
        let linear = settings.head == Head::Linear;
        #[expect(clippy::cast_precision_loss, reason = "images are few")]
        let penalty = 1.0 / (linear::DEFAULT_C * train_images as f64);
        let or = |chosen: Option<f64>, of_linear, of_vgg| {
            chosen.unwrap_or(if linear { of_linear } else { of_vgg })
        };
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            plan: settings.plan,
            head: settings.head,
            weights: settings.weights.to_string(),
            weights_hash: weights.hash.clone(),
            device: engine.kind(),
            epochs: settings.epochs.unwrap_or(if linear {
                linear::DEFAULT_EPOCHS
            } else {
                vgg::DEFAULT_EPOCHS
            }),
            seed: settings.seed,
            batch: if linear { train_images } else { settings.batch },
            learning_rate: or(settings.learning_rate, 1.0, vgg::DEFAULT_RATE),
            weight_decay: or(settings.weight_decay, penalty, vgg::DEFAULT_DECAY),
            data,
        }
    }

    /// Names the first setting in which two runs differ; where the dataset lies does not count, nor what the weights file is
    /// called.
    pub(crate) fn difference(&self, other: &Self) -> Option<&'static str> {
        let (data, others) = (&self.data, &other.data);
        let same = [
            ("snapshot", data.snapshot == others.snapshot),
            (
                "preparation",
                data.preparation_name == others.preparation_name,
            ),
            ("list of classes", data.classes == others.classes),
            ("plan", self.plan == other.plan),
            ("head", self.head == other.head),
            ("base (--weights)", self.weights_hash == other.weights_hash),
            ("device", self.device == other.device),
            ("number of epochs", self.epochs == other.epochs),
            ("seed", self.seed == other.seed),
            ("batch size", self.batch == other.batch),
            (
                "learning rate",
                equal(self.learning_rate, other.learning_rate),
            ),
            ("weight decay", equal(self.weight_decay, other.weight_decay)),
        ];
        same.into_iter()
            .find(|(_, same)| !same)
            .map(|(name, _)| name)
    }
}

/// Compares two rates as written in a file.
fn equal(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

/// Gives the way from one absolute folder to another.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    std::iter::repeat_n(Component::ParentDir, from.len() - shared)
        .chain(to[shared..].iter().copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_two_folders() {
        let way = |from, to| relative(Path::new(from), Path::new(to));
        assert_eq!(
            way("/a/runs/r1", "/a/data/birds"),
            Path::new("../../data/birds")
        );
        assert_eq!(way("/a", "/a/b"), Path::new("b"));
    }
}
