//! A run's page: curves, confusion matrix, classes, worst mistakes with their pictures.

use std::path::{Path, PathBuf};

use maud::{Markup, html};
use trawl_dataset::{SampleId, Snapshot};
use trawl_training::{Evaluation, RunRecord};

use super::chart::{self, Series};
use super::frame::{figure, page, percent};
use super::picture;
use crate::exit::Failure;

/// Mistakes shown, the most confident first.
const MISTAKES: usize = 24;

/// Writes `report.html` into a run folder and gives its path.
///
/// # Errors
/// When the run's record cannot be read or the page not be written. A picture that is gone is left out.
pub(crate) fn write_run(run: &Path) -> Result<String, Failure> {
    let record = RunRecord::load(run)?;
    let name = std::path::absolute(run)
        .ok()
        .and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_default();
    let data = &record.config.data;
    let lead = format!(
        "{:?} head on {}, snapshot {} ({})",
        record.config.head,
        data.dataset_relative.display(),
        data.snapshot_number,
        data.snapshot
    )
    .to_lowercase();
    let body = body(&record);
    let path = run.join("report.html");
    crate::commands::write_file(&path, page(&format!("Run {name}"), &lead, &body).as_bytes())?;
    Ok(path.display().to_string())
}

fn body(record: &RunRecord) -> Markup {
    let test = record.test.as_ref();
    html! {
        div.figures {
            (figure(percent(test.map(|e| e.top1)), "test top-1"))
            (figure(percent(test.map(|e| e.top5)), "test top-5"))
            (figure(percent(record.val.as_ref().map(|e| e.top1)), "val top-1"))
            (figure(record.config.data.classes.len(), "classes"))
            (figure(record.epochs.len(), "epochs"))
        }
        div.columns style="margin-top:18px" {
            (chart::lines("Loss", "epoch", &[
                Series { name: "train", class: "a", values: record.epochs.iter().map(|e| Some(e.train_loss)).collect() },
                Series { name: "val", class: "b", values: record.epochs.iter().map(|e| e.val_loss).collect() },
            ]))
            (chart::lines("Top-1", "epoch", &[
                Series { name: "train", class: "a", values: record.epochs.iter().map(|e| Some(e.train_top1)).collect() },
                Series { name: "val", class: "b", values: record.epochs.iter().map(|e| e.val_top1).collect() },
            ]))
        }
        @match test {
            Some(evaluation) => {
                h2 { "Classes (test split)" }
                (classes(evaluation))
                h2 { "Confusion: rows are the truth, columns the prediction" }
                (confusion(evaluation))
                h2 { "Worst mistakes" }
                (mistakes(record, evaluation))
            }
            None => p.muted { "The test split is empty: names with at least 10 images get one." }
        }
        h2 { "Settings" }
        div.scroll { table { tbody { @for (key, value) in settings(record) { tr { td { (key) } td.text.wrap { (value) } } } } } }
    }
}

fn classes(evaluation: &Evaluation) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th { "class" } th { "images" } th { "precision" } th { "recall" } th { "F1" } } }
                tbody {
                    @for c in &evaluation.per_class {
                        tr { td { (c.label) } td { (c.support) } td { (format!("{:.3}", c.precision)) } td { (format!("{:.3}", c.recall)) } td { (format!("{:.3}", c.f1)) } }
                    }
                }
            }
        }
    }
}

fn confusion(evaluation: &Evaluation) -> Markup {
    let labels: Vec<&str> = evaluation
        .per_class
        .iter()
        .map(|c| c.label.as_str())
        .collect();
    html! {
        div.scroll {
            table.confusion {
                thead { tr { th {} @for label in &labels { th.turn { (label) } } } }
                tbody {
                    @for (truth, row) in evaluation.confusion.iter().enumerate() {
                        @let sum = row.iter().sum::<u32>().max(1);
                        tr {
                            td { (labels[truth]) }
                            @for (guess, count) in row.iter().enumerate() {
                                td style=(shade(truth == guess, *count, sum)) { @if *count > 0 { (count) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Green on the diagonal, red off it, as strong as the share of the row.
fn shade(right: bool, count: u32, sum: u32) -> String {
    let color = if right { "44,122,75" } else { "179,64,46" };
    format!(
        "background:rgba({color},{:.2})",
        0.75 * f64::from(count) / f64::from(sum)
    )
}

fn mistakes(record: &RunRecord, evaluation: &Evaluation) -> Markup {
    let mut wrong: Vec<_> = evaluation
        .predictions
        .iter()
        .filter(|p| p.label != p.predicted)
        .collect();
    wrong.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.id.cmp(&b.id)));
    wrong.truncate(MISTAKES);
    html! {
        @if wrong.is_empty() { p.muted { "None." } }
        div.shots.wide {
            @for p in wrong {
                @let path = picture_path(record, &p.id);
                @if let Ok(source) = picture::inlined(&path) {
                    figure {
                        img src=(source) alt=(format!("{} taken for {}", p.label, p.predicted)) loading="lazy" width="224" height="224";
                        figcaption { b { (p.label) } " taken for " b { (p.predicted) } " at " (percent(Some(p.confidence))) }
                    }
                }
            }
        }
    }
}

/// Where the picture of a row lies; an id that cannot be read gives a path that is not there.
fn picture_path(record: &RunRecord, id: &str) -> PathBuf {
    let data = &record.config.data;
    let root = if data.dataset.is_dir() {
        data.dataset.clone()
    } else {
        record.run.join(&data.dataset_relative)
    };
    id.parse::<SampleId>()
        .map_or_else(|_| root.join(id), |id| Snapshot::object_path(&root, &id))
}

/// What a reader of the page wants to know of the run's making.
fn settings(record: &RunRecord) -> Vec<(&'static str, String)> {
    let c = &record.config;
    vec![
        (
            "network",
            record
                .model
                .as_ref()
                .map_or_else(String::new, |m| m.network.clone()),
        ),
        ("plan", format!("{:?}", c.plan).to_lowercase()),
        ("head", format!("{:?}", c.head).to_lowercase()),
        (
            "weights",
            format!(
                "{} ({})",
                c.weights,
                c.weights_hash.chars().take(16).collect::<String>()
            ),
        ),
        ("device", format!("{:?}", c.device).to_lowercase()),
        ("epochs at most", c.epochs.to_string()),
        ("batch", c.batch.to_string()),
        ("learning rate", c.learning_rate.to_string()),
        ("weight decay", c.weight_decay.to_string()),
        ("seed", c.seed.to_string()),
        ("preparation", c.data.preparation_name.clone()),
        (
            "snapshot",
            format!("{} ({})", c.data.snapshot_number, c.data.snapshot),
        ),
        ("trawl", c.version.clone()),
    ]
}
