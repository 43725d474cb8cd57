//! Where words on the way go: sentences for a person on standard error, and log lines with fields where they are asked for.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{self, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt as lines};

use crate::args::{LogArgs, LogFormat, OutputArgs};
use crate::exit::Failure;
use crate::terminal::{SCREEN, is_steering};

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Decides for the whole process where words go.
///
/// # Errors
/// When the log file cannot be opened.
pub(crate) fn start(output: OutputArgs, log: &LogArgs) -> Result<(), Failure> {
    let level = if output.quiet {
        LevelFilter::WARN
    } else if output.verbose {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    let (layers, result) = match (&log.log_file, log.log_format) {
        (None, None) => (vec![person(level)], Ok(())),
        (None, Some(format)) => (vec![structured(Screen, format, level)], Ok(())),
        (Some(path), format) => match open(path) {
            Ok(file) => {
                let format = format.unwrap_or(LogFormat::Text);
                // A file that was asked for is to hold what happened, however quiet the terminal is.
                let at_least = level.max(LevelFilter::INFO);
                let file = LogFile {
                    file: Mutex::new(file),
                    is_broken: AtomicBool::new(false),
                };
                let file = structured(file, format, at_least);
                (vec![file, person(level)], Ok(()))
            }
            Err(e) => {
                let failure = Failure::io("open the log file", path, &e);
                (vec![person(level)], Err(failure))
            }
        },
    };
    // A second start (there is none) would leave the first in place.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    result
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // A log may hold names and phrases, which are nobody else's business.
        options.mode(0o600);
    }
    options.open(path)
}

/// What trawl itself says; the libraries below it have their own words, which nobody asked for.
fn ours(level: LevelFilter) -> Targets {
    Targets::new().with_target("trawl", level)
}

fn structured<W>(writer: W, format: LogFormat, level: LevelFilter) -> Boxed
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = lines::layer().with_writer(writer).with_ansi(false);
    match format {
        LogFormat::Text => layer
            .with_target(false)
            .fmt_fields(
                format::debug_fn(|writer, field, value| {
                    let value = clean(value);
                    match field.name() {
                        "message" => write!(writer, "{value}"),
                        name => write!(writer, "{name}={value}"),
                    }
                })
                .delimited(" "),
            )
            .with_filter(ours(level))
            .boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_target(false)
            .with_filter(ours(level))
            .boxed(),
    }
}

fn person(level: LevelFilter) -> Boxed {
    lines::layer()
        .event_format(Sentence)
        .with_writer(Screen)
        .with_filter(ours(level))
        .boxed()
}

/// Standard error, with the bars out of the way while something is written.
#[derive(Clone, Copy, Debug)]
struct Screen;

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A closed pipe is the reader's wish, not our failure.
        SCREEN.suspend(|| {
            let _ = io::stderr().write_all(bytes);
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Screen {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// One sentence a line, without time and fields; the level is a word in front where something is wrong.
#[derive(Debug)]
struct Sentence;

impl<S, N> FormatEvent<S, N> for Sentence
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said(String::new());
        event.record(&mut said);
        let front = match *event.metadata().level() {
            Level::ERROR => "error: ",
            Level::WARN => "warning: ",
            _ => "",
        };
        writeln!(writer, "{front}{}", said.0)
    }
}

/// The message of an event, with what could steer a terminal taken out: servers choose some of these words.
struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = clean(value);
        }
    }
}

/// A value as one line that steers no terminal.
fn clean(value: &dyn fmt::Debug) -> String {
    format!("{value:?}").replace(is_steering, "\u{fffd}")
}

/// The log file, which says once when it cannot be written any more.
#[derive(Debug)]
struct LogFile {
    file: Mutex<File>,
    is_broken: AtomicBool,
}

/// One writing to it.
#[derive(Debug)]
struct Appending<'f>(&'f LogFile);

impl Write for Appending<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(bytes)
            && !self.0.is_broken.swap(true, Ordering::Relaxed)
        {
            let text = format!("warning: cannot write the log file any more: {error}\n");
            Screen.write_all(text.as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'f> MakeWriter<'f> for LogFile {
    type Writer = Appending<'f>;

    fn make_writer(&'f self) -> Appending<'f> {
        Appending(self)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// What is written by a layer around `events`.
    fn written(format: Option<LogFormat>, events: impl FnOnce()) -> String {
        let buffer = Arc::new(Mutex::new(Vec::new()));
        let writer = {
            let buffer = Arc::clone(&buffer);
            move || Shared(Arc::clone(&buffer))
        };
        let layer: Boxed = match format {
            Some(format) => structured(writer, format, LevelFilter::INFO),
            None => lines::layer()
                .event_format(Sentence)
                .with_writer(writer)
                .with_filter(ours(LevelFilter::INFO))
                .boxed(),
        };
        tracing::subscriber::with_default(Registry::default().with(layer), events);
        let bytes = buffer.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_person_reads_sentences_that_no_server_can_bend() {
        let text = written(None, || {
            tracing::info!(host = "h", "blocked: \u{1b}[31mred\nwarning: fake");
            tracing::warn!("no contact");
            tracing::debug!("unseen");
            tracing::info!(target: "h2", "unseen");
        });
        assert_eq!(
            text,
            "blocked: \u{fffd}[31mred\u{fffd}warning: fake\nwarning: no contact\n"
        );
    }

    #[test]
    fn a_text_line_is_one_line_and_holds_its_fields() {
        let text = written(Some(LogFormat::Text), || {
            tracing::info!(host = "a\nb", url = %"x\ny", "pause\nof h");
        });
        let line = text.trim_end();
        assert!(!line.contains('\n'), "{text}");
        assert!(line.contains(" INFO pause\u{fffd}of h "), "{text}");
        assert!(line.contains("url=x\u{fffd}y"), "{text}");
        assert!(line.contains(r#"host="a\nb""#), "{text}");
    }

    #[test]
    fn a_program_reads_one_object_a_line_with_every_field() {
        let text = written(Some(LogFormat::Json), || {
            tracing::info!(host = "h", seconds = 1.5, "pause\nof h");
        });
        let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(line["host"], "h");
        assert_eq!(line["seconds"], 1.5);
        assert_eq!(line["message"], "pause\nof h");
        assert_eq!(line["level"], "INFO");
        assert!(line["timestamp"].is_string(), "{text}");
    }
}
