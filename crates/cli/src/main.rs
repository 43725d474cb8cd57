//! `trawl`: from a list of names to a trained image classifier.

mod args;
mod audience;
mod commands;
mod config;
mod exit;
mod locate;
mod log;
mod output;
mod page;
mod pipeline;
mod reasons;
mod stop;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::exit::Exit;
use crate::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not errors; clap prints both kinds to the right stream and knows the code (0 or 2).
            let _ = error.print();
            if error.use_stderr() && std::env::args_os().any(|word| word == "--json") {
                let text = error.to_string();
                let first = text.lines().next().unwrap_or_default();
                let first = first.strip_prefix("error: ").unwrap_or(first);
                Output::json().object(&serde_json::json!({ "error": first }));
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let output = Output::new(cli.output, &cli.log);
    let result = log::start(cli.output, &cli.log).and_then(|()| commands::run(cli.command, output));
    match result {
        Ok(Exit::Done) if output::is_lost() => Exit::Failed.into(),
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.error(failure.to_string());
            failure.exit.into()
        }
    }
}
