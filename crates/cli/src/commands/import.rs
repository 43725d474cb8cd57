//! `trawl import`: a dataset made of pictures in the format of another program.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;
use trawl_dataset::{
    Codec, Dataset, DatasetError, DatasetSettings, ExportFormat, Import, ImportCounts,
    Intake as Wanted, summarize,
};

use super::{export, place, publish};
use crate::args::ImportArgs;
use crate::config::{Config, Layers};
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::pipeline::{Budgets, Intake, take_in};
use crate::stop::Stop;

/// Name of [`Record`] in a dataset folder.
const RECORD: &str = "import.json";

/// What a dataset was imported from.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Version of this file.
    version: u32,
    /// The source, as an absolute path.
    source: String,
    format: ExportFormat,
}

pub(super) fn run(args: &ImportArgs, output: Output) -> Result<Exit, Failure> {
    let config = config(args)?;
    // What cannot be looked at has its own error.
    if matches!(args.source.try_exists(), Ok(false)) {
        return Err(Failure::usage(format!(
            "there is nothing at {}; name a folder or file that another program, or `trawl export`, wrote",
            args.source.display()
        )));
    }
    let import = Import::open(&args.source, args.format.map(ExportFormat::from))?;
    let root = &args.to;
    let record = Record {
        version: 1,
        source: import.path().display().to_string(),
        format: import.format(),
    };
    place::apart(root, "dataset", import.path(), "source")?;
    place::outside_of_datasets(root)?;
    check(root, &record)?;
    if let [_, ..] = import.unclear_classes() {
        output.warn(format!(
            "{} has several columns of classes ({}) and does not say which one is meant; call that one label",
            record.source,
            import.unclear_classes().join(", ")
        ));
    }
    let settings = settings(&import, &config, output);
    let runtime = super::runtime()?;
    let stop = Stop::listen(&runtime);
    std::fs::create_dir_all(root).map_err(|e| Failure::io("create", root, &e))?;
    let mut dataset = Dataset::create(root, &settings)?;
    write_record(root, &record)?;
    locate::announce_dataset(root, output);
    output.line(format!("{} from {}", record.format, record.source));
    if let Some(terms) = import.terms() {
        dataset.crawl_under(terms)?;
    }
    let wanted: Vec<Wanted> = import.labels().into_iter().map(everything).collect();
    dataset.begin(&wanted)?;
    let bar = export::bar(output, "import", import.pictures());
    let budgets = Budgets {
        bodies: config.memory.bodies.0,
        decode: config.memory.decode.0,
    };
    let tell = {
        let bar = bar.clone();
        move || bar.inc(1)
    };
    let taken = runtime.block_on(take_in(
        import,
        dataset,
        settings.preparation,
        budgets,
        tell,
        &stop,
        output,
    ));
    bar.finish_and_clear();
    let taken = taken?;
    if !taken.is_whole {
        output.line(
            "stopped before the end; the same command goes on, and publishes when it is done",
        );
        return Ok(stop.exit().unwrap_or(Exit::Interrupted));
    }
    conclude(root, taken, &record, output)
}

/// Records the splits, publishes, shows.
fn conclude(root: &Path, taken: Intake, record: &Record, output: Output) -> Result<Exit, Failure> {
    let Intake {
        mut dataset,
        import,
        given,
        ..
    } = taken;
    dataset.give_splits(&given)?;
    let published = dataset.publish(&import.labels());
    drop(dataset);
    for (reason, count) in &import.counts().skipped {
        output.problem(format!("{count} skipped: {}", explain(reason)));
    }
    let changed = import.counts().changed;
    if changed > 0 {
        output.problem(format!(
            "changed since they were exported, taken as new pictures: {changed}"
        ));
    }
    let publication = published.map_err(|error| nothing(error, import.counts()))?;
    let summary = summarize(root)?;
    let page = publish::write_report(root, &summary, &BTreeMap::new(), false)?;
    publish::show(&summary, &BTreeMap::new(), None, 0, output);
    output.line(publish::published_line(&publication));
    output.line(format!("report {page}"));
    output.object(&json!({
        "dataset": root.display().to_string(),
        "source": record.source,
        "format": record.format,
        "pictures": import.counts().pictures,
        "changed_pictures": changed,
        "skipped": import.counts().skipped,
        "snapshot": publication.snapshot.id,
        "changed": publication.changed,
        "report": page,
    }));
    Ok(Exit::Done)
}

fn config(args: &ImportArgs) -> Result<Config, Failure> {
    let mut layers = Layers::defaults();
    if let Some(file) = &args.config {
        layers.file(file)?;
    }
    layers.environment(
        std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
    )?;
    layers.finish()
}

/// Settings of the source if it is an export of ours, so that its samples need no second preparation; else those of the configuration.
fn settings(import: &Import, config: &Config, output: Output) -> DatasetSettings {
    let own = config.dataset_settings();
    match import.settings() {
        Some(settings)
            if [Codec::Rust, Codec::preferred()].contains(&settings.preparation.codec) =>
        {
            settings.clone()
        }
        Some(settings) => {
            output.warn(format!(
                "the export was made with {}, which this build cannot repeat: its pictures are prepared anew, and get other ids",
                settings.preparation.name()
            ));
            own
        }
        None => own,
    }
}

/// An import makes a dataset of its own; only the same one may go on in its folder.
fn check(root: &Path, record: &Record) -> Result<(), Failure> {
    let Ok(mut entries) = std::fs::read_dir(root) else {
        return if root.exists() {
            Err(taken(root))
        } else {
            Ok(())
        };
    };
    let before = std::fs::read(root.join(RECORD))
        .ok()
        .and_then(|text| serde_json::from_slice::<Record>(&text).ok());
    if entries.next().is_none() || before.as_ref() == Some(record) || is_just_begun(root) {
        return Ok(());
    }
    Err(taken(root))
}

/// What an import leaves that was killed before it wrote its record.
fn is_just_begun(root: &Path) -> bool {
    std::fs::read_dir(root).is_ok_and(|entries| {
        entries.flatten().all(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(".lock") || name.starts_with(".new-") || name.starts_with("catalog.db")
        })
    })
}

fn taken(root: &Path) -> Failure {
    Failure::from(DatasetError::Occupied {
        path: root.to_path_buf(),
    })
}

fn write_record(root: &Path, record: &Record) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(record)
        .map_err(|e| Failure::failed(format!("cannot write down the source: {e}")))?;
    publish::write_file(&root.join(RECORD), text.as_bytes())
}

fn everything(label: String) -> Wanted {
    Wanted {
        label,
        goal: None,
        from_seq: 0,
    }
}

/// Says of an import without a picture what its pictures lacked.
fn nothing(error: DatasetError, counts: &ImportCounts) -> Failure {
    if counts.pictures > 0 {
        return error.into();
    }
    Failure::nothing_there(
        "the source holds no picture that could be taken in; see the reasons above, or name its format with --format",
    )
}

/// What a reason for skipping means, for a person.
fn explain(reason: &str) -> &str {
    match reason {
        "label-out-of-range" => "the number of the class has no name in the list of classes",
        "no-label" => "no class is told",
        "no-picture" => "no picture file",
        "no-plain-file" => "a link or a special file in an archive",
        "unsafe-name" => "a name in an archive that leads out of it",
        "outside" => "a link that leads out of the source, or folders that are too deep",
        "too-large" => "more than 64 MB",
        "mixed-sample" => "two files of one name in a sample",
        "unreadable" => "a file that cannot be read",
        "no-datum" => "a record that is no Datum",
        "float-data" => "a Datum of floating-point numbers",
        "wrong-length" => "a Datum with more or fewer pixels than it says",
        "channels" => "a Datum of neither 1 nor 3 channels",
        "cut-log" => "the end of a log, which was cut off while it was written",
        other => other,
    }
}
