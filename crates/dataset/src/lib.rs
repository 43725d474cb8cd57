//! Turns bytes into checked, unique, labelled samples on disk: catalog, splits and snapshots.
//!
//! The way of the data, and the module of each step:
//!
//! - `pixels`: a download's bytes are measured, decoded, set upright and made a square: [`sniff`], [`prepare`](prepare()), [`load`]
//! - `dedup`: what repeats what, where hashes alone do not tell: [`Thumbnail`], [`Probes`], [`LikenessSettings`]
//! - `records`: what a crawl hands in and hears back: [`Arrival`], [`Intake`], [`Progress`]
//! - `dataset`: the one writer, [`Dataset`]: takes downloads in and decides in candidate order what is kept
//! - `publish`: [`Dataset::publish`] settles conflicts between names, gives groups their [`Split`] and writes a [`Snapshot`] and the
//!   folders, lists and card made of it
//! - `terms`: what safeguards the crawls went without, and which licences they took: [`Terms`]
//! - `summary`, `measured`, `verify`: what a person wants to know, [`summarize`] and [`measure`](measure()), and whether the disk still holds what was written, [`verify`](verify())
//! - `store`: database, sample files, lock and files that are whole or absent
//!
//! Three rules hold everywhere. A picture that is no good is data, a [`Flaw`] with a code; only what stops the whole operation is a
//! [`DatasetError`]. What is kept depends on the order of candidates alone, never on when they arrive. And each write is
//! durable before anything refers to it, so that a kill at any moment loses nothing but the batch in hand.

mod dataset;
mod dedup;
mod error;
mod measured;
mod pixels;
mod publish;
mod records;
mod store;
mod summary;
mod terms;
mod verify;

pub use dataset::{Dataset, Standing, State};
pub use dedup::{Likeness, LikenessSettings, Met, Probes, Thumbnail};
pub use error::DatasetError;
pub use measured::{Measured, measure};
pub use pixels::{
    BadSampleId, Codec, Fit, Flaw, Format, Header, Orientations, Pdq, Pixels, Preparation,
    Prepared, SHORT_SIDE, SampleId, VIEW_SIDE, load, pdq, prepare, sniff,
};
pub use publish::{Class, Publication, Row, Snapshot, SnapshotInfo, Split};
pub use records::{Arrival, Claim, Intake, Outcome, Progress, Provenance};
pub use store::settings::DatasetSettings;
pub use summary::{
    Conflict, NameSummary, PublishedName, PublishedPicture, SplitCounts, Summary, summarize,
};
pub use terms::{Override, Terms};
pub use verify::{Problem, Verification, verify};
