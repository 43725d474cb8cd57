//! The newest snapshot in forms that other tools read: folders, lists and the card.
//!
//! Everything here is made of a snapshot and its objects and can be thrown away. A stamp, written last, names the
//! snapshot and the hash of each file; where it is missing or names another one, all is made anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::attribution;
use super::candidate::Candidate;
use super::card::card;
use super::snapshot::Snapshot;
use crate::error::DatasetError;
use crate::store::durable::{make_folder, remove, stream_file, sync_folder, write_file};
use crate::store::objects::Objects;

/// Name of the stamp; hidden, so that no reader takes it for data.
pub(crate) const STAMP: &str = ".derived.json";
/// The folders that are swapped whole.
const FOLDERS: [&str; 2] = ["images", "sources"];

/// Which derived files there are and how they look; raised when that changes, so that older ones are made anew.
const FORM: u32 = 4;

/// What the derived files were made of.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Id of the snapshot.
    pub(crate) snapshot: String,
    /// Number of the snapshot.
    pub(crate) number: u32,
    /// Their form; 0 where none was recorded.
    #[serde(default)]
    form: u32,
    /// BLAKE3 of each file, by name.
    pub(crate) files: BTreeMap<String, String>,
}

impl Stamp {
    /// Reads the stamp; `None` when it is missing or unreadable, which both mean stale.
    pub(crate) fn read(root: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(root.join(STAMP)).ok()?).ok()
    }

    /// Whether all derived files are there and made of this snapshot; their content is `verify`'s concern.
    pub(crate) fn is_current(root: &Path, id: &str, number: u32) -> bool {
        Self::read(root).is_some_and(|stamp| {
            stamp.snapshot == id
                && stamp.number == number
                && stamp.form == FORM
                && FOLDERS.iter().all(|folder| root.join(folder).is_dir())
                && stamp.files.keys().all(|file| root.join(file).is_file())
        })
    }
}

impl Stamp {
    /// Names of derived files of this snapshot that have no hash here; none for an earlier form, which had others.
    pub(crate) fn lacking(&self, snapshot: &Snapshot) -> Vec<String> {
        if self.form != FORM {
            return Vec::new();
        }
        let lists = ["index.jsonl", "rejected.jsonl", attribution::FILE];
        let texts = ["README.md", "classes.json"];
        let named = lists.iter().chain(&texts).map(|name| (*name).to_owned());
        let sources = snapshot.classes.iter();
        named
            .chain(sources.map(|class| format!("sources/{}.txt", class.folder)))
            .filter(|name| !self.files.contains_key(name))
            .collect()
    }
}

/// Writes a file that has a line for each picture.
type List = fn(&mut dyn Write, &Snapshot) -> io::Result<()>;

/// One line of `index.jsonl`.
#[derive(Debug, Serialize)]
struct IndexLine<'a> {
    file: String,
    label: &'a str,
    snapshot: &'a str,
    #[serde(flatten)]
    row: &'a super::Row,
}

/// One line of `rejected.jsonl`.
#[derive(Debug, Serialize)]
struct RejectedLine<'a> {
    /// The stored picture, where there is one.
    file: Option<String>,
    #[serde(flatten)]
    candidate: &'a Candidate,
}

/// Makes all derived files of a snapshot and returns how many of its pictures have no file left to link to; those are left out, so that
/// one lost file does not hold up everything else.
pub(crate) fn derive(root: &Path, snapshot: &Snapshot) -> Result<u32, DatasetError> {
    remove(&root.join(STAMP))?;
    let fresh = FOLDERS.map(|folder| root.join(format!(".new-{folder}")));
    for folder in &fresh {
        remove(folder)?;
        make_folder(folder)?;
    }
    let [images, sources] = &fresh;
    let lost = fill_images(root, images, snapshot)?;
    let mut files = BTreeMap::new();
    for (name, content) in source_lists(snapshot) {
        write_file(&sources.join(&name), content.as_bytes())?;
        files.insert(format!("sources/{name}"), hash(content.as_bytes()));
    }
    for (folder, fresh) in FOLDERS.iter().zip(&fresh) {
        swap(root, folder, fresh)?;
    }
    let lists: [(&str, List); 3] = [
        ("index.jsonl", index),
        ("rejected.jsonl", rejected),
        (attribution::FILE, attribution::write),
    ];
    for (name, list) in lists {
        let hash = stream_file(&root.join(name), |out| list(out, snapshot))?;
        files.insert(name.to_owned(), hash.to_hex().to_string());
    }
    let texts = [
        ("README.md", card(snapshot)),
        ("classes.json", classes(snapshot)),
    ];
    for (name, content) in texts {
        write_file(&root.join(name), content.as_bytes())?;
        files.insert(name.to_owned(), hash(content.as_bytes()));
    }
    let stamp = Stamp {
        snapshot: snapshot.id.clone(),
        number: snapshot.number,
        form: FORM,
        files,
    };
    let stamp = serde_json::to_vec(&stamp).expect("a stamp is plain data");
    write_file(&root.join(STAMP), &stamp)?;
    Ok(lost)
}

/// Where a row's picture lies below the images folder.
pub(crate) fn image_path(snapshot: &Snapshot, row: &super::Row) -> PathBuf {
    let folder = &snapshot.class_of(row).folder;
    Path::new(row.split.as_str())
        .join(folder)
        .join(format!("{}.jpg", row.id))
}

fn fill_images(root: &Path, images: &Path, snapshot: &Snapshot) -> Result<u32, DatasetError> {
    let mut lost = 0;
    let mut folders = BTreeSet::from([images.to_path_buf()]);
    for row in &snapshot.rows {
        let target = images.join(image_path(snapshot, row));
        let folder = target.parent().expect("pictures lie in folders");
        if folders.insert(folder.to_path_buf()) {
            make_folder(folder)?;
            folders.insert(images.join(row.split.as_str()));
        }
        let old_view = root.join("images").join(image_path(snapshot, row));
        let sources = [Objects::path(root, &row.id), old_view];
        let Some(object) = sources.into_iter().find(|source| source.is_file()) else {
            lost += 1;
            continue;
        };
        // Links cost no space; where the file system has none, or no more for this file, a copy does.
        if fs::hard_link(&object, &target).is_err() {
            fs::copy(&object, &target).map_err(|e| DatasetError::io(&object, e))?;
        }
    }
    folders.iter().try_for_each(|folder| sync_folder(folder))?;
    Ok(lost)
}

/// Puts a finished folder in the place of the old one. Between the two renames there is none; the missing stamp tells.
fn swap(root: &Path, name: &str, fresh: &Path) -> Result<(), DatasetError> {
    let (place, old) = (root.join(name), root.join(format!(".old-{name}")));
    remove(&old)?;
    if place.exists() {
        fs::rename(&place, &old).map_err(|e| DatasetError::io(&place, e))?;
    }
    fs::rename(fresh, &place).map_err(|e| DatasetError::io(&place, e))?;
    sync_folder(root)?;
    remove(&old)
}

/// A file a class, one URL a line.
fn source_lists(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let mut lists: BTreeMap<String, String> = BTreeMap::new();
    for row in &snapshot.rows {
        let list = lists
            .entry(format!("{}.txt", snapshot.class_of(row).folder))
            .or_default();
        list.extend(row.url.chars().filter(|c| !matches!(c, '\n' | '\r')));
        list.push('\n');
    }
    lists
}

fn index(out: &mut dyn Write, snapshot: &Snapshot) -> io::Result<()> {
    for row in &snapshot.rows {
        let class = snapshot.class_of(row);
        let line = IndexLine {
            file: format!("images/{}/{}/{}.jpg", row.split, class.folder, row.id),
            label: &class.label,
            snapshot: &snapshot.id,
            row,
        };
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Every candidate that is not published, with its state and reason.
fn rejected(out: &mut dyn Write, snapshot: &Snapshot) -> io::Result<()> {
    for candidate in snapshot.aside() {
        let object = candidate.sample.as_ref().map(|sample| {
            let path = Objects::path(Path::new(""), &sample.id);
            path.to_string_lossy().replace('\\', "/")
        });
        let line = RejectedLine {
            file: object,
            candidate,
        };
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    Ok(())
}

fn classes(snapshot: &Snapshot) -> String {
    let text = serde_json::to_string_pretty(&snapshot.classes).expect("classes are plain data");
    format!("{text}\n")
}

fn hash(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}
