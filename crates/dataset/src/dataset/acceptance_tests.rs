//! What is kept is a function of candidate order alone: the same candidates in any order of arrival, any batches and any
//! number of restarts give the same states.
#![expect(
    clippy::cast_possible_truncation,
    reason = "tests reckon with small numbers"
)]

use std::path::Path;

use super::stand_in::{arrival, good};
use super::*;
use crate::error::DatasetError;
use crate::pixels::{Codec, Flaw};
use crate::records::{Arrival, Claim, Intake, Outcome, Progress, Provenance, Vouched};
use crate::store::settings::DatasetSettings;

fn intake(label: &str, goal: Option<u32>, from_seq: u64) -> Intake {
    Intake {
        label: label.to_owned(),
        goal,
        from_seq,
    }
}

fn create(root: &Path) -> Dataset {
    Dataset::create(root, &DatasetSettings::default()).unwrap()
}

/// Every candidate as `seq state reason sample group`.
fn states(dataset: &Dataset, label: &str) -> Vec<String> {
    let candidates = dataset
        .catalog
        .sql(crate::publish::Candidate::read_all)
        .unwrap();
    candidates
        .iter()
        .filter(|candidate| candidate.label == label)
        .map(|c| {
            let sample = c.sample.as_ref().map(|sample| sample.id);
            format!(
                "{} {} {:?} {:?} {sample:?} {:?}",
                c.seq,
                c.state.as_str(),
                c.reason,
                c.detail,
                c.group
            )
        })
        .collect()
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// Forty candidates with repeats, larger copies, rejections and flaws among them.
fn candidates() -> Vec<Arrival> {
    let mut random = Random(11);
    (0..40)
        .map(|seq| match random.below(8) {
            0 => arrival(
                "owl",
                seq,
                Outcome::Rejected {
                    reason: "not-found".into(),
                    detail: "404".into(),
                },
            ),
            1 => arrival("owl", seq, Outcome::Flawed(Flaw::Truncated)),
            _ => good(
                "owl",
                seq,
                random.below(11) as u64,
                100 + 25 * random.below(9) as u32,
            ),
        })
        .collect()
}

#[test]
fn order_of_arrival_batches_and_restarts_change_nothing() {
    let mut expected: Option<Vec<String>> = None;
    for round in 0..10_u64 {
        let folder = tempfile::tempdir().unwrap();
        let mut random = Random(round);
        let mut dataset = create(folder.path());
        dataset.begin(&[intake("owl", Some(9), 0)]).unwrap();
        let mut waiting = candidates();
        if round > 0 {
            for at in (1..waiting.len()).rev() {
                waiting.swap(at, random.below(at + 1));
            }
        }
        while !waiting.is_empty() {
            let batch = 1 + random.below(7);
            let rest = waiting.split_off(batch.min(waiting.len()));
            dataset
                .commit(std::mem::replace(&mut waiting, rest))
                .unwrap();
            if round > 1 && random.below(3) == 0 {
                drop(dataset);
                dataset = Dataset::open(folder.path()).unwrap();
            }
        }
        let states = states(&dataset, "owl");
        assert_eq!(
            states
                .iter()
                .filter(|state| state.contains(" kept "))
                .count(),
            9
        );
        assert!(states.iter().all(|state| !state.contains("pending")));
        match &expected {
            None => expected = Some(states),
            Some(expected) => assert_eq!(&states, expected, "round {round}"),
        }
    }
    let expected = expected.unwrap();
    for state in [
        "superseded",
        "surplus",
        "near-duplicate",
        "truncated",
        "not-found",
    ] {
        assert!(
            expected.iter().any(|line| line.contains(state)),
            "no {state} in {expected:#?}"
        );
    }
}

#[test]
fn a_gap_holds_up_decisions_and_progress_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = create(folder.path());
    let start = dataset.begin(&[intake("owl", Some(2), 0)]).unwrap();
    assert_eq!(
        start,
        [Progress {
            label: "owl".into(),
            kept: 0,
            next_seq: 0,
            pending: 0,
            remaining: Some(2)
        }]
    );
    let held = dataset
        .commit(vec![good("owl", 1, 1, 100), good("owl", 2, 2, 100)])
        .unwrap();
    assert_eq!((held[0].kept, held[0].next_seq, held[0].pending), (0, 0, 2));
    let freed = dataset.commit(vec![good("owl", 0, 0, 100)]).unwrap();
    assert_eq!(
        (freed[0].kept, freed[0].next_seq, freed[0].pending),
        (2, 3, 0)
    );
    assert_eq!(freed[0].remaining, Some(0));
    assert!(states(&dataset, "owl")[2].contains("surplus"));
}

#[test]
fn larger_copies_take_over_and_keep_the_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = create(folder.path());
    let batch = vec![
        good("owl", 0, 1, 100),
        good("owl", 1, 1, 100),
        good("owl", 2, 1, 90),
        good("owl", 3, 1, 200),
        good("owl", 4, 1, 150),
    ];
    let progress = dataset.commit(batch).unwrap();
    assert_eq!((progress[0].kept, progress[0].remaining), (1, None));
    let states = states(&dataset, "owl");
    let kinds = [
        "superseded",
        "duplicate-bytes",
        "near-duplicate",
        "kept",
        "near-duplicate",
    ];
    for (state, kind) in states.iter().zip(kinds) {
        assert!(state.contains(kind), "{state} is not {kind}");
    }
    let group = |line: &str| line.rsplit(' ').next().unwrap().to_owned();
    assert_eq!(group(&states[0]), group(&states[3]));
}

#[test]
fn a_raised_goal_takes_surplus_back_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = create(folder.path());
    dataset.begin(&[intake("owl", Some(2), 0)]).unwrap();
    dataset
        .commit((0..8).map(|n| good("owl", n, n, 100)).collect())
        .unwrap();
    let later = dataset.begin(&[intake("owl", Some(4), 6)]).unwrap();
    assert_eq!(
        (later[0].kept, later[0].next_seq, later[0].remaining),
        (4, 8, Some(0))
    );
    let kept = |dataset: &Dataset| -> Vec<u64> {
        let states = states(dataset, "owl");
        (0..8)
            .filter(|n| states[*n as usize].contains(" kept "))
            .collect()
    };
    assert_eq!(kept(&dataset), [0, 1, 6, 7]);
    dataset.begin(&[intake("owl", Some(5), 0)]).unwrap();
    assert_eq!(kept(&dataset), [0, 1, 2, 6, 7]);
    drop(dataset);
    let mut again = Dataset::open(folder.path()).unwrap();
    let resumed = again.commit(vec![good("owl", 8, 8, 100)]).unwrap();
    assert_eq!((resumed[0].kept, resumed[0].next_seq), (5, 9));
}

#[test]
fn one_download_serves_several_labels_and_repeats_are_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = create(folder.path());
    let mut shared = good("owl", 0, 1, 100);
    let url = shared.url.clone();
    shared.claims.push(Claim {
        label: "bird".into(),
        seq: 0,
        provenance: Provenance::default(),
        vouched: Vouched::Nobody,
    });
    let progress = dataset.commit(vec![shared]).unwrap();
    assert_eq!(progress.iter().map(|p| p.kept).collect::<Vec<_>>(), [1, 1]);
    let known = Arrival {
        url: url.clone(),
        claims: vec![Claim {
            label: "raptor".into(),
            seq: 0,
            provenance: Provenance::default(),
            vouched: Vouched::Nobody,
        }],
        outcome: Outcome::Known,
    };
    assert_eq!(dataset.commit(vec![known]).unwrap()[0].kept, 1);
    assert_eq!(
        dataset.commit(vec![good("owl", 0, 1, 100)]).unwrap()[0].kept,
        1
    );
    assert!(dataset.knows("raptor", &url).unwrap() && dataset.knows_url(&url).unwrap());
    assert!(
        !dataset.knows("stork", &url).unwrap() && !dataset.knows_url("http://127.0.0.1/").unwrap()
    );
}

#[test]
fn contradictions_are_refused_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = create(folder.path());
    dataset.commit(vec![good("owl", 0, 1, 100)]).unwrap();
    let mut intruder = good("owl", 0, 2, 100);
    intruder.url = "http://127.0.0.1/other".into();
    let error = dataset
        .commit(vec![good("owl", 1, 3, 100), intruder])
        .unwrap_err();
    assert!(
        matches!(error, DatasetError::PlaceTaken { seq: 0, .. }),
        "{error}"
    );
    let unknown = arrival("owl", 1, Outcome::Known);
    assert!(matches!(
        dataset.commit(vec![unknown]),
        Err(DatasetError::UnknownUrl { .. })
    ));
    let next = dataset.commit(vec![good("owl", 1, 4, 100)]).unwrap();
    assert_eq!((next[0].kept, next[0].next_seq), (2, 2));
}

#[test]
fn hostile_labels_and_urls_are_only_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = create(folder.path());
    let labels = [
        "../../etc",
        "'; DROP TABLE candidates; --",
        "🦉/\u{0}",
        "Owl",
        "owl",
    ];
    for (n, label) in (0..).zip(labels) {
        let mut one = good(label, 0, n, 100);
        one.url = format!("http://127.0.0.1/{}{n}", "x".repeat(8_000));
        assert_eq!(dataset.commit(vec![one]).unwrap()[0].kept, 1);
    }
    let long = "n".repeat(300);
    assert_eq!(
        dataset.commit(vec![good(&long, 0, 9, 100)]).unwrap()[0].label,
        long
    );
}

#[test]
fn folders_that_are_no_dataset_or_another_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        Dataset::open(folder.path()),
        Err(DatasetError::NotADataset { .. })
    ));
    assert!(matches!(
        Dataset::open(&folder.path().join("none")),
        Err(DatasetError::NotADataset { .. })
    ));
    let dataset = create(folder.path());
    assert!(matches!(
        Dataset::open(folder.path()),
        Err(DatasetError::Locked { .. })
    ));
    drop(dataset);
    let mut other = DatasetSettings::default();
    other.preparation.margin = 32;
    let error = Dataset::create(folder.path(), &other).unwrap_err();
    assert!(
        matches!(error, DatasetError::Settings { .. }) && error.to_string().contains("crop224"),
        "{error}"
    );
    let mut other = DatasetSettings::default();
    other.preparation.codec = match Codec::preferred() {
        Codec::Rust => Codec::LibjpegTurbo,
        Codec::LibjpegTurbo => Codec::Rust,
    };
    let error = Dataset::create(folder.path(), &other).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`--features libjpeg-turbo`, or use another --out"),
        "{error}"
    );
    let mut other = DatasetSettings::default();
    other.preparation.path = 1;
    let error = Dataset::create(folder.path(), &other).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("use the trawl that made it, or use another --out"),
        "{error}"
    );
    let changed = DatasetSettings {
        near_distance: 20,
        ..DatasetSettings::default()
    };
    drop(Dataset::create(folder.path(), &changed).unwrap());
    assert_eq!(Dataset::open(folder.path()).unwrap().settings(), &changed);
}
