//! HTML reports: one file each, no network, no script needed to read them.
//!
//! | module | owns |
//! | --- | --- |
//! | [`dataset`](mod@dataset) | a dataset's page: thumbnails, reasons, sizes, splits |
//! | [`run`](mod@run) | a run's page: curves, confusion, classes, worst mistakes |
//! | [`chart`] | SVG lines and bars |
//! | [`picture`] | thumbnails, linked or put into the page |
//! | [`credit`] | what is known of one picture: licence, creator, addresses |
//! | [`frame`] | the page around them |

mod chart;
mod credit;
mod dataset;
mod frame;
mod picture;
mod run;

pub(crate) use dataset::dataset;
pub(crate) use frame::percent;
pub(crate) use run::write_run;
