//! One file a command; each returns how it ended.

mod account;
mod crawl;
mod demo;
mod diff;
mod doctor;
mod ending;
mod estimate;
mod evaluate;
mod export;
mod filters;
mod folder;
mod gallery;
mod import;
mod notes;
mod place;
mod predict;
mod publish;
mod record;
mod refresh;
mod report;
mod restore;
mod retry;
mod snapshot;
mod status;
mod terms;
mod train;
mod verify;

pub(crate) use publish::{duplicates, unfit, write_file};
pub(crate) use terms::lines as term_lines;

use crate::args::Command;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Runs a command.
///
/// # Errors
/// Why it failed, with the exit code that scripts rely on.
pub(crate) fn run(command: Command, output: Output) -> Result<Exit, Failure> {
    match command {
        Command::Crawl(args) => crawl::run(&args, output),
        Command::Refresh(args) => refresh::run(args, output),
        Command::Doctor(args) => doctor::run(&args, output),
        Command::Snapshot(args) => snapshot::run(args, output),
        Command::Status(args) => status::run(args, output),
        Command::Report(args) => report::run(args, output),
        Command::Verify(args) => verify::run(args, output),
        Command::Diff(args) => diff::run(&args, output),
        Command::Restore(args) => restore::run(&args, output),
        Command::Export(args) => export::run(args, output),
        Command::Import(args) => import::run(&args, output),
        Command::Train(args) => train::run(args, output),
        Command::Evaluate(args) => evaluate::run(&args, output),
        Command::Predict(args) => predict::run(&args, output),
        Command::Gallery(args) => gallery::run(args, output),
        Command::Demo(args) => demo::run(&args, output),
    }
}

/// The runtime of a command: I/O only, so two workers do.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::failed(format!("cannot start the I/O runtime: {e}")))
}
