//! The only place that prints.

use std::io::{IsTerminal, Write};

use serde::Serialize;

use crate::args::OutputArgs;

/// Where words go: results to standard output, everything else to standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    verbose: bool,
}

impl Output {
    pub(crate) fn new(args: OutputArgs) -> Self {
        Self {
            json: args.json,
            quiet: args.quiet,
            verbose: args.verbose,
        }
    }

    /// For what must be said before the flags are known.
    pub(crate) fn json() -> Self {
        Self {
            json: true,
            quiet: false,
            verbose: false,
        }
    }

    /// A line of the result, for the person; with `--json` the object says it instead.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        if !self.json && !self.quiet {
            write_line(std::io::stdout().lock(), text.as_ref());
        }
    }

    /// A remark about the way, not the result.
    pub(crate) fn note(self, text: impl AsRef<str>) {
        if !self.quiet {
            write_line(std::io::stderr().lock(), text.as_ref());
        }
    }

    /// Something the person should know although the run goes on; shown even with `--quiet`.
    #[expect(
        clippy::unused_self,
        reason = "all words go through an Output, so that a reader finds them"
    )]
    pub(crate) fn warn(self, text: impl AsRef<str>) {
        write_line(
            std::io::stderr().lock(),
            &format!("warning: {}", text.as_ref()),
        );
    }

    /// Details, only with `--verbose`.
    pub(crate) fn detail(self, text: impl AsRef<str>) {
        if self.verbose {
            write_line(std::io::stderr().lock(), text.as_ref());
        }
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
        write_line(std::io::stderr().lock(), &format!("error: {line}"));
    }

    /// The result as one JSON object, only with `--json`.
    pub(crate) fn object(self, value: &impl Serialize) {
        if self.json {
            let text =
                serde_json::to_string(value).unwrap_or_else(|e| format!("{{\"error\":\"{e}\"}}"));
            write_line(std::io::stdout().lock(), &text);
        }
    }

    /// Whether moving bars make sense: a person looks at a terminal.
    pub(crate) fn bars(self) -> bool {
        !self.quiet
            && !self.verbose
            && std::io::stderr().is_terminal()
            && std::env::var_os("NO_COLOR").is_none()
    }
}

/// A closed pipe (`trawl status | head`) is the reader's wish, not our failure.
fn write_line(mut stream: impl Write, text: &str) {
    let _ = writeln!(stream, "{text}");
}
