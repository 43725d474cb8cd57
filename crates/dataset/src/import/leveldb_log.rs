//! `LevelDB`'s logs, of changes and of the manifest: records in pieces, which are found without holding a record whole.

use std::path::Path;

use super::bytes::{Bytes, foreign, number};
use crate::error::DatasetError;
use crate::export::leveldb_layout::{LOG_BLOCK, LOG_HEADER, checksum};

/// Where the bytes of a record lie.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    /// Place in the file, place in the record and length of each piece.
    pieces: Vec<(u64, u64, u64)>,
}

impl Record {
    /// Length in bytes.
    pub(super) fn len(&self) -> u64 {
        self.pieces
            .last()
            .map_or(0, |(_, place, length)| place + length)
    }

    /// Reads bytes of the record from its file, at most `most`; those behind its end are left out.
    pub(super) fn read(
        &self,
        file: &mut Bytes,
        from: u64,
        count: u64,
        most: u64,
    ) -> Result<Vec<u8>, DatasetError> {
        let end = from.saturating_add(count).min(self.len());
        if end.saturating_sub(from) > most {
            return Err(foreign(&file.path, "a record in it is too long"));
        }
        let mut bytes = Vec::new();
        let first = self
            .pieces
            .partition_point(|(_, place, length)| place + length <= from);
        for (in_file, place, length) in &self.pieces[first..] {
            if *place >= end {
                break;
            }
            let skip = from.saturating_sub(*place);
            let take = (end - place).min(*length) - skip;
            bytes.extend(file.read(in_file + skip, take, LOG_BLOCK as u64)?);
        }
        Ok(bytes)
    }
}

/// Finds the records of a log, and whether it ends as it should; a program that was killed leaves its last record cut.
pub(super) fn records(path: &Path) -> Result<(Bytes, Vec<Record>, bool), DatasetError> {
    let mut file = Bytes::open(path)?;
    let mut records = Vec::new();
    let mut open: Option<Record> = None;
    let mut place = 0;
    let (block, header) = (LOG_BLOCK as u64, LOG_HEADER as u64);
    while place + header <= file.length {
        let room = block - place % block;
        if room < header {
            place += room;
            continue;
        }
        let head = file.read(place, header, header)?;
        let length = number(&head, 4, 2).unwrap_or_default();
        let kind = head[6];
        if kind == 0 && length == 0 {
            // Room that was set aside and not used.
            place += room;
            continue;
        }
        let from = place + header;
        if length > room - header || from + length > file.length {
            return Ok((file, records, false));
        }
        let data = file.read(from, length, block)?;
        if number(&head, 0, 4) != Some(u64::from(checksum(&[&[kind], &data]))) {
            return Ok((file, records, false));
        }
        let mut record = match (kind, open.take()) {
            (1 | 2, None) => Record::default(),
            (3 | 4, Some(record)) => record,
            _ => return Ok((file, records, false)),
        };
        record.pieces.push((from, record.len(), length));
        if kind == 1 || kind == 4 {
            records.push(record);
        } else {
            open = Some(record);
        }
        place = from + length;
    }
    let is_whole = open.is_none() && place >= file.length;
    Ok((file, records, is_whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::leveldb_layout::log;

    #[test]
    fn records_of_every_length_come_back_piece_by_piece() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("000001.log");
        for length in [1, 32_760, 32_761, 32_762, 65_529, 100_000] {
            let content: Vec<u8> = (0..length).map(|n: u32| (n % 253) as u8).collect();
            std::fs::write(&path, log(&content)).unwrap();
            let (mut file, records, is_whole) = records(&path).unwrap();
            assert!(is_whole && records.len() == 1, "{length}");
            let all = records[0].read(&mut file, 0, u64::MAX, 1 << 20).unwrap();
            assert_eq!(all, content);
            let from = u64::from(length) / 2;
            let part = records[0].read(&mut file, from, 9, 9).unwrap();
            assert_eq!(
                part,
                content[from as usize..]
                    .iter()
                    .take(9)
                    .copied()
                    .collect::<Vec<_>>()
            );
            assert!(length < 10 || records[0].read(&mut file, 0, u64::MAX, 9).is_err());
        }
    }

    #[test]
    fn a_log_that_is_cut_or_changed_ends_before_that() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("000001.log");
        let whole = log(&vec![7; 40_000]);
        for end in [3, 7, 100, 32_768, 40_000] {
            std::fs::write(&path, &whole[..end]).unwrap();
            let (_, found, is_whole) = records(&path).unwrap();
            assert!(found.is_empty() && !is_whole, "{end}");
        }
        let mut turned = whole.clone();
        turned[20] ^= 1;
        std::fs::write(&path, turned).unwrap();
        assert!(!records(&path).unwrap().2);
    }
}
