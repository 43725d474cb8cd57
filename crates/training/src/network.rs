//! The convolutional base of VGG16 (Simonyan and Zisserman, 2014, configuration D), from pixels to pool5.

use burn::module::{Module, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use trawl_dataset::Pixels;

use crate::weights::LayerWeights;

/// Height and width of the input.
pub(crate) const SIDE: usize = 224;
/// Channels of pool5.
pub(crate) const CHANNELS: usize = 512;
/// Values of one channel of pool5, 7 x 7.
pub(crate) const PLANE: usize = 49;
/// Values of pool5 of one image, in the order channel, row, column.
pub(crate) const POOL5: usize = CHANNELS * PLANE;
/// Mean of the training images of ILSVRC-2012 as the released network subtracts it, in the order blue, green, red.
pub(crate) const MEAN_BGR: [f32; 3] = [103.939, 116.779, 123.68];

/// One 3x3 convolution with Caffe's name for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Convolution {
    pub(crate) name: &'static str,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

const fn convolution(name: &'static str, from: usize, to: usize) -> Convolution {
    Convolution { name, from, to }
}

/// The thirteen convolutions in order.
pub(crate) const CONVOLUTIONS: [Convolution; 13] = [
    convolution("conv1_1", 3, 64),
    convolution("conv1_2", 64, 64),
    convolution("conv2_1", 64, 128),
    convolution("conv2_2", 128, 128),
    convolution("conv3_1", 128, 256),
    convolution("conv3_2", 256, 256),
    convolution("conv3_3", 256, 256),
    convolution("conv4_1", 256, 512),
    convolution("conv4_2", 512, 512),
    convolution("conv4_3", 512, 512),
    convolution("conv5_1", 512, 512),
    convolution("conv5_2", 512, 512),
    convolution("conv5_3", 512, 512),
];

/// How many convolutions come before each of the five poolings.
const BLOCKS: [usize; 5] = [2, 2, 3, 3, 3];

/// The base on a device.
#[derive(Module, Debug)]
pub(crate) struct Base {
    convolutions: Vec<Conv2d>,
    pool: MaxPool2d,
}

impl Base {
    /// Puts checked weights on a device.
    pub(crate) fn new(layers: &[LayerWeights], device: &Device) -> Self {
        let convolutions = layers
            .iter()
            .map(|layer| Conv2d {
                weight: Param::from_tensor(Tensor::from_data(layer.weight.clone(), device)),
                bias: Some(Param::from_tensor(Tensor::from_data(
                    layer.bias.clone(),
                    device,
                ))),
                stride: [1, 1],
                kernel_size: [3, 3],
                dilation: [1, 1],
                groups: 1,
                padding: PaddingConfig2d::Explicit(1, 1, 1, 1),
            })
            .collect();
        Self {
            convolutions,
            pool: MaxPool2dConfig::new([2, 2]).init(),
        }
    }

    /// Runs the base.
    ///
    /// # Shapes
    /// - images: `[n, 3, 224, 224]`, see [`input`]
    /// - result: `[n, 512, 7, 7]`
    pub(crate) fn pool5(&self, images: Tensor<4>) -> Tensor<4> {
        let mut values = images;
        let mut layers = self.convolutions.iter();
        for block in BLOCKS {
            for layer in layers.by_ref().take(block) {
                values = relu(layer.forward(values));
            }
            values = self.pool.forward(values);
        }
        values
    }
}

/// Turns RGB bytes into what the base expects: planes blue, green, red with the mean subtracted, `[n, 3, 224, 224]`.
pub(crate) fn input(images: &[Pixels]) -> TensorData {
    let mut values = Vec::with_capacity(images.len() * 3 * SIDE * SIDE);
    for image in images {
        debug_assert_eq!(image.rgb.len(), 3 * SIDE * SIDE);
        let pixels = image.rgb.as_chunks::<3>().0;
        for (plane, mean) in MEAN_BGR.into_iter().enumerate() {
            values.extend(
                pixels
                    .iter()
                    .map(|pixel| f32::from(pixel[2 - plane]) - mean),
            );
        }
    }
    TensorData::new(values, [images.len(), 3, SIDE, SIDE])
}

#[cfg(test)]
mod tests {
    use burn::tensor::module::conv2d;
    use burn::tensor::ops::ConvOptions;
    use trawl_kernels::{Shape, conv3x3};

    use super::*;
    use crate::random::Random;

    /// The convolution that the base uses, against the scalar form in f64.
    #[test]
    fn burns_convolution_equals_the_scalar_one() {
        let device = Device::flex();
        let shapes = [
            (Shape::new(1, 3, 6, 5), 64),
            (Shape::new(2, 16, 7, 7), 8),
            (Shape::new(1, 33, 1, 4), 5),
            (Shape::new(3, 1, 30, 20), 2),
        ];
        for (seed, (shape, out)) in (0_u64..).zip(shapes) {
            let mut random = Random::new(seed, [0, 0]);
            let input = random.normal(shape.batch * shape.channels * shape.plane(), 1.0);
            let weights = random.normal(out * shape.channels * 9, 0.2);
            let bias = random.normal(out, 1.0);
            let mut expected = vec![0.0; shape.batch * out * shape.plane()];
            conv3x3(&input, shape, &weights, &bias, &mut expected).unwrap();

            let tensor = TensorData::new(
                input,
                [shape.batch, shape.channels, shape.height, shape.width],
            );
            let found = conv2d(
                Tensor::from_data(tensor, &device),
                Tensor::from_data(
                    TensorData::new(weights, [out, shape.channels, 3, 3]),
                    &device,
                ),
                Some(Tensor::from_data(TensorData::new(bias, [out]), &device)),
                ConvOptions::new([1, 1], [1, 1], [1, 1], 1),
            );
            let found = found.into_data().try_into_vec::<f32>().unwrap();
            for (a, b) in found.iter().zip(&expected) {
                assert!((a - b).abs() <= 1e-4 * b.abs().max(1.0), "{a} {b}");
            }
        }
    }

    #[test]
    fn input_is_blue_green_red_planes_without_the_mean() {
        let mut rgb = vec![0; 3 * SIDE * SIDE];
        rgb[..6].copy_from_slice(&[10, 20, 30, 40, 50, 60]);
        let side = u32::try_from(SIDE).unwrap();
        let data = input(&[Pixels { side, rgb }])
            .try_into_vec::<f32>()
            .unwrap();
        let plane = SIDE * SIDE;
        let places = [0, 1, plane + 1, 2 * plane].map(|at| data[at].to_bits());
        let expected = [
            30.0 - 103.939,
            60.0 - 103.939,
            50.0 - 116.779,
            10.0 - 123.68_f32,
        ];
        assert_eq!(places, expected.map(f32::to_bits));
    }
}
