//! Pairs that an earlier publication found by thumbnails which are lost since.
//!
//! A rebuilt catalog has the disputes of the newest snapshot, but not always the thumbnails by which they were found. What looked the same then
//! still does, and must not be published because nobody can see it any more.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::candidate::Candidate;
use crate::dedup::Related;
use crate::pixels::SampleId;
use crate::store::settings::DatasetSettings;

/// Adds to the pairs of kept pictures that show the same, which are sorted by the second place and then the first, those on record that
/// only thumbnails could tell and that have lost one.
pub(super) fn recall(
    connection: &Connection,
    settings: &DatasetSettings,
    kept: &[&Candidate],
    related: &mut Vec<Related>,
) -> rusqlite::Result<()> {
    if settings.confirm_distance <= settings.near_distance {
        return Ok(());
    }
    let mut by_place: BTreeMap<(&str, u64), usize> = BTreeMap::new();
    let mut by_sample: BTreeMap<(&str, SampleId), usize> = BTreeMap::new();
    for (at, one) in kept.iter().enumerate() {
        by_place.insert((&one.label, one.seq), at);
        if let Some(sample) = &one.sample {
            by_sample.insert((&one.label, sample.id), at);
        }
    }
    let mut found: BTreeMap<(usize, usize), u32> = related
        .iter()
        .map(|pair| ((pair.second, pair.first), pair.distance))
        .collect();
    let mut statement = connection.prepare(
        "SELECT f.label, f.seq, f.other_label, f.other_sample, f.distance
         FROM conflicts f JOIN candidates c ON c.label = f.label AND c.seq = f.seq
             JOIN downloads d ON d.id = c.download JOIN samples s ON s.id = d.sample
             JOIN samples o ON o.id = f.other_sample
         WHERE f.distance > ?1 AND f.distance < 256 AND (s.thumbnail IS NULL OR o.thumbnail IS NULL)",
    )?;
    let mut rows = statement.query([settings.near_distance])?;
    while let Some(row) = rows.next()? {
        let (label, other, sample): (String, String, String) =
            (row.get(0)?, row.get(2)?, row.get(3)?);
        let seq = row.get::<_, i64>(1)?.unsigned_abs();
        let one = by_place.get(&(label.as_str(), seq));
        let other = sample
            .parse()
            .ok()
            .and_then(|sample| by_sample.get(&(other.as_str(), sample)));
        if let (Some(one), Some(other)) = (one, other)
            && one != other
        {
            let distance = row.get(4)?;
            found
                .entry((*one.max(other), *one.min(other)))
                .or_insert(distance);
        }
    }
    related.clear();
    related.extend(
        found
            .into_iter()
            .map(|((second, first), distance)| Related {
                first,
                second,
                distance,
            }),
    );
    Ok(())
}
