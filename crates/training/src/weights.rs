//! The pretrained convolutions: where they come from, what is checked, and the hash they are known by.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use half::f16;
use half::slice::HalfFloatSliceExt as _;
use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};

use crate::network::{CONVOLUTIONS, Convolution};
use crate::{TrainError, WeightsSource};

/// VGG-16 (configuration D) as released by the Visual Geometry Group, University of Oxford, for ILSVRC-2014, rounded to f16.
#[cfg(feature = "builtin-weights")]
static BUILTIN: &[u8] = include_bytes!("../../../data/weights/vgg16-conv-f16.safetensors");

/// The thirteen convolutions of a base, in order, with the hash of the file they came from.
#[derive(Debug)]
pub(crate) struct Weights {
    /// blake3 of the whole file, 64 hex digits.
    pub(crate) hash: String,
    /// In the order of [`CONVOLUTIONS`].
    pub(crate) layers: Vec<LayerWeights>,
}

/// One convolution: weight `[out, in, 3, 3]` and bias `[out]`, f32.
#[derive(Debug, Clone)]
pub(crate) struct LayerWeights {
    pub(crate) weight: TensorData,
    pub(crate) bias: TensorData,
}

impl Weights {
    /// Reads and checks the weights.
    pub(crate) fn read(source: &WeightsSource) -> Result<Self, TrainError> {
        match source {
            WeightsSource::Builtin => Self::builtin(),
            WeightsSource::File(path) => {
                let bytes = fs::read(path).map_err(|error| unusable(path, error.to_string()))?;
                Self::parse(&bytes, path)
            }
        }
    }

    #[cfg(feature = "builtin-weights")]
    fn builtin() -> Result<Self, TrainError> {
        Self::parse(BUILTIN, Path::new("builtin"))
    }

    #[cfg(not(feature = "builtin-weights"))]
    fn builtin() -> Result<Self, TrainError> {
        Err(TrainError::NoBuiltinWeights)
    }

    /// Reads a whole safetensors file that holds the base and nothing else.
    fn parse(bytes: &[u8], path: &Path) -> Result<Self, TrainError> {
        let file = open(bytes).map_err(|reason| unusable(path, reason))?;
        let (layers, rest) = take_base(&file).map_err(|reason| unusable(path, reason))?;
        if let Some(name) = rest.keys().min() {
            return Err(unusable(
                path,
                format!("tensor {name} does not belong to the convolutions of VGG16"),
            ));
        }
        Ok(Self {
            hash: blake3::hash(bytes).to_hex().to_string(),
            layers,
        })
    }
}

/// Opens a safetensors file, with a reason in plain words when it is cut short.
pub(crate) fn open(bytes: &[u8]) -> Result<SafeTensors<'_>, String> {
    SafeTensors::deserialize(bytes).map_err(|error| match error {
        SafeTensorError::HeaderTooSmall
        | SafeTensorError::InvalidHeaderLength
        | SafeTensorError::MetadataIncompleteBuffer => {
            "the file ends early or is no safetensors file".to_owned()
        }
        other => format!("not a safetensors file: {other}"),
    })
}

/// Tensors of a file by name.
pub(crate) type Tensors<'data> = HashMap<String, TensorView<'data>>;

/// Takes the base's tensors out of a file and gives back the others.
pub(crate) fn take_base<'data>(
    file: &SafeTensors<'data>,
) -> Result<(Vec<LayerWeights>, Tensors<'data>), String> {
    let mut tensors: Tensors = file.tensors().into_iter().collect();
    let layers = CONVOLUTIONS
        .iter()
        .map(|layer| {
            let Convolution { name, from, to } = *layer;
            Ok(LayerWeights {
                weight: take(&mut tensors, &format!("{name}.weight"), &[to, from, 3, 3])?,
                bias: take(&mut tensors, &format!("{name}.bias"), &[to])?,
            })
        })
        .collect::<Result<_, String>>()?;
    Ok((layers, tensors))
}

/// Takes one tensor of the given shape out of a file, as finite f32.
pub(crate) fn take(
    tensors: &mut Tensors<'_>,
    name: &str,
    shape: &[usize],
) -> Result<TensorData, String> {
    let view = tensors
        .remove(name)
        .ok_or_else(|| format!("tensor {name} is missing"))?;
    if view.shape() != shape {
        return Err(format!(
            "tensor {name} has shape {:?} where {shape:?} belongs",
            view.shape()
        ));
    }
    let values = match view.dtype() {
        Dtype::F32 => view
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
        Dtype::F16 => {
            let halves: Vec<f16> = view
                .data()
                .as_chunks::<2>()
                .0
                .iter()
                .map(|bytes| f16::from_le_bytes(*bytes))
                .collect();
            let mut values = vec![0.0_f32; halves.len()];
            halves.convert_to_f32_slice(&mut values);
            values
        }
        other => {
            return Err(format!(
                "tensor {name} is {other:?} where F16 or F32 belongs"
            ));
        }
    };
    if values.iter().any(|value| !value.is_finite()) {
        return Err(format!("tensor {name} holds values that are no numbers"));
    }
    Ok(TensorData::new(values, shape.to_vec()))
}

fn unusable(path: &Path, reason: String) -> TrainError {
    TrainError::Weights {
        path: PathBuf::from(path),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Weights, TrainError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        fs::write(&path, bytes).unwrap();
        Weights::read(&WeightsSource::File(path))
    }

    /// A file of all thirteen layers, each tensor passed through `change` first (`None` leaves it out).
    fn file(change: impl Fn(&str, Vec<usize>) -> Option<(Dtype, Vec<usize>, f32)>) -> Vec<u8> {
        let mut tensors = Vec::new();
        let names = CONVOLUTIONS.iter().flat_map(|layer| {
            [
                (
                    format!("{}.weight", layer.name),
                    vec![layer.to, layer.from, 3, 3],
                ),
                (format!("{}.bias", layer.name), vec![layer.to]),
            ]
        });
        for (name, shape) in names.chain([("extra".to_owned(), vec![1])]) {
            let Some((dtype, shape, value)) = change(&name, shape) else {
                continue;
            };
            let count: usize = shape.iter().product();
            let bytes: Vec<u8> = match dtype {
                Dtype::F16 => f16::from_f32(value).to_le_bytes().repeat(count),
                Dtype::F64 => f64::from(value).to_le_bytes().repeat(count),
                _ => value.to_le_bytes().repeat(count),
            };
            tensors.push((name, dtype, shape, bytes));
        }
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        safetensors::serialize(views, None).unwrap()
    }

    fn usual(name: &str, shape: Vec<usize>) -> Option<(Dtype, Vec<usize>, f32)> {
        (name != "extra").then_some((Dtype::F16, shape, 0.5))
    }

    fn reason(bytes: &[u8]) -> String {
        match read(bytes).unwrap_err() {
            TrainError::Weights { reason, .. } => reason,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_whole_file_is_read_as_f32() {
        let bytes = file(usual);
        let weights = read(&bytes).unwrap();
        assert_eq!(weights.layers.len(), 13);
        assert_eq!(weights.hash, blake3::hash(&bytes).to_hex().to_string());
        let bias = weights.layers[0].bias.try_to_vec::<f32>().unwrap();
        assert_eq!(bias, vec![0.5; 64]);
    }

    #[test]
    fn a_missing_or_truncated_file_is_told_with_path_and_remedy() {
        let error = Weights::read(&WeightsSource::File(PathBuf::from("no/such.safetensors")))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no/such.safetensors") && error.contains("--weights"),
            "{error}"
        );
        let bytes = file(usual);
        assert!(reason(&bytes[..bytes.len() - 1]).contains("ends early"));
        assert!(reason(&bytes[..5]).contains("ends early"));
        assert!(reason(b"<!doctype html><html></html>").contains("safetensors"));
    }

    #[test]
    fn a_file_of_another_network_is_refused_by_name() {
        let missing = file(|name, shape| {
            (name != "conv4_2.bias")
                .then_some(())
                .and_then(|()| usual(name, shape))
        });
        assert_eq!(reason(&missing), "tensor conv4_2.bias is missing");
        let shape = file(|name, shape| {
            let shape = if name == "conv1_2.bias" {
                vec![63]
            } else {
                shape
            };
            usual(name, shape)
        });
        assert_eq!(
            reason(&shape),
            "tensor conv1_2.bias has shape [63] where [64] belongs"
        );
        let extra = file(|_, shape| Some((Dtype::F32, shape, 0.0)));
        assert!(reason(&extra).starts_with("tensor extra does not belong"));
        let number = file(|name, shape| {
            usual(name, shape).map(|(dtype, shape, _)| (dtype, shape, f32::NAN))
        });
        assert!(reason(&number).contains("no numbers"));
        let wide = file(|name, shape| {
            usual(name, shape).map(|(_, shape, value)| (Dtype::F64, shape, value))
        });
        assert!(reason(&wide).contains("F64"));
    }

    #[cfg(feature = "builtin-weights")]
    #[test]
    fn the_builtin_weights_are_whole() {
        let weights = Weights::read(&WeightsSource::Builtin).unwrap();
        assert_eq!(weights.layers.len(), 13);
    }
}
