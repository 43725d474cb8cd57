//! `trawl snapshot`: publishes what the catalog holds now, finished crawl or not.

use serde_json::json;
use trawl_crawler::parse_names;
use trawl_dataset::{Dataset, summarize};

use super::publish;
use super::record::{NAMES, RECORD, Record};
use crate::args::DatasetArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;

pub(super) fn run(args: DatasetArgs, output: Output) -> Result<Exit, Failure> {
    let root = locate::dataset(args.dir)?;
    let mut dataset = Dataset::open(&root)?;
    locate::announce_dataset(&root, output);
    let list = root.join(NAMES);
    let names = match std::fs::read(&list) {
        Ok(bytes) => parse_names(&bytes)
            .map_err(|e| Failure::usage(format!("{}: {e}", list.display())))?
            .names
            .into_iter()
            .map(|name| name.label)
            .collect(),
        Err(_) => dataset.labels()?,
    };
    let publication = dataset.publish(&names)?;
    drop(dataset);
    let summary = summarize(&root)?;
    let page = publish::write_report(&root, &summary, &std::collections::BTreeMap::new(), false)?;
    output.line(publish::published_line(&publication));
    output.line(format!("report {page}"));
    output.object(&json!({
        "dataset": root.display().to_string(),
        "snapshot": publication.snapshot.id,
        "changed": publication.changed,
        "report": page,
    }));
    Ok(Exit::Done)
}

/// The goal and minimum a dataset was crawled with, for those who only look at it.
pub(super) fn goals(root: &std::path::Path) -> (Option<u32>, u32) {
    std::fs::read_to_string(root.join(RECORD))
        .ok()
        .and_then(|text| serde_json::from_str::<Record>(&text).ok())
        .map_or((None, 0), |record| {
            (record.goal, record.config.crawl.min_per_name)
        })
}
