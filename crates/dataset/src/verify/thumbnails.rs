//! The thumbnails, by which crops and copies with a logo are found: whether they are what was stored, and where else they may be had.
//!
//! They are in no snapshot and cannot be made of sample files, which show the part of a picture that is trained on.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params};

use super::Verification;
use crate::dataset::thumbnail_check;
use crate::dedup::Thumbnail;
use crate::error::DatasetError;
use crate::store::catalog::{CATALOG_FILE, Catalog};

/// Says of each thumbnail that is not what was stored how to do without it.
pub(super) fn thumbnails(catalog: &Catalog, found: &mut Verification) {
    match catalog.sql(damaged) {
        Ok(damaged) if damaged.is_empty() => {}
        Ok(damaged) => {
            let what = format!(
                "thumbnails that are not what was stored: {}, such as that of {}, so that crops of these pictures and copies with a logo are not found; `trawl verify {} --rebuild` takes them from an earlier catalog, or else removes them",
                damaged.len(),
                damaged[0],
                found.root.display()
            );
            found.complain(catalog.path(), what);
        }
        Err(error) => found.complain_of(&error),
    }
}

/// The samples whose thumbnail is none, is another one than the checksum beside it says, or is gone while that is there. Those of earlier
/// layouts have no checksum.
fn damaged(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut damaged = Vec::new();
    let mut statement = connection.prepare(
        "SELECT id, thumbnail, thumbnail_check FROM samples
         WHERE thumbnail IS NOT NULL OR thumbnail_check IS NOT NULL ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let (thumbnail, check) = (row.get_ref(1)?, row.get_ref(2)?);
        let is_sound = thumbnail.as_blob().is_ok_and(|bytes| {
            let check = check.as_blob_or_null().ok().flatten();
            let is_same = check.is_none_or(|check| *check == thumbnail_check(&id, bytes));
            is_same && Thumbnail::from_bytes(bytes).is_some()
        });
        if !is_sound {
            damaged.push(id);
        }
    }
    Ok(damaged)
}

/// Takes damaged thumbnails out of a catalog, or puts those of an earlier one in their place.
pub(super) fn mend(root: &Path, catalog: &mut Catalog) -> Result<(), DatasetError> {
    let damaged = catalog.sql(damaged)?;
    if damaged.is_empty() {
        return Ok(());
    }
    let changes = catalog.begin()?;
    changes.sql(|c| {
        let mut remove =
            c.prepare("UPDATE samples SET thumbnail = NULL, thumbnail_check = NULL WHERE id = ?1")?;
        damaged
            .iter()
            .try_for_each(|id| remove.execute([id]).map(drop))
    })?;
    changes.commit()?;
    recover(root, catalog)
}

/// Gives samples that have no thumbnail that of the damaged catalogs, as far as it can still be read: of the one at hand first, then of
/// those that were put aside, the latest first. Each is looked up by itself, so that a page that is lost costs no other.
pub(super) fn recover(root: &Path, catalog: &mut Catalog) -> Result<(), DatasetError> {
    let here = [root.join(CATALOG_FILE)];
    for path in here.into_iter().chain(put_aside(root)) {
        let lacking: Vec<(String, Vec<u8>)> = catalog.sql(|c| {
            c.prepare("SELECT id, pdq FROM samples WHERE thumbnail IS NULL AND pdq IS NOT NULL")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        if lacking.is_empty() {
            return Ok(());
        }
        let Ok(old) = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY) else {
            continue;
        };
        let changes = catalog.begin()?;
        for (id, pdq) in &lacking {
            if let Some(bytes) = find(&old, id, pdq) {
                changes.sql(|c| {
                    c.prepare_cached(
                        "UPDATE samples SET thumbnail = ?2, thumbnail_check = ?3 WHERE id = ?1",
                    )?
                    .execute(params![id, bytes, thumbnail_check(id, &bytes)])
                })?;
            }
        }
        changes.commit()?;
    }
    Ok(())
}

/// The thumbnail of a sample in a damaged catalog, which may be of an earlier layout.
fn find(old: &Connection, id: &str, pdq: &[u8]) -> Option<Vec<u8>> {
    let by = |columns: &str| -> rusqlite::Result<(Vec<u8>, Option<Vec<u8>>)> {
        let query = format!("SELECT {columns} FROM samples WHERE id = ?1 AND pdq = ?2");
        old.prepare_cached(&query)?
            .query_row(params![id, pdq], |row| Ok((row.get(0)?, row.get(1)?)))
    };
    let (bytes, check) = by("thumbnail, thumbnail_check")
        .or_else(|_| by("thumbnail, NULL"))
        .ok()?;
    let is_same = check.is_none_or(|check| check == thumbnail_check(id, &bytes));
    (is_same && Thumbnail::from_bytes(&bytes).is_some()).then_some(bytes)
}

/// Catalogs that were put aside as damaged, the latest first.
fn put_aside(root: &Path) -> Vec<PathBuf> {
    let beginning = format!("{CATALOG_FILE}.damaged-");
    let mut aside: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(&beginning)?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    aside.sort();
    aside.into_iter().rev().map(|(_, path)| path).collect()
}
