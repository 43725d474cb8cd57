//! Whether catalog and newest snapshot tell the same of what does not change, or only where something else has.

use std::collections::{BTreeMap, BTreeSet};

use crate::dataset::State;
use crate::error::DatasetError;
use crate::publish::{Candidate, Snapshot, Split, read_splits};
use crate::records::Vouched;
use crate::store::catalog::Catalog;

/// Candidates by label and place.
type Known<'a> = BTreeMap<(&'a str, u64), &'a Candidate>;

/// What the catalog tells otherwise than the snapshot, one line for each kind; candidates that failed may have been taken back since, and
/// what was decided after them decided anew.
pub(super) fn differences(
    catalog: &Catalog,
    snapshot: &Snapshot,
) -> Result<Vec<String>, DatasetError> {
    let candidates = catalog.sql(Candidate::read_all)?;
    let known: Known<'_> = candidates
        .iter()
        .map(|candidate| ((candidate.label.as_str(), candidate.seq), candidate))
        .collect();
    let were: Vec<Candidate> = snapshot.candidates().collect();
    let undisturbed = undisturbed(catalog, snapshot, &were, &known)?;
    let (mut missing, mut other, mut regrouped, mut taken) = (0_u64, 0_u64, 0_u64, 0_u64);
    for was in &were {
        match known.get(&(was.label.as_str(), was.seq)) {
            None if was.state == State::Rejected => {}
            None => missing += 1,
            // A failure that was tried again may have brought a picture.
            Some(is) => {
                let tells_same = is.url == was.url
                    && (was.sample.is_none()
                        || is.sample == was.sample && is.provenance == was.provenance);
                other += u64::from(!tells_same);
                taken +=
                    u64::from(was.sample.is_some() && !may_become(was.vouched(), is.vouched()));
                let is_regrouped = is.state == was.state && is.group != was.group;
                regrouped += u64::from(is_regrouped && undisturbed.contains(was.label.as_str()));
            }
        }
    }
    let splits = catalog.sql(read_splits)?;
    let moved = snapshot.group_splits().iter().filter(|one| {
        let now: Option<&Split> = splits.get(&one.label).and_then(|of| of.get(&one.group));
        now != Some(&one.split)
    });
    let is_prepared_otherwise =
        catalog.settings()?.preparation.name() != snapshot.preparation.name();
    let kinds = [
        (missing, "candidates of it are missing"),
        (other, "downloads are described otherwise"),
        (moved.count() as u64, "groups are in another split"),
        (regrouped, "pictures are in another group"),
        (taken, "pictures were kept for another reason"),
        (
            surplus(catalog, snapshot, &known)?,
            "published pictures are beyond a goal that their name has not reached",
        ),
        (
            u64::from(is_prepared_otherwise),
            "pixel path is another one",
        ),
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

/// Whether who has kept a picture may have changed so: a person may take back any, and nothing undoes that.
fn may_become(was: Vouched, is: Vouched) -> bool {
    is == was || is == Vouched::Person
}

/// Names in which nothing was decided anew since the snapshot, so that whoever is in a state still is in the same group: no failure that came
/// before has brought a picture, nobody has taken one back, no copy that gave way is kept again and no limit is another one.
fn undisturbed<'a>(
    catalog: &Catalog,
    snapshot: &Snapshot,
    were: &'a [Candidate],
    known: &Known<'_>,
) -> Result<BTreeSet<&'a str>, DatasetError> {
    let (now, then) = (catalog.settings()?, &snapshot.settings);
    let limits = |s: &crate::store::settings::DatasetSettings| {
        (s.near_distance, s.confirm_distance, s.near_quality)
    };
    if limits(&now) != limits(then) || is_judged_otherwise(catalog, snapshot)? {
        return Ok(BTreeSet::new());
    }
    let mut names: BTreeSet<&str> = were.iter().map(|was| was.label.as_str()).collect();
    for was in were {
        let is_same = known.get(&(was.label.as_str(), was.seq)).is_some_and(|is| {
            let ids = [&was.sample, &is.sample].map(|one| one.as_ref().map(|one| one.id));
            ids[0] == ids[1]
                && is.vouched() == was.vouched()
                && (was.state != State::Superseded || is.state == State::Superseded)
        });
        if !is_same {
            names.remove(was.label.as_str());
        }
    }
    Ok(names)
}

fn is_judged_otherwise(catalog: &Catalog, snapshot: &Snapshot) -> Result<bool, DatasetError> {
    let (now, then) = (catalog.settings()?, &snapshot.settings);
    Ok(now.quality != then.quality || now.judge_folders != then.judge_folders)
}

/// How many published pictures are put down as more than their name wants, while it has less than that. Those of earlier crawls, which a later
/// one does not decide about, are left alone, and so are all when other scores are asked for by now.
fn surplus(catalog: &Catalog, snapshot: &Snapshot, known: &Known<'_>) -> Result<u64, DatasetError> {
    if is_judged_otherwise(catalog, snapshot)? {
        return Ok(0);
    }
    let wanting: BTreeMap<String, u64> = catalog.sql(|c| {
        c.prepare(
            "SELECT label, from_seq FROM labels l WHERE goal IS NULL OR goal >
                 (SELECT count(*) FROM candidates c WHERE c.label = l.label AND c.state = 'kept')",
        )?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?
        .collect()
    })?;
    let is_beyond = |row: &&crate::publish::Row| {
        let label = snapshot.class_of(row).label.as_str();
        let state = known.get(&(label, row.seq)).map(|is| is.state);
        let from = wanting.get(label);
        state == Some(State::Surplus) && from.is_some_and(|from| row.seq >= *from)
    };
    Ok(snapshot.rows.iter().filter(is_beyond).count() as u64)
}
