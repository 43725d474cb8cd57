//! A run as a report reads it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::config::RunConfig;
use super::folder::{CARD, CONFIG, METRICS, evaluation_path, read_json};
use super::model::ModelCard;
use crate::fit::EpochMetrics;
use crate::{Evaluation, Split, TrainError};

/// Everything on disk about a run, finished or not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRecord {
    /// The run folder.
    pub run: PathBuf,
    /// The effective settings.
    pub config: RunConfig,
    /// The model's description; present when the run is finished.
    pub model: Option<ModelCard>,
    /// The curves, one entry an epoch.
    pub epochs: Vec<EpochMetrics>,
    /// The evaluation of the validation split, where there is one.
    pub val: Option<Evaluation>,
    /// The evaluation of the test split, where there is one.
    pub test: Option<Evaluation>,
    /// The evaluation of the training split, where somebody asked for it.
    pub train: Option<Evaluation>,
}

impl RunRecord {
    /// Reads a run folder.
    ///
    /// # Errors
    ///
    /// There is no `config.json`, or a file is damaged. A torn last line of `metrics.jsonl` is left out.
    pub fn load(run: &Path) -> Result<Self, TrainError> {
        if !run.join(CONFIG).exists() {
            return Err(TrainError::NotFinished {
                run: run.to_owned(),
                missing: CONFIG,
            });
        }
        let evaluation = |split| {
            let path = evaluation_path(run, split);
            path.exists().then(|| read_json(&path)).transpose()
        };
        Ok(Self {
            run: run.to_owned(),
            config: read_json(&run.join(CONFIG))?,
            model: run
                .join(CARD)
                .exists()
                .then(|| ModelCard::read(run))
                .transpose()?,
            epochs: read_metrics(&run.join(METRICS))?,
            val: evaluation(Split::Val)?,
            test: evaluation(Split::Test)?,
            train: evaluation(Split::Train)?,
        })
    }

    /// Lists the labels in class order.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        self.config.data.labels()
    }

    /// Tells whether the run is finished.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.model.is_some()
    }
}

fn read_metrics(path: &Path) -> Result<Vec<EpochMetrics>, TrainError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = fs::read(path).map_err(|error| TrainError::io("read", path, error))?;
    let text = String::from_utf8_lossy(&bytes);
    // What follows the last newline is a line that was being written.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| {
            serde_json::from_str(line).map_err(|error| TrainError::Damaged {
                path: path.to_owned(),
                reason: error.to_string(),
            })
        })
        .collect()
}
