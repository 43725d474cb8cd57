//! Whole crawls against a scripted server on loopback.
//!
//! - `order`: the same candidates in the same order, whatever the timing
//! - `politeness`: retries, pauses and limits, counted at the server
//! - `hostile`: every kind of bad answer ends with its own reason
//! - `resume`: interruptions, refreshes and shared URLs
//! - `engines`: pages, their states and local sources
//! - `unofficial`: the conversations with Baidu, Bing and `DuckDuckGo`

mod engines;
mod hostile;
mod order;
mod politeness;
mod resume;
mod unofficial;
