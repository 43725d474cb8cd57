//! What lies on disk and how it stays whole: [`catalog`], [`objects`], [`lock`], [`durable`] files, recorded [`settings`], and the [`seal`] on what no snapshot tells.

pub(crate) mod catalog;
pub(crate) mod durable;
pub(crate) mod lock;
pub(crate) mod objects;
mod schema;
pub(crate) mod seal;
pub(crate) mod settings;
