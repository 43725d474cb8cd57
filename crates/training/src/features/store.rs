//! The features of one snapshot's rows: from the cache where they are, from a pass where not.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use trawl_dataset::{DatasetError, Pixels, Snapshot};

use super::cache::ROW_BYTES;
use super::{Extractor, FeatureCache};
use crate::{TrainError, TrainEvent};

/// Gives pool5 of any row of a snapshot.
#[derive(Debug)]
pub(crate) struct FeatureStore<'a> {
    pub(crate) dataset: &'a Path,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) cache: FeatureCache,
    pub(crate) extractor: Extractor<'a>,
    pub(crate) stop: &'a AtomicBool,
}

/// How many rows a visit found and how many it computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Visit {
    pub(crate) cached: usize,
    pub(crate) computed: usize,
}

impl FeatureStore<'_> {
    /// Calls `each` once for every row of `rows` (indices into the snapshot) with its place in `rows` and its pool5.
    ///
    /// Rows in the cache come first, then, in order, those that a pass computes and stores.
    pub(crate) fn visit(
        &self,
        rows: &[usize],
        events: &mut dyn FnMut(TrainEvent),
        mut each: impl FnMut(usize, &[f32]),
    ) -> Result<Visit, TrainError> {
        let mut missing = Vec::new();
        let mut keep = HashSet::new();
        for (place, &row) in rows.iter().enumerate() {
            self.check_stop()?;
            let id = self.snapshot.rows[row].id.to_string();
            match self.cache.get(&id) {
                Some(values) => {
                    each(place, &values);
                    keep.insert(id);
                }
                None => missing.push((place, row, id)),
            }
        }
        let cached = rows.len() - missing.len();
        let mut report = |computed: usize| {
            events(TrainEvent::Features {
                done: cached + computed,
                total: rows.len(),
                cached,
            });
        };
        report(0);
        if missing.is_empty() {
            return Ok(Visit {
                cached,
                computed: 0,
            });
        }
        self.cache
            .make_room(ROW_BYTES * missing.len() as u64, &keep);
        self.extractor.run(
            missing.len(),
            |index| self.decode(missing[index].1),
            |index, values| {
                self.check_stop()?;
                let (place, _, id) = &missing[index];
                let values = values?;
                self.cache.put(id, values)?;
                each(*place, values);
                report(index + 1);
                Ok::<(), TrainError>(())
            },
        )?;
        Ok(Visit {
            cached,
            computed: missing.len(),
        })
    }

    /// Fails when the caller asked to stop.
    pub(crate) fn check_stop(&self) -> Result<(), TrainError> {
        if self.stop.load(Ordering::Relaxed) {
            Err(TrainError::Stopped)
        } else {
            Ok(())
        }
    }

    fn decode(&self, row: usize) -> Result<Pixels, DatasetError> {
        self.snapshot.pixels(self.dataset, &self.snapshot.rows[row])
    }
}
