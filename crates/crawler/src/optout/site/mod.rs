//! Small files by which a whole website speaks, and what is known of them.
//!
//! - `file`: what such a file is, where it lies and how an attempt to fetch it ended
//! - `record`: a file as it is kept between runs
//! - `cache`: the files of many websites, bounded in number and bytes

mod cache;
mod file;
mod record;

pub use cache::{CacheLimits, Lookup, NotYet, SiteCache};
pub use file::{Fetched, MAX_REDIRECTS, SiteFile, site_of};
pub use record::{Outcome, SiteRecord};
