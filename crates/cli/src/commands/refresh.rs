//! `trawl refresh`: asks the engines again and adds what is new; made for cron.

use std::path::PathBuf;
use std::sync::Arc;

use trawl_crawler::Mode;

use super::crawl::{self, Job};
use super::record::{NAMES, RECORD, read_names, read_record};
use super::{estimate, terms};
use crate::args::{CrawlCommon, RefreshArgs};
use crate::audience::Metrics;
use crate::config::Layers;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::stop::Stop;

pub(super) fn run(args: RefreshArgs, output: Output) -> Result<Exit, Failure> {
    let root = locate::dataset(args.dir)?;
    if args.common.dry_run {
        return estimate::run(&plan(root, &args.common, None, output)?, output);
    }
    let file = args.common.metrics_file.clone();
    crawl::measured(file.as_deref(), &root, |metrics| {
        let job = plan(root.clone(), &args.common, metrics, output)?;
        let runtime = super::runtime()?;
        let stop = Stop::listen(&runtime);
        crawl::execute(&runtime, &stop, job, output)
    })
}

/// Reads what the dataset was crawled with and what is laid over it; nothing is written or requested yet.
fn plan(
    root: PathBuf,
    common: &CrawlCommon,
    metrics: Option<Arc<Metrics>>,
    output: Output,
) -> Result<Job, Failure> {
    let path = root.join(RECORD);
    let mut record = read_record(&root)?.ok_or_else(|| {
        Failure::nothing_there(format!(
            "{} was not made by `trawl crawl`: it has no {RECORD}; crawl into it first",
            root.display()
        ))
    })?;
    let mut layers = Layers::defaults();
    layers.record(&record.config, &path)?;
    crawl::apply_common(&mut layers, common)?;
    record.config = layers.finish()?;
    let names = if record.has_names {
        let names = read_names(&root)?;
        let list = root.join(NAMES);
        for warning in &names.warnings {
            output.warn(format!("{}: {warning}", list.display()));
        }
        Some(names.names)
    } else {
        None
    };
    let add = record.config.crawl.refresh_add;
    let time_limit = common.time_limit(&record.config);
    let engines = crawl::build_engines(&record, output)?;
    terms::announce(&record.config, &engines, output);
    Ok(Job {
        root,
        names,
        record,
        mode: Mode::Refresh { add },
        retry_failed: common.retry_failed,
        engines,
        time_limit,
        metrics,
    })
}
