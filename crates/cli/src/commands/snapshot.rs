//! `trawl snapshot`: publishes what the catalog holds now, finished crawl or not.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use trawl_crawler::parse_names;
use trawl_dataset::{Dataset, Publication, summarize};

use super::publish;
use super::record::{NAMES, RECORD, Record, write_record};
use crate::args::SnapshotArgs;
use crate::config::Layers;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;

pub(super) fn run(args: SnapshotArgs, output: Output) -> Result<Exit, Failure> {
    let root = locate::dataset(args.dir)?;
    let mut dataset = Dataset::open(&root)?;
    locate::announce_dataset(&root, output);
    if let Some(file) = &args.config {
        adopt(&mut dataset, &root, file)?;
    }
    let publication = publish_listed(&mut dataset, &root)?;
    drop(dataset);
    let page = write_page(&root)?;
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

/// Takes over what a file says about datasets, and writes it down for later refreshes.
fn adopt(dataset: &mut Dataset, root: &Path, file: &Path) -> Result<(), Failure> {
    let path = root.join(RECORD);
    let mut record = std::fs::read_to_string(&path)
        .ok()
        .map(|text| {
            serde_json::from_str::<Record>(&text).map_err(|e| {
                Failure::failed(format!(
                    "{} is damaged: {e}; run `trawl crawl` with the same names to write it again",
                    path.display()
                ))
            })
        })
        .transpose()?;
    let mut layers = Layers::defaults();
    if let Some(record) = &record {
        layers.record(&record.config, &path)?;
    }
    layers.file(file)?;
    let config = layers.finish()?;
    let mut settings = config.dataset_settings();
    let made_with = &dataset.settings().preparation;
    if settings.preparation.fit != made_with.fit
        || settings.preparation.margin != made_with.margin
        || settings.preparation.jpeg_quality != made_with.jpeg_quality
    {
        return Err(Failure::usage(format!(
            "{} cannot change how the pictures of {} were prepared ({}); leave fit, margin and jpeg_quality away, or crawl into another folder",
            file.display(),
            root.display(),
            made_with.name()
        )));
    }
    settings.preparation = made_with.clone();
    dataset.adopt(&settings)?;
    if let Some(record) = &mut record {
        record.config.dataset = config.dataset;
        record.config.quality = config.quality;
        write_record(root, record)?;
    }
    Ok(())
}

/// Publishes under the names of the dataset's own list, else under those that it was last published with: names that have left stay away.
pub(super) fn publish_listed(dataset: &mut Dataset, root: &Path) -> Result<Publication, Failure> {
    let list = root.join(NAMES);
    let names = match std::fs::read(&list) {
        Ok(bytes) => parse_names(&bytes)
            .map_err(|e| Failure::usage(format!("{}: {e}", list.display())))?
            .names
            .into_iter()
            .map(|name| name.label)
            .collect(),
        Err(_) => dataset.listed_names()?,
    };
    Ok(dataset.publish(&names)?)
}

/// Writes the report of a dataset that no crawl has just worked on.
pub(super) fn write_page(root: &Path) -> Result<String, Failure> {
    publish::write_report(root, &summarize(root)?, &BTreeMap::new(), false)
}

/// The goal and minimum a dataset was crawled with, for those who only look at it.
pub(super) fn goals(root: &Path) -> (Option<u32>, u32) {
    std::fs::read_to_string(root.join(RECORD))
        .ok()
        .and_then(|text| serde_json::from_str::<Record>(&text).ok())
        .map_or((None, 0), |record| {
            (record.goal, record.config.crawl.min_per_name)
        })
}
