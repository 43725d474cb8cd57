//! Whether anything to learn from is also something to measure on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Verification;
use super::verification::Closest;
use crate::dataset::read_thumbnail;
use crate::dedup::index::nearest;
use crate::dedup::{ALL_PAIRS, ALL_PROBED, Listed, Rule, alike};
use crate::error::DatasetError;
use crate::pixels::{Orientations, SampleId};
use crate::publish::{Kinship, Row, Snapshot, Split};
use crate::store::catalog::Catalog;

/// No picture to measure on may look like one to learn from, nor share its group, bytes or pixels; nor may any that several names show.
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
    let (train, held): (Vec<&Row>, Vec<&Row>) = newest
        .rows
        .iter()
        .partition(|row| row.split == Split::Train);
    shared(&path, &train, &held, found);
    if let Some(catalog) = catalog
        && let Err(error) = unlike(&path, newest, catalog, found)
    {
        found.complain_of(&error);
    }
    let (near, quality) = (newest.settings.near_distance, newest.settings.near_quality);
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
        let (row, other) = (held[held_at[at]], train[train_at[closest.place]]);
        let distance = closest.near.distance;
        if found.min_distance.is_none_or(|least| distance < least) {
            found.min_distance = Some(distance);
            found.closest = Some(Closest {
                held: row.id,
                split: row.split,
                train: other.id,
            });
        }
        if distance <= near {
            let what = format!(
                "{} of {} is a near-duplicate of {} of train at distance {distance}; publish anew",
                row.id, row.split, other.id
            );
            found.complain(&path, what);
        }
    }
}

/// Of two pictures that look the same beyond the distance that tells outright, none may be held out while the other is learned from.
fn unlike(
    path: &Path,
    newest: &Snapshot,
    catalog: &Catalog,
    found: &mut Verification,
) -> Result<(), DatasetError> {
    let lacking = "SELECT count(*) FROM samples WHERE thumbnail IS NULL";
    let lacking = catalog.sql(|c| c.query_row(lacking, [], |row| row.get::<_, i64>(0)))?;
    found.without_thumbnail = lacking.unsigned_abs();
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
    let is_train = |at: usize| rows[at].split == Split::Train;
    let wanted = |a: usize, b: usize| is_train(a) != is_train(b);
    let alike = catalog.sql(|c| {
        let thumbnail = |at: usize| read_thumbnail(c, &rows[at].id);
        alike(&listed, &newest.settings, wanted, thumbnail)
    })?;
    for pair in alike.iter().filter(|pair| pair.rule != Rule::Near) {
        let ends = [rows[pair.first], rows[pair.second]];
        let [train, held] = if is_train(pair.first) {
            ends
        } else {
            [ends[1], ends[0]]
        };
        let how = match pair.rule {
            Rule::Near | Rule::Confirmed => "a near-duplicate",
            Rule::Crop => "a crop",
            Rule::Part => "a copy but for one side",
        };
        let what = format!(
            "{} of {} is {how} of {} of train at distance {}, as their thumbnails show; publish anew",
            held.id, held.split, train.id, pair.distance
        );
        found.complain(path, what);
    }
    Ok(())
}

/// What is in train by bytes, pixels or group may be nowhere else.
fn shared(path: &Path, train: &[&Row], held: &[&Row], found: &mut Verification) {
    let bytes: BTreeMap<&str, &Row> = train
        .iter()
        .map(|row| (row.sha256.as_str(), *row))
        .collect();
    let ids: BTreeSet<SampleId> = train.iter().map(|row| row.id).collect();
    let groups: BTreeSet<(u32, SampleId)> =
        train.iter().map(|row| (row.class, row.group)).collect();
    for row in held {
        if bytes.contains_key(row.sha256.as_str())
            || ids.contains(&row.id)
            || groups.contains(&(row.class, row.group))
        {
            found.complain(
                path,
                format!("{} of {} is in train too; publish anew", row.id, row.split),
            );
        }
    }
}
