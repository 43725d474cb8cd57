//! The demo image site with its faults: a real HTTP image search engine and sixteen image hosts on loopback.
//!
//! One site takes seventeen ports in a row on 127.0.0.1: the search engine on the first, image hosts on the
//! sixteen that follow, so that a crawler meets several hosts on any system. A picture is found under one to
//! three URLs (the same bytes again, re-encoded, resized, lightly cropped), and with [`GallerySettings::faults`]
//! the site serves what the web also serves: refusals, stalls, cut and endless bodies, bombs, placeholders.
//! Everything is decided by a hash of the URL's path, nothing by chance or time: the same port gives the same
//! listing and the same bytes after every start.
//!
//! # Module map
//!
//! | module | noun |
//! | --- | --- |
//! | `gallery` | [`Gallery`]: the running site, its start and its stop |
//! | `settings` | [`GallerySettings`], [`Source`]: what to serve and how |
//! | `ports` | the block of seventeen listeners and the URLs they answer for |
//! | `collection` | the pictures and their words, embedded or in a folder |
//! | `listing` | what the search engine finds: items in rank order, each with its rendition and its fault |
//! | `faults` | the fault table, and the answers and bodies that go wrong |
//! | `studio` | decoding and encoding on threads of its own, with a bounded cache |
//! | `site` | the HTTP surface: search API, pages for a person, image hosts, request log |
//! | `log` | [`RequestLog`]: every request in order of arrival, for tests and the curious |
//! | `dice` | decisions by hash |
//! | `error` | [`GalleryError`] |

mod collection;
mod dice;
mod error;
mod faults;
mod gallery;
mod listing;
mod log;
mod ports;
mod settings;
mod site;
mod studio;
#[cfg(test)]
#[cfg(feature = "builtin-gallery")]
mod tests;

pub use error::GalleryError;
pub use gallery::Gallery;
pub use log::{LogEntry, RequestLog};
pub use ports::IMAGE_HOSTS;
pub use settings::{GallerySettings, Source};
