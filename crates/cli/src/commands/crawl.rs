//! `trawl crawl`: names to a published dataset.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use trawl_crawler::{
    Crawl, CrawlError, EngineSpec, Mode, Name, SearchEngine, build_engine, parse_names,
};
use trawl_dataset::{Dataset, Intake, Standing};

use super::record::{NAMES, RECORD, Record, write_record};
use super::{estimate, filters, folder, notes, publish, retry, terms};
use crate::args::{CrawlArgs, CrawlCommon};
use crate::audience::{Audience, Metrics};
use crate::config::{Config, Layers, keys};
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::pipeline::harvest;
use crate::stop::Stop;

/// What one crawl works on, however it was asked for (crawl, refresh, demo).
#[derive(Debug)]
pub(super) struct Job {
    pub(super) root: PathBuf,
    pub(super) names: Option<Vec<Name>>,
    pub(super) record: Record,
    pub(super) mode: Mode,
    /// Whether downloads that failed before are tried again.
    pub(super) retry_failed: bool,
    /// Those of the record, built.
    pub(super) engines: Vec<Box<dyn SearchEngine>>,
    /// When this run ends at the latest; a flag's limit is of this run alone and not recorded.
    pub(super) time_limit: Option<Duration>,
    /// Where it is counted for monitoring, when that is wanted.
    pub(super) metrics: Option<Arc<Metrics>>,
}

pub(super) fn run(args: &CrawlArgs, output: Output) -> Result<Exit, Failure> {
    let root = root_of(args)?;
    if args.common.dry_run {
        let (job, _) = plan(args, root, None, output)?;
        return estimate::run(&job, output);
    }
    measured(args.common.metrics_file.as_deref(), &root, |metrics| {
        let (job, names) = plan(args, root.clone(), metrics, output)?;
        settle(&job, names)?;
        let runtime = super::runtime()?;
        let stop = Stop::listen(&runtime);
        execute(&runtime, &stop, job, output)
    })
}

/// Runs a crawl or refresh of `root` with a metrics file around it, which gets the exit code whatever happens.
pub(super) fn measured(
    file: Option<&Path>,
    root: &Path,
    run: impl FnOnce(Option<Arc<Metrics>>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let Some(file) = file else {
        return run(None);
    };
    let metrics = Arc::new(Metrics::begin(file, root)?);
    let result = run(Some(Arc::clone(&metrics)));
    let exit = match &result {
        Ok(exit) => *exit,
        Err(failure) => failure.exit,
    };
    let written = metrics.end(exit);
    // What the crawl itself has to say comes first.
    result.and_then(|exit| written.map(|()| exit))
}

/// The dataset folder that flags mean.
fn root_of(args: &CrawlArgs) -> Result<PathBuf, Failure> {
    match (&args.out, &args.names) {
        (Some(out), _) => Ok(out.clone()),
        (None, Some(names)) => locate::dataset_of(names),
        (None, None) => Err(Failure::usage(
            "give a names file (one name a line); without one, name the dataset folder with --out DIR and a source with names of its own with --engine",
        )),
    }
}

/// Reads flags, configuration and names, and gives the names file's bytes as well; nothing is written or requested yet.
fn plan(
    args: &CrawlArgs,
    root: PathBuf,
    metrics: Option<Arc<Metrics>>,
    output: Output,
) -> Result<(Job, Option<Vec<u8>>), Failure> {
    let mut layers = Layers::defaults();
    // What `snapshot --config` changed, or another configuration said, holds until one says otherwise.
    let path = root.join(RECORD);
    if let Some(before) = before(&path) {
        layers.dataset(&before.config, &path)?;
    }
    apply_common(&mut layers, &args.common)?;
    if !args.engines.is_empty() {
        layers.flag("crawl.engines", args.engines.clone())?;
    }
    if let Some(goal) = args.per_name {
        layers.flag("crawl.per_name", i64::from(goal))?;
    }
    filters::apply(&mut layers, &args.search)?;
    let config = clamp_minimum(layers, args.per_name)?;
    let engines = config
        .crawl
        .engines
        .iter()
        .map(|engine| absolute_engine(engine))
        .collect::<Result<Vec<_>, _>>()?;
    if engines.is_empty() {
        return Err(Failure::usage(format!(
            "no engine is named; use --engine {}",
            EngineSpec::FORMS
        )));
    }
    if args.label.is_some() && !engines.iter().any(|engine| engine.starts_with("urls:")) {
        return Err(Failure::usage("--label goes with --engine urls:FILE only"));
    }
    let local = engines.iter().all(|engine| is_local(engine));
    let (names, bytes) = match (&args.names, local) {
        (Some(path), _) => {
            let bytes = std::fs::read(path).map_err(|e| {
                Failure::usage(format!(
                    "cannot read the names file {}: {e}; give a text file with one name a line",
                    path.display()
                ))
            })?;
            let names = parse_names(&bytes)
                .map_err(|e| Failure::usage(format!("{}: {e}", path.display())))?;
            for warning in &names.warnings {
                output.warn(format!("{}: {warning}", path.display()));
            }
            (Some(names.names), Some(bytes))
        }
        (None, true) => (None, None),
        (None, false) => {
            return Err(Failure::usage(
                "which names? give a names file (one name a line), or a source that brings its own labels: --engine folder:PATH or urls:FILE",
            ));
        }
    };
    let goal = if names.is_none() {
        args.per_name
    } else {
        Some(config.crawl.per_name)
    };
    if config.crawl.contact.trim().is_empty() && !local && !engines.iter().any(|e| e == "gallery") {
        output.warn("no contact is set: engines and webmasters cannot reach you, and some refuse; use --contact or crawl.contact");
    }
    folder::check(&root)?;
    let time_limit = args.common.time_limit(&config);
    let record = Record {
        version: 1,
        engines,
        label: args.label.clone(),
        has_names: names.is_some(),
        goal,
        config,
    };
    let built = build_engines(&record, output)?;
    terms::announce(&record.config, &built, output);
    warn_of_other_engines(&root, &record, output);
    let job = Job {
        root,
        names,
        record,
        mode: Mode::Continue,
        retry_failed: args.common.retry_failed,
        engines: built,
        time_limit,
        metrics,
    };
    Ok((job, bytes))
}

/// Makes the dataset's folder and writes down what is crawled into it.
fn settle(job: &Job, names: Option<Vec<u8>>) -> Result<(), Failure> {
    let root = &job.root;
    std::fs::create_dir_all(root).map_err(|e| Failure::io("create", root, &e))?;
    // The lock is taken before anything is written, so that a second run does not change the names under the first.
    drop(Dataset::create(
        root,
        &job.record.config.dataset_settings(),
    )?);
    if let Some(bytes) = names {
        publish::write_file(&root.join(NAMES), &bytes)?;
    }
    write_record(root, &job.record)
}

/// Builds the engines of a record and sees that they can be asked; nothing is written or requested.
pub(super) fn build_engines(
    record: &Record,
    output: Output,
) -> Result<Vec<Box<dyn SearchEngine>>, Failure> {
    if record
        .engines
        .iter()
        .any(|engine| engine.starts_with("folder:"))
        && !record.config.crawl_settings().licenses.is_any()
    {
        return Err(Failure::usage(
            "a folder tells no licences, so --license (search.license) cannot hold there; leave it away, or give a list with a license column (--engine urls:FILE)",
        ));
    }
    let mut specs: Vec<EngineSpec> = record
        .engines
        .iter()
        .map(|engine| engine.parse())
        .collect::<Result<_, CrawlError>>()?;
    for spec in &mut specs {
        if let EngineSpec::Urls { label, .. } = spec {
            label.clone_from(&record.label);
        }
    }
    let notes = notes::read(&specs)?;
    let options = record.config.engine_options(keys::from_environment(&notes));
    for note in &notes {
        output.note(notes::said(note));
    }
    let engines = specs
        .iter()
        .map(|spec| build_engine(spec, &options))
        .collect::<Result<Vec<_>, CrawlError>>()?;
    Crawl::check(&record.config.crawl_settings(), &engines, record.has_names)?;
    Ok(engines)
}

/// How a dataset was crawled last; nothing where nobody can say, since a crawl writes it down anew.
fn before(path: &Path) -> Option<Record> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// A dataset remembers its engines for refreshes, so that a change of them should not go unseen.
fn warn_of_other_engines(root: &Path, record: &Record, output: Output) {
    if let Some(before) =
        before(&root.join(RECORD)).filter(|before| before.engines != record.engines)
    {
        output.warn(format!(
            "{} was crawled from {} before and is now from {}; refreshes will ask the latter",
            root.display(),
            before.engines.join(", "),
            record.engines.join(", ")
        ));
    }
}

/// Flags that crawl and refresh share, and the layers under them.
pub(super) fn apply_common(layers: &mut Layers, common: &CrawlCommon) -> Result<(), Failure> {
    if let Some(file) = &common.config {
        layers.file(file)?;
    }
    layers.environment(
        std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
    )?;
    if let Some(contact) = &common.contact {
        layers.flag("crawl.contact", contact.clone())?;
    }
    if common.allow_private_hosts {
        layers.flag("crawl.allow_private_hosts", true)?;
    }
    terms::apply(layers, common.opt_outs)
}

/// `--per-name 5` with the default minimum of 10 means a minimum of 5, not an error about a key nobody set.
fn clamp_minimum(layers: Layers, per_name: Option<u32>) -> Result<Config, Failure> {
    match (layers.integer("crawl.min_per_name"), per_name) {
        (Some(minimum), Some(goal)) if minimum > i64::from(goal) => {
            let mut layers = layers;
            layers.flag("crawl.min_per_name", i64::from(goal))?;
            layers.finish()
        }
        _ => layers.finish(),
    }
}

fn is_local(engine: &str) -> bool {
    engine.starts_with("folder:") || engine.starts_with("urls:")
}

/// Local sources and files of engines are recorded with absolute paths, since cron runs a refresh from elsewhere.
pub(super) fn absolute_engine(engine: &str) -> Result<String, Failure> {
    for kind in ["custom:", "folder:", "urls:"] {
        if let Some(path) = engine.strip_prefix(kind) {
            let full = std::fs::canonicalize(path).map_err(|e| {
                Failure::usage(format!("cannot read {path} of --engine {engine}: {e}"))
            })?;
            return Ok(format!("{kind}{}", full.display()));
        }
    }
    engine
        .parse::<EngineSpec>()
        .map_err(|e| Failure::usage(e.to_string()))?;
    Ok(engine.to_owned())
}

/// Crawls, publishes, shows. Everything is resumable at any instruction.
pub(super) fn execute(
    runtime: &tokio::runtime::Runtime,
    stop: &Stop,
    mut job: Job,
    output: Output,
) -> Result<Exit, Failure> {
    let engines = std::mem::take(&mut job.engines);
    let job = &job;
    let config = &job.record.config;
    let mut dataset = Dataset::create(&job.root, &config.dataset_settings())?;
    if let Some(metrics) = &job.metrics {
        metrics.start()?;
    }
    locate::announce_dataset(&job.root, output);
    let mut crawl = Crawl::open(
        &job.root.join("crawl.db"),
        config.crawl_settings(),
        engines,
        job.names.clone(),
        job.mode,
    )?;
    let names: Vec<String> = crawl
        .names()
        .iter()
        .map(|name| name.label.clone())
        .collect();
    if names.is_empty() {
        return Err(Failure::usage(
            "the source has no labels: a folder needs one sub-folder a name, a list a label column or --label",
        ));
    }
    dataset.crawl_under(&terms::of(config))?;
    let intakes = intakes(&crawl, &dataset, job)?;
    let mut standing = dataset.begin(&intakes)?;
    crawl.reconcile(|label, url| dataset.knows(label, url).map_err(Failure::from))?;
    for progress in &standing {
        crawl.recheck(&progress.label, progress.next_seq, |url| {
            Ok::<_, Failure>((
                dataset.knows(&progress.label, url)?,
                dataset.knows_url(url)?,
            ))
        })?;
    }
    if job.retry_failed {
        standing = retry::take_back(&mut crawl, &mut dataset, &intakes, output)?;
    }
    let kept: u64 = standing.iter().map(|name| u64::from(name.kept)).sum();
    if kept > 0 && standing.iter().any(|name| name.remaining != Some(0)) {
        output.line(format!("pictures kept before: {kept}"));
    }
    let audience = Audience::new(output, &standing, job.metrics.clone());

    let harvested = runtime.block_on(async {
        let budget = job.time_limit.map(|limit| time_limit(limit, stop.clone()));
        let result = harvest(
            crawl,
            dataset,
            standing,
            config.dataset_settings().preparation,
            config.memory.decode.0,
            audience,
            stop,
        )
        .await;
        if let Some(timer) = budget {
            timer.abort();
        }
        result
    });
    publish::conclude(harvested?, job, &names, stop, output)
}

/// Goals by name. A refresh takes what brings a name to its goal and `refresh_add` more.
fn intakes(crawl: &Crawl, dataset: &Dataset, job: &Job) -> Result<Vec<Intake>, Failure> {
    crawl
        .starts()
        .into_iter()
        .map(|start| {
            let goal = match (job.record.goal, start.refresh) {
                (Some(goal), true) => Some(match dataset.standing(&start.label)? {
                    // A refresh that was interrupted goes on with the goal it began with, else each kill would raise it.
                    Some(Standing {
                        intake:
                            Intake {
                                goal: Some(begun),
                                from_seq,
                                ..
                            },
                        ..
                    }) if crawl.is_resumed() && from_seq == start.from_seq => begun,
                    standing => standing
                        .map_or(0, |s| s.kept)
                        .max(goal)
                        .saturating_add(job.record.config.crawl.refresh_add),
                }),
                (goal, _) => goal,
            };
            Ok(Intake {
                label: start.label,
                goal,
                from_seq: start.from_seq,
            })
        })
        .collect()
}

fn time_limit(limit: Duration, stop: Stop) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        tokio::time::sleep(limit).await;
        stop.ask();
    })
}
