//! Tar shards of samples: `KEY.cls`, `KEY.jpg`, `KEY.json`, one after the other.

use std::io::Write;
use std::path::PathBuf;

use tar::{Builder, EntryType, Header};

use super::contents::{Entry, Part};
use super::facts::{Facts, Line};
use super::package::Package;
use super::whole::Course;
use crate::error::DatasetError;
use crate::publish::Snapshot;

/// Most pictures in a shard: several workers read a shard each, so that there should be several soon.
const SAMPLES: usize = 5_000;
/// Largest shard in bytes of pictures.
const BYTES: u64 = 256 << 20;

/// 1980-01-01, the earliest time that every archive format and file system can hold: equal contents are equal bytes.
const TIME: u64 = 315_532_800;

/// Writes `<split>-000000.tar` and so on.
pub(super) fn write(
    package: &mut Package,
    snapshot: &Snapshot,
    parts: &[Part<'_>],
    course: &mut Course<'_>,
) -> Result<(), DatasetError> {
    for part in parts {
        for (number, shard) in shards(&part.entries).into_iter().enumerate() {
            let name = PathBuf::from(format!("{}-{number:06}.tar", part.split));
            let mut tar = Builder::new(package.begin_file(&name)?);
            for entry in shard {
                let jpeg = entry.read(course.root, snapshot)?;
                append(&mut tar, entry, &jpeg)
                    .map_err(|e| DatasetError::io(&tar.get_ref().path, e))?;
                if course.step().is_break() {
                    return Ok(());
                }
            }
            let path = tar.get_ref().path.clone();
            let sheet = tar.into_inner().map_err(|e| DatasetError::io(&path, e))?;
            package.end_file(sheet)?;
        }
    }
    Ok(())
}

/// Cuts a split into shards of whole samples.
fn shards<'a, 'b>(entries: &'b [Entry<'a>]) -> Vec<&'b [Entry<'a>]> {
    let mut shards = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (at, entry) in entries.iter().enumerate() {
        bytes += entry.row.object_bytes;
        if at > from && (at - from >= SAMPLES || bytes > BYTES) {
            shards.push(&entries[from..at]);
            (from, bytes) = (at, entry.row.object_bytes);
        }
    }
    shards.push(&entries[from..]);
    shards
}

/// Appends the files of a sample side by side, by name, as the webdataset format has it.
fn append<W: Write>(tar: &mut Builder<W>, entry: &Entry<'_>, jpeg: &[u8]) -> std::io::Result<()> {
    let class = entry.class.index;
    let line = Line {
        file_name: String::new(),
        label: i64::from(class),
        facts: Facts::of(entry),
    };
    let json = serde_json::to_vec(&line)?;
    let files = [
        ("cls", class.to_string().into_bytes()),
        ("jpg", jpeg.to_vec()),
        ("json", json),
    ];
    for (ending, content) in files {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o444);
        header.set_mtime(TIME);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(content.len() as u64);
        tar.append_data(
            &mut header,
            format!("{}.{ending}", entry.key),
            content.as_slice(),
        )?;
    }
    Ok(())
}
