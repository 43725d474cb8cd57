//! The training of a run, from a snapshot to a finished run folder.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use trawl_dataset::Snapshot;

use crate::device::Engine;
use crate::evaluate::evaluate_split;
use crate::features::cache::FeatureKind;
use crate::features::{Extractor, FeatureCache, FeatureStore};
use crate::fit::EpochMetrics;
use crate::fit::data::Data;
use crate::run::config::{RunConfig, RunData};
use crate::run::folder::{Found, MODEL, RunFolder, write_evaluation};
use crate::run::model::{ModelCard, read_checkpoint, write_checkpoint, write_model};
use crate::splits::Splits;
use crate::weights::Weights;
use crate::{Head, RunSummary, Split, SplitScore, TrainError, TrainEvent, TrainSettings};

/// Trains a classifier on a snapshot of the dataset folder `dataset` into the folder `run`.
///
/// A run that is finished with the same settings is not trained again (`already`). One that was interrupted starts anew; its
/// features are in the cache by then. Splits without images are skipped.
///
/// # Errors
///
/// The settings cannot work, the weights or the device are not usable, the dataset has fewer than two classes with training
/// images or a damaged picture, `run` holds something else, the disk fails, or `stop` was set: then [`TrainError::Stopped`]
/// comes between two batches or epochs and the same call later does the rest.
pub fn train(
    dataset: &Path,
    snapshot: &Snapshot,
    run: &Path,
    settings: &TrainSettings,
    events: &mut dyn FnMut(TrainEvent),
    stop: &AtomicBool,
) -> Result<RunSummary, TrainError> {
    let started = Instant::now();
    settings.check()?;
    if let Some(obstacle) = snapshot.preparation.obstacle() {
        // Cached features would hide that the pictures cannot be read.
        return Err(TrainError::Settings {
            what: format!("cannot train on {}: {obstacle}", dataset.display()),
        });
    }
    let splits = Splits::new(snapshot);
    splits.check(dataset)?;
    let engine = Engine::open(settings.device, settings.threads)?;
    events(TrainEvent::Loading {
        weights: settings.weights.to_string(),
    });
    let weights = Weights::read(&settings.weights)?;

    let folder = RunFolder::take(run)?;
    let data = RunData::new(dataset, snapshot, run)
        .map_err(|error| TrainError::io("find", dataset, error))?;
    let config = RunConfig::effective(settings, &weights, &engine, data, splits.train.len());
    match folder.begin(&config)? {
        Found::Finished(card) => {
            return Ok(RunSummary {
                run: run.to_owned(),
                already: true,
                ..card.summary
            });
        }
        Found::Interrupted => events(TrainEvent::Restarting {
            run: run.to_owned(),
        }),
        Found::New => {}
    }

    let kind = FeatureKind {
        weights: &weights.hash,
        preparation: &config.data.preparation_name,
        device: &engine.kind().to_string(),
    };
    let store = FeatureStore {
        dataset,
        snapshot,
        cache: FeatureCache::open(dataset, kind, settings.cache_cap_bytes),
        extractor: Extractor::new(&engine, &weights.layers),
        stop,
    };
    let (data, visit) = Data::gather(&store, &splits, config.head, events)?;
    let feature_seconds = started.elapsed().as_secs_f64();

    let mut epochs = Vec::new();
    let fitted = data.fit(&config, &engine, &store, &splits, &mut |progress| {
        folder.log(&progress.metrics)?;
        events(epoch_event(&progress.metrics));
        if progress.best && config.head == Head::Vgg {
            write_checkpoint(&folder.checkpoint("best"), progress.head)?;
        }
        epochs.push(progress.metrics);
        store.check_stop()
    })?;
    write_checkpoint(&folder.checkpoint("last"), &fitted.head)?;
    let head = if fitted.best_epoch == fitted.epochs {
        write_checkpoint(&folder.checkpoint("best"), &fitted.head)?;
        fitted.head
    } else {
        drop(fitted.head);
        let classes = snapshot.classes.len();
        read_checkpoint(&folder.checkpoint("best"), config.head, classes, &engine)?
    };

    let model_hash = write_model(run, &weights.layers, &head)?;
    events(TrainEvent::Saved {
        path: folder.file(MODEL),
    });
    let mut measured = |split| -> Result<Option<SplitScore>, TrainError> {
        if splits.rows(split).is_empty() {
            return Ok(None);
        }
        let evaluation = evaluate_split(&store, &engine, &head, &splits, split, events)?;
        let path = write_evaluation(run, &evaluation)?;
        events(TrainEvent::Saved { path });
        Ok(Some(SplitScore::from(&evaluation)))
    };
    let (val, test) = (measured(Split::Val)?, measured(Split::Test)?);
    store.cache.trim();

    let best = &epochs[fitted.best_epoch as usize - 1];
    let summary = RunSummary {
        run: run.to_owned(),
        already: false,
        classes: number(snapshot.classes.len()),
        train_images: number(splits.train.len()),
        epochs: fitted.epochs,
        best_epoch: fitted.best_epoch,
        train_loss: best.train_loss,
        train_top1: best.train_top1,
        val,
        test,
        features_cached: number(visit.cached),
        features_computed: number(visit.computed),
        feature_seconds,
        seconds: started.elapsed().as_secs_f64(),
    };
    ModelCard::new(&config, model_hash, summary.clone()).write(run)?;
    Ok(summary)
}

fn epoch_event(metrics: &EpochMetrics) -> TrainEvent {
    TrainEvent::Epoch {
        epoch: metrics.epoch,
        epochs: metrics.epochs,
        train_loss: metrics.train_loss,
        train_top1: metrics.train_top1,
        val_loss: metrics.val_loss,
        val_top1: metrics.val_top1,
        lr: metrics.learning_rate,
        seconds: metrics.seconds,
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("fewer images than 2^32")
}

#[cfg(test)]
#[cfg(feature = "builtin-weights")]
mod tests {
    use std::fs;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::fixture::Fixture;
    use crate::{DeviceKind, RunRecord};

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_is_whole_known_again_and_restarted_after_an_interruption() {
        let fixture = Fixture::new(&[("ape", 12), ("bat", 11)]);
        let run = fixture.run();
        let settings = TrainSettings::default();
        let (summary, events) = fixture.train(&run, &settings);
        let summary = summary.unwrap();
        assert!(!summary.already);
        assert_eq!((summary.classes, summary.train_images), (2, 15));
        assert_eq!(
            (summary.features_cached, summary.features_computed),
            (23, 0)
        );
        let (val, test) = (summary.val.unwrap(), summary.test.unwrap());
        assert_eq!((val.images, test.images), (4, 4));
        assert!(
            (test.top1 - 1.0).abs() < 1e-12,
            "separable features are learnt"
        );
        let all = [
            ".lock",
            "checkpoints",
            "config.json",
            "evaluation-test.json",
            "evaluation-val.json",
            "metrics.jsonl",
            "model.json",
            "model.safetensors",
        ];
        assert_eq!(names(&run), all);
        assert_eq!(
            names(&run.join("checkpoints")),
            ["best.safetensors", "last.safetensors"]
        );
        let record = RunRecord::load(&run).unwrap();
        assert!(record.is_finished());
        assert_eq!(record.labels(), ["ape", "bat"]);
        assert_eq!(record.epochs.len(), summary.epochs as usize);
        assert_eq!(record.epochs[0].epoch, 1);
        let told = events
            .iter()
            .filter(|event| matches!(event, TrainEvent::Epoch { .. }));
        assert_eq!(told.count(), summary.epochs as usize);
        assert_eq!(record.test.unwrap().images, 4);
        assert!(record.config.data.dataset.is_absolute());

        let (again, events) = fixture.train(&run, &settings);
        let again = again.unwrap();
        assert!(again.already && again.epochs == summary.epochs);
        assert!(
            !events
                .iter()
                .any(|event| matches!(event, TrainEvent::Epoch { .. }))
        );

        let other = TrainSettings {
            seed: 1,
            ..settings.clone()
        };
        let error = fixture.train(&run, &other).0.unwrap_err().to_string();
        assert!(
            error.contains("another seed") && error.contains("--run"),
            "{error}"
        );

        let model = fs::read(run.join(MODEL)).unwrap();
        fs::remove_file(run.join("model.json")).unwrap();
        fs::remove_file(run.join(MODEL)).unwrap();
        fs::write(run.join(".config.json.1.tmp"), b"half").unwrap();
        fs::write(run.join("metrics.jsonl"), b"{\"torn\":").unwrap();
        let (restarted, events) = fixture.train(&run, &settings);
        assert_eq!(restarted.unwrap().epochs, summary.epochs);
        assert!(events.contains(&TrainEvent::Restarting { run: run.clone() }));
        assert_eq!(names(&run), all);
        assert_eq!(
            fs::read(run.join(MODEL)).unwrap(),
            model,
            "the same to the bit"
        );
    }

    #[test]
    fn a_stop_is_obeyed_and_leaves_an_unfinished_run() {
        let fixture = Fixture::new(&[("ape", 10), ("bat", 10)]);
        let run = fixture.run();
        let stop = AtomicBool::new(false);
        let settings = TrainSettings::default();
        let mut epochs = 0;
        let mut events = |event| {
            if matches!(event, TrainEvent::Epoch { .. }) {
                epochs += 1;
                stop.store(true, Ordering::Relaxed);
            }
        };
        let dataset = fixture.dataset();
        let stopped = train(
            &dataset,
            &fixture.snapshot,
            &run,
            &settings,
            &mut events,
            &stop,
        );
        assert!(matches!(stopped, Err(TrainError::Stopped)));
        assert_eq!(epochs, 1);
        assert!(!RunRecord::load(&run).unwrap().is_finished());
        assert!(!fixture.train(&run, &settings).0.unwrap().already);
    }

    #[test]
    fn small_datasets_train_without_val_and_test_and_one_class_is_refused() {
        let fixture = Fixture::new(&[("ape", 3), ("bat", 3)]);
        let summary = fixture
            .train(&fixture.run(), &TrainSettings::default())
            .0
            .unwrap();
        assert_eq!(
            (summary.val, summary.test, summary.train_images),
            (None, None, 6)
        );
        let single = Fixture::new(&[("ape", 3)]);
        let error = single.train(&single.run(), &TrainSettings::default()).0;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("1 class with images"), "{error}");
        assert!(
            !single.run().exists(),
            "nothing is written before the check"
        );
    }

    #[test]
    fn impossible_settings_and_foreign_folders_are_refused() {
        let fixture = Fixture::new(&[("ape", 2), ("bat", 2)]);
        let folder = fixture.folder.path().join("mine");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("thesis.txt"), b"-").unwrap();
        let refused = |run: &Path, settings| fixture.train(run, &settings).0.unwrap_err();
        let error = refused(&folder, TrainSettings::default());
        assert!(matches!(error, TrainError::NotARunFolder { .. }), "{error}");
        assert_eq!(names(&folder), ["thesis.txt"]);
        let run = fixture.run();
        for settings in [
            TrainSettings {
                epochs: Some(0),
                ..TrainSettings::default()
            },
            TrainSettings {
                batch: 0,
                ..TrainSettings::default()
            },
            TrainSettings {
                learning_rate: Some(f64::NAN),
                ..TrainSettings::default()
            },
            TrainSettings {
                weight_decay: Some(-1.0),
                ..TrainSettings::default()
            },
            TrainSettings {
                threads: Some(0),
                ..TrainSettings::default()
            },
        ] {
            assert!(matches!(
                refused(&run, settings),
                TrainError::Settings { .. }
            ));
        }
        let missing = TrainSettings {
            weights: crate::WeightsSource::File("no/such.safetensors".into()),
            ..TrainSettings::default()
        };
        assert!(matches!(refused(&run, missing), TrainError::Weights { .. }));
        #[cfg(not(feature = "wgpu"))]
        assert!(matches!(
            refused(
                &run,
                TrainSettings {
                    device: DeviceKind::Wgpu,
                    ..TrainSettings::default()
                }
            ),
            TrainError::DeviceMissing { .. }
        ));
        assert!(!run.exists());
    }

    #[test]
    fn a_run_in_use_is_told() {
        let fixture = Fixture::new(&[("ape", 2), ("bat", 2)]);
        let run = fixture.run();
        let held = RunFolder::take(&run).unwrap();
        let error = fixture
            .train(&run, &TrainSettings::default())
            .0
            .unwrap_err();
        assert!(matches!(error, TrainError::Busy { .. }), "{error}");
        drop(held);
        assert!(fixture.train(&run, &TrainSettings::default()).0.is_ok());
    }

    #[test]
    #[ignore = "slow: 120 million parameters"]
    fn the_vgg_head_trains_and_is_read_back() {
        let fixture = Fixture::new(&[("ape", 12), ("bat", 12)]);
        let settings = TrainSettings {
            head: Head::Vgg,
            epochs: Some(4),
            batch: 8,
            ..TrainSettings::default()
        };
        let summary = fixture.train(&fixture.run(), &settings).0.unwrap();
        assert_eq!(summary.epochs, 4);
        let evaluation = crate::evaluate(&fixture.run(), Split::Test, None, &mut |_| {}).unwrap();
        assert!((evaluation.top1 - summary.test.unwrap().top1).abs() < 1e-12);
        let record = RunRecord::load(&fixture.run()).unwrap();
        assert_eq!(record.test.as_ref(), Some(&evaluation));
    }
}
