//! The evaluation of a finished run on a split of its snapshot.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use trawl_dataset::Snapshot;

use crate::device::Engine;
use crate::evaluation::{self, Subject};
use crate::features::cache::FeatureKind;
use crate::features::{Extractor, FeatureCache, FeatureStore};
use crate::head::HeadNet;
use crate::run::folder::write_evaluation;
use crate::run::model::Model;
use crate::splits::Splits;
use crate::{DEFAULT_CACHE_CAP_BYTES, DeviceKind, Evaluation, Split, TrainError, TrainEvent};

/// Evaluates a finished run on a split of the snapshot it learned from, and writes `evaluation-<split>.json` into it.
///
/// The dataset is looked for where it was, then where it lies seen from the run folder; `dataset` overrides both. Features come
/// from the dataset's cache where they are there.
///
/// # Errors
///
/// The run is not finished or damaged, the dataset or the snapshot is not found, the split has no image, or the disk fails.
pub fn evaluate(
    run: &Path,
    split: Split,
    dataset: Option<&Path>,
    events: &mut dyn FnMut(TrainEvent),
) -> Result<Evaluation, TrainError> {
    events(TrainEvent::Loading {
        weights: run.display().to_string(),
    });
    let engine = Engine::open(DeviceKind::Auto, None)?;
    let model = Model::read(run, &engine)?;
    let data = &model.card.data;
    let dataset = dataset.map_or_else(|| data.locate(run), Path::to_owned);
    let snapshot = Snapshot::with_id(&dataset, &data.snapshot)?;
    let splits = Splits::new(&snapshot);
    if splits.rows(split).is_empty() {
        return Err(TrainError::EmptySplit { dataset, split });
    }
    let kind = FeatureKind {
        weights: &model.card.weights_hash,
        preparation: &data.preparation_name,
        device: &engine.kind().to_string(),
    };
    let stop = AtomicBool::new(false);
    let store = FeatureStore {
        dataset: &dataset,
        snapshot: &snapshot,
        cache: FeatureCache::open(&dataset, kind, DEFAULT_CACHE_CAP_BYTES),
        extractor: Extractor::new(&engine, &model.base),
        stop: &stop,
    };
    let evaluation = evaluate_split(&store, &engine, &model.head, &splits, split, events)?;
    let path = write_evaluation(run, &evaluation)?;
    events(TrainEvent::Saved { path });
    Ok(evaluation)
}

/// Evaluates a head on a split that has images.
pub(crate) fn evaluate_split(
    store: &FeatureStore<'_>,
    engine: &Engine,
    head: &HeadNet,
    splits: &Splits,
    split: Split,
    events: &mut dyn FnMut(TrainEvent),
) -> Result<Evaluation, TrainError> {
    /// Rows of pool5 held at a time, 26 MB.
    const CHUNK: usize = 256;

    let rows = splits.rows(split);
    events(TrainEvent::Evaluating {
        split,
        images: rows.len(),
    });
    let snapshot = store.snapshot;
    let width = HeadNet::width(head.kind());
    let mut scores = Vec::new();
    for chunk in rows.chunks(CHUNK) {
        let mut views = vec![0.0; chunk.len() * width];
        store.visit(chunk, &mut |_| {}, |place, pool5| {
            views[place * width..][..width].copy_from_slice(&HeadNet::view(head.kind(), pool5));
        })?;
        scores.extend(head.answer(&views, engine));
    }
    let labels: Vec<String> = snapshot
        .classes
        .iter()
        .map(|class| class.label.clone())
        .collect();
    let subjects: Vec<Subject> = rows
        .iter()
        .map(|&row| Subject {
            id: snapshot.rows[row].id.to_string(),
            class: splits.classes[row],
        })
        .collect();
    Ok(evaluation::evaluate(
        split,
        &snapshot.id,
        &labels,
        &subjects,
        &scores,
    ))
}

#[cfg(test)]
#[cfg(feature = "builtin-weights")]
mod tests {
    use std::fs;

    use super::*;
    use crate::fixture::Fixture;
    use crate::{PredictSettings, RunRecord, TrainSettings, predict};

    #[test]
    fn predict_on_a_file_of_the_dataset_gives_what_evaluate_gave() {
        let fixture = Fixture::new(&[("ape", 10), ("bat", 10)]);
        let row = fixture
            .snapshot
            .rows
            .iter()
            .find(|row| row.split == Split::Test)
            .unwrap();
        // The made-up features of one test image give way to real ones.
        let cache = fixture.cache();
        cache.remove(&row.id.to_string());
        let run = fixture.run();
        let summary = fixture.train(&run, &TrainSettings::default()).0.unwrap();
        assert_eq!(summary.features_computed, 1);
        let written = RunRecord::load(&run).unwrap().test.unwrap();
        let evaluation = evaluate(&run, Split::Test, None, &mut |_| {}).unwrap();
        assert_eq!(evaluation, written);

        let object = Snapshot::object_path(&fixture.dataset(), &row.id);
        let text = fixture.folder.path().join("page.jpg");
        fs::write(&text, b"<html>not a picture</html>").unwrap();
        let inputs = [text, object];
        let found = predict(&run, &inputs, &PredictSettings::default(), &mut |_| {}).unwrap();
        let error = found[0].error.as_deref().unwrap();
        assert!(
            error.contains("page.jpg") && error.contains("give a JPEG"),
            "{error}"
        );
        let id = row.id.to_string();
        let scored = evaluation
            .predictions
            .iter()
            .find(|one| one.id == id)
            .unwrap();
        let top: Vec<(String, f64)> = found[1]
            .top
            .iter()
            .map(|guess| (guess.label.clone(), guess.confidence))
            .collect();
        assert_eq!(top, scored.top, "the same to the bit");

        let strict = PredictSettings {
            min_confidence: Some(1.1),
            ..PredictSettings::default()
        };
        let none = predict(&run, &inputs[1..], &strict, &mut |_| {}).unwrap();
        assert!(none[0].top.is_empty() && none[0].error.is_none());
    }

    #[test]
    fn what_is_missing_or_damaged_is_named() {
        let fixture = Fixture::new(&[("ape", 3), ("bat", 3)]);
        let run = fixture.run();
        let tell = |run: &Path, dataset: Option<&Path>| {
            evaluate(run, Split::Test, dataset, &mut |_| {}).unwrap_err()
        };
        assert!(matches!(tell(&run, None), TrainError::NotFinished { .. }));
        fixture.train(&run, &TrainSettings::default()).0.unwrap();
        let error = tell(&run, None);
        assert!(matches!(error, TrainError::EmptySplit { .. }), "{error}");
        let elsewhere = fixture.folder.path().join("elsewhere");
        assert!(matches!(
            tell(&run, Some(&elsewhere)),
            TrainError::Dataset(_)
        ));

        // Moved together, run and dataset still find each other.
        let moved = fixture.folder.path().join("moved");
        fs::create_dir(&moved).unwrap();
        fs::rename(fixture.dataset(), moved.join("data")).unwrap();
        fs::rename(fixture.folder.path().join("runs"), moved.join("runs")).unwrap();
        let run = moved.join("runs/one");
        let evaluation = evaluate(&run, Split::Train, None, &mut |_| {}).unwrap();
        assert_eq!(evaluation.images, 6);

        let model = run.join("model.safetensors");
        let mut bytes = fs::read(&model).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&model, bytes).unwrap();
        let error = tell(&run, None);
        assert!(matches!(error, TrainError::Damaged { .. }), "{error}");
    }
}
