//! Exit codes, and the one error type that carries one.

use std::fmt;

use trawl_crawler::CrawlError;
use trawl_dataset::DatasetError;
use trawl_training::TrainError;

/// How a command ends; scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, or nothing had changed.
    Done = 0,
    /// Failed, or `verify` found damage.
    Failed = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Finished, but a name is under its minimum, or a time budget was reached.
    Partial = 3,
    /// There is no dataset or run there.
    NoDataset = 10,
    /// Another run holds the dataset.
    Locked = 11,
    /// The disk is full.
    DiskFull = 12,
    /// Stopped by Ctrl-C; the same command continues.
    Interrupted = 130,
    /// Stopped by SIGTERM; the same command continues.
    Terminated = 143,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed: the exit code and one line that says what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    message: String,
}

impl Failure {
    /// The person asked for something that cannot be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
        }
    }

    /// Something went wrong on the way.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Failed,
            message: message.into(),
        }
    }

    /// Nothing to work on.
    pub(crate) fn nothing_there(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::NoDataset,
            message: message.into(),
        }
    }

    /// A file could not be read or written.
    pub(crate) fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let full = error.kind() == std::io::ErrorKind::StorageFull;
        Self {
            exit: if full { Exit::DiskFull } else { Exit::Failed },
            message: if full {
                format!(
                    "cannot {what} {}: the disk is full; free some space and run the same command again",
                    path.display()
                )
            } else {
                format!("cannot {what} {}: {error}", path.display())
            },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<DatasetError> for Failure {
    fn from(error: DatasetError) -> Self {
        let exit = match &error {
            DatasetError::NotADataset { .. }
            | DatasetError::NotPublished { .. }
            | DatasetError::NothingKept { .. }
            | DatasetError::NoSuchSnapshot { .. } => Exit::NoDataset,
            DatasetError::Locked { .. } => Exit::Locked,
            DatasetError::DiskFull { .. } => Exit::DiskFull,
            DatasetError::Settings { .. } | DatasetError::Occupied { .. } => Exit::Usage,
            _ => Exit::Failed,
        };
        let message = match &error {
            DatasetError::NotADataset { .. } => format!("{error}, or make one with `trawl crawl`"),
            _ => error.to_string(),
        };
        Self { exit, message }
    }
}

impl From<CrawlError> for Failure {
    fn from(error: CrawlError) -> Self {
        let exit = match &error {
            CrawlError::Locked { .. } => Exit::Locked,
            CrawlError::DiskFull { .. } => Exit::DiskFull,
            CrawlError::Damaged { .. }
            | CrawlError::Newer { .. }
            | CrawlError::Store { .. }
            | CrawlError::Client { .. } => Exit::Failed,
            _ => Exit::Usage,
        };
        let message = match &error {
            CrawlError::Endpoint { engine, .. } => format!(
                "{error}; set engines.{engine} in a --config file, or TRAWL_ENGINES_{}, to an http or https URL",
                engine.to_ascii_uppercase()
            ),
            _ => error.to_string(),
        };
        Self { exit, message }
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        let exit = match error {
            TrainError::Dataset(error) => return error.into(),
            TrainError::DiskFull { .. } => Exit::DiskFull,
            TrainError::NotFinished { .. } => Exit::NoDataset,
            TrainError::Busy { .. } => Exit::Locked,
            TrainError::Settings { .. }
            | TrainError::NotARunFolder { .. }
            | TrainError::OtherRun { .. }
            | TrainError::DeviceMissing { .. } => Exit::Usage,
            _ => Exit::Failed,
        };
        Self {
            exit,
            message: error.to_string(),
        }
    }
}

impl From<trawl_gallery::GalleryError> for Failure {
    fn from(error: trawl_gallery::GalleryError) -> Self {
        Self {
            exit: Exit::Failed,
            message: format!("the gallery cannot {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_end_with_the_codes_of_the_contract() {
        let path = std::path::PathBuf::from("data/x");
        let locked = DatasetError::Locked {
            path: path.clone(),
            holder: "process 1".into(),
        };
        assert_eq!(Failure::from(locked).exit, Exit::Locked);
        let nothing = Failure::from(DatasetError::NotADataset { path: path.clone() });
        assert_eq!(nothing.exit, Exit::NoDataset);
        assert!(
            nothing.to_string().contains("data/x") && nothing.to_string().contains("trawl crawl")
        );
        let full = Failure::io(
            "write",
            &path,
            &std::io::Error::from(std::io::ErrorKind::StorageFull),
        );
        assert_eq!(full.exit, Exit::DiskFull);
        assert_eq!(
            Failure::from(TrainError::Dataset(DatasetError::NotADataset { path })).exit,
            Exit::NoDataset
        );
    }
}
