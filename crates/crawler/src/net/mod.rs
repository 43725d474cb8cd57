//! Requests that can hurt nobody: neither the servers asked nor the machine that asks.
//!
//! - `address`: which schemes, ports and addresses may be dialled; `special`: the blocks that are not public
//! - `resolver`: names resolved and filtered before a connection is made
//! - `lanes`: one HTTP client for the ports of public hosts, one for all others
//! - `client`: what all HTTP clients have in common, and what their bodies share
//! - `failure`: what a failed request means, and whether it is worth a retry
//! - `wait`: backing off and `Retry-After`
//! - `gate`: the interval between two requests, kept where they leave
//! - `image`: one request for an image, up to its body or its redirect
//! - `page`: one request for an engine's page, redirects included; `jar`: the cookies of engines, in memory only
//! - `site`: one request for robots.txt or its like
//! - `validators`: how a server names the version of an answer, to be asked for another one only
//! - `body`: the body of an image, by its deadlines (`pace`), its first bytes (`kind`), its content encoding (`coding`,
//!   `zstd`) and its share of the memory (`budget`)
//! - `disk`: files of folder sources and kept bodies, on a thread of their own
//! - `kept`: bodies written down until the catalog has them

mod address;
mod body;
mod budget;
mod client;
mod coding;
mod disk;
mod failure;
mod gate;
mod image;
mod jar;
mod kept;
mod kind;
mod lanes;
mod pace;
mod page;
mod resolver;
mod site;
mod special;
mod validators;
mod wait;
mod zstd;

pub(crate) use address::Guard;
pub(crate) use budget::Share;
pub(crate) use client::Client;
pub(crate) use image::Attempt;
pub(crate) use kept::Origin;
pub(crate) use page::PageAnswer;
pub(crate) use site::SiteAnswer;
pub(crate) use validators::Validators;
pub(crate) use wait::Backoff;
pub use wait::retry_after;

#[cfg(test)]
mod tests;
