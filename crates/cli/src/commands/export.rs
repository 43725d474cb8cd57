//! `trawl export`: a snapshot in the format of another program.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::ProgressBar;
use serde_json::json;
use trawl_dataset::{DatasetError, ExportFormat, ExportSettings, Exported, Snapshot, export};

use super::place;
use crate::args::{ExportArgs, FormatArg};
use crate::config::ByteSize;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::stop::Stop;
use crate::terminal::{SCREEN, style};

impl From<FormatArg> for ExportFormat {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Imagefolder => Self::Imagefolder,
            FormatArg::Webdataset => Self::Webdataset,
            FormatArg::Parquet => Self::Parquet,
            FormatArg::Lmdb => Self::Lmdb,
            FormatArg::Leveldb => Self::Leveldb,
        }
    }
}

pub(super) fn run(args: ExportArgs, output: Output) -> Result<Exit, Failure> {
    let root = locate::dataset(args.dir)?;
    let snapshot = chosen(&root, args.snapshot.as_deref())?;
    place::apart(&args.to, "export", &root, "dataset")?;
    place::outside_of_datasets(&args.to)?;
    locate::announce_dataset(&root, output);
    let settings = ExportSettings {
        format: args.format.into(),
        encoded: args.encoded,
    };
    let runtime = super::runtime()?;
    let stop = Stop::listen(&runtime);
    let bar = bar(output, "export", Some(snapshot.rows.len() as u64));
    let exported = export(&root, &snapshot, &args.to, settings, &mut |done| {
        bar.set_position(done);
        if stop.flag().load(Ordering::SeqCst) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    bar.finish_and_clear();
    let Some(exported) = exported? else {
        output.line("stopped; nothing was left behind");
        return Ok(stop.exit().unwrap_or(Exit::Interrupted));
    };
    output.line(line(&exported));
    output.object(&json!({
        "dataset": root.display().to_string(),
        "export": exported,
    }));
    Ok(Exit::Done)
}

fn line(exported: &Exported) -> String {
    let count = |split: &str| exported.pictures.get(split).copied().unwrap_or_default();
    format!(
        "{} to {}: snapshot {}, {} classes, {} train, {} val, {} test, {}",
        exported.format,
        exported.path.display(),
        exported.number,
        exported.classes,
        count("train"),
        count("val"),
        count("test"),
        ByteSize(exported.bytes)
    )
}

/// The snapshot that a number or the beginning of an id names.
fn chosen(root: &Path, wanted: Option<&str>) -> Result<Snapshot, DatasetError> {
    let Some(wanted) = wanted else {
        return Snapshot::newest(root);
    };
    if let Ok(number) = wanted.parse() {
        match Snapshot::numbered(root, number) {
            // An id may have nothing but digits.
            Err(DatasetError::NoSuchSnapshot { .. }) => {}
            found => return found,
        }
    }
    Snapshot::with_id(root, wanted)
}

/// A bar of pictures; without a total it only counts.
pub(super) fn bar(output: Output, what: &str, total: Option<u64>) -> ProgressBar {
    if !output.bars() {
        return ProgressBar::hidden();
    }
    let bar = SCREEN.add(total.map_or_else(ProgressBar::no_length, ProgressBar::new));
    let template = if total.is_some() {
        format!("{what}  {{bar:30}} {{pos}}/{{len}} pictures, {{rate}}")
    } else {
        format!("{what}  {{pos}} pictures, {{rate}}")
    };
    bar.set_style(style(&template));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
