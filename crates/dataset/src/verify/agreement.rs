//! Whether catalog and newest snapshot tell the same of what never changes: what a download was, and which split a group got.

use std::collections::BTreeMap;

use crate::dataset::State;
use crate::error::DatasetError;
use crate::publish::{Candidate, Snapshot, Split, read_splits};
use crate::store::catalog::Catalog;

/// What the catalog tells otherwise than the snapshot, one line for each kind; candidates that failed may have been taken back since.
pub(super) fn differences(
    catalog: &Catalog,
    snapshot: &Snapshot,
) -> Result<Vec<String>, DatasetError> {
    let candidates = catalog.sql(Candidate::read_all)?;
    let known: BTreeMap<(&str, u64), &Candidate> = candidates
        .iter()
        .map(|candidate| ((candidate.label.as_str(), candidate.seq), candidate))
        .collect();
    let (mut missing, mut other) = (0_u64, 0_u64);
    for was in snapshot.candidates() {
        match known.get(&(was.label.as_str(), was.seq)) {
            None if was.state == State::Rejected => {}
            None => missing += 1,
            // A failure that was tried again may have brought a picture.
            Some(is) => {
                let tells_same = is.url == was.url
                    && (was.sample.is_none()
                        || is.sample == was.sample && is.provenance == was.provenance);
                other += u64::from(!tells_same);
            }
        }
    }
    let splits = catalog.sql(read_splits)?;
    let moved = snapshot.group_splits().iter().filter(|one| {
        let now: Option<&Split> = splits.get(&one.label).and_then(|of| of.get(&one.group));
        now != Some(&one.split)
    });
    let kinds = [
        (missing, "candidates of it are missing"),
        (other, "downloads are described otherwise"),
        (moved.count() as u64, "groups are in another split"),
    ];
    Ok(kinds
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| {
            format!(
                "it does not agree with snapshot {}: {count} {what}",
                snapshot.number
            )
        })
        .collect())
}
