//! The pass of the frozen base over pictures.

use std::sync::mpsc;
use std::thread;

use burn::tensor::Tensor;
use rayon::prelude::*;
use trawl_dataset::Pixels;

use crate::DeviceKind;
use crate::device::Engine;
use crate::network::{Base, POOL5, input};
use crate::weights::LayerWeights;

/// Pictures in one call of the base; more gain nothing on a CPU and cost 110 MB of activations a picture.
pub(crate) const BATCH: usize = 8;

/// Shares of a batch that go through the base side by side on a CPU: flex lays images and weights out on one thread before each
/// product, and meanwhile the other share keeps the other cores busy.
const CPU_STREAMS: usize = 2;

/// The frozen base on its device.
#[derive(Debug)]
pub(crate) struct Extractor<'a> {
    engine: &'a Engine,
    base: Base,
}

impl<'a> Extractor<'a> {
    /// Puts the base on the engine's device, without autodiff.
    pub(crate) fn new(engine: &'a Engine, layers: &[LayerWeights]) -> Self {
        Self {
            engine,
            base: Base::new(layers, engine.device()),
        }
    }

    /// Runs the base over the pictures 0..`count`, in order.
    ///
    /// `decode` reads picture i on a thread of its own, a batch ahead of the base. `each` gets, in order, what became of picture
    /// i: its row of pool5, or the error of `decode`; when `each` fails the pass ends. A row depends on its own picture only, not
    /// on the others of its batch.
    pub(crate) fn run<D: Send, E: Send>(
        &self,
        count: usize,
        decode: impl Fn(usize) -> Result<Pixels, D> + Sync,
        mut each: impl FnMut(usize, Result<&[f32], D>) -> Result<(), E>,
    ) -> Result<(), E> {
        thread::scope(|scope| {
            // One batch waits while another is computed and a third is decoded.
            let (sender, receiver) = mpsc::sync_channel(1);
            let decode = &decode;
            scope.spawn(move || {
                for start in (0..count).step_by(BATCH) {
                    let batch: Vec<_> = (start..count.min(start + BATCH)).map(decode).collect();
                    if sender.send((start, batch)).is_err() {
                        // The pass ended early.
                        return;
                    }
                }
            });
            for (start, batch) in receiver {
                let mut pictures = Vec::with_capacity(batch.len());
                let mut failures = Vec::with_capacity(batch.len());
                for item in batch {
                    match item {
                        Ok(pixels) => {
                            pictures.push(pixels);
                            failures.push(None);
                        }
                        Err(failure) => failures.push(Some(failure)),
                    }
                }
                let rows = self.pool5(&pictures);
                let mut rows = rows.chunks_exact(POOL5);
                for (index, failure) in (start..).zip(failures) {
                    let row = match failure {
                        Some(failure) => Err(failure),
                        None => Ok(rows.next().expect("a row for every decoded picture")),
                    };
                    each(index, row)?;
                }
            }
            Ok(())
        })
    }

    /// Computes pool5 of pictures, one row each in the order channel, row, column.
    fn pool5(&self, pictures: &[Pixels]) -> Vec<f32> {
        let streams = match self.engine.kind() {
            DeviceKind::Wgpu | DeviceKind::Cuda => 1,
            _ => CPU_STREAMS,
        };
        let share = pictures.len().div_ceil(streams).max(1);
        self.engine.run(|| {
            let rows = pictures.par_chunks(share).map(|share| {
                let images = Tensor::<4>::from_data(input(share), self.engine.device());
                let rows = self.base.pool5(images).into_data();
                rows.try_into_vec::<f32>()
                    .expect("the base computes in f32")
            });
            rows.collect::<Vec<_>>().concat()
        })
    }
}

#[cfg(test)]
#[cfg(feature = "builtin-weights")]
mod tests {
    use super::*;
    use crate::WeightsSource;
    use crate::network::{PLANE, SIDE};
    use crate::weights::{Weights, open, take};

    /// Two drawings as 224x224 RGB and what the network gives for them, computed in f32 by another framework from the same f16 weights.
    const REFERENCE: &[u8] = include_bytes!("../../fixtures/reference-activations.safetensors");

    fn norm(values: impl Iterator<Item = f64>) -> f64 {
        values.map(|value| value * value).sum::<f64>().sqrt()
    }

    #[test]
    fn pool5_equals_the_reference_and_does_not_depend_on_the_batch() {
        let file = open(REFERENCE).unwrap();
        let bytes = file.tensor("input_rgb_u8_nhwc").unwrap().data();
        let pictures: Vec<Pixels> = bytes
            .chunks_exact(3 * SIDE * SIDE)
            .map(|rgb| Pixels {
                side: 224,
                rgb: rgb.to_vec(),
            })
            .collect();
        assert_eq!(pictures.len(), 2);
        let weights = Weights::read(&WeightsSource::Builtin).unwrap();
        let engine = Engine::open(DeviceKind::Flex, None).unwrap();
        let extractor = Extractor::new(&engine, &weights.layers);
        let mut rows = Vec::new();
        // The second item fails to decode; the third is the first again, in another place of the batch.
        let order = [Some(0), None, Some(1)];
        let decode = |index: usize| {
            order[index]
                .map(|at: usize| pictures[at].clone())
                .ok_or("bad")
        };
        let each = |_, row: Result<&[f32], &str>| {
            rows.push(row.map(<[f32]>::to_vec).ok());
            Ok::<(), ()>(())
        };
        extractor.run(3, decode, each).unwrap();
        assert_eq!(rows[1], None);
        let found: Vec<f32> = rows.iter().flatten().flatten().copied().collect();

        let mut tensors = file.tensors().into_iter().collect();
        let expected = take(&mut tensors, "pool5", &[2, 512, 7, 7]).unwrap();
        let expected = expected.as_slice::<f32>().unwrap();
        let pairs = || {
            found
                .iter()
                .zip(expected)
                .map(|(&a, &b)| (f64::from(a), f64::from(b)))
        };
        assert_eq!(found.len(), expected.len());
        let error = norm(pairs().map(|(a, b)| a - b)) / norm(pairs().map(|(_, b)| b));
        assert!(error <= 1e-3, "relative error {error}");
        assert_eq!(found.len(), 2 * 512 * PLANE);

        let one_thread = Engine::open(DeviceKind::Flex, Some(1)).unwrap();
        let alone = Extractor::new(&one_thread, &weights.layers).pool5(&pictures[1..]);
        assert_eq!(Some(&alone), rows[2].as_ref(), "the same to the bit");
    }

    #[test]
    fn an_error_ends_the_pass() {
        let engine = Engine::open(DeviceKind::Flex, None).unwrap();
        let weights = Weights::read(&WeightsSource::Builtin).unwrap();
        let extractor = Extractor::new(&engine, &weights.layers);
        let mut seen = 0;
        let result = extractor.run(
            1000,
            |_| Err::<Pixels, _>("bad"),
            |index, _| {
                seen += 1;
                if index == 10 { Err("enough") } else { Ok(()) }
            },
        );
        assert_eq!((result, seen), (Err("enough"), 11));
    }
}
