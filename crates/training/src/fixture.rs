//! A small dataset with made-up features, so that a run costs no pass of the base.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use tempfile::TempDir;
use trawl_dataset::{
    Arrival, Claim, Dataset, DatasetSettings, Intake, Outcome, Preparation, Provenance, Snapshot,
    Vouched,
};

use crate::features::FeatureCache;
use crate::features::cache::FeatureKind;
use crate::network::{PLANE, POOL5};
use crate::random::Random;
use crate::weights::Weights;
use crate::{RunSummary, TrainError, TrainEvent, TrainSettings, WeightsSource, train};

/// A published dataset in a temporary folder, which also takes the runs.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) snapshot: Snapshot,
}

impl Fixture {
    /// Makes so many images of each label, all different, with features that tell the labels apart.
    pub(crate) fn new(labels: &[(&str, u32)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        let mut dataset = Dataset::create(&root, &DatasetSettings::default()).unwrap();
        let intakes: Vec<Intake> = labels
            .iter()
            .map(|&(label, _)| Intake {
                label: label.to_owned(),
                goal: None,
                from_seq: 0,
            })
            .collect();
        dataset.begin(&intakes).unwrap();
        for &(label, count) in labels {
            let batch = (0..count).map(|index| arrival(label, index)).collect();
            dataset.commit(batch).unwrap();
        }
        let names: Vec<String> = labels.iter().map(|&(label, _)| label.to_owned()).collect();
        dataset.publish(&names).unwrap();
        let fixture = Self {
            snapshot: Snapshot::newest(&root).unwrap(),
            folder,
        };
        assert_eq!(
            fixture.snapshot.rows.len(),
            labels
                .iter()
                .map(|&(_, count)| count as usize)
                .sum::<usize>()
        );
        fixture.store_features();
        fixture
    }

    pub(crate) fn dataset(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.folder.path().join("runs/one")
    }

    pub(crate) fn cache(&self) -> FeatureCache {
        let kind = FeatureKind {
            weights: &Weights::read(&WeightsSource::Builtin).unwrap().hash,
            preparation: &self.snapshot.preparation.name(),
            device: "flex",
        };
        FeatureCache::open(&self.dataset(), kind, u64::MAX)
    }

    /// Gives every image a row of noise with ten channels of its class raised.
    fn store_features(&self) {
        let cache = self.cache();
        for (index, row) in (0..).zip(&self.snapshot.rows) {
            let mut values = Random::new(index, [1, 1]).normal(POOL5, 0.3);
            for value in &mut values {
                *value = value.max(0.0);
            }
            let raised = row.class as usize * 10 * PLANE;
            for value in &mut values[raised..raised + 10 * PLANE] {
                *value += 1.0;
            }
            cache.put(&row.id.to_string(), &values).unwrap();
        }
    }

    /// Trains and gives the summary with all events.
    pub(crate) fn train(
        &self,
        run: &Path,
        settings: &TrainSettings,
    ) -> (Result<RunSummary, TrainError>, Vec<TrainEvent>) {
        let mut events = Vec::new();
        let summary = train(
            &self.dataset(),
            &self.snapshot,
            run,
            settings,
            &mut |event| events.push(event),
            &AtomicBool::new(false),
        );
        (summary, events)
    }
}

fn arrival(label: &str, index: u32) -> Arrival {
    let seed = label.bytes().map(u64::from).sum::<u64>() * 1000 + u64::from(index);
    let bytes = bitmap(seed);
    let prepared = trawl_dataset::prepare(&bytes, &Preparation::default()).unwrap();
    Arrival {
        url: format!("http://127.0.0.1/{label}/{index}.bmp"),
        claims: vec![Claim {
            label: label.to_owned(),
            seq: u64::from(index),
            provenance: Provenance::default(),
            vouched: Vouched::Nobody,
        }],
        outcome: Outcome::Prepared(Box::new(prepared)),
    }
}

/// Encodes a picture of 8x8 random coloured blocks, 96x96, as a 24-bit BMP.
pub(crate) fn bitmap(seed: u64) -> Vec<u8> {
    const SIDE: u32 = 96;
    let mut random = Random::new(seed, [9, 9]);
    let blocks: Vec<[u8; 3]> = (0..64)
        .map(|_| {
            let [a, b, c, ..] = random.next().to_le_bytes();
            [a, b, c]
        })
        .collect();
    let size = 3 * SIDE * SIDE;
    let mut bytes = b"BM".to_vec();
    for field in [
        54 + size,
        0,
        54,
        40,
        SIDE,
        SIDE,
        1 | (24 << 16),
        0,
        size,
        2835,
        2835,
        0,
        0,
    ] {
        bytes.extend(field.to_le_bytes());
    }
    for y in 0..SIDE as usize {
        for x in 0..SIDE as usize {
            bytes.extend(blocks[y / 12 * 8 + x / 12]);
        }
    }
    bytes
}
