//! Requests that can hurt nobody: neither the servers asked nor the machine that asks.
//!
//! - `address`: which schemes, ports and addresses may be dialled
//! - `resolver`: names resolved and filtered before a connection is made
//! - `client`: the one HTTP client, its TLS and its timeouts
//! - `failure`: what a failed request means, and whether it is worth a retry
//! - `wait`: backing off and `Retry-After`
//! - `gate`: the interval between two requests, kept where they leave
//! - `image`: one request for an image, up to its body or its redirect
//! - `page`: one request for an engine's page, redirects included; `jar`: the cookies of engines, in memory only
//! - `site`: one request for robots.txt or its like
//! - `disk`: files of folder sources and kept bodies, on a thread of their own
//! - `kept`: bodies written down until the catalog has them

mod address;
mod client;
mod disk;
mod failure;
mod gate;
mod image;
mod jar;
mod kept;
mod page;
mod resolver;
mod site;
mod wait;

pub(crate) use address::Guard;
pub(crate) use client::Client;
pub(crate) use failure::is_transient_status;
pub(crate) use image::Attempt;
pub(crate) use kept::Origin;
pub(crate) use page::PageAnswer;
pub(crate) use site::SiteAnswer;
pub(crate) use wait::Backoff;
