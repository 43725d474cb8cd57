//! What the numbers and folders of a source's classes stand for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::bytes::{foreign, read_small};
use super::found::Class;
use crate::error::DatasetError;
use crate::export::{CLASSES, LABELS};

/// Longest list of classes in bytes, and longest label.
const MOST: u64 = 64 << 20;
const LONGEST: usize = 1_024;

/// The classes of a source, as far as it tells them.
#[derive(Debug, Default)]
pub(super) struct Classes {
    names: Vec<String>,
    by_folder: BTreeMap<String, String>,
}

/// What `classes.json` may be: ours, or a plain list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum List {
    Ours(Vec<crate::publish::Class>),
    Plain(Vec<String>),
}

impl Classes {
    /// Reads `classes.json`, else a list of one label a line, beside the data or in the folder above.
    pub(super) fn read(root: &Path) -> Result<Self, DatasetError> {
        let folder = if root.is_dir() {
            Some(root)
        } else {
            root.parent()
        };
        let folders = || folder.into_iter().chain(folder.and_then(Path::parent));
        let find = |name: &str| -> Option<PathBuf> {
            folders()
                .map(|folder| folder.join(name))
                .find(|path| path.is_file())
        };
        if let Some(path) = find(CLASSES) {
            return Self::of_json(&path, &read_small(&path, MOST)?);
        }
        if let Some(path) = [LABELS, "synset_words.txt"].iter().find_map(|n| find(n)) {
            let text = String::from_utf8(read_small(&path, MOST)?)
                .map_err(|_| foreign(&path, "it is not UTF-8"))?;
            return Ok(Self {
                names: text.lines().map(normal).collect(),
                by_folder: BTreeMap::new(),
            });
        }
        Ok(Self::default())
    }

    fn of_json(path: &Path, text: &[u8]) -> Result<Self, DatasetError> {
        let bad = |what: &str| {
            foreign(
                path,
                &format!(
                    "{what}; it should list the classes in their order, as {{\"index\", \"label\", \"folder\"}} or as names"
                ),
            )
        };
        let list: List = serde_json::from_slice(text).map_err(|_| bad("it is not understood"))?;
        let classes = match list {
            List::Plain(names) => {
                return Ok(Self {
                    names,
                    by_folder: BTreeMap::new(),
                });
            }
            List::Ours(mut classes) => {
                classes.sort_by_key(|class| class.index);
                classes
            }
        };
        if (0..)
            .zip(&classes)
            .any(|(index, class)| index != class.index)
        {
            return Err(bad("its numbers have gaps or repeat"));
        }
        Ok(Self {
            names: classes.iter().map(|class| class.label.clone()).collect(),
            by_folder: classes
                .into_iter()
                .map(|class| (class.folder, class.label))
                .collect(),
        })
    }

    /// Takes names that the data themselves tell, unless a list told them.
    pub(super) fn or(&mut self, names: Vec<String>) {
        if self.names.is_empty() {
            self.names = names;
        }
    }

    /// The labels in their order, as far as they are told.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The label of a class, or why it has none.
    pub(super) fn label(&self, class: &Class) -> Result<String, &'static str> {
        let label = match class {
            Class::Index(index) => {
                let index = usize::try_from(*index).map_err(|_| "label-out-of-range")?;
                match self.names.get(index) {
                    Some(name) => name.clone(),
                    // Wide enough that the order of the names is that of the numbers.
                    None if self.names.is_empty() && index < 1_000_000 => {
                        format!("class {index:06}")
                    }
                    None => return Err("label-out-of-range"),
                }
            }
            Class::Folder(folder) => match self.by_folder.get(folder) {
                Some(label) => label.clone(),
                None => normal(folder),
            },
            Class::Label(label) => normal(label),
            Class::None => return Err("no-label"),
        };
        if label.is_empty() || label.len() > LONGEST {
            return Err("no-label");
        }
        Ok(label)
    }
}

/// One form for a label, whatever the file system or tool makes of it.
fn normal(label: &str) -> String {
    label.trim().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Classes, DatasetError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        Classes::read(folder.path())
    }

    #[test]
    fn lists_of_every_form_give_names_by_number() {
        let ours =
            r#"[{"index":1,"label":"b/c","folder":"b-c-1"},{"index":0,"label":"a","folder":"a"}]"#;
        let classes = read(CLASSES, ours).unwrap();
        assert_eq!(classes.label(&Class::Index(1)).unwrap(), "b/c");
        assert_eq!(
            classes.label(&Class::Folder("b-c-1".into())).unwrap(),
            "b/c"
        );
        assert_eq!(classes.label(&Class::Folder("new".into())).unwrap(), "new");
        for (name, text) in [(CLASSES, r#"["a","b"]"#), (LABELS, "a\nb\n")] {
            let classes = read(name, text).unwrap();
            assert_eq!(classes.names(), ["a", "b"]);
            for wrong in [2, -1, i64::MAX] {
                let error = classes.label(&Class::Index(wrong)).unwrap_err();
                assert_eq!(error, "label-out-of-range");
            }
        }
    }

    #[test]
    fn without_a_list_numbers_are_names_that_sort_like_them() {
        let classes = Classes::default();
        let nine = classes.label(&Class::Index(9)).unwrap();
        assert!(nine < classes.label(&Class::Index(10)).unwrap());
        assert!(classes.label(&Class::Index(i64::MAX)).is_err());
        assert_eq!(classes.label(&Class::None), Err("no-label"));
        assert_eq!(classes.label(&Class::Label(" \n".into())), Err("no-label"));
        let long = Class::Folder("x".repeat(2_000));
        assert_eq!(classes.label(&long), Err("no-label"));
    }

    #[test]
    fn a_list_that_is_not_understood_is_named() {
        let gap = r#"[{"index":1,"label":"a","folder":"a"}]"#;
        for text in [gap, "{}", "[1]", "nonsense"] {
            let error = read(CLASSES, text).unwrap_err().to_string();
            assert!(error.contains(CLASSES), "{error}");
        }
    }
}
