//! `trawl report`: writes a dataset's or a run's page again.

use std::collections::BTreeMap;

use serde_json::json;
use trawl_dataset::summarize;

use super::publish;
use crate::args::ReportArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::page;

pub(super) fn run(args: ReportArgs, output: Output) -> Result<Exit, Failure> {
    if let Some(run) = args.dir.as_deref().and_then(locate::as_run) {
        locate::announce_run(&run, output);
        let path = page::write_run(&run)?;
        output.line(format!("report {path}"));
        output.object(&json!({ "report": path }));
        return Ok(Exit::Done);
    }
    let root = locate::dataset(args.dir)?;
    let summary = summarize(&root)?;
    locate::announce_dataset(&root, output);
    let path = publish::write_report(&root, &summary, &BTreeMap::new(), args.inline)?;
    output.line(format!("report {path}"));
    output.object(&json!({ "report": path }));
    Ok(Exit::Done)
}
