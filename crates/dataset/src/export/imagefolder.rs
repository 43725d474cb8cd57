//! One folder a split, one folder a class below it: torchvision and Keras; with metadata, Hugging Face's imagefolder.
//!
//! One layout serves all three. torchvision and Keras take every folder below a split for a class and pass over files beside them,
//! so the metadata lie there; `datasets` reads metadata beside the pictures and then takes the label from them, not from the folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::contents::Part;
use super::facts::{Facts, Line};
use super::package::Package;
use super::whole::Course;
use crate::error::DatasetError;
use crate::publish::Snapshot;

/// Name of the metadata in each split's folder.
pub(crate) const METADATA: &str = "metadata.jsonl";

/// Keeps an empty folder where tools that copy only files would drop it. Hidden files are no pictures for any reader.
const KEEP: &str = ".keep";

/// Writes folders and metadata. The pictures are copies: a link would let whoever edits the export edit the dataset.
pub(super) fn write(
    package: &mut Package,
    snapshot: &Snapshot,
    parts: &[Part<'_>],
    course: &mut Course<'_>,
) -> Result<(), DatasetError> {
    for part in parts {
        let split = Path::new(part.split.as_str());
        let mut rest = &part.entries[..];
        for class in &snapshot.classes {
            let folder = split.join(&class.folder);
            let count = rest
                .iter()
                .take_while(|entry| entry.class.index == class.index)
                .count();
            let (of_class, others) = rest.split_at(count);
            rest = others;
            if of_class.is_empty() {
                package.add(&folder.join(KEEP), b"")?;
            }
            for entry in of_class {
                let bytes = entry.read(course.root, snapshot)?;
                package.add(&folder.join(format!("{}.jpg", entry.key)), &bytes)?;
                if course.step().is_break() {
                    return Ok(());
                }
            }
        }
        let metadata: PathBuf = split.join(METADATA);
        package.stream(&metadata, |out| {
            for entry in &part.entries {
                let line = Line {
                    file_name: entry.path(),
                    label: i64::from(entry.class.index),
                    facts: Facts::of(entry),
                };
                serde_json::to_writer(&mut *out, &line)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
