//! The trained model on disk: `model.safetensors` with every tensor, `model.json` with what they mean.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use burn::tensor::TensorData;
use safetensors::{Dtype, View};
use serde::{Deserialize, Serialize};

use super::config::{RunConfig, RunData};
use super::folder::{CARD, MODEL, read_json};
use crate::device::Engine;
use crate::head::{HeadNet, Named};
use crate::network::{CONVOLUTIONS, MEAN_BGR};
use crate::weights::{self, LayerWeights};
use crate::{Head, RunSummary, TrainError, atomic};

/// Layout of `model.json` and `model.safetensors`; a program reads the layouts it knows.
const FORMAT: u32 = 1;

/// `model.json`: how to use the tensors beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Layout of the two files.
    pub format: u32,
    /// `vgg16`.
    pub network: String,
    /// The output network.
    pub head: Head,
    /// Order of the input planes, `bgr`.
    pub channels: String,
    /// Subtracted from the planes, in their order; values are 0..255.
    pub mean: [f32; 3],
    /// blake3 of the weights file that the base came from.
    pub weights_hash: String,
    /// blake3 of `model.safetensors`.
    pub model_hash: String,
    /// Classes, preparation, dataset and snapshot.
    pub data: RunData,
    /// How the training went.
    pub summary: RunSummary,
}

impl ModelCard {
    /// Describes the model of a run whose tensors are written.
    pub(crate) fn new(config: &RunConfig, model_hash: String, summary: RunSummary) -> Self {
        Self {
            format: FORMAT,
            network: "vgg16".to_owned(),
            head: config.head,
            channels: "bgr".to_owned(),
            mean: MEAN_BGR,
            weights_hash: config.weights_hash.clone(),
            model_hash,
            data: config.data.clone(),
            summary,
        }
    }

    /// Reads `model.json` of a finished run.
    pub(crate) fn read(run: &Path) -> Result<Self, TrainError> {
        let path = run.join(CARD);
        if !path.exists() {
            return Err(TrainError::NotFinished {
                run: run.to_owned(),
                missing: CARD,
            });
        }
        let card: Self = read_json(&path)?;
        if card.format == FORMAT {
            Ok(card)
        } else {
            Err(TrainError::Damaged {
                path,
                reason: format!(
                    "it has layout {} and this program reads layout {FORMAT}",
                    card.format
                ),
            })
        }
    }

    /// Writes `model.json`; the run is finished then.
    pub(crate) fn write(&self, run: &Path) -> Result<(), TrainError> {
        atomic::write_json(&run.join(CARD), self)
    }
}

/// A trained classifier in memory.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) card: ModelCard,
    pub(crate) base: Vec<LayerWeights>,
    pub(crate) head: HeadNet,
}

impl Model {
    /// Reads the model of a finished run; the head goes to the engine's device.
    pub(crate) fn read(run: &Path, engine: &Engine) -> Result<Self, TrainError> {
        let card = ModelCard::read(run)?;
        let path = run.join(MODEL);
        let bytes = fs::read(&path).map_err(|error| TrainError::io("read", &path, error))?;
        let damaged = |reason: String| TrainError::Damaged {
            path: path.clone(),
            reason,
        };
        if blake3::hash(&bytes).to_hex().as_str() != card.model_hash {
            return Err(damaged(
                "it is not the file that model.json describes".to_owned(),
            ));
        }
        let file = weights::open(&bytes).map_err(&damaged)?;
        let (base, mut rest) = weights::take_base(&file).map_err(&damaged)?;
        let classes = card.data.classes.len();
        let head =
            HeadNet::load(card.head, classes, &mut rest, engine.device()).map_err(&damaged)?;
        Ok(Self { card, base, head })
    }
}

/// Writes base and head as `model.safetensors`, f32 under Caffe's names, and gives the file's blake3.
pub(crate) fn write_model(
    run: &Path,
    base: &[LayerWeights],
    head: &HeadNet,
) -> Result<String, TrainError> {
    let path = run.join(MODEL);
    let base = CONVOLUTIONS.iter().zip(base).flat_map(|(layer, weights)| {
        [
            (format!("{}.weight", layer.name), weights.weight.clone()),
            (format!("{}.bias", layer.name), weights.bias.clone()),
        ]
    });
    write_tensors(&path, base.chain(head.tensors()).collect())?;
    let mut hash = blake3::Hasher::new();
    fs::File::open(&path)
        .and_then(|file| hash.update_reader(file).map(|_| ()))
        .map_err(|error| TrainError::io("read", &path, error))?;
    Ok(hash.finalize().to_hex().to_string())
}

/// Writes a head alone.
pub(crate) fn write_checkpoint(path: &Path, head: &HeadNet) -> Result<(), TrainError> {
    write_tensors(path, head.tensors())
}

/// Reads a head that [`write_checkpoint`] wrote.
pub(crate) fn read_checkpoint(
    path: &Path,
    kind: Head,
    classes: usize,
    engine: &Engine,
) -> Result<HeadNet, TrainError> {
    let bytes = fs::read(path).map_err(|error| TrainError::io("read", path, error))?;
    let damaged = |reason: String| TrainError::Damaged {
        path: path.to_owned(),
        reason,
    };
    let file = weights::open(&bytes).map_err(damaged)?;
    let mut tensors = file.tensors().into_iter().collect();
    HeadNet::load(kind, classes, &mut tensors, engine.device()).map_err(damaged)
}

fn write_tensors(path: &Path, tensors: Vec<Named>) -> Result<(), TrainError> {
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let tensors = tensors.into_iter().map(|(name, data)| {
        let shape = data.shape().to_vec();
        (name, Stored { data, shape })
    });
    atomic::replace(path, |temporary| {
        // The writer below makes its file readable by the owner only; a model has the permissions of any new file.
        let permissions = fs::File::create(temporary)?.metadata()?.permissions();
        safetensors::serialize_to_file(tensors, Some(metadata), temporary)
            .map_err(std::io::Error::other)?;
        fs::set_permissions(temporary, permissions)
    })
}

/// A tensor as the safetensors writer takes it.
struct Stored {
    data: TensorData,
    shape: Vec<usize>,
}

impl View for Stored {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.data.as_bytes())
    }

    fn data_len(&self) -> usize {
        self.data.as_bytes().len()
    }
}
