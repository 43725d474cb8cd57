//! HTML reports: one file each, no network; a dataset's pictures are shown by a script of its own.
//!
//! | module | owns |
//! | --- | --- |
//! | [`dataset`](mod@dataset) | a dataset's page: reasons, sizes, splits, and the three that follow |
//! | [`names`] | its names as a table |
//! | [`quality`] | the scores of its pictures, with their thresholds |
//! | [`album`], [`shown`] | its pictures: the script that shows them, and its data |
//! | [`run`](mod@run) | a run's page: curves, confusion, classes, worst mistakes |
//! | [`chart`], [`histogram`] | SVG lines, bars, and how a score lies |
//! | [`picture`] | thumbnails, linked or put into the page |
//! | [`frame`] | the page around them |

mod album;
mod chart;
mod dataset;
mod frame;
mod histogram;
mod names;
mod picture;
mod quality;
mod run;
mod shown;

pub(crate) use dataset::{Contents, dataset};
pub(crate) use frame::percent;
pub(crate) use run::write_run;
