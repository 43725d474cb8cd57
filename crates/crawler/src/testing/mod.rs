//! What the tests of the crate share.
//!
//! - `server`: a scripted HTTP server on loopback
//! - `hostile`: a server that behaves badly in one of the ways of `cases`
//! - `catalog`: a consumer of deliveries, and a whole run against it
//! - `listed`: an engine that serves pages from memory
//! - `names`: what resolves in tests, and to what

mod cases;
mod catalog;
mod hostile;
mod listed;
mod names;
mod server;

pub(crate) use cases::all as hostile_cases;
pub(crate) use catalog::{Catalog, crawl, crawl_names, names, settings};
pub(crate) use hostile::{Case, Hostile, Within};
pub(crate) use listed::Listed;
pub(crate) use names::lookup;
pub(crate) use server::{JPEG, Reply, Seen, Server, answer, ok};
