//! HTML reports: one file each, no network; a dataset's pictures are shown by a script of its own.
//!
//! | module | owns |
//! | --- | --- |
//! | [`dataset`](mod@dataset) | a dataset's page: thumbnails, reasons, sizes, splits |
//! | [`run`](mod@run) | a run's page: curves, confusion, classes, worst mistakes |
//! | [`chart`] | SVG lines and bars |
//! | [`picture`] | thumbnails, linked or put into the page |
//! | [`album`] | a dataset's pictures as data, and the script that shows them |
//! | [`frame`] | the page around them |

mod album;
mod chart;
mod dataset;
mod frame;
mod picture;
mod run;

pub(crate) use dataset::dataset;
pub(crate) use frame::percent;
pub(crate) use run::write_run;
