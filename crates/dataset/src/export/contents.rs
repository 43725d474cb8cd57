//! Which pictures an export has: split by split, in its order, under its keys.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::error::DatasetError;
use crate::publish::{Class, Row, Snapshot, Split, image_path};
use crate::store::objects::Objects;

/// In which order the pictures of a split come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By folder and key, as those who walk folders meet them.
    Folders,
    /// Shuffled: by a hash of the key. What is read as a stream must not come class by class; and a picture's place among the
    /// others does not depend on which others there are, so that the exports of two snapshots differ by what they have alone.
    Shuffled,
}

/// The pictures of one split.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) split: Split,
    pub(super) entries: Vec<Entry<'a>>,
}

/// One picture.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) row: &'a Row,
    pub(super) class: &'a Class,
    /// The picture's name in the export: its id.
    ///
    /// No key tells the class, because readers take a dot or a slash in a key for more than a letter.
    pub(super) key: String,
}

impl Entry<'_> {
    /// The path that Caffe's tools would know the picture by.
    pub(super) fn path(&self) -> String {
        format!("{}/{}.jpg", self.class.folder, self.key)
    }

    /// Reads the stored file and holds it against what the snapshot says of it.
    pub(super) fn read(&self, root: &Path, snapshot: &Snapshot) -> Result<Vec<u8>, DatasetError> {
        let object = Objects::path(root, &self.row.id);
        let mut detail = "it is missing".to_owned();
        // The dataset's own view has a second copy where the file system has no links.
        let view = root.join("images").join(image_path(snapshot, self.row));
        for path in [&object, &view] {
            match fs::read(path) {
                Ok(bytes) if *blake3::hash(&bytes).to_hex() == self.row.object => return Ok(bytes),
                Ok(_) if path == &object => {
                    "its bytes are not those that were stored".clone_into(&mut detail);
                }
                Err(e) if path == &object && e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(DatasetError::io(path, e));
                }
                _ => {}
            }
        }
        Err(DatasetError::Damaged {
            path: object,
            detail,
            remedy: format!(
                "`trawl verify {0} --rebuild` restores it where a copy is left, and `trawl verify {0}` says what helps where none is",
                root.display()
            ),
        })
    }
}

/// Lays out a snapshot; splits without a picture are left out.
pub(super) fn lay_out(snapshot: &Snapshot, order: Order) -> Vec<Part<'_>> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut entries: Vec<Entry<'_>> = snapshot
        .rows
        .iter()
        .map(|row| {
            let id = row.id.to_string();
            let times = seen.entry(id.clone()).or_default();
            *times += 1;
            // One sample under two labels is settled at publication; should one ever pass, its second copy gets a name of its own.
            let key = if *times == 1 {
                id
            } else {
                format!("{id}-{times}")
            };
            let class = snapshot.class_of(row);
            Entry { row, class, key }
        })
        .collect();
    match order {
        Order::Folders => {
            entries.sort_by(|a, b| (&a.class.folder, &a.key).cmp(&(&b.class.folder, &b.key)));
        }
        Order::Shuffled => entries.sort_by_cached_key(|entry| place(&entry.key)),
    }
    let mut parts: Vec<Part<'_>> = Split::ALL
        .map(|split| Part {
            split,
            entries: Vec::new(),
        })
        .into();
    for entry in entries {
        let split = entry.row.split;
        parts
            .iter_mut()
            .find(|part| part.split == split)
            .expect("there is a part for each split")
            .entries
            .push(entry);
    }
    parts.retain(|part| !part.entries.is_empty());
    parts
}

/// A key's place in a shuffled split: BLAKE3 over `trawl export 1`, a zero byte and the key.
fn place(key: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"trawl export 1\0");
    hasher.update(key.as_bytes());
    *hasher.finalize().as_bytes()
}
