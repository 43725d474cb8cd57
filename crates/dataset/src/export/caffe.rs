//! Caffe's databases, with the lists that they are made of.

use std::io::Write;
use std::path::{Path, PathBuf};

use prost::Message;

use super::contents::{Entry, Part};
use super::datum::Datum;
use super::format::{ExportFormat, ExportSettings};
use super::leveldb::LevelDb;
use super::lmdb::Lmdb;
use super::package::Package;
use super::whole::Course;
use crate::error::DatasetError;
use crate::pixels::unpack;
use crate::publish::Snapshot;
use crate::store::objects::Objects;

/// Name of the list of classes.
pub(crate) const LABELS: &str = "labels.txt";

/// A database that takes keys in ascending order.
enum Table {
    Lmdb(Lmdb),
    LevelDb(LevelDb),
}

/// Writes `<split>_lmdb` or `<split>_leveldb`, `<split>.txt` and [`LABELS`].
pub(super) fn write(
    package: &mut Package,
    snapshot: &Snapshot,
    parts: &[Part<'_>],
    settings: ExportSettings,
    course: &mut Course<'_>,
) -> Result<(), DatasetError> {
    package.stream(Path::new(LABELS), |out| {
        for class in &snapshot.classes {
            // A line each, whatever the name holds.
            writeln!(out, "{}", class.label.replace(char::is_control, " "))?;
        }
        Ok(())
    })?;
    for part in parts {
        let list = PathBuf::from(format!("{}.txt", part.split));
        package.stream(&list, |out| {
            for entry in &part.entries {
                writeln!(out, "{} {}", entry.path(), entry.class.index)?;
            }
            Ok(())
        })?;
        let folder = PathBuf::from(format!("{}_{}", part.split, settings.format));
        let mut table = match settings.format {
            ExportFormat::Leveldb => Table::LevelDb(LevelDb::begin(package, &folder)?),
            _ => Table::Lmdb(Lmdb::begin(package, &folder)?),
        };
        for (place, entry) in part.entries.iter().enumerate() {
            let key = format!("{place:08}_{}", entry.path());
            let value = datum(entry, snapshot, settings, course.root)?;
            match &mut table {
                Table::Lmdb(table) => table.put(key.as_bytes(), &value)?,
                Table::LevelDb(table) => table.put(package, key.as_bytes(), &value)?,
            }
            if course.step().is_break() {
                return Ok(());
            }
        }
        match table {
            Table::Lmdb(table) => table.finish(package)?,
            Table::LevelDb(table) => table.finish(package)?,
        }
    }
    Ok(())
}

fn datum(
    entry: &Entry<'_>,
    snapshot: &Snapshot,
    settings: ExportSettings,
    root: &Path,
) -> Result<Vec<u8>, DatasetError> {
    let file = entry.read(root, snapshot)?;
    let label = i32::try_from(entry.class.index).expect("classes are counted in memory");
    let datum = if settings.encoded {
        Datum::of_file(file, label)
    } else {
        let pixels =
            unpack(&file, &snapshot.preparation).map_err(|flaw| DatasetError::Damaged {
                path: Objects::path(root, &entry.row.id),
                detail: flaw.to_string(),
                remedy: format!(
                    "`trawl verify {}` says what helps; `--encoded` exports the file as it is",
                    root.display()
                ),
            })?;
        Datum::of_pixels(&pixels, label)
    };
    Ok(datum.encode_to_vec())
}
