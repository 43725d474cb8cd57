//! Everything by which a website says that a crawler, or whoever trains a model, should keep off.
//!
//! Nothing here asks the network or a clock: bytes and moments come in, answers go out.
//!
//! | signal | where it is said | module |
//! | --- | --- | --- |
//! | robots.txt (RFC 9309) | `/robots.txt`, before a URL is asked | `robots` |
//! | `Content-Usage` and `Content-Signal` rules | the same file | `robots`, `aipref` |
//! | `X-Robots-Tag` | the answer's headers | `robots_tag` |
//! | `TDMRep` | the headers, and `/.well-known/tdmrep.json` | `tdm` |
//! | `Content-Usage` (IETF AIPREF drafts) | the headers | `aipref` |
//!
//! # How a crawl uses it
//!
//! 1. [`OptOutPolicy`] says what is obeyed; [`OptOutPolicy::watched`] gives the product tokens for the caches.
//! 2. Before a URL, and before every redirect's target, [`RobotsCache::answer`] is asked. On
//!    [`NotYet::Fetch`] the caller fetches [`SiteFile::url`], between [`SiteCache::begin`] and
//!    [`SiteCache::finish`]; the [`SiteRecord`] which that returns may be kept and given to
//!    [`SiteCache::restore`] in another run.
//! 3. [`TdmCache::reservation`] works the same way with the `TDMRep` file.
//! 4. When the headers are there, and before the body is read, [`OptOutPolicy::judge`] looks at them.
//!
//! A [`Refusal`] names its [`Signal`] and carries what was seen, short and printable.

mod agents;
mod aipref;
mod date;
mod pattern;
mod policy;
mod refusal;
mod robots;
mod robots_tag;
mod site;
mod tdm;

pub use agents::Watched;
pub use policy::{Findings, OptOutPolicy};
pub use refusal::{Refusal, Signal};
pub use robots::{RobotsAnswer, RobotsCache, RobotsFile, RobotsVerdict};
pub use site::{
    CacheLimits, Fetched, Lookup, MAX_REDIRECTS, NotYet, Outcome, SiteCache, SiteFile, SiteRecord,
    site_of,
};
pub use tdm::{Reservation, TdmAnswer, TdmCache, TdmFile};
