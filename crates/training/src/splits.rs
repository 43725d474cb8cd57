//! The rows of a snapshot by split.

use std::path::Path;

use trawl_dataset::Snapshot;

use crate::{Split, TrainError};

/// Rows of a snapshot by split: indices into it, in its order.
#[derive(Debug, Default)]
pub(crate) struct Splits {
    pub(crate) train: Vec<usize>,
    val: Vec<usize>,
    test: Vec<usize>,
    /// Class index of every row of the snapshot.
    pub(crate) classes: Vec<usize>,
}

impl Splits {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let mut splits = Self::default();
        for (index, row) in snapshot.rows.iter().enumerate() {
            splits.classes.push(row.class as usize);
            match row.split {
                Split::Train => splits.train.push(index),
                Split::Val => splits.val.push(index),
                Split::Test => splits.test.push(index),
            }
        }
        splits
    }

    pub(crate) fn rows(&self, split: Split) -> &[usize] {
        match split {
            Split::Train => &self.train,
            Split::Val => &self.val,
            Split::Test => &self.test,
        }
    }

    /// Gives the class indices of a split's rows.
    pub(crate) fn targets(&self, split: Split) -> Vec<usize> {
        let rows = self.rows(split).iter();
        rows.map(|&row| self.classes[row]).collect()
    }

    /// Fails unless there are two classes to tell apart.
    pub(crate) fn check(&self, dataset: &Path) -> Result<(), TrainError> {
        let mut present = self.targets(Split::Train);
        present.sort_unstable();
        present.dedup();
        if present.len() < 2 {
            return Err(TrainError::TooFewClasses {
                dataset: dataset.to_owned(),
                classes: present.len(),
            });
        }
        Ok(())
    }
}
