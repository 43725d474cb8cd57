//! A snapshot in the formats of other programs, laid out so that their own readers load it unchanged.
//!
//! - `format`: [`ExportFormat`] and [`ExportSettings`]; `whole`: [`export`](export()), from a snapshot to a finished folder
//! - `package`: the folder, which has its name when it is complete; `contents`: which pictures, in which order, under which keys
//! - `facts`: what is said beside a picture; `papers`, `readme`: class list, index, credits and card of every export
//! - `imagefolder`, `webdataset`, `parquet`, `caffe` (with `datum`, `lmdb`, `leveldb`, `sstable`): the formats
//!
//! Three things are the same in all of them: the order of the classes, the name of a picture (its id), and that a picture whose
//! stored file is lost or damaged stops the export, which names it.

mod caffe;
mod contents;
mod datum;
mod facts;
mod format;
mod imagefolder;
mod leveldb;
mod lmdb;
mod package;
mod papers;
#[cfg(feature = "parquet")]
mod parquet;
mod readme;
mod sstable;
#[cfg(test)]
pub(crate) mod tests;
mod webdataset;
mod whole;

pub(crate) use caffe::LABELS;
pub(crate) use datum::Datum;
pub(crate) use facts::Facts;
pub use format::{ExportFormat, ExportSettings};
pub(crate) use imagefolder::METADATA;
pub(crate) use papers::{CLASSES, INDEX, IndexLine, MANIFEST, Manifest};
#[cfg(feature = "parquet")]
pub(crate) use parquet::FEATURES_KEY;
pub use whole::{Exported, export};

/// What the way back needs to know of an LMDB.
pub(crate) mod lmdb_layout {
    pub(crate) use super::lmdb::{
        BIG, BRANCH, HEADER, LEAF, MAGIC, META, NO_PAGE, NODE, OVERFLOW, VERSION,
    };
}

/// What the way back needs to know of a `LevelDB`.
pub(crate) mod leveldb_layout {
    #[cfg(test)]
    pub(crate) use super::leveldb::log;
    pub(crate) use super::leveldb::{COMPARATOR, LOG_BLOCK, LOG_HEADER, field};
    pub(crate) use super::sstable::{FOOT, MAGIC, PLAIN, SNAPPY, TRAILER, checksum};
}
