//! Making a lost catalog anew.
//!
//! Snapshots carry all candidates with their states, splits and the intake of each label, so a catalog made of them goes on
//! where the newest one was written. Downloads that came after it are lost to the catalog and will be asked for again; their
//! sample files stay where they are and are found there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::{Verification, agreement, checks, derived, tables, thumbnails};
use crate::dataset::{Dataset, State, sql_seq};
use crate::error::DatasetError;
use crate::pixels::Orientations;
use crate::publish::{
    Candidate, LabelRecord, Snapshot, all_recorded, derive, forget_snapshot, image_path,
    record_snapshot, record_splits, restore_conflicts,
};
use crate::store::catalog::{CATALOG_FILE, Catalog, ENDINGS, with_ending};
use crate::store::durable::{aside, make_folder, put_aside, remove, sync_folder, write_file};
use crate::store::lock::Lock;
use crate::store::objects::Objects;
use crate::store::seal::Sealed;
use crate::terms;

/// Makes the catalog anew if it is damaged, and the derived files if they are stale.
pub(super) fn restore(root: &Path, found: &mut Verification) -> Result<(), DatasetError> {
    let lock = Lock::take(root)?;
    let path = root.join(CATALOG_FILE);
    let snapshots = readable_snapshots(root);
    if !is_sound(&path, snapshots.first()) {
        let Some(newest) = snapshots.first() else {
            return Err(DatasetError::Damaged {
                path,
                detail: "there is no readable snapshot to restore it from".to_owned(),
                remedy: "remove it, its snapshots and crawl.db and run the crawl again, sample files are kept and used".to_owned(),
            });
        };
        let fresh = root.join(".new-catalog.db");
        for ending in ENDINGS {
            remove(&with_ending(&fresh, ending))?;
        }
        let mut catalog = Catalog::make(&fresh, &newest.settings)?;
        fill(&mut catalog, &snapshots)?;
        thumbnails::recover(root, &mut catalog)?;
        catalog.close()?;
        found.kept_aside = put_database_aside(&path)?;
        fs::rename(&fresh, &path).map_err(|e| DatasetError::io(&path, e))?;
        sync_folder(root)?;
        found.rebuilt = true;
    }
    // From here on single files are at fault, which the checks list; the catalog is whole.
    if let Err(error) = restore_files(root, lock, found) {
        found.complain_of(&error);
    }
    Ok(())
}

/// Makes the newest snapshot anew where the catalog still holds its content, puts the other damaged ones aside, and makes stale derived
/// files anew.
///
/// Nothing is published, not after a rebuild either: what an unfinished crawl has brought in waits for its end, and what is lost to a new
/// catalog, such as thumbnails, must not have pictures published that were left out with reason.
fn restore_files(root: &Path, lock: Lock, found: &mut Verification) -> Result<(), DatasetError> {
    found.objects_restored = restore_objects(root)?;
    let mut dataset = Dataset::with_lock(root, lock)?;
    if !found.rebuilt && !dataset.restore_newest()? && Snapshot::newest(root).is_err() {
        found.complain(
            &root.join("snapshots"),
            format!(
                "the newest snapshot cannot be made anew, since the catalog has gone on; `trawl snapshot {}` publishes what it holds now",
                root.display()
            ),
        );
    }
    for (_, _, path) in Snapshot::list(root) {
        if matches!(Snapshot::load(&path), Err(DatasetError::Damaged { .. })) {
            put_aside(&path)?;
        }
    }
    found.snapshots_aside = set_aside(root);
    settle_record(root, &mut dataset)?;
    thumbnails::mend(root, &mut dataset.catalog)?;
    if !Snapshot::any(root) {
        return Ok(());
    }
    let newest = Snapshot::newest(root)?;
    let mut views = Verification::default();
    derived::derived(root, &newest, &BTreeSet::new(), &mut views);
    if views.is_sound() {
        Ok(())
    } else {
        derive(root, &newest).map(drop)
    }
}

/// Has the snapshots on disk on record, and takes off it those that are neither there nor put aside.
fn settle_record(root: &Path, dataset: &mut Dataset) -> Result<(), DatasetError> {
    let mut on_record = dataset.catalog.sql(all_recorded)?;
    // The newest is made anew or missed.
    on_record.pop();
    let on_disk = Snapshot::list(root);
    let changes = dataset.catalog.begin()?;
    for one in &on_record {
        let is_there = on_disk
            .iter()
            .any(|(number, id, _)| (*number, id) == (one.0, &one.1));
        if !is_there && !checks::is_aside(root, one) {
            changes.sql(|c| forget_snapshot(c, one.0))?;
        }
    }
    for snapshot in readable_snapshots(root) {
        changes.sql(|c| record_snapshot(c, &snapshot))?;
    }
    changes.commit()
}

/// Writes sample files that are gone or damaged again where the view of the newest snapshot still has them; returns how many.
fn restore_objects(root: &Path) -> Result<u64, DatasetError> {
    let Ok(newest) = Snapshot::newest(root) else {
        return Ok(0);
    };
    let has = |path: &Path, hash: &str| {
        let content = fs::read(path).ok()?;
        (*blake3::hash(&content).to_hex() == *hash).then_some(content)
    };
    let mut restored = 0;
    for row in &newest.rows {
        let object = Objects::path(root, &row.id);
        if has(&object, &row.object).is_some() {
            continue;
        }
        let view = root.join("images").join(image_path(&newest, row));
        if let Some(content) = has(&view, &row.object) {
            make_folder(object.parent().unwrap_or(root))?;
            write_file(&object, &content)?;
            restored += 1;
        }
    }
    Ok(restored)
}

/// Damaged snapshots that were put aside, now or before.
fn set_aside(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("snapshots")).into_iter().flatten();
    let mut aside: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains(".jsonl.damaged-"))
        .collect();
    aside.sort();
    aside
}

fn is_sound(path: &Path, newest: Option<&Snapshot>) -> bool {
    let check = |catalog: Catalog| {
        let is_whole = catalog.complaints("integrity_check")?.is_empty()
            && catalog.settings().is_ok()
            && tables::unreadable_tables(&catalog).is_ok()
            && tables::broken_seals(&catalog)?.is_empty()
            && fits(&catalog);
        let agrees = match newest {
            Some(newest) if is_whole => agreement::differences(&catalog, newest)?.is_empty(),
            _ => true,
        };
        Ok(is_whole && agrees)
    };
    path.exists() && Catalog::open(path).and_then(check).unwrap_or(false)
}

/// Whether its rows fit each other.
fn fits(catalog: &Catalog) -> bool {
    let mut rows = Verification::default();
    tables::tally(catalog, &mut rows);
    rows.is_sound()
}

/// Newest first.
fn readable_snapshots(root: &Path) -> Vec<Snapshot> {
    Snapshot::list(root)
        .iter()
        .rev()
        .filter_map(|(_, _, path)| Snapshot::load(path).ok())
        .collect()
}

fn fill(catalog: &mut Catalog, snapshots: &[Snapshot]) -> Result<(), DatasetError> {
    let changes = catalog.begin()?;
    if let Some(newest) = snapshots.first() {
        // It has those of all crawls before it.
        terms::write(&changes, &newest.terms)?;
        changes.sql(|c| restore_conflicts(c, newest))?;
    }
    for snapshot in snapshots {
        changes.sql(|c| {
            add_labels(c, snapshot.label_records())?;
            for candidate in snapshot.candidates() {
                add_candidate(c, &candidate)?;
            }
            record_splits(c, snapshot.group_splits())?;
            record_snapshot(c, snapshot)
        })?;
    }
    changes.commit()
}

fn add_labels(connection: &Connection, labels: &[LabelRecord]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR IGNORE INTO labels (label, place, listed, goal, from_seq)
         VALUES (?1, (SELECT coalesce(max(place) + 1, 0) FROM labels), ?2, ?3, ?4)",
    )?;
    for one in labels {
        statement.execute(params![
            one.label,
            one.listed,
            one.goal,
            sql_seq(one.from_seq)
        ])?;
    }
    Sealed::Labels.seal(connection)
}

/// Adds a candidate unless a newer snapshot had it.
fn add_candidate(connection: &Connection, candidate: &Candidate) -> rusqlite::Result<()> {
    let known = connection
        .prepare_cached("SELECT id FROM downloads WHERE url = ?1")?
        .query_row([&candidate.url], |row| row.get::<_, i64>(0))
        .optional()?;
    let download = match known {
        Some(download) => download,
        None => add_download(connection, candidate)?,
    };
    // Why publication left a kept picture out is no part of its state, and on record by itself.
    let is_kept = candidate.state == State::Kept;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO candidates (label, seq, download, state, reason, detail, group_id, provenance, restored)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            candidate.label,
            sql_seq(candidate.seq),
            download,
            candidate.state.as_str(),
            candidate.reason.as_ref().filter(|_| !is_kept),
            candidate.detail.as_ref().filter(|_| !is_kept),
            candidate.group.map(|group| group.to_string()),
            serde_json::to_string(&candidate.provenance).expect("provenance is plain data"),
            candidate.vouched().number(),
        ])
        .map(drop)
}

fn add_download(connection: &Connection, candidate: &Candidate) -> rusqlite::Result<i64> {
    let Some(sample) = &candidate.sample else {
        return connection
            .prepare_cached(
                "INSERT INTO downloads (url, kind, reason, detail) VALUES (?1, ?2, ?3, ?4)",
            )?
            .insert(params![
                candidate.url,
                candidate.state.as_str(),
                candidate.reason,
                candidate.detail
            ]);
    };
    let id = sample.id.to_string();
    let hashes = Orientations::from_hex(&sample.pdq).map(|hashes| hashes.to_bytes().to_vec());
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO samples (id, pdq, pdq_quality, object_hash, object_bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id, hashes, sample.pdq_quality, sample.object, sql_seq(sample.object_bytes)])?;
    connection
        .prepare_cached(
            "INSERT INTO downloads (url, kind, sample, sha256, width, height, format, bytes, fidelity, scores, colour)
             VALUES (?1, 'prepared', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .insert(params![
            candidate.url,
            id,
            sample.sha256,
            sample.width,
            sample.height,
            sample.format,
            sql_seq(sample.bytes),
            sample.fidelity,
            sample
                .scores
                .map(|scores| serde_json::to_string(&scores).expect("scores are finite numbers")),
            sample.colour.as_str(),
        ])
}

/// Moves the damaged database to the first free name; `None` when there was none.
fn put_database_aside(path: &Path) -> Result<Option<PathBuf>, DatasetError> {
    if !path.exists() {
        // A log without its database belongs to nothing.
        for ending in &ENDINGS[1..] {
            remove(&with_ending(path, ending))?;
        }
        return Ok(None);
    }
    let aside = aside(path);
    for ending in ENDINGS {
        let (from, to) = (with_ending(path, ending), with_ending(&aside, ending));
        if from.exists() {
            fs::rename(&from, &to).map_err(|e| DatasetError::io(&from, e))?;
        }
    }
    Ok(Some(aside))
}
