//! Whole crawls against a scripted server on loopback.
//!
//! - `order`: the same candidates in the same order, whatever the timing
//! - `politeness`: retries, pauses and limits, counted at the server
//! - `hostile`: every kind of bad answer ends with its own reason
//! - `resume`: interruptions, refreshes and shared URLs
//! - `retry`: failures that are taken back
//! - `kill`: what a kill between any two steps costs
//! - `load`: how much memory and time ten million candidates take
//! - `engines`: pages, their states and local sources

mod engines;
mod hostile;
mod kill;
mod load;
mod order;
mod politeness;
mod resume;
mod retry;
