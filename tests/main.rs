//! Integration tests: the program as a person runs it, against real servers on loopback. One binary, one file a concern.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]
#![expect(clippy::print_stdout, reason = "figures for a person to read")]

/// A site, a folder and the program, ready to use.
mod support;

/// What a crawl tells of itself: tables, log, metrics.
mod account;
/// Who may depend on whom, and on what.
mod architecture;
/// Kill -9 at random moments, and resuming.
mod crash;
/// Whole crawls of the gallery: order, resume, refresh, limits.
mod crawl;
/// Bad input: names, folders, catalogs, weights, pictures.
mod damage;
/// The demo from start to end, and training beyond it.
mod demo;
/// What works and what does not, in each state of an engine and without a network.
mod doctor;
/// What a crawl will take, told without a request or a file.
mod dry_run;
/// Engines that files describe.
mod engines;
/// The formats of other programs, there and back.
mod export;
/// Every picture format, from a server to the dataset.
mod formats;
/// What websites say against being crawled: obeyed, overridden, told.
mod optouts;
/// The page of a dataset.
mod report;
/// Taking back what was thrown out.
mod restore;
/// Failures that pass, and what brings them back.
mod retry;
/// How fast pictures come through the whole program.
mod throughput;
/// Flags, help and configuration before anything runs.
mod usage;
/// Damage of every kind, found and named.
mod verify;
