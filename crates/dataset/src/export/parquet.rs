//! Parquet files with the pictures in them, as Hugging Face `datasets` writes and reads them.

use std::path::PathBuf;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use serde_json::{Map, Value, json};

use super::contents::{Entry, Part};
use super::facts::Facts;
use super::package::{Package, Sheet};
use super::whole::Course;
use crate::error::DatasetError;
use crate::publish::{Snapshot, reader_name};

/// Key of the file's metadata under which `datasets` keeps the columns' types.
pub(crate) const FEATURES_KEY: &str = "huggingface";

/// Bytes of pictures in a file, below the 500 MB that the Hub recommends.
const FILE: u64 = 400 << 20;
/// Rows in a row group, which a reader takes into memory whole: some 5 MB.
const GROUP: usize = 256;

/// Writes `data/<split>-00000-of-00001.parquet` and so on.
pub(super) fn write(
    package: &mut Package,
    snapshot: &Snapshot,
    parts: &[Part<'_>],
    course: &mut Course<'_>,
) -> Result<(), DatasetError> {
    let schema = schema();
    let properties = Arc::new(properties(snapshot));
    for part in parts {
        let files = files(&part.entries);
        for (number, entries) in files.iter().enumerate() {
            let name = PathBuf::from(format!(
                "data/{}-{number:05}-of-{:05}.parquet",
                reader_name(part.split),
                files.len()
            ));
            let sheet = package.begin_file(&name)?;
            let path = sheet.path.clone();
            let failed = |e| failed(&path, e);
            let mut writer =
                SerializedFileWriter::new(sheet, Arc::clone(&schema), Arc::clone(&properties))
                    .map_err(failed)?;
            for group in entries.chunks(GROUP) {
                let mut pictures = Vec::with_capacity(group.len());
                for entry in group {
                    pictures.push(ByteArray::from(entry.read(course.root, snapshot)?));
                    if course.step().is_break() {
                        return Ok(());
                    }
                }
                let mut rows = writer.next_row_group().map_err(failed)?;
                write_rows(&mut rows, group, &pictures).map_err(failed)?;
                rows.close().map_err(failed)?;
            }
            package.end_file(writer.into_inner().map_err(failed)?)?;
        }
    }
    Ok(())
}

fn failed(path: &std::path::Path, error: ParquetError) -> DatasetError {
    let source = match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => *io,
            Err(other) => std::io::Error::other(other.to_string()),
        },
        other => std::io::Error::other(other.to_string()),
    };
    DatasetError::io(path, source)
}

/// Cuts a split into files.
fn files<'a, 'b>(entries: &'b [Entry<'a>]) -> Vec<&'b [Entry<'a>]> {
    let mut files = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (at, entry) in entries.iter().enumerate() {
        bytes += entry.row.object_bytes;
        if at > from && bytes > FILE {
            files.push(&entries[from..at]);
            (from, bytes) = (at, entry.row.object_bytes);
        }
    }
    files.push(&entries[from..]);
    files
}

/// Every column may be null for the reader, although none is: types count as equal only if that is equal too.
fn schema() -> TypePtr {
    let leaf = |name: &str, kind: Physical, is_text: bool| {
        let leaf = Type::primitive_type_builder(name, kind)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(is_text.then_some(LogicalType::String));
        Arc::new(leaf.build().expect("the schema is constant"))
    };
    let image = Type::group_type_builder("image")
        .with_repetition(Repetition::OPTIONAL)
        .with_fields(vec![
            leaf("bytes", Physical::BYTE_ARRAY, false),
            leaf("path", Physical::BYTE_ARRAY, true),
        ]);
    let mut fields = vec![
        Arc::new(image.build().expect("the schema is constant")),
        leaf("label", Physical::INT64, false),
    ];
    fields.extend(Facts::TEXTS.map(|(name, _)| leaf(name, Physical::BYTE_ARRAY, true)));
    fields.extend(Facts::NUMBERS.map(|(name, _)| leaf(name, Physical::INT32, false)));
    let whole = Type::group_type_builder("schema").with_fields(fields);
    Arc::new(whole.build().expect("the schema is constant"))
}

/// JPEG does not shrink any further; texts do.
fn properties(snapshot: &Snapshot) -> WriterProperties {
    let bytes = ColumnPath::from(
        "image.bytes"
            .split('.')
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    let features = json!({ "info": { "features": features(snapshot) } });
    let features = KeyValue::new(FEATURES_KEY.to_owned(), features.to_string());
    WriterProperties::builder()
        .set_created_by("trawl".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_column_compression(bytes.clone(), Compression::UNCOMPRESSED)
        .set_column_dictionary_enabled(bytes.clone(), false)
        .set_column_statistics_enabled(bytes, EnabledStatistics::None)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // Pages are cut between batches of values, and a value is a picture.
        .set_write_batch_size(16)
        .set_key_value_metadata(Some(vec![features]))
        .build()
}

fn features(snapshot: &Snapshot) -> Value {
    let names: Vec<&str> = snapshot.classes.iter().map(|c| c.label.as_str()).collect();
    let value = |kind: &str| json!({ "dtype": kind, "_type": "Value" });
    let mut features = Map::new();
    features.insert("image".to_owned(), json!({ "_type": "Image" }));
    features.insert(
        "label".to_owned(),
        json!({ "names": names, "_type": "ClassLabel" }),
    );
    for (name, _) in Facts::TEXTS {
        features.insert(name.to_owned(), value("string"));
    }
    for (name, _) in Facts::NUMBERS {
        features.insert(name.to_owned(), value("int32"));
    }
    Value::Object(features)
}

fn write_rows(
    rows: &mut SerializedRowGroupWriter<'_, Sheet>,
    entries: &[Entry<'_>],
    pictures: &[ByteArray],
) -> Result<(), ParquetError> {
    let paths: Vec<ByteArray> = entries
        .iter()
        .map(|entry| format!("{}.jpg", entry.key).into_bytes().into())
        .collect();
    let labels: Vec<i64> = entries.iter().map(|e| i64::from(e.class.index)).collect();
    let facts: Vec<Facts> = entries.iter().map(Facts::of).collect();
    column::<ByteArrayType>(rows, pictures, 2)?;
    column::<ByteArrayType>(rows, &paths, 2)?;
    column::<Int64Type>(rows, &labels, 1)?;
    for (_, read) in Facts::TEXTS {
        let texts: Vec<ByteArray> = facts
            .iter()
            .map(|facts| read(facts).clone().into_bytes().into())
            .collect();
        column::<ByteArrayType>(rows, &texts, 1)?;
    }
    for (_, read) in Facts::NUMBERS {
        let numbers: Vec<i32> = facts
            .iter()
            .map(|facts| i32::try_from(read(facts)).unwrap_or(i32::MAX))
            .collect();
        column::<Int32Type>(rows, &numbers, 1)?;
    }
    Ok(())
}

/// Writes the next column; `depth` is how many of the types around a value may be null, itself included.
fn column<T: DataType>(
    rows: &mut SerializedRowGroupWriter<'_, Sheet>,
    values: &[T::T],
    depth: i16,
) -> Result<(), ParquetError> {
    let mut writer = rows
        .next_column()?
        .ok_or_else(|| ParquetError::General("a column too many".to_owned()))?;
    let present = vec![depth; values.len()];
    writer
        .typed::<T>()
        .write_batch(values, Some(&present), None)?;
    writer.close()
}
