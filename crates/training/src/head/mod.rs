//! The output networks on top of pool5.
//!
//! | module | holds |
//! | --- | --- |
//! | [`linear`] | one linear layer on the pooled, normalised features |
//! | [`vgg`] | VGG's own fc6, fc7, fc8 on the whole of pool5 |

pub(crate) mod linear;
pub(crate) mod vgg;

use std::borrow::Cow;

use burn::tensor::{Device, Tensor, TensorData};

pub(crate) use linear::LinearHead;
pub(crate) use vgg::VggHead;

use crate::device::Engine;
use crate::features::{POOLED, pooled};
use crate::network::POOL5;
use crate::weights::{Tensors, take};
use crate::{Head, TrainError};

/// Rows in one call of a head when it only answers. The last call is filled up with zeros: a matrix product of another height
/// may add in another order, and then `predict` on one picture would differ from `evaluate` on a thousand.
const ANSWER_ROWS: usize = 16;
/// Rows in one call of a head when it is measured after an epoch.
const MEASURE_ROWS: usize = 1024;

/// A trained or new output network; its tensors have no autodiff.
#[derive(Debug, Clone)]
pub(crate) enum HeadNet {
    Linear(LinearHead),
    Vgg(Box<VggHead>),
}

/// A tensor of a head under its name in `model.safetensors`; matrices are `[out, in]` as Caffe stores them.
pub(crate) type Named = (String, TensorData);

impl HeadNet {
    /// Tells which network it is.
    pub(crate) fn kind(&self) -> Head {
        match self {
            Self::Linear(_) => Head::Linear,
            Self::Vgg(_) => Head::Vgg,
        }
    }

    /// Gives the part of pool5 that a head of this kind looks at.
    pub(crate) fn view(kind: Head, pool5: &[f32]) -> Cow<'_, [f32]> {
        match kind {
            Head::Linear => Cow::Owned(pooled(pool5)),
            Head::Vgg => Cow::Borrowed(pool5),
        }
    }

    /// Gives the number of values that [`HeadNet::view`] gives.
    pub(crate) fn width(kind: Head) -> usize {
        match kind {
            Head::Linear => POOLED,
            Head::Vgg => POOL5,
        }
    }

    /// Computes class scores of rows of views, `[rows, classes]` row by row. A row's scores depend on that row only, to the bit.
    pub(crate) fn answer(&self, views: &[f32], engine: &Engine) -> Vec<f32> {
        let width = Self::width(self.kind());
        let mut scores = Vec::new();
        for chunk in views.chunks(ANSWER_ROWS * width) {
            let mut padded = chunk.to_vec();
            padded.resize(ANSWER_ROWS * width, 0.0);
            let rows = TensorData::new(padded, [ANSWER_ROWS, width]);
            let all = engine.run(|| {
                let rows = Tensor::<2>::from_data(rows, engine.device());
                self.forward(rows).into_data().try_into_vec::<f32>()
            });
            let all = all.expect("a head computes in f32");
            let classes = all.len() / ANSWER_ROWS;
            scores.extend_from_slice(&all[..chunk.len() / width * classes]);
        }
        scores
    }

    /// Computes class scores of rows of `width` values, many at a time: quicker than [`HeadNet::answer`], the last bits may
    /// depend on the other rows.
    pub(crate) fn scores(&self, rows: &[f32], width: usize, engine: &Engine) -> Vec<f32> {
        rows.chunks(MEASURE_ROWS * width)
            .flat_map(|chunk| {
                let rows = TensorData::new(chunk.to_vec(), [chunk.len() / width, width]);
                let scores = engine.run(|| {
                    let rows = Tensor::<2>::from_data(rows, engine.device());
                    self.forward(rows).into_data().try_into_vec::<f32>()
                });
                scores.expect("a head computes in f32")
            })
            .collect()
    }

    /// Computes class scores, `[n, width]` to `[n, classes]`, without dropout.
    fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Linear(head) => head.forward(rows),
            Self::Vgg(head) => head.forward(rows),
        }
    }

    /// Lists the tensors under their names.
    pub(crate) fn tensors(&self) -> Vec<Named> {
        match self {
            Self::Linear(head) => head.tensors(),
            Self::Vgg(head) => head.tensors(),
        }
    }

    /// Takes a head's tensors out of a file; the error is the reason.
    pub(crate) fn load(
        kind: Head,
        classes: usize,
        tensors: &mut Tensors<'_>,
        device: &Device,
    ) -> Result<Self, String> {
        match kind {
            Head::Linear => LinearHead::load(classes, tensors, device).map(Self::Linear),
            Head::Vgg => {
                VggHead::load(classes, tensors, device).map(|head| Self::Vgg(Box::new(head)))
            }
        }
    }
}

/// Reads one layer of a file onto a device: (weight as `[in, out]`, bias).
fn take_layer(
    tensors: &mut Tensors<'_>,
    name: &str,
    from: usize,
    to: usize,
    device: &Device,
) -> Result<(Tensor<2>, Tensor<1>), String> {
    let weight = take(tensors, &format!("{name}.weight"), &[to, from])?;
    let bias = take(tensors, &format!("{name}.bias"), &[to])?;
    let weight = Tensor::<2>::from_data(weight, device).transpose();
    // Adding zero lays the transposed matrix out anew, once, instead of at every product.
    Ok((weight + 0.0, Tensor::from_data(bias, device)))
}

/// Gives one layer as stored: weight `[out, in]` and bias.
fn named_layer(name: &str, weight: Tensor<2>, bias: Tensor<1>) -> [Named; 2] {
    [
        (format!("{name}.weight"), weight.transpose().into_data()),
        (format!("{name}.bias"), bias.into_data()),
    ]
}

/// Fails unless the loss is a number.
pub(crate) fn check_loss(loss: f64, epoch: u32, batch: usize) -> Result<(), TrainError> {
    if loss.is_finite() {
        Ok(())
    } else {
        Err(TrainError::Diverged { epoch, batch, loss })
    }
}
