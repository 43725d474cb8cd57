//! The linear head: multinomial logistic regression on pooled, normalised features.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};

use super::{Named, named_layer, take_layer};
use crate::features::POOLED;
use crate::weights::Tensors;

/// One layer `fc8`, pooled features to classes.
#[derive(Module, Debug)]
pub(crate) struct LinearHead {
    fc8: Linear,
}

impl LinearHead {
    /// Makes a head of zeros: the objective is convex, every start ends at the same place.
    pub(crate) fn zeros(width: usize, classes: usize, device: &Device) -> Self {
        Self::from_parts(
            Tensor::zeros([width, classes], device),
            Tensor::zeros([classes], device),
        )
    }

    fn from_parts(weight: Tensor<2>, bias: Tensor<1>) -> Self {
        Self {
            fc8: Linear {
                weight: Param::from_tensor(weight),
                bias: Some(Param::from_tensor(bias)),
            },
        }
    }

    /// Copies the head to the plain device, out of autodiff.
    pub(crate) fn plain(&self) -> Self {
        Self::from_parts(self.weight().inner(), self.bias().inner())
    }

    fn weight(&self) -> Tensor<2> {
        self.fc8.weight.val()
    }

    fn bias(&self) -> Tensor<1> {
        let bias = self.fc8.bias.as_ref();
        bias.expect("a head is made with a bias").val()
    }

    /// Computes class scores, `[n, width]` to `[n, classes]`.
    pub(crate) fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        self.fc8.forward(rows)
    }

    /// Computes the objective: mean cross-entropy plus `decay`/2 times the squared norm of the weights.
    ///
    /// # Shapes
    /// - rows: `[n, width]`
    /// - targets: `[n, 1]`, class indices
    pub(crate) fn objective(
        &self,
        rows: Tensor<2>,
        targets: Tensor<2, Int>,
        decay: f64,
    ) -> Tensor<1> {
        let weight = self.weight();
        let penalty = (weight.clone() * weight).sum() * (decay / 2.0);
        let likelihood = log_softmax(self.forward(rows), 1).gather(1, targets);
        penalty - likelihood.mean()
    }

    pub(super) fn tensors(&self) -> Vec<Named> {
        named_layer("fc8", self.weight(), self.bias()).into()
    }

    pub(super) fn load(
        classes: usize,
        tensors: &mut Tensors<'_>,
        device: &Device,
    ) -> Result<Self, String> {
        let (weight, bias) = take_layer(tensors, "fc8", POOLED, classes, device)?;
        Ok(Self::from_parts(weight, bias))
    }
}
