//! A sorted table, the file in which `LevelDB` keeps keys and values: blocks, an index of them, and a foot that names it.

use std::io::Write;

use super::package::Sheet;

/// Bytes of a block before it is closed, as Caffe sets it.
const BLOCK: usize = 64 << 10;
/// Keys between two that are written whole.
const RESTART: usize = 16;
/// Last number of a table.
pub(crate) const MAGIC: u64 = 0xdb47_7524_8b80_fb57;
/// Length of a table's foot.
pub(crate) const FOOT: usize = 48;
/// Bytes behind each block: how it is compressed, and its checksum.
pub(crate) const TRAILER: usize = 5;
/// Blocks as they are, and blocks through snappy.
pub(crate) const PLAIN: u8 = 0;
/// See [`PLAIN`].
pub(crate) const SNAPPY: u8 = 1;

/// The checksum of `LevelDB`: CRC-32C, turned and shifted so that sums of data that hold sums are not weak.
pub(crate) fn checksum(parts: &[&[u8]]) -> u32 {
    let crc = parts
        .iter()
        .fold(0, |crc, part| crc32c::crc32c_append(crc, part));
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Appends a number, seven bits a byte, the lowest first.
pub(crate) fn push_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

/// A key as tables hold it: with its place in the history and the mark of a value that is there.
pub(crate) fn internal(key: &[u8], sequence: u64) -> Vec<u8> {
    let mut internal = key.to_vec();
    internal.extend((sequence << 8 | 1).to_le_bytes());
    internal
}

/// A table in the making; keys come in ascending order.
pub(super) struct Table {
    sheet: Sheet,
    block: Block,
    index: Block,
    offset: u64,
    pub(super) smallest: Vec<u8>,
    pub(super) largest: Vec<u8>,
}

impl Table {
    pub(super) fn begin(sheet: Sheet) -> Self {
        Self {
            sheet,
            block: Block::new(RESTART),
            index: Block::new(1),
            offset: 0,
            smallest: Vec::new(),
            largest: Vec::new(),
        }
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> u64 {
        self.offset
    }

    pub(super) fn put(&mut self, key: Vec<u8>, value: &[u8]) -> std::io::Result<()> {
        if self.smallest.is_empty() {
            self.smallest.clone_from(&key);
        }
        self.block.put(&key, value);
        self.largest = key;
        if self.block.bytes.len() >= BLOCK {
            self.end_block()?;
        }
        Ok(())
    }

    fn end_block(&mut self) -> std::io::Result<()> {
        let block = std::mem::replace(&mut self.block, Block::new(RESTART));
        let handle = self.write(&block.finish())?;
        self.index.put(&self.largest, &handle);
        Ok(())
    }

    /// Writes a block and gives where it lies.
    fn write(&mut self, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        let packed = snap::raw::Encoder::new()
            .compress_vec(plain)
            .map_err(std::io::Error::other)?;
        // As LevelDB has it: what saves less than an eighth is not worth unpacking.
        let (bytes, kind) = if packed.len() < plain.len() - plain.len() / 8 {
            (&packed[..], SNAPPY)
        } else {
            (plain, PLAIN)
        };
        let mut handle = Vec::new();
        push_varint(&mut handle, self.offset);
        push_varint(&mut handle, bytes.len() as u64);
        self.sheet.write_all(bytes)?;
        self.sheet.write_all(&[kind])?;
        self.sheet
            .write_all(&checksum(&[bytes, &[kind]]).to_le_bytes())?;
        self.offset += (bytes.len() + TRAILER) as u64;
        Ok(handle)
    }

    /// Ends the table and gives its file and length; at least one key was put.
    pub(super) fn finish(mut self) -> std::io::Result<(Sheet, u64)> {
        if !self.block.bytes.is_empty() {
            self.end_block()?;
        }
        let mut foot = self.write(&Block::new(1).finish())?;
        let index = std::mem::replace(&mut self.index, Block::new(1));
        foot.extend(self.write(&index.finish())?);
        foot.resize(FOOT - 8, 0);
        foot.extend(MAGIC.to_le_bytes());
        self.sheet.write_all(&foot)?;
        Ok((self.sheet, self.offset + FOOT as u64))
    }
}

/// Keys and values side by side, each key without what it shares with the one before.
struct Block {
    bytes: Vec<u8>,
    restarts: Vec<u32>,
    since: usize,
    interval: usize,
    last: Vec<u8>,
}

impl Block {
    fn new(interval: usize) -> Self {
        Self {
            bytes: Vec::new(),
            restarts: vec![0],
            since: 0,
            interval,
            last: Vec::new(),
        }
    }

    fn put(&mut self, key: &[u8], value: &[u8]) {
        let mut shared = 0;
        if self.since == self.interval {
            let place = u32::try_from(self.bytes.len()).expect("blocks are small");
            self.restarts.push(place);
            self.since = 0;
        } else {
            shared = key
                .iter()
                .zip(&self.last)
                .take_while(|(a, b)| a == b)
                .count();
        }
        push_varint(&mut self.bytes, shared as u64);
        push_varint(&mut self.bytes, (key.len() - shared) as u64);
        push_varint(&mut self.bytes, value.len() as u64);
        self.bytes.extend(&key[shared..]);
        self.bytes.extend(value);
        self.last = key.to_vec();
        self.since += 1;
    }

    fn finish(mut self) -> Vec<u8> {
        let count = u32::try_from(self.restarts.len()).expect("blocks are small");
        for number in self.restarts.iter().chain([&count]) {
            self.bytes.extend(number.to_le_bytes());
        }
        self.bytes
    }
}
