//! The only place that prints results; words on the way go to the log, see [`crate::log`].

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::args::{LogArgs, OutputArgs};
use crate::terminal::is_steering;

/// Where words go: results to standard output, everything else to the log, which is standard error unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    /// Whether bars may move on standard error: nothing else is to be read there.
    bars: bool,
}

impl Output {
    pub(crate) fn new(args: OutputArgs, log: &LogArgs) -> Self {
        Self {
            json: args.json,
            quiet: args.quiet,
            bars: !args.quiet
                && !args.verbose
                && (log.log_format.is_none() || log.log_file.is_some()),
        }
    }

    /// For what must be said before the flags are known.
    pub(crate) fn json() -> Self {
        Self {
            json: true,
            quiet: false,
            bars: false,
        }
    }

    /// A line of the result, for the person; with `--json` the object says it instead.
    ///
    /// Whatever could steer the terminal is taken out, since names, hosts and what engines say are not all of our making.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        if !self.json && !self.quiet {
            write_line(&shown(text.as_ref()));
        }
    }

    /// A line of the result that says what is wrong; with `--quiet` it is a warning, since that is when it is to be heard.
    pub(crate) fn problem(self, text: impl AsRef<str>) {
        if self.quiet {
            tracing::warn!("{}", text.as_ref().trim_start());
        } else {
            self.line(text);
        }
    }

    /// A remark about the way, not the result.
    #[expect(
        clippy::unused_self,
        reason = "all words go through an Output, so that a reader finds them"
    )]
    pub(crate) fn note(self, text: impl AsRef<str>) {
        tracing::info!("{}", text.as_ref());
    }

    /// Something the person should know although the run goes on; shown even with `--quiet`.
    #[expect(
        clippy::unused_self,
        reason = "all words go through an Output, so that a reader finds them"
    )]
    pub(crate) fn warn(self, text: impl AsRef<str>) {
        tracing::warn!("{}", text.as_ref());
    }

    /// Details, only with `--verbose`.
    #[expect(
        clippy::unused_self,
        reason = "all words go through an Output, so that a reader finds them"
    )]
    pub(crate) fn detail(self, text: impl AsRef<str>) {
        tracing::debug!("{}", text.as_ref());
    }

    /// Why the command failed, in one line.
    pub(crate) fn error(self, text: impl AsRef<str>) {
        let line = text
            .as_ref()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if self.json {
            self.object(&serde_json::json!({ "error": line }));
        }
        tracing::error!("{line}");
    }

    /// The result as one JSON object, only with `--json`.
    pub(crate) fn object(self, value: &impl Serialize) {
        if self.json {
            let text =
                serde_json::to_string(value).unwrap_or_else(|e| format!("{{\"error\":\"{e}\"}}"));
            write_line(&text);
        }
    }

    /// Whether moving bars make sense: a person looks at a terminal.
    pub(crate) fn bars(self) -> bool {
        self.bars && std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
    }
}

/// Whether some result could not be written.
static LOST: AtomicBool = AtomicBool::new(false);

/// Says whether some result could not be written, so that a full disk does not pass for success.
pub(crate) fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

fn write_line(text: &str) {
    let mut stream = std::io::stdout().lock();
    if let Err(error) = writeln!(stream, "{text}") {
        // A closed pipe (`trawl status | head`) is the reader's wish, not our failure.
        if error.kind() != ErrorKind::BrokenPipe && !LOST.swap(true, Ordering::Relaxed) {
            tracing::error!("cannot write the result to standard output: {error}");
        }
    }
}

/// A text with a mark in the place of each character that steers a terminal, but the ends of lines.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| {
            if is_steering(c) && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}
