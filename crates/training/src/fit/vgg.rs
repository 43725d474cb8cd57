//! Fits VGG's own classifier by stochastic gradient descent, with the rates and decay of VGG's training file.
//!
//! Biases learn at twice the rate and without decay. The rate falls to a tenth after two thirds of the epochs.

use std::time::Instant;

use burn::tensor::{Int, Tensor, TensorData};

use super::sgd::update;
use super::{EpochMetrics, Fitted, Progress, Watch, class_ids};
use crate::TrainError;
use crate::device::Engine;
use crate::head::vgg::{Dense, Step};
use crate::head::{HeadNet, VggHead, check_loss};
use crate::random::Random;
use crate::scores::{Measures, measure};

/// Epochs when none are chosen: the loss of some hundred images a class is flat by the fourth.
pub(crate) const DEFAULT_EPOCHS: u32 = 6;
/// First learning rate when none is chosen.
pub(crate) const DEFAULT_RATE: f64 = 0.001;
/// Weight decay when none is chosen, as in VGG's training file.
pub(crate) const DEFAULT_DECAY: f64 = 5e-4;

/// Rows of a split: their classes, and how to read the features of some of them.
pub(crate) struct Rows<'a> {
    pub(crate) targets: &'a [usize],
    pub(crate) read: &'a ReadRows<'a>,
}

/// Reads the features of some rows of a split, one after the other.
pub(crate) type ReadRows<'a> = dyn Fn(&[usize]) -> Result<Vec<f32>, TrainError> + 'a;

/// How to fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VggFit {
    /// Values of one row of features.
    pub(crate) width: usize,
    /// Values of fc6 and fc7.
    pub(crate) hidden: usize,
    pub(crate) classes: usize,
    pub(crate) epochs: u32,
    pub(crate) batch: usize,
    pub(crate) rate: f64,
    pub(crate) decay: f64,
    pub(crate) seed: u64,
}

type History = [(Option<Tensor<2>>, Option<Tensor<1>>); 3];

impl VggFit {
    /// Fits on `train`. The best epoch is the one with most right guesses on `val`, then the lowest loss; without rows in `val`,
    /// the last.
    pub(crate) fn run(
        &self,
        engine: &Engine,
        train: &Rows<'_>,
        val: &Rows<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Fitted, TrainError> {
        let mut head = VggHead::new(
            self.width,
            self.hidden,
            self.classes,
            self.seed,
            engine.device(),
        );
        let mut history = History::default();
        let mut best: Option<(u32, Measures)> = None;
        for epoch in 1..=self.epochs {
            let started = Instant::now();
            let rate = self.rate_of(epoch);
            let trained;
            (head, trained) = self.pass(engine, epoch, rate, head, &mut history, train)?;
            let net = HeadNet::Vgg(Box::new(head));
            let checked = if val.targets.is_empty() {
                None
            } else {
                Some(self.check(engine, &net, val)?)
            };
            let better = match (checked, best) {
                (Some(now), Some((_, before))) => {
                    now.top1 > before.top1 || (now.top1 >= before.top1 && now.loss < before.loss)
                }
                _ => true,
            };
            if better {
                best = Some((epoch, checked.unwrap_or_default()));
            }
            let metrics = EpochMetrics {
                epoch,
                epochs: self.epochs,
                train_loss: trained.loss,
                train_top1: trained.top1,
                train_top5: None,
                val_loss: checked.map(|val| val.loss),
                val_top1: checked.map(|val| val.top1),
                val_top5: checked.map(|val| val.top5),
                learning_rate: rate,
                seconds: started.elapsed().as_secs_f64(),
            };
            watch(Progress {
                metrics,
                head: &net,
                best: better,
            })?;
            let HeadNet::Vgg(same) = net else {
                unreachable!("the head was put in as this kind")
            };
            head = *same;
        }
        Ok(Fitted {
            head: HeadNet::Vgg(Box::new(head)),
            epochs: self.epochs,
            best_epoch: best.map_or(self.epochs, |(epoch, _)| epoch),
        })
    }

    /// Gives the learning rate of an epoch.
    fn rate_of(&self, epoch: u32) -> f64 {
        if 3 * (epoch - 1) >= 2 * self.epochs {
            self.rate / 10.0
        } else {
            self.rate
        }
    }

    /// Goes once over the training rows, in an order that depends on seed and epoch only.
    fn pass(
        &self,
        engine: &Engine,
        epoch: u32,
        rate: f64,
        mut head: VggHead,
        history: &mut History,
        train: &Rows<'_>,
    ) -> Result<(VggHead, Measures), TrainError> {
        let mut order: Vec<usize> = (0..train.targets.len()).collect();
        Random::new(self.seed, [u64::from(epoch), 0]).shuffle(&mut order);
        let (mut loss, mut hits) = (0.0, 0.0);
        for (batch, rows) in (1..).zip(order.chunks(self.batch)) {
            let values = (train.read)(rows)?;
            let classes: Vec<usize> = rows.iter().map(|&row| train.targets[row]).collect();
            let mut random = Random::new(self.seed, [u64::from(epoch), batch as u64]);
            let step;
            (head, step) = engine.run(|| {
                let values = TensorData::new(values, [rows.len(), self.width]);
                let values = Tensor::<2>::from_data(values, engine.device());
                let targets = TensorData::new(class_ids(&classes), [rows.len(), 1]);
                let targets = Tensor::<2, Int>::from_data(targets, engine.device());
                let step = head.step(values, targets, &mut random);
                let outcome = (step.loss, step.hits);
                (self.update(head, step, history, rate), outcome)
            });
            check_loss(step.0, epoch, batch)?;
            #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
            let (size, right) = (rows.len() as f64, step.1 as f64);
            loss += step.0 * size;
            hits += right;
        }
        #[expect(clippy::cast_precision_loss, reason = "images are few")]
        let images = order.len() as f64;
        let measures = Measures {
            loss: loss / images,
            top1: hits / images,
            top5: 0.0,
        };
        Ok((head, measures))
    }

    fn update(&self, head: VggHead, step: Step, history: &mut History, rate: f64) -> VggHead {
        let mut gradients = step.gradients.into_iter();
        let mut history = history.iter_mut();
        VggHead {
            layers: head.layers.map(|layer| {
                let (weight_slope, bias_slope) = gradients.next().expect("three layers");
                let kept = history.next().expect("three layers");
                let (weight, h) =
                    update(layer.weight, weight_slope, kept.0.take(), rate, self.decay);
                kept.0 = Some(h);
                let (bias, h) = update(layer.bias, bias_slope, kept.1.take(), 2.0 * rate, 0.0);
                kept.1 = Some(h);
                Dense { weight, bias }
            }),
        }
    }

    fn check(
        &self,
        engine: &Engine,
        net: &HeadNet,
        rows: &Rows<'_>,
    ) -> Result<Measures, TrainError> {
        let all: Vec<usize> = (0..rows.targets.len()).collect();
        let mut scores = Vec::new();
        // A chunk of 256 rows of pool5 is 26 MB.
        for chunk in all.chunks(256) {
            scores.extend(net.scores(&(rows.read)(chunk)?, self.width, engine));
        }
        Ok(measure(&scores, self.classes, rows.targets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeviceKind;

    const WIDTH: usize = 20;
    const CLASSES: usize = 3;

    /// Runs a small classifier over 30 rows in which value c stands out for class c, and gives the epochs and the scores.
    fn run(
        kind: DeviceKind,
        seed: u64,
        rate: f64,
    ) -> Result<(Vec<EpochMetrics>, Vec<f32>), TrainError> {
        let mut values = Random::new(5, [0, 0]).normal(30 * WIDTH, 1.0);
        let targets: Vec<usize> = (0..30).map(|row| row % CLASSES).collect();
        for (row, &class) in targets.iter().enumerate() {
            values[row * WIDTH + class] += 6.0;
        }
        let read = |rows: &[usize]| {
            let rows = rows.iter().flat_map(|row| &values[row * WIDTH..][..WIDTH]);
            Ok(rows.copied().collect())
        };
        let rows = Rows {
            targets: &targets,
            read: &read,
        };
        let fit = VggFit {
            width: WIDTH,
            hidden: 32,
            classes: CLASSES,
            epochs: 30,
            batch: 8,
            rate,
            decay: DEFAULT_DECAY,
            seed,
        };
        let engine = Engine::open(kind, None)?;
        let mut epochs = Vec::new();
        let mut best = 0;
        let fitted = fit.run(&engine, &rows, &rows, &mut |progress| {
            if progress.best {
                best = progress.metrics.epoch;
            }
            epochs.push(progress.metrics);
            Ok(())
        })?;
        assert_eq!(fitted.best_epoch, best);
        let scores = fitted.head.scores(&values, WIDTH, &engine);
        assert_eq!(scores.len(), 30 * CLASSES);
        Ok((epochs, scores))
    }

    #[test]
    fn the_loss_falls_and_a_seed_gives_one_result() {
        let (epochs, scores) = run(DeviceKind::Flex, 1, 0.05).unwrap();
        let (first, last) = (&epochs[0], &epochs[29]);
        assert!(
            last.train_loss < 0.5 * first.train_loss,
            "{first:?} {last:?}"
        );
        assert!(last.val_top1.unwrap() > 0.9, "{last:?}");
        assert!((last.learning_rate - 0.005).abs() < 1e-12);
        assert_eq!(run(DeviceKind::Flex, 1, 0.05).unwrap().1, scores);
        assert_ne!(run(DeviceKind::Flex, 2, 0.05).unwrap().1, scores);
    }

    #[test]
    fn a_loss_that_is_no_number_stops_the_fit() {
        let error = run(DeviceKind::Flex, 1, 1e30).unwrap_err();
        assert!(matches!(error, TrainError::Diverged { .. }), "{error}");
        assert!(error.to_string().contains("--learning-rate"));
    }

    #[cfg(feature = "ndarray")]
    #[test]
    fn ndarray_learns_too() {
        let (epochs, _) = run(DeviceKind::NdArray, 1, 0.05).unwrap();
        assert!(epochs[29].train_loss < 0.5 * epochs[0].train_loss);
    }
}
