//! How good a classifier is on one split: shares of right guesses, scores of each class, the confusion matrix, every guess.

use serde::{Deserialize, Serialize};

use crate::Split;
use crate::scores::{measure, probabilities, ranking};

/// Guesses that are kept of each image.
const TOP: usize = 5;

/// A classifier's answers on one split and what they amount to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The split.
    pub split: Split,
    /// Id of the snapshot that the split is of.
    pub snapshot: String,
    /// Images evaluated.
    pub images: u32,
    /// Share of images whose most likely class is right.
    pub top1: f64,
    /// Share of images whose class is among the five most likely, or among all when there are fewer.
    pub top5: f64,
    /// Mean cross-entropy.
    pub loss: f64,
    /// Mean of the classes' precisions; classes without images do not count.
    pub macro_precision: f64,
    /// Mean of the classes' recalls; classes without images do not count.
    pub macro_recall: f64,
    /// Mean of the classes' F1; classes without images do not count.
    pub macro_f1: f64,
    /// In class order.
    pub per_class: Vec<ClassScore>,
    /// Images by `[true class][predicted class]`.
    pub confusion: Vec<Vec<u32>>,
    /// In the order of the snapshot.
    pub predictions: Vec<ScoredImage>,
}

/// How good a classifier is on one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// The class.
    pub label: String,
    /// Share of the images guessed to be of this class that are; 0 when there is no such guess.
    pub precision: f64,
    /// Share of this class's images that are guessed right; 0 when there is no such image.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Images of this class.
    pub support: u32,
}

/// The answer for one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoredImage {
    /// Sample id.
    pub id: String,
    /// The class it is filed under.
    pub label: String,
    /// The most likely class.
    pub predicted: String,
    /// Probability of the most likely class, 0..1.
    pub confidence: f64,
    /// The five most likely classes with their probabilities.
    pub top: Vec<(String, f64)>,
}

/// One image to be scored.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) id: String,
    pub(crate) class: usize,
}

/// Gives the most likely classes of one row of scores with their probabilities.
pub(crate) fn top(scores: &[f32], labels: &[String], count: usize) -> Vec<(String, f64)> {
    let probabilities = probabilities(scores);
    ranking(&probabilities)
        .into_iter()
        .take(count)
        .map(|class| (labels[class].clone(), probabilities[class]))
        .collect()
}

/// Sums up rows of scores, one for each subject.
pub(crate) fn evaluate(
    split: Split,
    snapshot: &str,
    labels: &[String],
    subjects: &[Subject],
    scores: &[f32],
) -> Evaluation {
    let classes = labels.len();
    let targets: Vec<usize> = subjects.iter().map(|subject| subject.class).collect();
    let measures = measure(scores, classes, &targets);
    let mut confusion = vec![vec![0_u32; classes]; classes];
    let mut predictions = Vec::with_capacity(subjects.len());
    for (subject, row) in subjects.iter().zip(scores.chunks_exact(classes)) {
        let predicted = ranking(&probabilities(row))[0];
        confusion[subject.class][predicted] += 1;
        let top = top(row, labels, TOP);
        predictions.push(ScoredImage {
            id: subject.id.clone(),
            label: labels[subject.class].clone(),
            predicted: labels[predicted].clone(),
            confidence: top[0].1,
            top,
        });
    }
    let per_class = class_scores(labels, &confusion);
    let mean = |of: fn(&ClassScore) -> f64| {
        let present = || per_class.iter().filter(|class| class.support > 0);
        ratio(present().map(of).sum(), count(present().count()))
    };
    Evaluation {
        split,
        snapshot: snapshot.to_owned(),
        images: u32::try_from(subjects.len()).expect("fewer images than 2^32"),
        top1: measures.top1,
        top5: measures.top5,
        loss: measures.loss,
        macro_precision: mean(|class| class.precision),
        macro_recall: mean(|class| class.recall),
        macro_f1: mean(|class| class.f1),
        per_class,
        confusion,
        predictions,
    }
}

/// Scores every class from the confusion matrix.
fn class_scores(labels: &[String], confusion: &[Vec<u32>]) -> Vec<ClassScore> {
    labels
        .iter()
        .enumerate()
        .map(|(class, label)| {
            let right = f64::from(confusion[class][class]);
            let support = confusion[class].iter().sum();
            let guessed: u32 = confusion.iter().map(|row| row[class]).sum();
            let precision = ratio(right, f64::from(guessed));
            let recall = ratio(right, f64::from(support));
            ClassScore {
                label: label.clone(),
                precision,
                recall,
                f1: ratio(2.0 * precision * recall, precision + recall),
                support,
            }
        })
        .collect()
}

/// Divides, with 0 for nothing of nothing.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("fewer classes than 2^32"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn a_hand_computed_case() {
        let labels: Vec<String> = ["ape", "bat", "cat"].map(str::to_owned).into();
        // True classes with the scores; guesses: ape, bat, bat, bat, ape. No cat is guessed right, none is guessed.
        let rows = [
            (0, [2.0, 1.0, 0.0]),
            (0, [1.0, 2.0, 0.0]),
            (1, [0.0, 2.0, 1.0]),
            (1, [0.0, 2.0, 1.0]),
            (2, [2.0, 0.0, 1.0]),
        ];
        let subjects: Vec<Subject> = rows
            .iter()
            .enumerate()
            .map(|(index, &(class, _))| Subject {
                id: index.to_string(),
                class,
            })
            .collect();
        let scores: Vec<f32> = rows.iter().flat_map(|&(_, row)| row).collect();
        let found = evaluate(Split::Test, "s1", &labels, &subjects, &scores);
        assert_eq!(found.images, 5);
        close(found.top1, 3.0 / 5.0);
        close(found.top5, 1.0);
        assert_eq!(
            found.confusion,
            [[1, 1, 0], [0, 2, 0], [1, 0, 0]].map(Vec::from)
        );
        let [ape, bat, cat] = &found.per_class[..] else {
            panic!()
        };
        close(ape.precision, 0.5);
        close(ape.recall, 0.5);
        close(ape.f1, 0.5);
        close(bat.precision, 2.0 / 3.0);
        close(bat.recall, 1.0);
        close(bat.f1, 0.8);
        close(cat.precision, 0.0);
        close(cat.recall, 0.0);
        close(cat.f1, 0.0);
        assert_eq!((ape.support, bat.support, cat.support), (2, 2, 1));
        close(found.macro_precision, (0.5 + 2.0 / 3.0) / 3.0);
        close(found.macro_recall, 0.5);
        close(found.macro_f1, 1.3 / 3.0);
        // Softmax of (2, 1, 0): 0.66524, 0.24473, 0.09003.
        let first = &found.predictions[0];
        assert_eq!(
            (first.label.as_str(), first.predicted.as_str()),
            ("ape", "ape")
        );
        assert!((first.confidence - 0.665_240_955_77).abs() < 1e-9);
        assert_eq!(first.top.len(), 3);
        assert_eq!(first.top[2].0, "cat");
    }

    #[test]
    fn classes_without_images_do_not_lower_the_means() {
        let labels: Vec<String> = ["a", "b"].map(str::to_owned).into();
        let subjects = [Subject {
            id: "0".to_owned(),
            class: 0,
        }];
        let found = evaluate(Split::Val, "s", &labels, &subjects, &[1.0, 0.0]);
        close(found.macro_recall, 1.0);
        close(found.macro_f1, 1.0);
        assert_eq!(found.per_class[1].support, 0);
    }
}
