//! Parquet files of others, whose columns have names of their own.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use ::parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;

use super::Import;
use super::tests::{picture, skips, take_in};

/// Writes six pictures in a column `photo`, numbers in `fine` and `coarse`, and these types of columns.
fn written(path: &Path, features: &str) {
    let schema = "message schema {
        optional group photo { optional binary bytes; optional binary path (UTF8); }
        optional int64 fine;
        optional int64 coarse;
    }";
    let said = format!(r#"{{"info":{{"features":{{{features}}}}}}}"#);
    let said = KeyValue::new("huggingface".to_owned(), said);
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![said]));
    let mut writer = SerializedFileWriter::new(
        File::create(path).unwrap(),
        Arc::new(parse_message_type(schema).unwrap()),
        Arc::new(properties.build()),
    )
    .unwrap();
    let mut rows = writer.next_row_group().unwrap();
    let pictures: Vec<ByteArray> = (0..6).map(|n| picture(n).into()).collect();
    let paths: Vec<ByteArray> = (0..6).map(|n| format!("{n}.jpg").as_str().into()).collect();
    for texts in [pictures, paths] {
        let mut column = rows.next_column().unwrap().unwrap();
        let typed = column.typed::<ByteArrayType>();
        typed.write_batch(&texts, Some(&[2; 6]), None).unwrap();
        column.close().unwrap();
    }
    for numbers in [[0, 1, 0, 1, 0, 1], [0; 6]] {
        let mut column = rows.next_column().unwrap().unwrap();
        let typed = column.typed::<Int64Type>();
        typed.write_batch(&numbers, Some(&[1; 6]), None).unwrap();
        column.close().unwrap();
    }
    rows.close().unwrap();
    writer.close().unwrap();
}

const PHOTO: &str = r#""photo":{"_type":"Image"}"#;
const FINE: &str = r#""fine":{"names":["owl","tit"],"_type":"ClassLabel"}"#;
const COARSE: &str = r#""coarse":{"names":["bird"],"_type":"ClassLabel"}"#;

#[test]
fn columns_of_any_name_are_found_by_their_types() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir(&source).unwrap();
    let number = r#""coarse":{"dtype":"int64","_type":"Value"}"#;
    written(
        &source.join("all.parquet"),
        &[PHOTO, FINE, number].join(","),
    );
    let (snapshot, counts) = take_in(&source, &folder.path().join("data"), None).unwrap();
    let labels: Vec<&str> = snapshot.classes.iter().map(|c| c.label.as_str()).collect();
    assert_eq!(labels, ["owl", "tit"]);
    assert_eq!((snapshot.rows.len(), skips(&counts)), (6, Vec::new()));
}

#[test]
fn of_several_columns_of_classes_none_is_guessed_and_all_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::create_dir(&source).unwrap();
    written(
        &source.join("all.parquet"),
        &[PHOTO, FINE, COARSE].join(","),
    );
    let mut import = Import::open(&source, None).unwrap();
    assert_eq!(import.unclear_classes(), ["coarse", "fine"]);
    let p = crate::Preparation::default();
    let ended = import.run(&p, &mut |_| std::ops::ControlFlow::Continue(()));
    assert!(ended.unwrap());
    assert_eq!(skips(import.counts()), [("no-label", 6)]);
}
