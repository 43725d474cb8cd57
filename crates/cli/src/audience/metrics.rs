//! The metrics file: what monitoring reads of a crawl, in the text format of Prometheus, as the textfile collector of its node exporter takes it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use prometheus::core::{AtomicU64, GenericCounterVec, GenericGauge};
use prometheus::{
    Encoder, Gauge, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use trawl_crawler::{CrawlReport, Event};

use crate::commands::write_file;
use crate::exit::{Exit, Failure};

/// The file is written at most this often while a crawl runs.
const EVERY: Duration = Duration::from_secs(10);

/// What is kept from the file of the run before.
const SUCCESS: &str = "trawl_last_success_timestamp_seconds";

/// How a run ended, for the gauges that change only then.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ended {
    /// Number of the newest snapshot.
    pub(crate) snapshot: Option<u64>,
    /// Pictures it has.
    pub(crate) published: u64,
    /// Names under their minimum.
    pub(crate) under_minimum: usize,
    /// Names in all.
    pub(crate) names: usize,
    /// Whether all was asked that was to be, and somebody answered.
    pub(crate) is_success: bool,
}

/// The metrics of one run and where they are written.
#[derive(Debug)]
pub(crate) struct Metrics {
    path: PathBuf,
    registry: Registry,
    started: SystemTime,
    written: Mutex<Instant>,
    requests: IntCounterVec,
    retries: IntCounterVec,
    fetched: IntCounter,
    bytes: IntCounter,
    failures: IntCounterVec,
    fallbacks: IntCounter,
    pauses: IntCounter,
    pages: IntCounterVec,
    results: IntCounterVec,
    engine_up: IntGaugeVec,
    kept: IntGauge,
    running: IntGauge,
    duration: Gauge,
    success: GenericGauge<AtomicU64>,
}

type Vector = GenericCounterVec<AtomicU64>;

impl Metrics {
    /// Begins the metrics of a run, and sees that they can be written before anything is asked. `dataset` becomes a label of each,
    /// since one collector reads the files of several.
    ///
    /// # Errors
    /// When the file cannot be written, or is something else than a file.
    pub(crate) fn begin(path: &Path, dataset: &Path) -> Result<Self, Failure> {
        let path = &target(path)?;
        let labels = [("dataset".to_owned(), dataset.display().to_string())];
        let registry = Registry::new_custom(Some("trawl".to_owned()), Some(labels.into()))
            .expect("the prefix is a valid name");
        let counter = |name: &str, help: &str| {
            register(&registry, IntCounter::with_opts(Opts::new(name, help)))
        };
        let vector = |name: &str, help: &str, label: &str| -> Vector {
            register(
                &registry,
                IntCounterVec::new(Opts::new(name, help), &[label]),
            )
        };
        let gauge = |name: &str, help: &str| {
            register(&registry, IntGauge::with_opts(Opts::new(name, help)))
        };
        let started = SystemTime::now();
        let metrics = Self {
            path: path.to_owned(),
            started,
            written: Mutex::new(Instant::now()),
            requests: vector(
                "requests_total",
                "Requests sent in this run: for pictures, for pages of engines, for robots.txt and its like.",
                "kind",
            ),
            retries: vector(
                "retries_total",
                "Downloads that failed in this run and were to be tried again, by reason.",
                "reason",
            ),
            fetched: counter("downloads_total", "Pictures that arrived in this run."),
            bytes: counter("downloaded_bytes_total", "Bytes of them."),
            failures: vector(
                "failures_total",
                "Downloads that failed for good in this run, by reason.",
                "reason",
            ),
            fallbacks: counter(
                "fallbacks_total",
                "Downloads replaced by another copy of the same picture in this run.",
            ),
            pauses: counter(
                "host_pauses_total",
                "Times a host was left alone for a while in this run.",
            ),
            pages: vector(
                "engine_pages_total",
                "Pages an engine gave in this run.",
                "engine",
            ),
            results: vector("engine_results_total", "Results on them.", "engine"),
            engine_up: register(
                &registry,
                IntGaugeVec::new(
                    Opts::new(
                        "engine_up",
                        "1 when the engine's last answer in this run was a page, 0 when it was not.",
                    ),
                    &["engine"],
                ),
            ),
            kept: gauge("kept_pictures", "Pictures the catalog keeps."),
            running: gauge("running", "1 while a crawl is under way."),
            duration: register(
                &registry,
                Gauge::with_opts(Opts::new(
                    "run_duration_seconds",
                    "Time since this run began, until it ended.",
                )),
            ),
            success: register(
                &registry,
                GenericGauge::with_opts(Opts::new(
                    "last_success_timestamp_seconds",
                    "When a crawl last asked all that it was to ask, and was answered, as seconds since 1970; 0 when none has.",
                )),
            ),
            registry,
        };
        let begun = register(
            &metrics.registry,
            GenericGauge::<AtomicU64>::with_opts(Opts::new(
                "run_start_timestamp_seconds",
                "When this run began, as seconds since 1970.",
            )),
        );
        begun.set(unix(started));
        metrics.success.set(last_success(path).unwrap_or(0));
        Ok(metrics)
    }

    /// Writes the file a first time, when the dataset is ours: until then another run may be writing it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn start(&self) -> Result<(), Failure> {
        self.running.set(1);
        self.write()
    }

    /// Counts one event, and writes the file when that was long enough ago.
    pub(super) fn event(&self, event: &Event) {
        match event {
            Event::Started { .. } => self.requests.with_label_values(&["image"]).inc(),
            Event::Retrying { reject, .. } => {
                self.retries.with_label_values(&[reject.code()]).inc();
            }
            Event::Fetched { bytes, .. } => {
                self.fetched.inc();
                self.bytes.inc_by(*bytes);
            }
            Event::Rejected { reject, .. } => {
                self.failures.with_label_values(&[reject.code()]).inc();
            }
            Event::FellBack { .. } => self.fallbacks.inc(),
            Event::HostPaused { .. } => self.pauses.inc(),
            Event::PageFetched { engine, hits, .. } => {
                self.pages.with_label_values(&[engine]).inc();
                self.results
                    .with_label_values(&[engine])
                    .inc_by(u64::from(*hits));
                self.engine_up.with_label_values(&[engine]).set(1);
            }
            Event::EngineState { engine, .. } => {
                self.engine_up.with_label_values(&[engine]).set(0);
            }
            _ => {}
        }
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.elapsed() >= EVERY {
            *written = Instant::now();
            drop(written);
            if let Err(failure) = self.write() {
                tracing::warn!("{failure}");
            }
        }
    }

    /// Sets how many pictures the catalog keeps.
    pub(super) fn kept(&self, kept: u64) {
        self.kept.set(i64::try_from(kept).unwrap_or(i64::MAX));
    }

    /// Sets what is known when a crawl is over: requests that have no event of their own, and what was published.
    pub(crate) fn conclude(&self, report: &CrawlReport, ended: Ended) {
        let counters = &report.counters;
        for (kind, count) in [
            ("page", counters.page_requests),
            ("site", counters.site_requests),
        ] {
            self.requests.with_label_values(&[kind]).inc_by(count);
        }
        if ended.is_success {
            self.success.set(unix(SystemTime::now()));
        }
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let gauges = [
            ("names", "Names of the list.", count(ended.names)),
            (
                "names_under_minimum",
                "Names with fewer published pictures than crawl.min_per_name.",
                count(ended.under_minimum),
            ),
            (
                "published_pictures",
                "Pictures of the newest snapshot.",
                i64::try_from(ended.published).unwrap_or(i64::MAX),
            ),
        ];
        let number = ended.snapshot.and_then(|number| i64::try_from(number).ok());
        let number =
            number.map(|number| ("snapshot_number", "Number of the newest snapshot.", number));
        for (name, help, value) in gauges.into_iter().chain(number) {
            register(&self.registry, IntGauge::with_opts(Opts::new(name, help))).set(value);
        }
    }

    /// Writes the file a last time, with the exit code; but leaves it to the run that holds the dataset when that is another.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn end(&self, exit: Exit) -> Result<(), Failure> {
        if exit == Exit::Locked {
            return Ok(());
        }
        let code = exit as u8;
        self.running.set(0);
        let exit = IntGauge::with_opts(Opts::new("exit_code", "How the last run ended."));
        register(&self.registry, exit).set(i64::from(code));
        self.write()
    }

    fn write(&self) -> Result<(), Failure> {
        self.duration
            .set(self.started.elapsed().unwrap_or_default().as_secs_f64());
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .map_err(|e| Failure::failed(format!("cannot write metrics: {e}")))?;
        write_file(&self.path, &text)
    }
}

fn register<C: prometheus::core::Collector + Clone + 'static>(
    registry: &Registry,
    made: prometheus::Result<C>,
) -> C {
    let made = made.expect("names and labels are constants");
    registry
        .register(Box::new(made.clone()))
        .expect("each name is registered once");
    made
}

/// The file that is written: what a link leads to, and nothing that is no file or lies in no folder.
fn target(path: &Path) -> Result<PathBuf, Failure> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    if path.exists() && !path.is_file() || folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(Failure::usage(format!(
            "cannot write metrics to {}: it must be a file of its own in a folder that is there",
            path.display()
        )));
    }
    Ok(path)
}

fn unix(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Reads from the file of the run before when a run last succeeded.
fn last_success(path: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(SUCCESS))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use trawl_crawler::Reject;

    use super::*;

    #[test]
    fn the_file_is_whole_from_the_start_and_keeps_the_last_success_through_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trawl.prom");
        let read = || std::fs::read_to_string(&path).unwrap();
        let metrics = Metrics::begin(&path, Path::new("data/x")).unwrap();
        metrics.start().unwrap();
        assert!(
            read().contains("trawl_running{dataset=\"data/x\"} 1\n"),
            "{}",
            read()
        );
        metrics.event(&Event::Rejected {
            url: "http://a/b.jpg".to_owned(),
            host: "http://a".to_owned(),
            reject: Reject::NotFound("status 404".to_owned()),
            tries: 1,
        });
        metrics.event(&Event::Fetched {
            url: "http://a/c.jpg".to_owned(),
            host: "http://a".to_owned(),
            bytes: 1234,
            tries: 1,
        });
        let counters = trawl_crawler::Counters::default();
        let report = CrawlReport {
            names: Vec::new(),
            engines: Vec::new(),
            counters,
        };
        let ended = Ended {
            is_success: true,
            ..Ended::default()
        };
        metrics.conclude(&report, ended);
        metrics.end(Exit::Partial).unwrap();
        let text = read();
        for line in [
            "trawl_failures_total{reason=\"not-found\",dataset=\"data/x\"} 1\n",
            "trawl_downloaded_bytes_total{dataset=\"data/x\"} 1234\n",
            "trawl_exit_code{dataset=\"data/x\"} 3\n",
            "trawl_running{dataset=\"data/x\"} 0\n",
            "# TYPE trawl_failures_total counter\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
        let success = last_success(&path).unwrap();
        assert!(unix(SystemTime::now()) - success < 60);

        let failing = Metrics::begin(&path, Path::new("data/x")).unwrap();
        failing.end(Exit::Locked).unwrap();
        assert!(read().contains("exit_code{dataset=\"data/x\"} 3\n"));
        failing.end(Exit::Failed).unwrap();
        assert_eq!(last_success(&path), Some(success));
        assert!(read().contains("trawl_exit_code{dataset=\"data/x\"} 1\n"));
    }

    #[test]
    fn a_path_that_cannot_be_written_fails_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("none").join("trawl.prom");
        let failure = Metrics::begin(&path, Path::new("x")).unwrap_err();
        assert!(failure.to_string().contains("trawl.prom"), "{failure}");
        let failure = Metrics::begin(Path::new("/dev/null"), Path::new("x")).unwrap_err();
        assert!(failure.to_string().contains("/dev/null"), "{failure}");
    }
}
