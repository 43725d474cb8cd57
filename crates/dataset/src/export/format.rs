//! The formats, by the names that a person gives them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A form in which a dataset is handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// One folder a split and one a class below it, with metadata that Hugging Face `datasets` reads: torchvision, Keras, `datasets`.
    Imagefolder,
    /// Tar shards of pictures with their class and metadata: webdataset, `datasets`.
    Webdataset,
    /// Parquet files with the pictures in them: `datasets`, pyarrow, polars, `DuckDB`.
    Parquet,
    /// Caffe's `Datum` in an LMDB.
    Lmdb,
    /// Caffe's `Datum` in a `LevelDB`.
    Leveldb,
}

impl ExportFormat {
    /// All formats.
    pub const ALL: [Self; 5] = [
        Self::Imagefolder,
        Self::Webdataset,
        Self::Parquet,
        Self::Lmdb,
        Self::Leveldb,
    ];

    /// The lower-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imagefolder => "imagefolder",
            Self::Webdataset => "webdataset",
            Self::Parquet => "parquet",
            Self::Lmdb => "lmdb",
            Self::Leveldb => "leveldb",
        }
    }

    /// Reads [`ExportFormat::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// Whether this build has it: Parquet is the cargo feature `parquet`, which is on unless it was left out.
    #[must_use]
    pub fn is_available(self) -> bool {
        self != Self::Parquet || cfg!(feature = "parquet")
    }

    /// Whether it is one of Caffe's two databases.
    pub(crate) fn is_caffe(self) -> bool {
        matches!(self, Self::Lmdb | Self::Leveldb)
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a dataset is handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportSettings {
    /// The form.
    pub format: ExportFormat,
    /// Whether Caffe's databases hold the stored JPEG (`encoded`) and not its pixels; the other formats always hold the JPEG.
    pub encoded: bool,
}
