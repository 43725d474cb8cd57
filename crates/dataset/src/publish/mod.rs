//! From kept samples to a published dataset.
//!
//! - `publication`: [`Dataset::publish`](crate::Dataset::publish), step by step; `records`: its rows of the catalog; `restore`: what
//!   damage or a kill has left undone
//! - `conflict`: one picture under several labels; `ubiquity`: placeholders; `unseen`: what was told by thumbnails that are lost;
//!   `assignment`: each picture's split, by its `memory` and its `echo`es; `unit`: groups that must lie in one split; `split`: [`Split`] and its
//!   rule; `kinship`: what else
//!   pictures have in common; `folder`: labels as folder names
//! - `snapshot`: [`Snapshot`] as it is read; `snapshot_file`: its file; `candidate`: what else the file carries
//! - `difference`: what changed from one snapshot to another
//! - `views`, `card`, `attribution`: folders, lists, the dataset card and the credits, made of a snapshot; `markdown`: text of others in them

mod assignment;
mod attribution;
mod candidate;
mod card;
mod conflict;
mod difference;
#[cfg(test)]
mod dispute_tests;
mod echo;
#[cfg(test)]
mod echo_tests;
mod folder;
mod kinship;
mod markdown;
mod memory;
mod publication;
#[cfg(test)]
pub(crate) mod publication_tests;
mod records;
mod restore;
mod snapshot;
mod snapshot_file;
mod split;
mod timestamp;
mod ubiquity;
mod unit;
mod unseen;
mod views;

pub(crate) use attribution::{FILE as ATTRIBUTION, write_beside as write_credits};
pub(crate) use candidate::Candidate;
pub(crate) use card::{body as card_body, reader_name};
pub use difference::{Difference, Moved, MovedAway, NameDifference};
pub(crate) use kinship::Kinship;
pub use publication::Publication;
pub(crate) use records::{
    all_recorded, forget_snapshot, read_splits, record_snapshot, record_splits, restore_conflicts,
};
pub use snapshot::{Class, Row, Snapshot, SnapshotInfo};
pub(crate) use snapshot::{GroupSplit, LabelRecord};
pub use split::Split;
pub use unit::Grouping;
pub(crate) use views::{Stamp, derive, image_path};
