//! Datasets in the formats of other programs, taken in picture by picture.
//!
//! - `opened`: [`Import`], which is opened on a folder or file and hands out its pictures; `found`: what a reader finds;
//!   `item`: [`ImportItem`], a picture with its label, place and split, ready to be prepared
//! - `layout`: which files there are and which split each is of; `classes`: what the numbers of the classes stand for;
//!   `index`, `told`: what an export says of each picture
//! - `imagefolder`, `webdataset`, `parquet`, `caffe` (with `lmdb`, `leveldb`, `leveldb_log`, `bytes`): the formats
//! - `given`: [`Dataset::give_splits`](crate::Dataset::give_splits), which records the splits that pictures came with
//!
//! All of it reads strangers' bytes. Nothing is written but by the dataset itself, under names that it makes; lengths are held against
//! the file and against [`LARGEST`] before memory is taken; what is wrong with one picture skips that picture, with a reason
//! that is counted.

mod bytes;
mod caffe;
mod classes;
#[cfg(test)]
mod database_tests;
mod found;
mod given;
mod imagefolder;
mod index;
mod item;
mod layout;
mod leveldb;
mod leveldb_log;
mod lmdb;
#[cfg(test)]
mod mark_tests;
mod opened;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "parquet")]
#[cfg(test)]
mod parquet_tests;
#[cfg(test)]
mod shard_tests;
#[cfg(test)]
mod tests;
mod told;
mod webdataset;

pub use given::GivenSplit;
pub use item::ImportItem;
pub use opened::{Import, ImportCounts, ImportEvent};

/// Most bytes that one picture, or one record of a database, may have: a raw picture of 4,700 pixels a side.
const LARGEST: u64 = 64 << 20;
