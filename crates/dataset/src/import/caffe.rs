//! Caffe's records, from either database.

use std::path::Path;

use prost::Message;

use super::found::{Class, Content, Found, Give, Halt, Picture, Place};
use super::{leveldb, lmdb};
use crate::export::{Datum, ExportFormat, Facts};

/// The bytes of a record, or why there are none.
pub(super) type Value = Result<Vec<u8>, &'static str>;

/// Takes the key and the value of a record.
pub(super) type Each<'a> = dyn FnMut(&[u8], Value) -> Result<(), Halt> + 'a;

/// Reads one database.
pub(super) fn read(path: &Path, format: ExportFormat, give: &mut Give<'_>) -> Result<(), Halt> {
    let mut each = |key: &[u8], value: Value| {
        let key = String::from_utf8_lossy(key);
        let place = Place::within(path, &key);
        give(match value.and_then(|value| picture(&value)) {
            Err(reason) => Found::Skipped(reason, place),
            Ok((content, class)) => Found::Picture(Box::new(Picture {
                place,
                key: name(&key).to_owned(),
                content,
                class,
                facts: Facts::default(),
            })),
        })
    };
    match format {
        ExportFormat::Leveldb => leveldb::read(path, &mut each),
        _ => lmdb::read(path, &mut each),
    }
}

/// The file name in a key like `00000012_owl/a.jpg`, without its ending.
fn name(key: &str) -> &str {
    let file = key.rsplit('/').next().unwrap_or_default();
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// Makes a picture of a record, or says why there is none.
fn picture(record: &[u8]) -> Result<(Content, Class), &'static str> {
    let datum = Datum::decode(record).map_err(|_| "no-datum")?;
    let label = datum.label.ok_or("no-label")?;
    let data = datum.data.filter(|data| !data.is_empty());
    let data = data.ok_or(if datum.float_data.is_empty() {
        "no-datum"
    } else {
        "float-data"
    })?;
    let class = Class::Index(i64::from(label));
    if datum.encoded == Some(true) {
        return Ok((Content::File(data), class));
    }
    let side = |side: Option<i32>| side.and_then(|side| usize::try_from(side).ok());
    let sizes = [datum.channels, datum.height, datum.width].map(side);
    let [Some(channels), Some(height), Some(width)] = sizes else {
        return Err("no-datum");
    };
    let area = height.checked_mul(width).filter(|area| *area > 0);
    let area = area.ok_or("no-datum")?;
    if area.checked_mul(channels) != Some(data.len()) {
        return Err("wrong-length");
    }
    let planes = match channels {
        1 => [0, 0, 0],
        3 => [2, 1, 0],
        _ => return Err("channels"),
    };
    let mut rgb = Vec::with_capacity(area * 3);
    for at in 0..area {
        rgb.extend(planes.map(|plane| data[plane * area + at]));
    }
    let pixels = |side: usize| u32::try_from(side).map_err(|_| "wrong-length");
    let content = Content::Raw {
        width: pixels(width)?,
        height: pixels(height)?,
        rgb,
    };
    Ok((content, class))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(channels: i32, height: i32, width: i32, length: usize) -> Datum {
        Datum {
            channels: Some(channels),
            height: Some(height),
            width: Some(width),
            data: Some((0..=250).cycle().take(length).collect()),
            label: Some(3),
            ..Datum::default()
        }
    }

    #[test]
    fn planes_become_pixels_and_grey_is_threefold() {
        let (content, class) = picture(&raw(3, 1, 2, 6).encode_to_vec()).unwrap();
        assert_eq!(class, Class::Index(3));
        let Content::Raw { width, height, rgb } = content else {
            panic!("raw");
        };
        assert_eq!((width, height, &rgb[..]), (2, 1, &[4, 2, 0, 5, 3, 1][..]));
        let (content, _) = picture(&raw(1, 2, 1, 2).encode_to_vec()).unwrap();
        assert!(matches!(content, Content::Raw { rgb, .. } if rgb == [0, 0, 0, 1, 1, 1]));
    }

    #[test]
    fn records_that_lie_are_told_apart() {
        let bad = |datum: Datum| picture(&datum.encode_to_vec()).unwrap_err();
        assert_eq!(bad(raw(3, 2, 2, 11)), "wrong-length");
        assert_eq!(bad(raw(3, i32::MAX, i32::MAX, 12)), "wrong-length");
        assert_eq!(bad(raw(3, -1, 2, 6)), "no-datum");
        assert_eq!(bad(raw(2, 1, 3, 6)), "channels");
        assert_eq!(bad(raw(3, 0, 0, 0)), "no-datum");
        let mut datum = raw(3, 1, 1, 3);
        datum.label = None;
        assert_eq!(bad(datum), "no-label");
        let floats = Datum {
            label: Some(0),
            float_data: vec![1.0],
            ..Datum::default()
        };
        assert_eq!(bad(floats), "float-data");
        assert_eq!(picture(b"\xff\xff\xff").unwrap_err(), "no-datum");
        let whole = raw(3, 4, 4, 48).encode_to_vec();
        for end in 0..whole.len() {
            let _ = picture(&whole[..end]);
        }
    }

    #[test]
    fn a_key_names_its_file() {
        assert_eq!(name("00000001_a b/c.d.jpg"), "c.d");
        assert_eq!(name("00000001"), "00000001");
        assert_eq!(name(""), "");
    }
}
