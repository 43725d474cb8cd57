//! A `LevelDB` written in one go: sorted tables on the lowest level, and the manifest that lists them.
//!
//! Keys come in ascending order, so that no log and no compaction are needed. The layout is that of `LevelDB` 1.x. It is written here
//! because `rusty-leveldb`, the one implementation in safe Rust, panics on files that are not its own and takes the lengths in them
//! on trust, which rules it out for the way back; and so that equal contents are equal bytes.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::package::Package;
use super::sstable::{Table, checksum, internal, push_varint};
use crate::error::DatasetError;

/// Bytes in a table before the next is begun.
const TABLE: u64 = 32 << 20;
/// The level of the tables: the last one, which is never compacted for its size.
const LEVEL: u64 = 6;
/// Number of the manifest; tables are numbered from the next on.
const FIRST: u64 = 2;
/// Bytes in a block of a log, and before each piece of a record in it.
pub(crate) const LOG_BLOCK: usize = 32 << 10;
/// See [`LOG_BLOCK`].
pub(crate) const LOG_HEADER: usize = 7;
/// How keys are ordered: by their bytes.
pub(crate) const COMPARATOR: &str = "leveldb.BytewiseComparator";

/// Fields of a manifest's record.
pub(crate) mod field {
    pub(crate) const COMPARATOR: u64 = 1;
    pub(crate) const LOG: u64 = 2;
    pub(crate) const NEXT: u64 = 3;
    pub(crate) const SEQUENCE: u64 = 4;
    pub(crate) const POINTER: u64 = 5;
    pub(crate) const DELETED: u64 = 6;
    pub(crate) const TABLE: u64 = 7;
    pub(crate) const EARLIER_LOG: u64 = 9;
}

/// A database in the making.
pub(super) struct LevelDb {
    folder: PathBuf,
    table: Option<Table>,
    /// The record of the manifest so far: a field for each finished table.
    tables: Vec<u8>,
    number: u64,
    sequence: u64,
}

impl LevelDb {
    /// Begins the database in a folder.
    pub(super) fn begin(package: &mut Package, folder: &Path) -> Result<Self, DatasetError> {
        package.folder(folder)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            table: None,
            tables: Vec::new(),
            number: FIRST,
            sequence: 0,
        })
    }

    /// Adds a key that is greater than all before it.
    pub(super) fn put(
        &mut self,
        package: &mut Package,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), DatasetError> {
        self.sequence += 1;
        let table = match &mut self.table {
            Some(table) => table,
            empty => {
                self.number += 1;
                let name = format!("{:06}.ldb", self.number);
                empty.insert(Table::begin(package.begin_file(&self.folder.join(name))?))
            }
        };
        let path = || self.folder.join(format!("{:06}.ldb", self.number));
        table
            .put(internal(key, self.sequence), value)
            .map_err(|e| DatasetError::io(&path(), e))?;
        if table.len() >= TABLE {
            self.end_table(package)?;
        }
        Ok(())
    }

    fn end_table(&mut self, package: &mut Package) -> Result<(), DatasetError> {
        let Some(table) = self.table.take() else {
            return Ok(());
        };
        let (smallest, largest) = (table.smallest.clone(), table.largest.clone());
        let (sheet, length) = table
            .finish()
            .map_err(|e| DatasetError::io(&self.folder, e))?;
        package.end_file(sheet)?;
        for number in [field::TABLE, LEVEL, self.number, length] {
            push_varint(&mut self.tables, number);
        }
        push_text(&mut self.tables, &smallest);
        push_text(&mut self.tables, &largest);
        Ok(())
    }

    /// Writes the manifest, and the file that names it.
    pub(super) fn finish(mut self, package: &mut Package) -> Result<(), DatasetError> {
        self.end_table(package)?;
        let mut record = Vec::new();
        push_varint(&mut record, field::COMPARATOR);
        push_text(&mut record, COMPARATOR.as_bytes());
        let numbers = [
            (field::LOG, 0),
            (field::NEXT, self.number + 1),
            (field::SEQUENCE, self.sequence),
        ];
        for (field, number) in numbers {
            push_varint(&mut record, field);
            push_varint(&mut record, number);
        }
        record.extend(&self.tables);
        let manifest = format!("MANIFEST-{FIRST:06}");
        package.stream(&self.folder.join(&manifest), |out| {
            out.write_all(&log(&record))
        })?;
        let current = format!("{manifest}\n");
        package.add(&self.folder.join("CURRENT"), current.as_bytes())
    }
}

fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    push_varint(out, text.len() as u64);
    out.extend(text);
}

/// Cuts a record into the pieces of a log: a whole one, or a first, middle ones and a last.
pub(crate) fn log(record: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = record;
    let mut is_first = true;
    loop {
        let room = LOG_BLOCK - out.len() % LOG_BLOCK;
        if room < LOG_HEADER {
            out.resize(out.len() + room, 0);
            continue;
        }
        let (piece, left) = rest.split_at(rest.len().min(room - LOG_HEADER));
        rest = left;
        let kind: u8 = match (is_first, rest.is_empty()) {
            (true, true) => 1,
            (true, false) => 2,
            (false, false) => 3,
            (false, true) => 4,
        };
        let length = u16::try_from(piece.len()).expect("pieces are below 32 KiB");
        out.extend(checksum(&[&[kind], piece]).to_le_bytes());
        out.extend(length.to_le_bytes());
        out.push(kind);
        out.extend(piece);
        is_first = false;
        if rest.is_empty() {
            return out;
        }
    }
}
