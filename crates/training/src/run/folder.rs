//! A run folder being written: who may, and what is kept of an earlier attempt.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::config::RunConfig;
use super::model::ModelCard;
use crate::fit::EpochMetrics;
use crate::{Evaluation, Split, TrainError, atomic};

pub(crate) const CONFIG: &str = "config.json";
pub(crate) const METRICS: &str = "metrics.jsonl";
pub(crate) const CHECKPOINTS: &str = "checkpoints";
pub(crate) const MODEL: &str = "model.safetensors";
pub(crate) const CARD: &str = "model.json";
const LOCK: &str = ".lock";

/// What is found under a run's name.
#[derive(Debug)]
pub(crate) enum Found {
    /// A finished run with the same settings.
    Finished(Box<ModelCard>),
    /// An unfinished run with the same settings; its traces are cleared away.
    Interrupted,
    /// Nothing yet.
    New,
}

/// A run folder, held by this process until dropped.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    _lock: File,
}

impl RunFolder {
    /// Makes the folder where needed and takes it; refuses a folder of other things before anything is written.
    pub(crate) fn take(path: &Path) -> Result<Self, TrainError> {
        if path.is_dir() && !path.join(CONFIG).exists() {
            let entries =
                fs::read_dir(path).map_err(|error| TrainError::io("read", path, error))?;
            let foreign = entries.flatten().any(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name != LOCK && !atomic::is_temporary(&name)
            });
            if foreign {
                return Err(TrainError::NotARunFolder {
                    run: path.to_owned(),
                });
            }
        }
        fs::create_dir_all(path).map_err(|error| TrainError::io("create", path, error))?;
        let lock = path.join(LOCK);
        let file = File::create(&lock).map_err(|error| TrainError::io("create", &lock, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: file,
            }),
            Err(TryLockError::WouldBlock) => Err(TrainError::Busy {
                run: path.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(TrainError::io("lock", &lock, error)),
        }
    }

    /// Compares with what is there, clears an unfinished attempt away and writes `config.json`.
    pub(crate) fn begin(&self, config: &RunConfig) -> Result<Found, TrainError> {
        let mut found = Found::New;
        if self.file(CONFIG).exists() {
            let before: RunConfig = read_json(&self.file(CONFIG))?;
            if let Some(differs) = config.difference(&before) {
                return Err(TrainError::OtherRun {
                    run: self.path.clone(),
                    differs,
                });
            }
            if self.file(CARD).exists() {
                return Ok(Found::Finished(Box::new(ModelCard::read(&self.path)?)));
            }
            self.clear()?;
            found = Found::Interrupted;
        }
        let checkpoints = self.file(CHECKPOINTS);
        fs::create_dir_all(&checkpoints)
            .map_err(|error| TrainError::io("create", &checkpoints, error))?;
        atomic::write_json(&self.file(CONFIG), config)?;
        Ok(found)
    }

    /// Removes what an interrupted attempt left.
    fn clear(&self) -> Result<(), TrainError> {
        let entries =
            fs::read_dir(&self.path).map_err(|error| TrainError::io("read", &self.path, error))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let path = entry.path();
            let ours = name == METRICS || name == MODEL || name.starts_with("evaluation-");
            let removed = if name == CHECKPOINTS {
                fs::remove_dir_all(&path)
            } else if ours || atomic::is_temporary(&name) {
                fs::remove_file(&path)
            } else {
                Ok(())
            };
            removed.map_err(|error| TrainError::io("remove", &path, error))?;
        }
        Ok(())
    }

    /// Adds a line to `metrics.jsonl`.
    pub(crate) fn log(&self, metrics: &EpochMetrics) -> Result<(), TrainError> {
        let path = self.file(METRICS);
        let mut line = serde_json::to_vec(metrics)
            .map_err(|error| TrainError::io("write", &path, error.into()))?;
        line.push(b'\n');
        File::options()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(&line))
            .map_err(|error| TrainError::io("write", &path, error))
    }

    /// Gives the path of a file of the run.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Gives the path of a checkpoint.
    pub(crate) fn checkpoint(&self, name: &str) -> PathBuf {
        self.file(CHECKPOINTS).join(format!("{name}.safetensors"))
    }
}

/// Gives the path of a split's evaluation in a run folder.
pub(crate) fn evaluation_path(run: &Path, split: Split) -> PathBuf {
    run.join(format!("evaluation-{split}.json"))
}

/// Writes a split's evaluation.
pub(crate) fn write_evaluation(run: &Path, evaluation: &Evaluation) -> Result<PathBuf, TrainError> {
    let path = evaluation_path(run, evaluation.split);
    atomic::write_json(&path, evaluation)?;
    Ok(path)
}

/// Reads a JSON file of a run.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, TrainError> {
    let bytes = fs::read(path).map_err(|error| TrainError::io("read", path, error))?;
    serde_json::from_slice(&bytes).map_err(|error| TrainError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}
