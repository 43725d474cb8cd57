//! `trawl status`: what a dataset holds, without touching it.

use std::collections::BTreeMap;

use trawl_dataset::summarize;

use super::{publish, snapshot, terms};
use crate::args::DatasetArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;

pub(super) fn run(args: DatasetArgs, output: Output) -> Result<Exit, Failure> {
    let root = locate::dataset(args.dir)?;
    let summary = summarize(&root)?;
    locate::announce_dataset(&root, output);
    let (goal, minimum) = snapshot::goals(&root);
    publish::show(&summary, &BTreeMap::new(), goal, minimum, output);
    let crawled = terms::lines(&summary.terms);
    if !crawled.is_empty() {
        output.line("\ncrawled under");
        for line in crawled {
            output.line(format!("  {line}"));
        }
    }
    if let Some(damage) = &summary.damage {
        output.warn(damage);
    }
    match &summary.snapshot {
        _ if summary.damage.is_some() => {}
        Some(snapshot) => output.line(format!("\nsnapshot {} ({})", snapshot.number, snapshot.id)),
        None => output.line(format!(
            "\nnot published: the crawl has not finished or nothing is kept; run it again, or `trawl snapshot {}`",
            root.display()
        )),
    }
    output.object(&summary);
    Ok(Exit::Done)
}
