//! Folders of pictures: the folder is the class, unless metadata beside the folders say more.

use std::path::Path;

use serde_json::Value;

use super::bytes::{Bytes, foreign};
use super::found::{Class, Content, Found, Give, Halt, Picture, Place, is_picture};
use super::index::Index;
use super::layout::entries;
use super::{LARGEST, told};
use crate::error::DatasetError;
use crate::export::{CLASSES, MANIFEST, METADATA};

/// Deepest nesting below a class.
const DEPTH: u32 = 32;

/// Reads one split's folder, or all of the source where it has no splits.
pub(super) fn read(root: &Path, folder: &Path, give: &mut Give<'_>) -> Result<(), Halt> {
    let real = root.canonicalize().map_err(|e| DatasetError::io(root, e))?;
    let mut walk = Walk {
        root: &real,
        folder,
        metadata: Index::open(&folder.join(METADATA))?,
        give,
    };
    for entry in entries(folder)? {
        if entry.is_dir() {
            let class = entry.file_name().unwrap_or_default().to_str();
            let class = class
                .ok_or_else(|| foreign(&entry, "its name is not UTF-8; rename it"))?
                .to_owned();
            walk.folder(&entry, &class, 0)?;
        } else {
            walk.file(&entry, None)?;
        }
    }
    Ok(())
}

struct Walk<'a, 'b> {
    root: &'a Path,
    folder: &'a Path,
    metadata: Option<Index<Value>>,
    give: &'a mut Give<'b>,
}

impl Walk<'_, '_> {
    fn folder(&mut self, folder: &Path, class: &str, depth: u32) -> Result<(), Halt> {
        for entry in entries(folder)? {
            if !entry.is_dir() {
                self.file(&entry, Some(class))?;
            } else if depth >= DEPTH || !self.is_inside(&entry) {
                self.skip("outside", &entry)?;
            } else {
                self.folder(&entry, class, depth + 1)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, class: Option<&str>) -> Result<(), Halt> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
        if !is_picture(ending) {
            // Lists and cards lie beside the classes.
            let is_list = class.is_none() || [METADATA, CLASSES, MANIFEST].contains(&name.as_ref());
            return if is_list {
                Ok(())
            } else {
                self.skip("no-picture", path)
            };
        }
        if !self.is_inside(path) {
            return self.skip("outside", path);
        }
        let Ok(mut file) = Bytes::open(path) else {
            return self.skip("unreadable", path);
        };
        if file.length > LARGEST {
            return self.skip("too-large", path);
        }
        let length = file.length;
        let Ok(bytes) = file.read(0, length, LARGEST) else {
            return self.skip("unreadable", path);
        };
        let below = path.strip_prefix(self.folder).unwrap_or(path);
        let below = below.to_string_lossy().replace('\\', "/");
        let line = match &mut self.metadata {
            Some(metadata) => metadata.get(&below)?,
            None => None,
        };
        let folder = class.map(|folder| Class::Folder(folder.to_owned()));
        let class = line.as_ref().and_then(told::class).or(folder);
        (self.give)(Found::Picture(Box::new(Picture {
            place: Place::file(path),
            key: stem.to_owned(),
            content: Content::File(bytes),
            class: class.unwrap_or(Class::None),
            facts: line.as_ref().map(told::facts).unwrap_or_default(),
        })))
    }

    /// Whether a file or folder lies in the source, whatever links lead to it.
    fn is_inside(&self, path: &Path) -> bool {
        path.canonicalize()
            .is_ok_and(|real| real.starts_with(self.root))
    }

    fn skip(&mut self, reason: &'static str, path: &Path) -> Result<(), Halt> {
        (self.give)(Found::Skipped(reason, Place::file(path)))
    }
}
