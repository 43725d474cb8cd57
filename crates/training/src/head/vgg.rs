//! VGG's own classifier: fc6, fc7 with a rectifier and dropout 0.5, fc8.

use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::{Named, named_layer, take_layer};
use crate::network::POOL5;
use crate::random::Random;
use crate::weights::Tensors;

/// Width of fc6 and fc7.
pub(crate) const HIDDEN: usize = 4096;
/// Share of hidden values that dropout leaves out, as in VGG's training file.
const DROPOUT: f32 = 0.5;

/// Fillers of VGG's training file: (standard deviation of the weights, bias) of fc6 and fc7.
const HIDDEN_FILL: (f32, f32) = (0.005, 0.1);
/// The same of a new fc8, as Caffe's fine-tuning examples fill it.
const OUTPUT_FILL: (f32, f32) = (0.01, 0.0);

/// A layer: weight `[in, out]` and bias `[out]`.
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    pub(crate) weight: Tensor<2>,
    pub(crate) bias: Tensor<1>,
}

impl Dense {
    fn filled(
        [from, to]: [usize; 2],
        (deviation, bias): (f32, f32),
        random: &mut Random,
        device: &Device,
    ) -> Self {
        let weight = TensorData::new(random.normal(from * to, deviation), [from, to]);
        Self {
            weight: Tensor::from_data(weight, device),
            bias: Tensor::full([to], bias, device),
        }
    }

    fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        rows.matmul(self.weight.clone()) + self.bias.clone().unsqueeze()
    }

    /// Copies the layer into autodiff as a leaf whose gradient is kept.
    fn tracked(&self) -> Self {
        Self {
            weight: self.weight.clone().autodiff().require_grad(),
            bias: self.bias.clone().autodiff().require_grad(),
        }
    }
}

/// The three layers.
#[derive(Debug, Clone)]
pub(crate) struct VggHead {
    pub(crate) layers: [Dense; 3],
}

/// Names of the layers in files.
const NAMES: [&str; 3] = ["fc6", "fc7", "fc8"];

/// What one training step found: the loss and, layer by layer, the gradients of weight and bias.
pub(crate) struct Step {
    pub(crate) loss: f64,
    pub(crate) hits: usize,
    pub(crate) gradients: [(Tensor<2>, Tensor<1>); 3],
}

impl VggHead {
    /// Makes a new head for rows of `width` values with hidden layers of `hidden`.
    pub(crate) fn new(
        width: usize,
        hidden: usize,
        classes: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        let layer = |index: u64, shape, fill| {
            Dense::filled(shape, fill, &mut Random::new(seed, [0, index]), device)
        };
        Self {
            layers: [
                layer(6, [width, hidden], HIDDEN_FILL),
                layer(7, [hidden, hidden], HIDDEN_FILL),
                layer(8, [hidden, classes], OUTPUT_FILL),
            ],
        }
    }

    /// Computes class scores without dropout, `[n, width]` to `[n, classes]`.
    pub(crate) fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        let [fc6, fc7, fc8] = &self.layers;
        fc8.forward(relu(fc7.forward(relu(fc6.forward(rows)))))
    }

    /// Runs one batch forward with dropout and back.
    ///
    /// # Shapes
    /// - rows: `[n, width]`
    /// - targets: `[n, 1]`, class indices
    pub(crate) fn step(
        &self,
        rows: Tensor<2>,
        targets: Tensor<2, Int>,
        random: &mut Random,
    ) -> Step {
        let [fc6, fc7, fc8] = [0, 1, 2].map(|index: usize| self.layers[index].tracked());
        let drop = |values: Tensor<2>, random: &mut Random| {
            let shape = values.dims();
            // What stays is scaled up, so that nothing has to be scaled when the head only answers.
            let mask = (0..shape[0] * shape[1])
                .map(|_| {
                    if random.unit() < DROPOUT {
                        0.0
                    } else {
                        1.0 / (1.0 - DROPOUT)
                    }
                })
                .collect::<Vec<f32>>();
            let mask = TensorData::new(mask, shape);
            let mask = Tensor::<2>::from_data(mask, &values.device());
            values * mask
        };
        let hidden = drop(relu(fc6.forward(rows.autodiff())), random);
        let hidden = drop(relu(fc7.forward(hidden)), random);
        let scores = fc8.forward(hidden);
        let targets = targets.autodiff();
        let right = scores.clone().argmax(1).equal(targets.clone()).int().sum();
        let loss = -log_softmax(scores, 1).gather(1, targets).mean();
        let mut found = loss.backward();
        let mut gradient = |layer: &Dense| {
            let weight = layer.weight.grad_remove(&mut found);
            let bias = layer.bias.grad_remove(&mut found);
            (
                weight.expect("every layer takes part in the loss"),
                bias.expect("every layer takes part in the loss"),
            )
        };
        let gradients = [&fc6, &fc7, &fc8].map(&mut gradient);
        Step {
            loss: loss.into_scalar::<f64>(),
            hits: usize::try_from(right.into_scalar::<i64>()).expect("a count"),
            gradients,
        }
    }

    pub(super) fn tensors(&self) -> Vec<Named> {
        NAMES
            .into_iter()
            .zip(&self.layers)
            .flat_map(|(name, layer)| named_layer(name, layer.weight.clone(), layer.bias.clone()))
            .collect()
    }

    pub(super) fn load(
        classes: usize,
        tensors: &mut Tensors<'_>,
        device: &Device,
    ) -> Result<Self, String> {
        let mut layer = |name, from, to| {
            take_layer(tensors, name, from, to, device).map(|(weight, bias)| Dense { weight, bias })
        };
        Ok(Self {
            layers: [
                layer("fc6", POOL5, HIDDEN)?,
                layer("fc7", HIDDEN, HIDDEN)?,
                layer("fc8", HIDDEN, classes)?,
            ],
        })
    }
}
