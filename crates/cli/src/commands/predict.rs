//! `trawl predict`: names what is on pictures.

use std::path::PathBuf;

use serde_json::json;
use trawl_training::{PredictSettings, Prediction, predict};

use super::train;
use crate::args::PredictArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::terminal::{Table, TrainView};

/// What is answered when nothing is likely enough.
const NONE: &str = "none of these";

pub(super) fn run(args: &PredictArgs, output: Output) -> Result<Exit, Failure> {
    if args.top_k == 0 {
        return Err(Failure::usage("--top-k must be at least 1"));
    }
    if args
        .min_confidence
        .is_some_and(|p| !(0.0..=1.0).contains(&p))
    {
        return Err(Failure::usage("--min-confidence must be 0 to 1"));
    }
    // A run may come first; a picture never is one, and a lone argument is a run only when nothing else would be left.
    let first = args.paths.first().expect("clap asks for at least one path");
    let (run, inputs): (PathBuf, &[PathBuf]) = match locate::as_run(first) {
        Some(_) if args.paths.len() == 1 => {
            return Err(Failure::usage(format!(
                "which pictures? `trawl predict {} PICTURE...`",
                first.display()
            )));
        }
        Some(run) => (run, &args.paths[1..]),
        None => (locate::run(None)?, &args.paths),
    };
    if let Some(missing) = inputs.iter().find(|path| !path.exists()) {
        // A first word that is no file name is more likely a mistyped run.
        return Err(if missing == first && missing.extension().is_none() {
            Failure::nothing_there(format!(
                "there is no finished run, picture or folder {}; check the name",
                missing.display()
            ))
        } else {
            Failure::failed(format!(
                "there is no picture or folder {}; check the path",
                missing.display()
            ))
        });
    }
    locate::announce_run(&run, output);
    let settings = PredictSettings {
        top_k: args.top_k,
        min_confidence: args.min_confidence,
        device: train::device(args.device),
    };
    let mut view = TrainView::new(output);
    let predicted = predict(&run, inputs, &settings, &mut |event| view.event(&event));
    view.finish();
    let predictions = predicted?;
    if predictions.iter().any(|p| p.error.is_none()) {
        show(&predictions, output);
    }
    output.object(&json!({ "run": run.display().to_string(), "predictions": predictions }));
    let failed: Vec<&Prediction> = predictions.iter().filter(|p| p.error.is_some()).collect();
    for prediction in &failed {
        output.warn(prediction.error.as_deref().unwrap_or_default());
    }
    Ok(if failed.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn show(predictions: &[Prediction], output: Output) {
    let mut table = Table::new(&["picture", "label", "confidence", "then"])
        .of_paths()
        .text(1)
        .text(3);
    for prediction in predictions.iter().filter(|p| p.error.is_none()) {
        let (label, confidence) = match prediction.top.first() {
            Some(best) => (
                best.label.clone(),
                format!("{:.1} %", 100.0 * best.confidence),
            ),
            None => (NONE.to_owned(), "–".to_owned()),
        };
        let then: Vec<String> = prediction
            .top
            .iter()
            .skip(1)
            .map(|g| format!("{} {:.1} %", g.label, 100.0 * g.confidence))
            .collect();
        table.row(vec![
            prediction.path.display().to_string(),
            label,
            confidence,
            then.join(", "),
        ]);
    }
    output.line(table.render());
}
