//! Whole crawls against a scripted server on loopback.
//!
//! - `order`: the same candidates in the same order, whatever the timing
//! - `politeness`: retries, pauses and limits, counted at the server
//! - `hostile`: every kind of bad answer ends with its own reason; `hostile_redirects`: where answers may lead;
//!   `hostile_hosts`: all of them at once, beside hosts that behave
//! - `resume`: interruptions, refreshes and shared URLs
//! - `engines`: pages, their states and local sources

mod engines;
mod hostile;
mod hostile_hosts;
mod hostile_redirects;
mod order;
mod politeness;
mod resume;
