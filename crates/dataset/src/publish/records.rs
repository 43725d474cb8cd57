//! What a publication reads of the catalog and writes into it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::Split;
use super::publication::Kept;
use super::snapshot::{GroupSplit, Snapshot};
use crate::dataset::{State, sql_seq, unreadable};
use crate::pixels::SampleId;
use crate::store::seal::Sealed;
use crate::thrown::named;

/// The splits on record, by label and group.
pub(crate) type Splits = BTreeMap<String, BTreeMap<SampleId, Split>>;

/// The number and id of the newest snapshot on record.
pub(crate) fn newest_recorded(connection: &Connection) -> rusqlite::Result<Option<(u32, String)>> {
    connection
        .query_row(
            "SELECT number, id FROM snapshots ORDER BY number DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
}

/// The number and id of every snapshot on record, oldest first.
pub(crate) fn all_recorded(connection: &Connection) -> rusqlite::Result<Vec<(u32, String)>> {
    connection
        .prepare("SELECT number, id FROM snapshots ORDER BY number")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Takes a snapshot off the record.
pub(crate) fn forget_snapshot(connection: &Connection, number: u32) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM snapshots WHERE number = ?1", [number])?;
    Sealed::Snapshots.seal(connection)
}

/// Reads the splits on record.
pub(crate) fn read_splits(connection: &Connection) -> rusqlite::Result<Splits> {
    let mut splits = Splits::new();
    let mut statement = connection.prepare("SELECT label, group_id, split FROM splits")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (group, split): (String, String) = (row.get(1)?, row.get(2)?);
        let group = group.parse().map_err(|e| unreadable(1, e))?;
        let split = Split::from_name(&split).ok_or(rusqlite::Error::InvalidQuery)?;
        splits.entry(row.get(0)?).or_default().insert(group, split);
    }
    Ok(splits)
}

/// Puts the names of a publication first, in their order.
pub(super) fn record_names(connection: &Connection, names: &[String]) -> rusqlite::Result<()> {
    // Those that left the list are shown behind it, in their old order.
    let moved = sql_seq(names.len() as u64);
    connection.execute("UPDATE labels SET listed = 0, place = place + ?1", [moved])?;
    let mut statement = connection.prepare(
        "INSERT INTO labels (label, place, listed) VALUES (?1, ?2, 1)
         ON CONFLICT (label) DO UPDATE SET place = excluded.place, listed = 1",
    )?;
    for (place, name) in (0_i64..).zip(names) {
        statement.execute(params![name, place])?;
    }
    Sealed::Labels.seal(connection)
}

/// Writes down which kept pictures are disputed or left out, and for which others.
pub(super) fn record_conflicts(connection: &Connection, kept: &[Kept<'_>]) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM conflicts", [])?;
    let mut statement = connection.prepare(
        "INSERT INTO conflicts (label, seq, kind, other_label, other_sample, distance) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for one in kept {
        let Some((kind, other, distance)) = one.fate.why() else {
            continue;
        };
        // What no other picture is the reason for stands against itself, under no name.
        let other_label = other.map_or("", |place| &kept[place].candidate.label);
        let other = other.map_or(one.candidate, |place| kept[place].candidate);
        let sample = other.sample.as_ref().map(|sample| sample.id.to_string());
        let (label, seq) = (&one.candidate.label, sql_seq(one.candidate.seq));
        statement.execute(params![label, seq, kind, other_label, sample, distance])?;
    }
    Sealed::Conflicts.seal(connection)
}

/// Writes down what a snapshot says of disputed pictures, for a rebuild: why those that it left out were, and which of those that it has
/// other names show too.
pub(crate) fn restore_conflicts(
    connection: &Connection,
    snapshot: &Snapshot,
) -> rusqlite::Result<()> {
    let mut labels: BTreeMap<SampleId, Vec<(String, u64)>> = BTreeMap::new();
    for one in snapshot.candidates() {
        if let (State::Kept, Some(sample)) = (one.state, &one.sample) {
            labels
                .entry(sample.id)
                .or_default()
                .push((one.label, one.seq));
        }
    }
    let published: BTreeSet<(&str, u64)> = snapshot
        .rows
        .iter()
        .map(|row| (snapshot.class_of(row).label.as_str(), row.seq))
        .collect();
    let mut statement = connection.prepare(
        "INSERT OR IGNORE INTO conflicts (label, seq, kind, other_label, other_sample, distance) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for one in snapshot
        .aside()
        .iter()
        .filter(|one| one.state == State::Kept)
    {
        let (Some(kind), Some(detail), Some(sample)) = (&one.reason, &one.detail, &one.sample)
        else {
            continue;
        };
        let Some((other, distance)) = named(kind, detail) else {
            let none = (sample.id.to_string(), 0);
            statement.execute(params![
                one.label,
                sql_seq(one.seq),
                kind,
                "",
                none.0,
                none.1
            ])?;
            continue;
        };
        let of_other = labels.get(&other).into_iter().flatten();
        let Some((label, seq)) = of_other
            .filter(|(label, _)| detail.contains(&format!("{label:?}")))
            .max_by_key(|(label, _)| label.len())
        else {
            continue;
        };
        let ids = [sample.id, other].map(|id| id.to_string());
        statement.execute(params![
            one.label,
            sql_seq(one.seq),
            kind,
            label,
            ids[1],
            distance
        ])?;
        if kind == "conflict" && published.contains(&(label.as_str(), *seq)) {
            statement.execute(params![
                label,
                sql_seq(*seq),
                "shared",
                one.label,
                ids[0],
                distance
            ])?;
        }
    }
    Sealed::Conflicts.seal(connection)
}

/// Adds splits; one that is on record stands.
pub(crate) fn record_splits(
    connection: &Connection,
    splits: &[GroupSplit],
) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare("INSERT OR IGNORE INTO splits (label, group_id, split) VALUES (?1, ?2, ?3)")?;
    for one in splits {
        statement.execute(params![
            one.label,
            one.group.to_string(),
            one.split.as_str()
        ])?;
    }
    if splits.is_empty() {
        return Ok(());
    }
    Sealed::Splits.seal(connection)
}

/// Adds a snapshot to those on record.
pub(crate) fn record_snapshot(
    connection: &Connection,
    snapshot: &Snapshot,
) -> rusqlite::Result<()> {
    let file = format!("{:04}-{}.jsonl", snapshot.number, snapshot.id);
    connection.execute(
        "INSERT OR IGNORE INTO snapshots (number, id, file, created) VALUES (?1, ?2, ?3, ?4)",
        params![snapshot.number, snapshot.id, file, snapshot.created],
    )?;
    Sealed::Snapshots.seal(connection)
}
