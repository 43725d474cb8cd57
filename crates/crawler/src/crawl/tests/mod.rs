//! Whole crawls against a scripted server on loopback.
//!
//! - `optouts`: what websites say against crawling and training, obeyed before a URL is asked or its body read
//! - `order`: the same candidates in the same order, whatever the timing
//! - `politeness`: retries, pauses and limits, counted at the server
//! - `fallbacks`: other copies of what cannot be had, and licences that are not wanted
//! - `hostile`: every kind of bad answer ends with its own reason
//! - `resume`: interruptions, refreshes and shared URLs
//! - `many_hosts`: what hosts see when there are many of them
//! - `load`: how much memory and time ten million candidates take
//! - `engines`: pages, their states and local sources

mod engines;
mod fallbacks;
mod hostile;
mod load;
mod many_hosts;
mod optouts;
mod order;
mod politeness;
mod resume;
