//! Turns bytes into checked, unique, labelled samples on disk: catalog, splits and snapshots.
//!
//! The way of the data, and the module of each step:
//!
//! - `pixels`: a download's bytes are measured, decoded, set upright and made a square: [`sniff`], [`prepare`](prepare()), [`load`]
//! - `quality`: what is measured of a picture and what is asked of it: [`Scores`], [`Thresholds`]
//! - `records`: what a crawl hands in and hears back: [`Arrival`], [`Intake`], [`Progress`]
//! - `dataset`: the one writer, [`Dataset`]: takes downloads in and decides in candidate order what is kept
//! - `dedup`: which pictures show the same: [`index`](mod@index)
//! - `publish`: [`Dataset::publish`] settles conflicts between names, gives groups their [`Split`] and writes a [`Snapshot`] and the
//!   folders, lists and card made of it
//! - `terms`: what safeguards the crawls went without, and which licences they took: [`Terms`]
//! - `thrown`: what was thrown out and why: [`thrown_out`]; `scored`: what was measured of every picture: [`scored`](scored())
//! - `export`, `import`: a snapshot in the formats of other programs, [`export`](export()), and back, [`Import`]
//! - `summary`, `measured`, `verify`: what a person wants to know, [`summarize`] and [`measure`](measure()), and whether the disk still holds what was written, [`verify`](verify())
//! - `store`: database, sample files, lock and files that are whole or absent
//!
//! Three rules hold everywhere. A picture that is no good is data, a [`Flaw`] with a code; only what stops the whole operation is a
//! [`DatasetError`]. What is kept depends on the order of candidates alone, never on when they arrive. And each write is
//! durable before anything refers to it, so that a kill at any moment loses nothing but the batch in hand.

mod dataset;
mod dedup;
mod error;
mod export;
mod import;
mod measured;
mod pixels;
mod publish;
pub mod quality;
mod records;
mod scored;
mod store;
mod summary;
mod terms;
mod thrown;
mod vectorized;
mod verify;

pub use dataset::{Dataset, Restored, Standing, State};
pub use dedup::index;
pub use dedup::{Alike, Kin, Likeness, LikenessSettings, Listed, Probes, Rule, Thumbnail, alike};
pub use error::DatasetError;
pub use export::{ExportFormat, ExportSettings, Exported, export};
pub use import::{GivenSplit, Import, ImportCounts, ImportEvent, ImportItem};
pub use measured::{Measured, measure};
pub use pixels::{
    BadSampleId, Codec, Colour, Fit, Flaw, Format, Header, Orientations, PIXEL_PATH, Pdq, Pixels,
    Preparation, Prepared, SHORT_SIDE, SampleId, VIEW_SIDE, load, pdq, prepare, sniff,
};
pub use publish::{
    Class, Difference, Grouping, Moved, MovedAway, NameDifference, Publication, Row, Snapshot,
    SnapshotInfo, Split,
};
pub use quality::{Bad, Failing, Judged, Scores, Thresholds, measure as measure_quality};
pub use records::{Arrival, Claim, Intake, Outcome, Progress, Provenance, Vouched};
pub use scored::{Scored, scored};
pub use store::settings::DatasetSettings;
pub use summary::{
    Conflict, NameSummary, PublishedName, PublishedPicture, SplitCounts, Summary, summarize,
};
pub use terms::{Override, Terms};
pub use thrown::{Thrown, thrown_out};
pub use verify::{Closest, OffQuota, Problem, Verification, verify};
