//! Parquet files with pictures in them, as Hugging Face `datasets`, img2dataset and we write them.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use serde_json::{Map, Value};

use super::bytes::foreign;
use super::found::{Class, Content, Found, Give, Halt, Picture, Place};
use super::{LARGEST, told};
use crate::error::DatasetError;
use crate::export::FEATURES_KEY;

/// Rows that are in memory at a time, beside the page that they come from.
const ROWS: usize = 32;
/// Most bytes of one column in one row group: a page may be as large, and is unpacked whole.
const CHUNK: i64 = 1 << 30;

/// Names that others give the column of pictures, and of classes.
const PICTURES: [&str; 9] = [
    "image",
    "jpg",
    "img",
    "picture",
    "jpeg",
    "png",
    "webp",
    "bytes",
    "image_bytes",
];
const LABELS: [&str; 5] = ["label", "labels", "cls", "class", "fine_label"];

/// The columns that are read.
#[derive(Debug, Default)]
struct Columns {
    picture: usize,
    path: Option<usize>,
    label: Option<(usize, String)>,
    /// Facts, by name.
    facts: Vec<(usize, String)>,
}

/// A value of a column that is read.
#[derive(Debug, Clone)]
enum Cell {
    Bytes(ByteArray),
    Number(i64),
}

impl Cell {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Bytes(bytes) => std::str::from_utf8(bytes.data()).ok(),
            Self::Number(_) => None,
        }
    }
}

/// What a file tells of its classes.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Their names, if it has any.
    pub(super) names: Vec<String>,
    /// Columns among which nothing says which one is meant.
    pub(super) unclear: Vec<String>,
}

/// The names of the classes, where the file tells them.
pub(super) fn told_of_classes(path: &Path) -> Result<Told, DatasetError> {
    fenced(path, || {
        let reader = SerializedFileReader::new(File::open(path)?)?;
        let columns = columns(&reader)?;
        let features = features(&reader);
        let Some((_, label)) = columns.label else {
            let unclear = typed(&features, "ClassLabel");
            return Ok(Told {
                unclear: unclear.into_iter().map(str::to_owned).collect(),
                ..Told::default()
            });
        };
        let names = features.get(&label).map(|feature| &feature["names"]);
        let names = names.and_then(Value::as_array).into_iter().flatten();
        Ok(Told {
            names: names
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            unclear: Vec::new(),
        })
    })
}

/// The types of the columns, as `datasets` writes them down.
fn features(reader: &SerializedFileReader<File>) -> Map<String, Value> {
    let metadata = reader.metadata().file_metadata();
    let pairs = metadata.key_value_metadata().into_iter().flatten();
    let said = pairs
        .filter(|pair| pair.key == FEATURES_KEY)
        .find_map(|pair| serde_json::from_str::<Value>(pair.value.as_ref()?).ok());
    match said.map(|mut said| said["info"]["features"].take()) {
        Some(Value::Object(features)) => features,
        _ => Map::new(),
    }
}

/// Names of the columns that `datasets` has given a type.
fn typed<'a>(features: &'a Map<String, Value>, kind: &str) -> Vec<&'a str> {
    let of_kind = features
        .iter()
        .filter(|(_, feature)| feature["_type"] == kind);
    of_kind.map(|(name, _)| name.as_str()).collect()
}

/// The only column of a type; of several, nothing says which one is meant.
fn only<'a>(features: &'a Map<String, Value>, kind: &str) -> Option<&'a str> {
    match typed(features, kind)[..] {
        [name] => Some(name),
        _ => None,
    }
}

/// Reads one file.
pub(super) fn read(path: &Path, give: &mut Give<'_>) -> Result<(), Halt> {
    let reader = fenced(path, || SerializedFileReader::new(File::open(path)?))?;
    let columns = fenced(path, || columns(&reader))?;
    let mut row_number = 0_u64;
    for group in 0..reader.num_row_groups() {
        let rows = fenced(path, || reader.get_row_group(group))?;
        let wanted = columns.wanted();
        for column in &wanted {
            let size = rows.metadata().column(*column).uncompressed_size();
            if !(0..=CHUNK).contains(&size) {
                return Err(foreign(
                    path,
                    &format!("row group {group} has a column of {size} bytes, and at most {CHUNK} are read; write it with smaller row groups"),
                )
                .into());
            }
        }
        let mut readers = fenced(path, || open(&*rows, &wanted))?;
        let mut left = rows.metadata().num_rows();
        while left > 0 {
            let mut batch = fenced(path, || {
                readers
                    .iter_mut()
                    .map(|(reader, depth)| next(reader, *depth))
                    .collect::<Result<Vec<_>, ParquetError>>()
            })?;
            let count = batch[0].len();
            if count == 0 {
                return Err(foreign(path, "it ends before its last row").into());
            }
            for at in 0..count {
                let row: Vec<Option<Cell>> = batch
                    .iter_mut()
                    .map(|column| column.get_mut(at).and_then(Option::take))
                    .collect();
                give(columns.found(path, row_number, row))?;
                row_number += 1;
            }
            left -= i64::try_from(count).unwrap_or(i64::MAX);
        }
    }
    Ok(())
}

/// The library breaks down on some damage, which must not take the program with it.
fn fenced<T>(
    path: &Path,
    work: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, DatasetError> {
    let broken = |what: String| {
        let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        foreign(path, &format!("it cannot be read ({what})"))
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(broken(error.to_string())),
        Err(_) => Err(broken("its parts do not fit each other".to_owned())),
    }
}

/// Chooses the columns by their names and types, and by what `datasets` says of them where the names are not usual ones.
fn columns(reader: &SerializedFileReader<File>) -> Result<Columns, ParquetError> {
    let schema = reader.metadata().file_metadata().schema_descr();
    let all: Vec<(usize, Vec<&str>, &ColumnDescriptor)> = (0..schema.num_columns())
        .map(|at| (at, &**schema.columns().get(at).expect("counted")))
        .filter(|(_, column)| column.max_rep_level() == 0)
        .map(|(at, column)| {
            let parts = column.path().parts().iter().map(String::as_str).collect();
            (at, parts, column)
        })
        .collect();
    let is_bytes = |column: &ColumnDescriptor| column.physical_type() == Physical::BYTE_ARRAY;
    let is_text = |column: &ColumnDescriptor| {
        is_bytes(column)
            && (column.converted_type() == ConvertedType::UTF8
                || column.logical_type_ref() == Some(&LogicalType::String))
    };
    let is_number = |column: &ColumnDescriptor| {
        matches!(column.physical_type(), Physical::INT32 | Physical::INT64)
    };
    let features = features(reader);
    let usual = PICTURES.iter().copied();
    let picture = usual.chain(only(&features, "Image")).find_map(|name| {
        all.iter().find(|(_, parts, column)| {
            is_bytes(column)
                && (parts[..] == [name, "bytes"] || parts[..] == [name] && !is_text(column))
        })
    });
    let picture = picture.or_else(|| {
        all.iter()
            .find(|(_, parts, column)| is_bytes(column) && parts.len() == 2 && parts[1] == "bytes")
    });
    let (picture, parts, _) = picture.ok_or_else(|| {
        let all = all.iter().map(|(_, parts, _)| parts.join("."));
        ParquetError::General(format!(
            "no column of it holds picture files; those of `datasets` are called image, and it has {}",
            all.collect::<Vec<_>>().join(", ")
        ))
    })?;
    let mut columns = Columns {
        picture: *picture,
        ..Columns::default()
    };
    for (at, path, column) in &all {
        match path[..] {
            [first, "path"] if first == parts[0] && is_text(column) => columns.path = Some(*at),
            [name] if name != parts[0] && is_text(column) => {
                columns.facts.push((*at, name.to_owned()));
            }
            [name @ ("width" | "height")] if is_number(column) => {
                columns.facts.push((*at, name.to_owned()));
            }
            _ => {}
        }
    }
    let usual = LABELS.iter().copied();
    columns.label = usual.chain(only(&features, "ClassLabel")).find_map(|name| {
        all.iter()
            .find(|(_, path, column)| path[..] == [name] && (is_number(column) || is_text(column)))
            .map(|(at, ..)| (*at, name.to_owned()))
    });
    Ok(columns)
}

impl Columns {
    /// Numbers of the columns, in the order of a row's cells.
    fn wanted(&self) -> Vec<usize> {
        let mut wanted = vec![self.picture];
        wanted.extend(self.path);
        wanted.extend(self.label.as_ref().map(|(at, _)| at));
        wanted.extend(self.facts.iter().map(|(at, _)| at));
        wanted
    }

    fn found(&self, file: &Path, number: u64, row: Vec<Option<Cell>>) -> Found {
        let mut cells = row.into_iter();
        let mut next = |is_there: bool| {
            if is_there {
                cells.next().flatten()
            } else {
                None
            }
        };
        let picture = next(true);
        let path = next(self.path.is_some());
        let label = next(self.label.is_some());
        let mut told = Map::new();
        for (_, name) in &self.facts {
            let value = match next(true) {
                Some(Cell::Number(number)) => number.into(),
                Some(cell) => cell.text().into(),
                None => Value::Null,
            };
            told.insert(name.clone(), value);
        }
        let place = Place::within(file, &number.to_string());
        let bytes = match picture {
            Some(Cell::Bytes(bytes)) if bytes.len() as u64 > LARGEST => {
                return Found::Skipped("too-large", place);
            }
            Some(Cell::Bytes(bytes)) if !bytes.is_empty() => bytes.data().to_vec(),
            _ => return Found::Skipped("no-picture", place),
        };
        let told = Value::Object(told);
        let class = match &label {
            Some(Cell::Number(number)) => Some(Class::Index(*number)),
            Some(cell) => cell.text().map(|text| Class::Label(text.to_owned())),
            None => told::class(&told),
        };
        let caption = || {
            told["caption"]
                .as_str()
                .map(|text| Class::Label(text.to_owned()))
        };
        let facts = told::facts(&told);
        let path = path.as_ref().and_then(Cell::text).unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let key = name
            .rsplit_once('.')
            .map_or(name, |(stem, _)| stem)
            .to_owned();
        Found::Picture(Box::new(Picture {
            place,
            key,
            content: Content::File(bytes),
            class: class.or_else(caption).unwrap_or(Class::None),
            facts,
        }))
    }
}

/// Opens columns of a row group, each with the level at which a value is there.
fn open(
    rows: &dyn RowGroupReader,
    wanted: &[usize],
) -> Result<Vec<(ColumnReader, i16)>, ParquetError> {
    let depth = |at: usize| rows.metadata().column(at).column_descr().max_def_level();
    wanted
        .iter()
        .map(|at| Ok((rows.get_column_reader(*at)?, depth(*at))))
        .collect()
}

/// Reads the next rows of a column.
fn next(reader: &mut ColumnReader, depth: i16) -> Result<Vec<Option<Cell>>, ParquetError> {
    match reader {
        ColumnReader::ByteArrayColumnReader(reader) => values(reader, depth, Cell::Bytes),
        ColumnReader::Int32ColumnReader(reader) => {
            values(reader, depth, |number| Cell::Number(number.into()))
        }
        ColumnReader::Int64ColumnReader(reader) => values(reader, depth, Cell::Number),
        _ => Err(ParquetError::General(
            "a column of an unexpected type".to_owned(),
        )),
    }
}

fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    depth: i16,
    cell: impl Fn(T::T) -> Cell,
) -> Result<Vec<Option<Cell>>, ParquetError> {
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let mut rows = 0;
    while rows < ROWS {
        let wanted = (depth > 0).then_some(&mut levels);
        let (more, _, _) = reader.read_records(ROWS - rows, wanted, None, &mut values)?;
        if more == 0 {
            break;
        }
        rows += more;
    }
    let mut values = values.into_iter().map(cell);
    if depth == 0 {
        return Ok(values.map(Some).collect());
    }
    Ok(levels
        .iter()
        .map(|level| if *level == depth { values.next() } else { None })
        .collect())
}
