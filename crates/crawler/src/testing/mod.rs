//! What the tests of the crate share.
//!
//! - `server`: a scripted HTTP server on loopback
//! - `catalog`: a consumer of deliveries, and a whole run against it
//! - `listed`: an engine that serves pages from memory

mod catalog;
mod listed;
mod server;

pub(crate) use catalog::{Catalog, crawl, crawl_names, names, settings};
pub(crate) use listed::Listed;
pub(crate) use server::{Reply, Server, answer, ok};
