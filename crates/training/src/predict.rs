//! The classification of picture files with a finished run.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use trawl_dataset::{Flaw, Pixels, Preparation};

use crate::device::Engine;
use crate::evaluation;
use crate::features::Extractor;
use crate::head::HeadNet;
use crate::run::model::Model;
use crate::{PredictSettings, TrainError, TrainEvent};

/// Extensions of files that are taken as pictures without a look inside.
const EXTENSIONS: [&str; 8] = ["jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff"];
/// Largest file that is read, 256 MB: no picture within the pixel limit is larger.
const MAX_BYTES: u64 = 256_000_000;
/// Bytes at the head of a file of another name that tell whether it is a picture.
const SNIFFED: u64 = 65_536;

/// What the classifier says about one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The file.
    pub path: PathBuf,
    /// Guesses, most likely first; empty when none is as confident as asked for, or on an error.
    pub top: Vec<Guess>,
    /// Why the file could not be classified, with the remedy.
    pub error: Option<String>,
}

/// A class with the classifier's confidence in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    /// The class.
    pub label: String,
    /// Its probability, 0..1.
    pub confidence: f64,
}

/// Classifies files, and all pictures below folders, with a finished run.
///
/// Pictures go the way that the run's dataset went; a file out of that dataset is read as it is stored, so its answer is the one
/// that [`evaluate`](crate::evaluate) gave. The answers come in the order of `inputs`, folders sorted by path. A file that cannot
/// be read or decoded is a prediction with an error, and the others go on.
///
/// # Errors
///
/// The run is not finished or damaged, or the device does not start.
pub fn predict(
    run: &Path,
    inputs: &[PathBuf],
    settings: &PredictSettings,
    events: &mut dyn FnMut(TrainEvent),
) -> Result<Vec<Prediction>, TrainError> {
    events(TrainEvent::Loading {
        weights: run.display().to_string(),
    });
    let engine = Engine::open(settings.device, None)?;
    let model = Model::read(run, &engine)?;
    let preparation = &model.card.data.preparation;
    if let Some(obstacle) = preparation.obstacle() {
        return Err(TrainError::Settings {
            what: format!("cannot predict with {}: {obstacle}", run.display()),
        });
    }
    let labels = model.card.data.labels();
    let (files, mut predictions) = list(inputs, preparation);
    let extractor = Extractor::new(&engine, &model.base);

    events(TrainEvent::Predicting {
        done: 0,
        total: files.len(),
    });
    extractor.run(
        files.len(),
        |index| read(&files[index].1, preparation),
        |index, pool5| {
            let prediction = &mut predictions[files[index].0];
            match pool5 {
                Ok(pool5) => {
                    let view = HeadNet::view(model.head.kind(), pool5);
                    let scores = model.head.answer(&view, &engine);
                    prediction.top = guesses(&scores, &labels, settings);
                }
                Err(reason) => prediction.error = Some(reason),
            }
            events(TrainEvent::Predicting {
                done: index + 1,
                total: files.len(),
            });
            Ok::<(), TrainError>(())
        },
    )?;
    Ok(predictions)
}

fn guesses(scores: &[f32], labels: &[String], settings: &PredictSettings) -> Vec<Guess> {
    let least = f64::from(settings.min_confidence.unwrap_or(0.0));
    evaluation::top(scores, labels, settings.top_k)
        .into_iter()
        .filter(|(_, confidence)| *confidence >= least)
        .map(|(label, confidence)| Guess { label, confidence })
        .collect()
}

/// Finds the files: (place in the predictions, path), and a prediction for each of them and for each input that has none.
fn list(inputs: &[PathBuf], preparation: &Preparation) -> (Vec<(usize, PathBuf)>, Vec<Prediction>) {
    let (mut files, mut predictions) = (Vec::new(), Vec::new());
    for input in inputs {
        let mut error = None;
        let mut found = Vec::new();
        if input.is_dir() {
            if let Err((path, source)) = walk(input, preparation, &mut found) {
                error = Some(format!(
                    "cannot read {}: {source}; check its permissions",
                    path.display()
                ));
            } else if found.is_empty() {
                error = Some(format!(
                    "{} holds no picture; give a picture or a folder of pictures",
                    input.display()
                ));
            }
            found.sort();
        } else {
            found.push(input.clone());
        }
        for path in found {
            files.push((predictions.len(), path.clone()));
            predictions.push(prediction(path, None));
        }
        if error.is_some() {
            predictions.push(prediction(input.clone(), error));
        }
    }
    (files, predictions)
}

fn prediction(path: PathBuf, error: Option<String>) -> Prediction {
    Prediction {
        path,
        top: Vec::new(),
        error,
    }
}

/// Collects the pictures below a folder. Hidden entries and linked folders are left out: the latter may lead in circles.
fn walk(
    folder: &Path,
    preparation: &Preparation,
    found: &mut Vec<PathBuf>,
) -> Result<(), (PathBuf, std::io::Error)> {
    let failed = |error| (folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&path, preparation, found)?;
        } else if path.is_file() && is_picture(&path, preparation) {
            found.push(path);
        }
    }
    Ok(())
}

/// Tells whether a file in a folder is meant: by its extension, else by its first bytes.
fn is_picture(path: &Path, preparation: &Preparation) -> bool {
    if let Some(extension) = path.extension() {
        let extension = extension.to_string_lossy().to_lowercase();
        if EXTENSIONS.contains(&extension.as_str()) {
            return true;
        }
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SNIFFED).read_to_end(&mut head))
        .is_ok_and(|_| trawl_dataset::sniff(&head, preparation).is_ok())
}

/// Reads and decodes one file; the error is one line with path and remedy.
fn read(path: &Path, preparation: &Preparation) -> Result<Pixels, String> {
    let unreadable = |error: std::io::Error| {
        format!(
            "cannot read {}: {error}; check the path and its permissions",
            path.display()
        )
    };
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_BYTES {
        return Err(format!(
            "{} is larger than {} MB; give a smaller picture",
            path.display(),
            MAX_BYTES / 1_000_000
        ));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    trawl_dataset::load(&bytes, preparation).map_err(|flaw| {
        let remedy = match flaw {
            Flaw::Truncated | Flaw::Corrupt(_) => "give a whole copy of it",
            Flaw::TooLarge { .. } => "give a smaller copy of it",
            _ => "give a JPEG, PNG, GIF, WebP, BMP or TIFF picture",
        };
        format!("cannot decode {}: {flaw}; {remedy}", path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_in_order_and_what_is_no_picture_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/.hidden")).unwrap();
        for name in [
            "b/2.JPG",
            "a.png",
            "b/.hidden/x.jpg",
            "b/1.webp",
            "notes.txt",
        ] {
            fs::write(root.join(name), b"-").unwrap();
        }
        let empty = root.join("empty");
        fs::create_dir(&empty).unwrap();
        let gone = root.join("gone.jpg");
        let inputs = [gone.clone(), root.to_owned(), empty.clone()];
        let (files, predictions) = list(&inputs, &Preparation::default());
        let paths: Vec<&Path> = predictions.iter().map(|one| one.path.as_path()).collect();
        let expected = ["gone.jpg", "a.png", "b/1.webp", "b/2.JPG", "empty"];
        assert_eq!(paths, expected.map(|name| root.join(name)));
        assert_eq!(files.len(), 4);
        let error = predictions[4].error.as_deref().unwrap();
        assert!(error.contains("holds no picture"), "{error}");
        let error = read(&gone, &Preparation::default()).unwrap_err();
        assert!(
            error.contains("gone.jpg") && error.contains("check the path"),
            "{error}"
        );
    }
}
