//! Snapshots and sample files; each check adds to what was found and none stops at the first problem.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::Verification;
use crate::error::{DatasetError, rebuild};
use crate::pixels::SampleId;
use crate::publish::{Snapshot, Split, Stamp, all_recorded, image_path};
use crate::store::catalog::Catalog;
use crate::store::objects::Objects;

/// Said of sample files, of which there may be a copy among the views; where those are links to the file itself, they have gone with it.
fn refetch(root: &Path, view: Option<&PathBuf>, hash: &str) -> String {
    let is_whole = |content: Vec<u8>| *blake3::hash(&content).to_hex() == *hash;
    if view.is_some_and(|view| fs::read(view).is_ok_and(is_whole)) {
        return format!(
            "`trawl verify {} --rebuild` takes it from images/",
            root.display()
        );
    }
    "nothing in this folder has it any more: put the file back from a backup, or from an export of this dataset as image folders, which has the same under the same name; else crawl into a new folder".to_owned()
}

/// Said of files that are made of others.
pub(super) fn remake(root: &Path) -> String {
    format!("`trawl verify {} --rebuild` makes it anew", root.display())
}

pub(super) fn missing(path: &Path) -> DatasetError {
    DatasetError::Damaged {
        path: path.to_path_buf(),
        detail: "it is missing".to_owned(),
        remedy: rebuild(path.parent().unwrap_or(path)),
    }
}

/// Every snapshot by checksum, name and content, and that no picture is in another split than in an earlier one, under whatever name; gives
/// the newest readable one.
pub(super) fn snapshots(root: &Path, found: &mut Verification) -> Option<Snapshot> {
    let mut newest: Option<Snapshot> = None;
    let mut places: BTreeMap<SampleId, (Split, u32)> = BTreeMap::new();
    for (_, _, path) in Snapshot::list(root) {
        found.snapshots += 1;
        match Snapshot::load(&path) {
            Ok(snapshot) => {
                moved(root, &snapshot, &mut places, found);
                newest = Some(snapshot);
            }
            Err(error) => found.complain_of(&error),
        }
    }
    newest
}

/// Holds a snapshot against those before it, of which `places` says where each picture was last; those that moved are told once.
fn moved(
    root: &Path,
    snapshot: &Snapshot,
    places: &mut BTreeMap<SampleId, (Split, u32)>,
    found: &mut Verification,
) {
    let mut moved: BTreeMap<SampleId, (Split, (Split, u32))> = BTreeMap::new();
    for row in &snapshot.rows {
        let now = (row.split, snapshot.number);
        if let Some(before) = places.insert(row.id, now)
            && before.0 != row.split
            // Twice in one snapshot is a leak and told as one.
            && before.1 != snapshot.number
        {
            moved.insert(row.id, (row.split, before));
        }
    }
    if let Some((id, (now, (split, number)))) = moved.first_key_value() {
        let what = format!(
            "pictures that have changed their split: {}, such as {id} of {now}, which was {split} in snapshot {number}; what was trained on an earlier snapshot measures nothing with them, which nothing mends: train and measure on one snapshot",
            moved.len(),
        );
        found.complain(&snapshot.path(root), what);
    }
}

/// The snapshots on record and those on disk are the same, but for what a rebuild has put aside and what a kill has left to be recorded by the
/// next to open the dataset.
pub(super) fn recorded(root: &Path, catalog: &Catalog, found: &mut Verification) {
    let on_record = match catalog.sql(all_recorded) {
        Ok(on_record) => on_record,
        Err(error) => return found.complain_of(&error),
    };
    let newest = on_record.last().map_or(0, |(number, _)| *number);
    let on_disk = Snapshot::list(root);
    let is_there = |one: &(u32, String)| {
        let mut on_disk = on_disk.iter();
        on_disk.any(|(number, id, _)| (*number, id) == (one.0, &one.1))
    };
    for one in on_record.iter().filter(|one| !is_there(one)) {
        let (number, id) = one;
        let remedy = if *number == newest {
            remake(root)
        } else if is_aside(root, one) {
            continue;
        } else {
            format!(
                "put it back from a backup; without one `trawl verify {} --rebuild` takes it off the record, and what was trained on it cannot be measured again",
                root.display()
            )
        };
        let what = format!("snapshot {number} ({id}) is missing; {remedy}");
        found.complain(&root.join("snapshots"), what);
    }
    // The views are made when a snapshot is on record.
    let derived = Stamp::read(root).map_or(0, |stamp| stamp.number);
    for (number, id, path) in &on_disk {
        let is_due = *number <= newest.max(derived);
        if is_due && !on_record.contains(&(*number, id.clone())) {
            let remedy = format!("`trawl verify {} --rebuild` puts it there", root.display());
            found.complain(path, format!("it is not on the catalog's record; {remedy}"));
        }
    }
}

/// Whether a snapshot's file was put aside, since it was damaged.
pub(super) fn is_aside(root: &Path, (number, id): &(u32, String)) -> bool {
    let beginning = format!("{number:04}-{id}.jsonl.damaged-");
    let files = fs::read_dir(root.join("snapshots")).into_iter().flatten();
    files
        .flatten()
        .any(|file| file.file_name().to_string_lossy().starts_with(&beginning))
}

/// Every sample file that catalog or snapshots name, by its hash; gives those that are not what was written.
pub(super) fn objects(
    root: &Path,
    catalog: Option<&Catalog>,
    newest: Option<&Snapshot>,
    found: &mut Verification,
) -> BTreeSet<SampleId> {
    let views: BTreeMap<SampleId, PathBuf> = newest
        .into_iter()
        .flat_map(|newest| newest.rows.iter().map(move |row| (newest, row)))
        .map(|(newest, row)| (row.id, root.join("images").join(image_path(newest, row))))
        .collect();
    let mut damaged = BTreeSet::new();
    let mut expected: BTreeMap<SampleId, String> = BTreeMap::new();
    for (_, _, path) in Snapshot::list(root) {
        if let Ok(snapshot) = Snapshot::load(&path) {
            expected.extend(snapshot.objects());
        }
    }
    if let Some(catalog) = catalog {
        match catalog.sql(recorded_objects) {
            Ok(recorded) => expected.extend(recorded),
            Err(error) => found.complain_of(&error),
        }
    }
    for (id, hash) in &expected {
        let path = Objects::path(root, id);
        found.objects += 1;
        match fs::read(&path) {
            Ok(content) if *blake3::hash(&content).to_hex() == **hash => {}
            Ok(_) => {
                damaged.insert(*id);
                let remedy = refetch(root, views.get(id), hash);
                found.complain(&path, format!("its content has changed; {remedy}"));
            }
            Err(error) => {
                damaged.insert(*id);
                let remedy = refetch(root, views.get(id), hash);
                found.complain(&path, format!("cannot be read: {error}; {remedy}"));
            }
        }
    }
    let loose = Objects::list(root)
        .iter()
        .filter(|id| !expected.contains_key(id))
        .count();
    found.loose_objects = loose as u64;
    damaged
}

fn recorded_objects(
    connection: &rusqlite::Connection,
) -> rusqlite::Result<Vec<(SampleId, String)>> {
    let mut objects = Vec::new();
    let mut statement = connection.prepare("SELECT id, object_hash FROM samples")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        if let Ok(id) = id.parse() {
            objects.push((id, row.get(1)?));
        }
    }
    Ok(objects)
}
