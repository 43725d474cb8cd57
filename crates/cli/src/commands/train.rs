//! `trawl train`: a dataset to a finished run.

use std::path::Path;

use clap::ValueEnum;
use serde_json::json;
use trawl_dataset::{Snapshot, Split};
use trawl_training::{
    DeviceKind, Evaluation, Head, Plan, RunRecord, RunSummary, TrainSettings, WeightsSource, train,
};

use crate::args::{DeviceArg, HeadArg, PlanArg, TrainArgs};
use crate::config::{Config, Layers};
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::page;
use crate::stop::Stop;
use crate::terminal::{Table, TrainView};

pub(super) fn run(args: TrainArgs, output: Output) -> Result<Exit, Failure> {
    let mut layers = Layers::defaults();
    let common = crate::args::CrawlCommon {
        config: args.config.clone(),
        ..Default::default()
    };
    super::crawl::apply_common(&mut layers, &common)?;
    let choices = [
        ("train.plan", args.plan.as_ref().map(word)),
        ("train.head", args.head.as_ref().map(word)),
        ("train.device", args.device.as_ref().map(word)),
        ("train.weights", args.weights),
    ];
    for (key, value) in choices {
        if let Some(value) = value {
            layers.flag(key, value)?;
        }
    }
    if let Some(epochs) = args.epochs {
        if epochs == 0 {
            return Err(Failure::usage("--epochs must be at least 1"));
        }
        layers.flag("train.epochs", i64::from(epochs))?;
    }
    if let Some(rate) = args.learning_rate {
        if rate.is_nan() || rate <= 0.0 {
            return Err(Failure::usage("--learning-rate must be over 0"));
        }
        layers.flag("train.learning_rate", rate)?;
    }
    if let Some(seed) = args.seed {
        let seed = i64::try_from(seed).map_err(|_| Failure::usage("--seed must be below 2^63"))?;
        layers.flag("train.seed", seed)?;
    }
    let config = layers.finish()?;
    let dataset = locate::dataset(args.dir)?;
    let run = locate::new_run(args.run, &dataset);
    let runtime = super::runtime()?;
    let stop = Stop::listen(&runtime);
    let summary = execute(&dataset, &run, &settings(&config)?, &stop, output)?;
    output.object(&json!({
        "dataset": dataset.display().to_string(),
        "run": run.display().to_string(),
        "report": run.join("report.html").display().to_string(),
        "summary": summary,
    }));
    Ok(Exit::Done)
}

/// Trains, shows the test figures, writes the report.
pub(super) fn execute(
    dataset: &Path,
    run: &Path,
    settings: &TrainSettings,
    stop: &Stop,
    output: Output,
) -> Result<RunSummary, Failure> {
    let snapshot = Snapshot::newest(dataset)?;
    locate::announce_dataset(dataset, output);
    output.line(format!(
        "snapshot {} ({}), {} images in {} classes",
        snapshot.number,
        snapshot.id,
        snapshot.rows.len(),
        snapshot.classes.len()
    ));
    locate::announce_run(run, output);
    let mut view = TrainView::new(output);
    let trained = train(
        dataset,
        &snapshot,
        run,
        settings,
        &mut |event| view.event(&event),
        stop.flag(),
    );
    view.finish();
    let summary = match trained {
        Ok(summary) => summary,
        Err(error) => {
            let mut failure = Failure::from(error);
            if let Some(exit) = stop.exit() {
                failure.exit = exit;
            }
            return Err(failure);
        }
    };
    let record = RunRecord::load(run)?;
    if let Some(evaluation) = &record.test {
        show(evaluation, output);
    } else {
        output.note("the test split is empty, so nothing was measured: names with at least 10 images get one");
    }
    let page = page::write_run(run)?;
    output.line(format!("report {page}"));
    Ok(summary)
}

/// What the configuration says of training, as the library takes it.
pub(super) fn settings(config: &Config) -> Result<TrainSettings, Failure> {
    let t = &config.train;
    let plan = match parse::<PlanArg>("train.plan", &t.plan)? {
        PlanArg::Head => Plan::Head,
    };
    let head = match parse::<HeadArg>("train.head", &t.head)? {
        HeadArg::Linear => Head::Linear,
        HeadArg::Vgg => Head::Vgg,
    };
    let weights = if t.weights == "builtin" {
        WeightsSource::Builtin
    } else {
        WeightsSource::File(t.weights.clone().into())
    };
    Ok(TrainSettings {
        plan,
        head,
        weights,
        device: device(parse("train.device", &t.device)?),
        epochs: Some(t.epochs).filter(|epochs| *epochs > 0),
        learning_rate: Some(t.learning_rate).filter(|rate| *rate > 0.0),
        seed: t.seed,
        cache_cap_bytes: t.cache_cap.0,
        ..TrainSettings::default()
    })
}

/// The library's word for a device flag.
pub(super) fn device(device: DeviceArg) -> DeviceKind {
    match device {
        DeviceArg::Auto => DeviceKind::Auto,
        DeviceArg::Flex => DeviceKind::Flex,
        DeviceArg::Ndarray => DeviceKind::NdArray,
        DeviceArg::Wgpu => DeviceKind::Wgpu,
        DeviceArg::Cuda => DeviceKind::Cuda,
    }
}

/// The library's word for a split flag.
pub(super) fn split(split: crate::args::SplitArg) -> Split {
    match split {
        crate::args::SplitArg::Train => Split::Train,
        crate::args::SplitArg::Val => Split::Val,
        crate::args::SplitArg::Test => Split::Test,
    }
}

fn word<T: ValueEnum>(value: &T) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |v| v.get_name().to_owned())
}

fn parse<T: ValueEnum>(key: &str, text: &str) -> Result<T, Failure> {
    T::from_str(text, false).map_err(|_| {
        let known: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|v| Some(v.to_possible_value()?.get_name().to_owned()))
            .collect();
        Failure::usage(format!(
            "{key} = \"{text}\" is not known; use one of {}",
            known.join(", ")
        ))
    })
}

/// The table a person reads after a measurement.
pub(super) fn show(evaluation: &Evaluation, output: Output) {
    let mut table = Table::new(&["class", "images", "precision", "recall", "F1"]);
    for class in &evaluation.per_class {
        table.row(vec![
            class.label.clone(),
            class.support.to_string(),
            format!("{:.3}", class.precision),
            format!("{:.3}", class.recall),
            format!("{:.3}", class.f1),
        ]);
    }
    output.line("");
    output.line(table.render());
    output.line("");
    output.line(format!(
        "top-1 {:.1} %   top-5 {:.1} %   ({} {} images)",
        100.0 * evaluation.top1,
        100.0 * evaluation.top5,
        evaluation.images,
        split_word(evaluation.split)
    ));
}

fn split_word(split: Split) -> &'static str {
    match split {
        Split::Train => "training",
        Split::Val => "validation",
        Split::Test => "test",
    }
}
