//! Fits the linear head: multinomial logistic regression to convergence.
//!
//! The objective is mean cross-entropy plus d/2 times the squared norm of the weights, biases free. With d = 1/(C n) it is that of
//! scikit-learn's `LogisticRegression(C)`; C = 30 is a customary value for normalised deep features. L-BFGS sees all rows at once,
//! so a step is an epoch.

use std::time::Instant;

use burn::optim::{GradientsParams, LBFGSConfig, LineSearchFn};
use burn::tensor::{Int, Tensor, TensorData};

use super::{EpochMetrics, Fitted, Progress, Watch, class_ids};
use crate::TrainError;
use crate::device::Engine;
use crate::head::{HeadNet, LinearHead, check_loss};
use crate::scores::measure;

/// Inverse strength of the penalty when none is chosen, scikit-learn's C.
pub(crate) const DEFAULT_C: f64 = 30.0;
/// Epochs at most when none are chosen; some hundred images a class converge in 50 to 150.
pub(crate) const DEFAULT_EPOCHS: u32 = 300;
/// Pairs of steps and gradients that L-BFGS remembers.
const HISTORY: usize = 20;
/// Largest partial derivative at which the objective counts as minimal; f32 sums are no finer.
const FLAT: f64 = 1e-6;
/// The fit ends when so many epochs in a row each lower the objective by less than this share.
const SMALL_GAIN: f64 = 1e-6;
const SMALL_GAINS: u32 = 5;

/// Rows of features with their classes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matrix {
    /// Row by row.
    pub(crate) values: Vec<f32>,
    /// Class index of each row.
    pub(crate) targets: Vec<usize>,
}

impl Matrix {
    fn width(&self) -> usize {
        self.values.len() / self.targets.len().max(1)
    }
}

/// How to fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinearFit {
    pub(crate) classes: usize,
    pub(crate) epochs: u32,
    /// Step of the line search's first try.
    pub(crate) rate: f64,
    /// d of the objective.
    pub(crate) decay: f64,
}

impl LinearFit {
    /// Fits on `train`, measuring `val` where it has rows. The last head is the optimum.
    ///
    /// The result depends on the data and these settings only.
    pub(crate) fn run(
        &self,
        engine: &Engine,
        train: &Matrix,
        val: &Matrix,
        watch: &mut Watch<'_>,
    ) -> Result<Fitted, TrainError> {
        let width = train.width();
        let device = engine.device().clone().autodiff();
        let rows = TensorData::new(train.values.clone(), [train.targets.len(), width]);
        let rows = Tensor::<2>::from_data(rows, &device);
        let targets = TensorData::new(class_ids(&train.targets), [train.targets.len(), 1]);
        let targets = Tensor::<2, Int>::from_data(targets, &device);
        let mut head = LinearHead::zeros(width, self.classes, &device);
        let mut optimizer = LBFGSConfig::new()
            .with_max_iter(1)
            .with_max_eval(Some(25))
            .with_history_size(HISTORY)
            .with_tolerance_grad(FLAT)
            .with_tolerance_change(1e-12)
            .with_line_search_fn(LineSearchFn::StrongWolfe)
            .init();

        let mut before = f64::INFINITY;
        let mut small = 0;
        let mut epoch = 0;
        loop {
            epoch += 1;
            let started = Instant::now();
            let evaluate = |head: LinearHead| {
                let objective = head.objective(rows.clone(), targets.clone(), self.decay);
                let gradients = GradientsParams::from_grads(objective.backward(), &head);
                (objective.into_scalar::<f64>(), gradients)
            };
            let (better, objective) = engine.run(|| optimizer.step(self.rate, head, evaluate));
            head = better;
            check_loss(objective, epoch, 1)?;
            small = if before - objective < SMALL_GAIN * objective.abs() {
                small + 1
            } else {
                0
            };
            before = objective;

            let net = HeadNet::Linear(head.plain());
            let seen = |matrix: &Matrix| {
                let scores = net.scores(&matrix.values, width, engine);
                measure(&scores, self.classes, &matrix.targets)
            };
            let trained = seen(train);
            let checked = (!val.targets.is_empty()).then(|| seen(val));
            let metrics = EpochMetrics {
                epoch,
                epochs: self.epochs,
                train_loss: trained.loss,
                train_top1: trained.top1,
                train_top5: Some(trained.top5),
                val_loss: checked.map(|val| val.loss),
                val_top1: checked.map(|val| val.top1),
                val_top5: checked.map(|val| val.top5),
                learning_rate: self.rate,
                seconds: started.elapsed().as_secs_f64(),
            };
            // The objective is convex and penalised: its optimum is what was asked for, so the last head is the best.
            watch(Progress {
                metrics,
                head: &net,
                best: true,
            })?;
            if epoch >= self.epochs || small >= SMALL_GAINS {
                return Ok(Fitted {
                    head: net,
                    epochs: epoch,
                    best_epoch: epoch,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeviceKind;
    use crate::random::Random;

    const WIDTH: usize = 12;
    const CLASSES: usize = 4;

    /// Normalised rows around four directions with noise, so that the classes overlap.
    fn rows(seed: u64, count: usize) -> Matrix {
        let mut matrix = Matrix::default();
        let mut random = Random::new(seed, [0, 0]);
        for index in 0..count {
            let class = index % CLASSES;
            let mut row = random.normal(WIDTH, 0.35);
            row[class] += 1.0;
            let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
            matrix.values.extend(row.iter().map(|value| value / length));
            matrix.targets.push(class);
        }
        matrix
    }

    fn count(matrix: &Matrix) -> f64 {
        f64::from(u32::try_from(matrix.targets.len()).unwrap())
    }

    /// The objective and its gradient in f64; the weights are `[CLASSES][WIDTH + 1]`, bias last.
    fn objective(matrix: &Matrix, weights: &[f64], decay: f64) -> (f64, Vec<f64>) {
        let share = 1.0 / count(matrix);
        let mut gradient = vec![0.0; weights.len()];
        let mut value = 0.0;
        for (row, &target) in matrix.values.chunks(WIDTH).zip(&matrix.targets) {
            let scores: Vec<f64> = weights
                .chunks(WIDTH + 1)
                .map(|class| {
                    let products = class.iter().zip(row).map(|(w, &x)| w * f64::from(x));
                    products.sum::<f64>() + class[WIDTH]
                })
                .collect();
            let most = scores.iter().copied().fold(f64::MIN, f64::max);
            let sum: f64 = scores.iter().map(|score| (score - most).exp()).sum();
            value -= share * (scores[target] - most - sum.ln());
            for (class, score) in scores.iter().enumerate() {
                let excess = (score - most).exp() / sum - f64::from(u8::from(class == target));
                let slopes = &mut gradient[class * (WIDTH + 1)..][..=WIDTH];
                for (slope, x) in slopes.iter_mut().zip(row.iter().chain([&1.0])) {
                    *slope += share * excess * f64::from(*x);
                }
            }
        }
        for (at, (weight, slope)) in weights.iter().zip(&mut gradient).enumerate() {
            if at % (WIDTH + 1) != WIDTH {
                value += decay / 2.0 * weight * weight;
                *slope += decay * weight;
            }
        }
        (value, gradient)
    }

    /// Finds the optimum in f64 by accelerated gradient descent with restarts (Nesterov; O'Donoghue and Candes, 2015).
    fn optimum(matrix: &Matrix, decay: f64) -> f64 {
        let mut at = vec![0.0; CLASSES * (WIDTH + 1)];
        let (mut ahead, mut momentum) = (at.clone(), 1.0_f64);
        for _ in 0..4000 {
            let (_, gradient) = objective(matrix, &ahead, decay);
            // Rows have length sqrt(2) with the bias, so the curvature is at most 1.
            let next: Vec<f64> = ahead.iter().zip(&gradient).map(|(w, g)| w - g).collect();
            let uphill = gradient
                .iter()
                .zip(next.iter().zip(&at))
                .map(|(g, (n, a))| g * (n - a));
            let restart = uphill.sum::<f64>() > 0.0;
            let grown = if restart {
                1.0
            } else {
                f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt())
            };
            let push = if restart {
                0.0
            } else {
                (momentum - 1.0) / grown
            };
            ahead = next
                .iter()
                .zip(&at)
                .map(|(n, a)| n + push * (n - a))
                .collect();
            (at, momentum) = (next, grown);
        }
        objective(matrix, &at, decay).0
    }

    fn fit(kind: DeviceKind, train: &Matrix, val: &Matrix) -> (HeadNet, Vec<EpochMetrics>) {
        let engine = Engine::open(kind, None).unwrap();
        let fit = LinearFit {
            classes: CLASSES,
            epochs: DEFAULT_EPOCHS,
            rate: 1.0,
            decay: decay(train),
        };
        let mut epochs = Vec::new();
        let fitted = fit
            .run(&engine, train, val, &mut |progress| {
                epochs.push(progress.metrics);
                Ok(())
            })
            .unwrap();
        assert_eq!(fitted.epochs as usize, epochs.len());
        (fitted.head, epochs)
    }

    fn decay(train: &Matrix) -> f64 {
        1.0 / (DEFAULT_C * count(train))
    }

    /// Gives the weights as the reference lays them out.
    fn laid_out(head: &HeadNet) -> Vec<f64> {
        let tensors = head.tensors();
        let weight = tensors[0].1.as_slice::<f32>().unwrap();
        let bias = tensors[1].1.as_slice::<f32>().unwrap();
        let classes = weight.chunks(WIDTH).zip(bias);
        classes
            .flat_map(|(weight, bias)| weight.iter().chain([bias]))
            .map(|&value| f64::from(value))
            .collect()
    }

    #[test]
    fn the_fit_ends_at_the_optimum() {
        let train = rows(1, 160);
        let (head, epochs) = fit(DeviceKind::Flex, &train, &rows(2, 40));
        let best = optimum(&train, decay(&train));
        let (reached, _) = objective(&train, &laid_out(&head), decay(&train));
        assert!(reached - best < 1e-3 * best, "{reached} against {best}");
        assert!(
            epochs.len() < DEFAULT_EPOCHS as usize,
            "{} epochs",
            epochs.len()
        );
        let (first, last) = (&epochs[0], &epochs[epochs.len() - 1]);
        assert!(last.train_loss < first.train_loss);
        assert!(last.val_top1.unwrap() > 0.7 && last.val_top5 == Some(1.0));
    }

    #[test]
    fn the_fit_is_the_same_every_time_and_needs_no_val() {
        let train = rows(3, 50);
        let (first, _) = fit(DeviceKind::Flex, &train, &Matrix::default());
        let (second, epochs) = fit(DeviceKind::Flex, &train, &Matrix::default());
        assert_eq!(laid_out(&first), laid_out(&second));
        assert!(epochs.iter().all(|epoch| epoch.val_loss.is_none()));
    }

    #[cfg(feature = "ndarray")]
    #[test]
    fn ndarray_reaches_the_same_optimum() {
        let train = rows(4, 80);
        let value = |kind| {
            let (head, _) = fit(kind, &train, &Matrix::default());
            objective(&train, &laid_out(&head), decay(&train)).0
        };
        let (flex, ndarray) = (value(DeviceKind::Flex), value(DeviceKind::NdArray));
        assert!((flex - ndarray).abs() < 1e-3 * flex, "{flex} {ndarray}");
    }
}
