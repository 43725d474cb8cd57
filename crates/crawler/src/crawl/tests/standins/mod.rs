//! Stand-ins for the engines, and crawls against them.
//!
//! A stand-in is written from what is known of an engine's interface, and not from the engine that asks it: it answers 400 to
//! everything that is not known, and keeps what it objects to. It gives its images page by page as the engine does, some
//! of which are there as thumbnails only, and can be told to refuse, to be empty, to ask for fewer requests, or to say something new.
//!
//! - `asked`: a request as a stand-in reads it; `site`: a running stand-in
//! - `openverse`, `wikimedia`, `flickr`, `pexels`, `pixabay`, `baidu`, `bing`, `duckduckgo`: what is known of each
//! - `crawls`: every engine in every state

mod asked;
mod baidu;
mod bing;
mod crawls;
mod duckduckgo;
mod flickr;
mod openverse;
mod pexels;
mod pixabay;
mod site;
mod wikimedia;
