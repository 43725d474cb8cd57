//! Whether what is measured on is also learned from, chosen by or disputed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Verification;
use super::verification::Closest;
use crate::dataset::{State, read_thumbnail};
use crate::dedup::index::nearest;
use crate::dedup::{ALL_PAIRS, ALL_PROBED, Alike, Listed, Rule, alike};
use crate::error::DatasetError;
use crate::pixels::{Orientations, SampleId};
use crate::publish::{Kinship, Row, Snapshot, Split};
use crate::store::catalog::Catalog;
use crate::thrown::named;

/// No two pictures of different splits may look the same, nor share their group, bytes or pixels; and what several names show may only be
/// learned from.
///
/// Every picture of validation and test meets every one of train in all eight orientations, and the least distance is the proof. Crops and
/// copies with a logo are looked for as publication does, with the thumbnails that the catalog has.
pub(super) fn leaks(
    root: &Path,
    newest: &Snapshot,
    catalog: Option<&Catalog>,
    found: &mut Verification,
) {
    let path = newest.path(root);
    shared(&path, newest, found);
    disputed(&path, newest, found);
    if let Err(error) = looks(&path, newest, catalog, found) {
        found.complain_of(&error);
    }
    let (train, held): (Vec<&Row>, Vec<&Row>) = newest
        .rows
        .iter()
        .partition(|row| row.split == Split::Train);
    let quality = newest.settings.near_quality;
    let telling = |rows: &[&Row]| -> (Vec<usize>, Vec<Orientations>) {
        let hash = |row: &Row| row.orientations().filter(|_| row.pdq_quality >= quality);
        let of = rows.iter().enumerate();
        of.filter_map(|(at, row)| Some((at, hash(row)?))).unzip()
    };
    let (held_at, held_hashes) = telling(&held);
    let (train_at, train_hashes) = telling(&train);
    found.compared = Some((held_hashes.len() as u64, train_hashes.len() as u64));
    let compared = held_hashes.len() + train_hashes.len();
    found.untelling = (newest.rows.len() - compared) as u64;
    found.confirmed_among_kin = compared > ALL_PAIRS;
    found.parts_among_kin = compared > ALL_PROBED;
    for (at, closest) in nearest(&held_hashes, &train_hashes).into_iter().enumerate() {
        let Some(closest) = closest else {
            continue;
        };
        let distance = closest.near.distance;
        if found.min_distance.is_none_or(|least| distance < least) {
            let row = held[held_at[at]];
            found.min_distance = Some(distance);
            found.closest = Some(Closest {
                held: row.id,
                split: row.split,
                train: train[train_at[closest.place]].id,
            });
        }
    }
}

/// Of two pictures that show the same, whether they must not be where they are: in two splits, or held out by names that disagree about
/// them.
fn is_breach(a: &Row, b: &Row) -> bool {
    a.split != b.split || a.class != b.class && a.split != Split::Train
}

/// Of two such pictures, the one that should not be there, and the other: what is learned from stays, else the earlier one.
fn held_first<'a>(a: &'a Row, b: &'a Row) -> (&'a Row, &'a Row) {
    if b.split == Split::Train {
        (a, b)
    } else {
        (b, a)
    }
}

/// Pictures that look the same, near or as their thumbnails show; of each picture that should not be where it is the nearest is told.
fn looks(
    path: &Path,
    newest: &Snapshot,
    catalog: Option<&Catalog>,
    found: &mut Verification,
) -> Result<(), DatasetError> {
    let mut kinship = Kinship::default();
    let mut rows: Vec<&Row> = Vec::new();
    let mut listed: Vec<Listed> = Vec::new();
    for row in &newest.rows {
        if let Some(orientations) = row.orientations() {
            rows.push(row);
            listed.push(Listed {
                orientations,
                quality: row.pdq_quality,
                kin: kinship.of(row.class, &row.url, &row.provenance),
            });
        }
    }
    let wanted = |a: usize, b: usize| is_breach(rows[a], rows[b]);
    let alike = match catalog {
        Some(catalog) => {
            let lacking = "SELECT count(*) FROM samples WHERE thumbnail IS NULL";
            let lacking = catalog.sql(|c| c.query_row(lacking, [], |row| row.get::<_, i64>(0)))?;
            found.without_thumbnail = lacking.unsigned_abs();
            catalog.sql(|c| {
                let thumbnail = |at: usize| read_thumbnail(c, &rows[at].id);
                alike(&listed, &newest.settings, wanted, thumbnail)
            })?
        }
        // Distances tell without it.
        None => alike(&listed, &newest.settings, wanted, |_| {
            Ok::<_, DatasetError>(None)
        })?,
    };
    let mut nearest: BTreeMap<(Split, SampleId, u32), (&Alike, &Row)> = BTreeMap::new();
    for pair in &alike {
        let (row, other) = held_first(rows[pair.first], rows[pair.second]);
        let best = nearest
            .entry((row.split, row.id, row.class))
            .or_insert((pair, other));
        if (pair.rule, pair.distance) < (best.0.rule, best.0.distance) {
            *best = (pair, other);
        }
    }
    for ((split, id, class), (pair, other)) in nearest {
        let (how, by) = match pair.rule {
            Rule::Near => ("a near-duplicate", ""),
            Rule::Confirmed => ("a near-duplicate", ", as their thumbnails show"),
            Rule::Crop => ("a crop", ", as their thumbnails show"),
            Rule::Part => ("a copy but for one side", ", as their thumbnails show"),
        };
        let whose = whose(newest, class, split, other);
        let (other, distance) = (other.id, pair.distance);
        let what = format!(
            "{id} of {split} is {how} of {other} of {whose} at distance {distance}{by}; publish anew"
        );
        found.complain(path, what);
    }
    Ok(())
}

/// The other picture's split, and its name where that is why the two must not be there.
fn whose(newest: &Snapshot, class: u32, split: Split, other: &Row) -> String {
    if other.split == split && other.class != class {
        let label = &newest.class_of(other).label;
        return format!("{split} under {label:?}, and what names disagree about measures nothing,");
    }
    other.split.to_string()
}

/// What is equal by bytes, pixels or group may be in one split only, and under several names in train only.
fn shared(path: &Path, newest: &Snapshot, found: &mut Verification) {
    let mut told: BTreeSet<(Split, SampleId, u32)> = BTreeSet::new();
    let equal = together(&newest.rows, |row| row.sha256.clone())
        .chain(together(&newest.rows, |row| row.id))
        .chain(together(&newest.rows, |row| (row.class, row.group)));
    for rows in equal {
        for (at, row) in rows.iter().enumerate() {
            // Against train first, then against those before it, so that a pair is told once.
            let others = rows.iter().filter(|one| one.split == Split::Train);
            let other = others
                .chain(&rows[..at])
                .find(|other| is_breach(row, other) && row.split != Split::Train);
            if let Some(other) = other
                && told.insert((row.split, row.id, row.class))
            {
                let whose = whose(newest, row.class, row.split, other);
                found.complain(
                    path,
                    format!(
                        "{} of {} is in {whose} too; publish anew",
                        row.id, row.split
                    ),
                );
            }
        }
    }
}

/// Rows that are equal in some respect, where there are several.
fn together<K: Ord>(rows: &[Row], key: impl Fn(&Row) -> K) -> impl Iterator<Item = Vec<&Row>> {
    let mut sets: BTreeMap<K, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        sets.entry(key(row)).or_default().push(row);
    }
    sets.into_values().filter(|rows| rows.len() > 1)
}

/// What another name shows as well, and left out for this one's sake, may only be learned from.
fn disputed(path: &Path, newest: &Snapshot, found: &mut Verification) {
    let left_out: BTreeMap<SampleId, &str> = newest
        .aside()
        .iter()
        .filter(|one| one.state == State::Kept && one.reason.as_deref() == Some("conflict"))
        .filter_map(|one| {
            let (of, _) = named("conflict", one.detail.as_deref()?)?;
            Some((of, one.label.as_str()))
        })
        .collect();
    for row in newest.rows.iter().filter(|row| row.split != Split::Train) {
        let label = &newest.class_of(row).label;
        if let Some(other) = left_out.get(&row.id).filter(|other| *other != label) {
            let what = format!(
                "{} of {} is shown under {other:?} too, and what names disagree about measures nothing; publish anew",
                row.id, row.split
            );
            found.complain(path, what);
        }
    }
}
