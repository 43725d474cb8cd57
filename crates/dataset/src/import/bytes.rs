//! Files read at places that the files themselves name: never beyond their end, and never more than is allowed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::DatasetError;

/// A file with its length.
#[derive(Debug)]
pub(super) struct Bytes {
    pub(super) path: PathBuf,
    file: File,
    pub(super) length: u64,
}

impl Bytes {
    pub(super) fn open(path: &Path) -> Result<Self, DatasetError> {
        let io = |e| DatasetError::io(path, e);
        let file = File::open(path).map_err(io)?;
        let meta = file.metadata().map_err(io)?;
        if !meta.is_file() {
            return Err(foreign(path, "it is not a plain file"));
        }
        Ok(Self {
            path: path.to_path_buf(),
            file,
            length: meta.len(),
        })
    }

    /// Reads exactly these bytes; a place outside the file, or more than `most`, is damage.
    pub(super) fn read(
        &mut self,
        from: u64,
        count: u64,
        most: u64,
    ) -> Result<Vec<u8>, DatasetError> {
        let is_inside = from
            .checked_add(count)
            .is_some_and(|end| end <= self.length);
        if !is_inside || count > most {
            return Err(foreign(
                &self.path,
                &format!(
                    "it names {count} bytes at {from}, and has {} in all",
                    self.length
                ),
            ));
        }
        let mut bytes = vec![0; usize::try_from(count).expect("bounded above")];
        self.file
            .seek(SeekFrom::Start(from))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|e| DatasetError::io(&self.path, e))?;
        Ok(bytes)
    }
}

/// Reads a small file whole.
pub(super) fn read_small(path: &Path, most: u64) -> Result<Vec<u8>, DatasetError> {
    let mut file = Bytes::open(path)?;
    if file.length > most {
        return Err(foreign(
            path,
            &format!("it has {} bytes where at most {most} are read", file.length),
        ));
    }
    let length = file.length;
    file.read(0, length, most)
}

/// A failure to read the source.
pub(super) fn foreign(path: &Path, detail: &str) -> DatasetError {
    DatasetError::Foreign {
        path: path.to_path_buf(),
        detail: detail.to_owned(),
    }
}

/// Reads a number of `count` bytes, the lowest first; `None` outside.
pub(super) fn number(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(count)?)?;
    Some(
        field
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    )
}

/// Takes a number of seven bits a byte off the front; `None` when it does not end or is too large.
pub(super) fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(first & 0x7f);
        number |= part.checked_shl(shift).filter(|n| n >> shift == part)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Takes so many bytes off the front.
pub(super) fn take<'a>(bytes: &mut &'a [u8], count: u64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(count).ok()?)?;
    *bytes = rest;
    Some(taken)
}

/// Takes bytes off the front whose length stands before them.
pub(super) fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = take_varint(bytes)?;
    take(bytes, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_lie_are_none() {
        let mut good: &[u8] = &[0xac, 0x02, 9];
        assert_eq!(take_varint(&mut good), Some(300));
        assert_eq!(good, [9]);
        for mut bad in [&[0x80_u8][..], &[0xff; 12], &[]] {
            assert_eq!(take_varint(&mut bad), None);
        }
        let mut most: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(take_varint(&mut most), Some(u64::MAX));
        let mut long: &[u8] = &[200, 1, 7];
        assert_eq!(take_text(&mut long), None);
        assert_eq!(number(&[1, 2, 3], 1, 2), Some(0x302));
        assert_eq!(number(&[1], usize::MAX, 2), None);
    }

    #[test]
    fn nothing_is_read_beyond_the_file_or_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, [1, 2, 3]).unwrap();
        let mut bytes = Bytes::open(&path).unwrap();
        assert_eq!(bytes.read(1, 2, 9).unwrap(), [2, 3]);
        for (from, count, most) in [
            (1, 3, 9),
            (0, 3, 2),
            (u64::MAX, 2, 9),
            (0, u64::MAX, u64::MAX),
        ] {
            assert!(bytes.read(from, count, most).is_err());
        }
        assert!(Bytes::open(folder.path()).is_err());
        assert!(read_small(&path, 2).is_err());
    }
}
