//! What a head learns from, and which way it does.

use super::linear::{LinearFit, Matrix};
use super::vgg::{Rows, VggFit};
use super::{Fitted, Watch};
use crate::device::Engine;
use crate::features::FeatureStore;
use crate::features::store::Visit;
use crate::head::HeadNet;
use crate::head::vgg::HIDDEN;
use crate::run::config::RunConfig;
use crate::splits::Splits;
use crate::{Head, Split, TrainError, TrainEvent};

/// What a head learns from.
pub(crate) enum Data {
    /// The linear head's features, small enough to hold.
    Pooled { train: Matrix, val: Matrix },
    /// Features read from the cache batch by batch.
    Cached { train: Vec<usize>, val: Vec<usize> },
}

impl Data {
    /// Makes sure that every image of the snapshot has its features, and takes those that the head needs.
    pub(crate) fn gather(
        store: &FeatureStore<'_>,
        splits: &Splits,
        head: Head,
        events: &mut dyn FnMut(TrainEvent),
    ) -> Result<(Self, Visit), TrainError> {
        let all: Vec<usize> = (0..splits.classes.len()).collect();
        let (train, val) = (splits.targets(Split::Train), splits.targets(Split::Val));
        if head == Head::Vgg {
            let visit = store.visit(&all, events, |_, _| {})?;
            return Ok((Self::Cached { train, val }, visit));
        }
        let width = HeadNet::width(head);
        let mut values = vec![0.0_f32; all.len() * width];
        let visit = store.visit(&all, events, |row, pool5| {
            values[row * width..][..width].copy_from_slice(&HeadNet::view(head, pool5));
        })?;
        let matrix = |split, targets| Matrix {
            values: splits
                .rows(split)
                .iter()
                .flat_map(|&row| &values[row * width..][..width])
                .copied()
                .collect(),
            targets,
        };
        let pooled = Self::Pooled {
            train: matrix(Split::Train, train),
            val: matrix(Split::Val, val),
        };
        Ok((pooled, visit))
    }

    /// Lets the head learn.
    pub(crate) fn fit(
        &self,
        config: &RunConfig,
        engine: &Engine,
        store: &FeatureStore<'_>,
        splits: &Splits,
        watch: &mut Watch<'_>,
    ) -> Result<Fitted, TrainError> {
        let classes = config.data.classes.len();
        match self {
            Self::Pooled { train, val } => LinearFit {
                classes,
                epochs: config.epochs,
                rate: config.learning_rate,
                decay: config.weight_decay,
            }
            .run(engine, train, val, watch),
            Self::Cached { train, val } => {
                let read = |split: Split| {
                    move |wanted: &[usize]| {
                        let rows: Vec<usize> = wanted
                            .iter()
                            .map(|&place| splits.rows(split)[place])
                            .collect();
                        let width = HeadNet::width(Head::Vgg);
                        let mut values = vec![0.0; rows.len() * width];
                        store.visit(&rows, &mut |_| {}, |place, pool5| {
                            values[place * width..][..width].copy_from_slice(pool5);
                        })?;
                        Ok(values)
                    }
                };
                VggFit {
                    width: HeadNet::width(Head::Vgg),
                    hidden: HIDDEN,
                    classes,
                    epochs: config.epochs,
                    batch: config.batch,
                    rate: config.learning_rate,
                    decay: config.weight_decay,
                    seed: config.seed,
                }
                .run(
                    engine,
                    &Rows {
                        targets: train,
                        read: &read(Split::Train),
                    },
                    &Rows {
                        targets: val,
                        read: &read(Split::Val),
                    },
                    watch,
                )
            }
        }
    }
}
