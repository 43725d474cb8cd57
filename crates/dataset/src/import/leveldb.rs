//! A `LevelDB` read without its library and without a change to its folder, which opening it would bring.
//!
//! The manifest names the live tables and the log of what is in none yet: Caffe's tools leave up to 256 MB there. Keys are gathered
//! with their places first, the newest of each, and the values read in the order of the keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::LARGEST;
use super::bytes::{Bytes, foreign, number, read_small, take, take_text, take_varint};
use super::caffe::Each;
use super::found::Halt;
use super::leveldb_log::{Record, records};
use crate::error::DatasetError;
use crate::export::leveldb_layout::{
    COMPARATOR, FOOT, MAGIC, PLAIN, SNAPPY, TRAILER, checksum, field,
};

/// Longest key that is read: a number and a path.
const KEY: u64 = 64 << 10;
/// Largest block: a value beside whatever else is in it.
const BLOCK: u64 = LARGEST + (1 << 20);
/// Largest record of the manifest.
const EDIT: u64 = 64 << 20;

/// What the manifest says is live.
#[derive(Debug, Default)]
struct Live {
    tables: BTreeSet<u64>,
    log: u64,
    earlier_log: u64,
}

/// Where the newest value of a key lies.
#[derive(Debug, Clone)]
enum Place {
    /// In a block of a table: the block's place and length, the value's place and length in it.
    Table {
        file: usize,
        block: (u64, u64),
        value: (usize, usize),
    },
    /// In a record of a log.
    Log {
        file: usize,
        record: usize,
        from: u64,
        count: u64,
    },
    /// Taken away again.
    Gone,
}

struct Log {
    file: Bytes,
    records: Vec<Record>,
}

/// Reads the database in a folder from its first key to its last.
pub(super) fn read(folder: &Path, each: &mut Each<'_>) -> Result<(), Halt> {
    let live = manifest(folder)?;
    let mut places: BTreeMap<Vec<u8>, (u64, Place)> = BTreeMap::new();
    let mut tables = Vec::new();
    for table in &live.tables {
        let mut file = Bytes::open(&table_path(folder, *table)?)?;
        index_table(&mut file, tables.len(), &mut places)?;
        tables.push(file);
    }
    let mut logs = Vec::new();
    for path in log_paths(folder, &live)? {
        let (mut file, records, is_whole) = records(&path)?;
        if !is_whole {
            each(b"", Err("cut-log"))?;
        }
        for (at, record) in records.iter().enumerate() {
            index_batch(&mut file, record, (logs.len(), at), &mut places)?;
        }
        logs.push(Log { file, records });
    }
    let mut cached: (usize, u64, Vec<u8>) = (usize::MAX, 0, Vec::new());
    for (key, (_, place)) in places {
        match place {
            Place::Gone => {}
            Place::Table {
                value: (_, count), ..
            } if count as u64 > LARGEST => {
                each(&key, Err("too-large"))?;
            }
            Place::Log { count, .. } if count > LARGEST => each(&key, Err("too-large"))?,
            Place::Table {
                file,
                block,
                value: (from, count),
            } => {
                if (cached.0, cached.1) != (file, block.0) {
                    cached = (file, block.0, read_block(&mut tables[file], block)?);
                }
                let value = cached.2.get(from..from + count);
                let value = value.ok_or_else(|| foreign(folder, "it has changed meanwhile"))?;
                each(&key, Ok(value.to_vec()))?;
            }
            Place::Log {
                file,
                record,
                from,
                count,
            } => {
                let log = &mut logs[file];
                let value = log.records[record].read(&mut log.file, from, count, LARGEST)?;
                each(&key, Ok(value))?;
            }
        }
    }
    Ok(())
}

/// Follows `CURRENT` to the manifest and adds up its records.
fn manifest(folder: &Path) -> Result<Live, DatasetError> {
    let current = folder.join("CURRENT");
    let text = read_small(&current, 1_024)?;
    let name = std::str::from_utf8(&text).ok().map(str::trim);
    let number = name
        .and_then(|name| name.strip_prefix("MANIFEST-"))
        .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| foreign(&current, "it names no manifest"))?;
    let path = folder.join(format!("MANIFEST-{number}"));
    let (mut file, records, _) = records(&path)?;
    let mut live = Live::default();
    if records.is_empty() {
        return Err(foreign(&path, "it has no record"));
    }
    for record in &records {
        let edit = record.read(&mut file, 0, u64::MAX, EDIT)?;
        apply(&edit, &mut live).map_err(|what| foreign(&path, what))?;
    }
    Ok(live)
}

fn apply(mut edit: &[u8], live: &mut Live) -> Result<(), &'static str> {
    const BROKEN: &str = "a record in it is damaged";
    let rest = &mut edit;
    while !rest.is_empty() {
        match take_varint(rest).ok_or(BROKEN)? {
            field::COMPARATOR => {
                if take_text(rest).ok_or(BROKEN)? != COMPARATOR.as_bytes() {
                    return Err("its keys are not in the order of their bytes");
                }
            }
            field::LOG => live.log = take_varint(rest).ok_or(BROKEN)?,
            field::EARLIER_LOG => live.earlier_log = take_varint(rest).ok_or(BROKEN)?,
            field::NEXT | field::SEQUENCE => {
                take_varint(rest).ok_or(BROKEN)?;
            }
            field::POINTER => {
                take_varint(rest).ok_or(BROKEN)?;
                take_text(rest).ok_or(BROKEN)?;
            }
            field::DELETED => {
                take_varint(rest).ok_or(BROKEN)?;
                live.tables.remove(&take_varint(rest).ok_or(BROKEN)?);
            }
            field::TABLE => {
                take_varint(rest).ok_or(BROKEN)?;
                let table = take_varint(rest).ok_or(BROKEN)?;
                take_varint(rest).ok_or(BROKEN)?;
                take_text(rest).ok_or(BROKEN)?;
                take_text(rest).ok_or(BROKEN)?;
                live.tables.insert(table);
            }
            _ => return Err("it has a field of a later version"),
        }
    }
    Ok(())
}

/// Tables have had two endings.
fn table_path(folder: &Path, number: u64) -> Result<PathBuf, DatasetError> {
    let path = |ending: &str| folder.join(format!("{number:06}.{ending}"));
    ["ldb", "sst"]
        .map(path)
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| foreign(&path("ldb"), "the manifest names it, and it is missing"))
}

fn log_paths(folder: &Path, live: &Live) -> Result<Vec<PathBuf>, DatasetError> {
    let number = |path: &PathBuf| -> Option<u64> {
        let name = path.file_name()?.to_str()?;
        name.strip_suffix(".log")?.parse().ok()
    };
    let entries = super::layout::entries(folder)?;
    let is_live = |n: u64| n >= live.log || (n == live.earlier_log && n != 0);
    Ok(entries
        .into_iter()
        .filter(|path| number(path).is_some_and(is_live))
        .collect())
}

fn note(places: &mut BTreeMap<Vec<u8>, (u64, Place)>, key: &[u8], sequence: u64, place: Place) {
    match places.get_mut(key) {
        Some(known) if known.0 > sequence => {}
        Some(known) => *known = (sequence, place),
        None => {
            places.insert(key.to_vec(), (sequence, place));
        }
    }
}

fn index_table(
    file: &mut Bytes,
    at: usize,
    places: &mut BTreeMap<Vec<u8>, (u64, Place)>,
) -> Result<(), DatasetError> {
    let path = file.path.clone();
    let broken = || foreign(&path, "it is damaged, or no table");
    let foot_at = file.length.checked_sub(FOOT as u64).ok_or_else(broken)?;
    let foot = file.read(foot_at, FOOT as u64, FOOT as u64)?;
    if number(&foot, FOOT - 8, 8) != Some(MAGIC) {
        return Err(broken());
    }
    let mut handles = &foot[..FOOT - 8];
    let mut handle = || Some((take_varint(&mut handles)?, take_varint(&mut handles)?));
    handle().ok_or_else(broken)?;
    let index = handle().ok_or_else(broken)?;
    let index = read_block(file, index)?;
    let mut blocks = Vec::new();
    entries(&index, |_, place, count| {
        let mut value = &index[place..place + count];
        blocks.push((take_varint(&mut value)?, take_varint(&mut value)?));
        Some(())
    })
    .ok_or_else(broken)?;
    for block in blocks {
        let bytes = read_block(file, block)?;
        entries(&bytes, |key, place, count| {
            let (user, tail) = key.split_at_checked(key.len().checked_sub(8)?)?;
            let tail = number(tail, 0, 8)?;
            let found = match tail & 0xff {
                0 => Place::Gone,
                1 => Place::Table {
                    file: at,
                    block,
                    value: (place, count),
                },
                _ => return None,
            };
            note(places, user, tail >> 8, found);
            Some(())
        })
        .ok_or_else(broken)?;
    }
    Ok(())
}

/// Goes through a block's entries with their full keys, and the places of their values; `None` when it is damaged.
fn entries(block: &[u8], mut each: impl FnMut(&[u8], usize, usize) -> Option<()>) -> Option<()> {
    let restarts = number(block, block.len().checked_sub(4)?, 4)?;
    let tail = restarts.checked_mul(4)?.checked_add(4)?;
    let end = block.len().checked_sub(usize::try_from(tail).ok()?)?;
    let mut rest = &block[..end];
    let mut key = Vec::new();
    while !rest.is_empty() {
        let shared = usize::try_from(take_varint(&mut rest)?).ok()?;
        let own = take_varint(&mut rest)?;
        let count = take_varint(&mut rest)?;
        if own > KEY || shared > key.len() {
            return None;
        }
        key.truncate(shared);
        key.extend(take(&mut rest, own)?);
        let place = end - rest.len();
        take(&mut rest, count)?;
        each(&key, place, usize::try_from(count).ok()?)?;
    }
    Some(())
}

/// Reads a block, checks and unpacks it.
fn read_block(file: &mut Bytes, (from, count): (u64, u64)) -> Result<Vec<u8>, DatasetError> {
    let whole = count.saturating_add(TRAILER as u64);
    let mut bytes = file.read(from, whole, BLOCK)?;
    let broken = |what: &str| foreign(&file.path, &format!("its block at {from} {what}"));
    let sum = number(&bytes, bytes.len() - 4, 4);
    bytes.truncate(bytes.len() - 4);
    if sum != Some(u64::from(checksum(&[&bytes]))) {
        return Err(broken("is not what was written"));
    }
    match bytes.pop() {
        Some(PLAIN) => Ok(bytes),
        Some(SNAPPY) => {
            let length = snap::raw::decompress_len(&bytes).unwrap_or(usize::MAX);
            if length as u64 > BLOCK {
                return Err(broken("is too large"));
            }
            snap::raw::Decoder::new()
                .decompress_vec(&bytes)
                .map_err(|_| broken("cannot be unpacked"))
        }
        _ => Err(broken(
            "is packed in a way that is not read; write it with snappy",
        )),
    }
}

/// Goes through a batch of changes in a log.
fn index_batch(
    file: &mut Bytes,
    record: &Record,
    at: (usize, usize),
    places: &mut BTreeMap<Vec<u8>, (u64, Place)>,
) -> Result<(), DatasetError> {
    let broken = foreign(&file.path, "a batch of changes in it is damaged");
    let head = record.read(file, 0, 12, 12)?;
    let (Some(mut sequence), Some(changes)) = (number(&head, 0, 8), number(&head, 8, 4)) else {
        return Err(broken);
    };
    let mut from = 12;
    for _ in 0..changes {
        // Kind and key length, then the key and the value's length: never the value.
        let front = record.read(file, from, 11, 11)?;
        let mut rest = &front[..];
        let parsed = take(&mut rest, 1).and_then(|kind| Some((kind[0], take_varint(&mut rest)?)));
        let Some((kind, key_length)) = parsed.filter(|(kind, length)| *kind <= 1 && *length <= KEY)
        else {
            return Err(broken);
        };
        from += (front.len() - rest.len()) as u64;
        let key = record.read(file, from, key_length, KEY)?;
        if key.len() as u64 != key_length {
            return Err(broken);
        }
        from += key_length;
        let mut place = Place::Gone;
        if kind == 1 {
            let front = record.read(file, from, 10, 10)?;
            let mut rest = &front[..];
            let Some(count) = take_varint(&mut rest) else {
                return Err(broken);
            };
            from += (front.len() - rest.len()) as u64;
            if from.checked_add(count).is_none_or(|end| end > record.len()) {
                return Err(broken);
            }
            place = Place::Log {
                file: at.0,
                record: at.1,
                from,
                count,
            };
            from += count;
        }
        note(places, &key, sequence, place);
        sequence += 1;
    }
    Ok(())
}
