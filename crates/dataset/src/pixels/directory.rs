//! The first directory of a TIFF structure, which TIFF pictures and EXIF blocks have in common.

use image::metadata::Orientation;

/// Most entries looked at; real directories have some dozens.
const MAX_ENTRIES: u64 = 4096;
/// Width of a picture in pixels.
pub(super) const WIDTH: u16 = 256;
/// Height of a picture in pixels.
pub(super) const HEIGHT: u16 = 257;
/// How a picture is to be turned (EXIF 2.32, 4.6.4).
const ORIENTATION: u16 = 274;

/// A directory whose entries are looked up when asked for; nothing is copied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Directory<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    wide: bool,
    /// Where the entries begin.
    start: usize,
    entries: usize,
}

/// Where the values of an entry stand.
#[derive(Debug, Clone, Copy)]
struct Entry {
    value_len: usize,
    is_integer: bool,
    count: usize,
    values_at: usize,
}

impl<'a> Directory<'a> {
    /// Finds the first directory; the variant with the number 43 has 8-byte offsets.
    pub(super) fn first(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = match bytes.get(..2)? {
            b"II" => false,
            b"MM" => true,
            _ => return None,
        };
        let wide = match number(bytes, 2, 2, big_endian)? {
            42 => false,
            43 => true,
            _ => return None,
        };
        let (offset_at, offset_len, count_len) = if wide { (8, 8, 8) } else { (4, 4, 2) };
        let at = usize::try_from(number(bytes, offset_at, offset_len, big_endian)?).ok()?;
        let entries = number(bytes, at, count_len, big_endian)?.min(MAX_ENTRIES);
        Some(Self {
            bytes,
            big_endian,
            wide,
            start: at.checked_add(count_len)?,
            entries: usize::try_from(entries).ok()?,
        })
    }

    /// Whether the first directory, or its end, lies beyond the end of the file.
    pub(super) fn is_cut(bytes: &'a [u8]) -> bool {
        Self::first(bytes).is_none_or(|first| {
            let length = first.entries * first.entry_len();
            first.start.saturating_add(length) > bytes.len()
        })
    }

    /// Whether the values of an entry lie beyond the end of the file.
    pub(super) fn is_beyond(&self, tag: u16) -> bool {
        self.entry(tag).is_some_and(|entry| {
            let length = entry.count.saturating_mul(entry.value_len);
            entry.values_at.saturating_add(length) > self.bytes.len()
        })
    }

    /// The first value of an integer entry.
    pub(super) fn number(&self, tag: u16) -> Option<u64> {
        let entry = self.entry(tag)?;
        self.value(&entry, 0)
    }

    /// The values of an integer entry, `most` of them at most.
    pub(super) fn numbers(&self, tag: u16, most: usize) -> Option<Vec<u64>> {
        let entry = self.entry(tag)?;
        (0..entry.count.min(most))
            .map(|index| self.value(&entry, index))
            .collect()
    }

    /// The value of an entry as it stands in the file.
    pub(super) fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        let entry = self.entry(tag)?;
        let end = entry
            .values_at
            .checked_add(entry.count.checked_mul(entry.value_len)?)?;
        self.bytes.get(entry.values_at..end)
    }

    /// Where in the file the single value of an entry stands, and its length.
    pub(super) fn place(&self, tag: u16) -> Option<(usize, usize)> {
        let entry = self.entry(tag)?;
        (entry.count == 1).then_some((entry.values_at, entry.value_len))
    }

    /// Whether numbers are written with their high byte first.
    pub(super) fn is_big_endian(&self) -> bool {
        self.big_endian
    }

    /// What the directory asks for; an unknown value is no reason to lose the picture.
    pub(super) fn orientation(&self) -> Orientation {
        self.number(ORIENTATION)
            .and_then(|value| Orientation::from_exif(u8::try_from(value).ok()?))
            .unwrap_or(Orientation::NoTransforms)
    }

    fn value(&self, entry: &Entry, index: usize) -> Option<u64> {
        if !entry.is_integer || index >= entry.count {
            return None;
        }
        let at = entry.values_at.checked_add(index * entry.value_len)?;
        number(self.bytes, at, entry.value_len, self.big_endian)
    }

    fn entry(&self, tag: u16) -> Option<Entry> {
        (0..self.entries).find_map(|index| {
            let at = self.start.checked_add(index * self.entry_len())?;
            let found = number(self.bytes, at, 2, self.big_endian)?;
            (found == u64::from(tag)).then(|| self.entry_at(at))?
        })
    }

    fn entry_len(&self) -> usize {
        if self.wide { 20 } else { 12 }
    }

    fn entry_at(&self, at: usize) -> Option<Entry> {
        let (count_len, inline) = if self.wide { (8, 8) } else { (4, 4) };
        // The types of TIFF 6.0, section 2, and the three of the wide variant.
        let (value_len, is_integer) = match number(self.bytes, at + 2, 2, self.big_endian)? {
            1 => (1, true),
            2 | 6 | 7 => (1, false),
            3 => (2, true),
            8 => (2, false),
            4 | 13 => (4, true),
            9 | 11 => (4, false),
            16 | 18 => (8, true),
            5 | 10 | 12 | 17 => (8, false),
            _ => return None,
        };
        let count = number(self.bytes, at + 4, count_len, self.big_endian)?;
        let count = usize::try_from(count).ok()?;
        let field = at + 4 + count_len;
        let values_at = if count.checked_mul(value_len)? <= inline {
            field
        } else {
            usize::try_from(number(self.bytes, field, inline, self.big_endian)?).ok()?
        };
        Some(Entry {
            value_len,
            is_integer,
            count,
            values_at,
        })
    }
}

/// The orientation in an EXIF block, which some writers begin with the name that JPEG asks for.
pub(super) fn exif_orientation(block: &[u8]) -> Orientation {
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    Directory::first(block).map_or(Orientation::NoTransforms, |d| d.orientation())
}

/// Reads an unsigned number of so many bytes.
pub(super) fn number(bytes: &[u8], at: usize, len: usize, big_endian: bool) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(len)?)?;
    let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    Some(if big_endian {
        field.iter().fold(0, fold)
    } else {
        field.iter().rev().fold(0, fold)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An EXIF block with one entry, whose value of type `kind` is written at its length.
    fn block(big_endian: bool, kind: u16, value: &[u8]) -> Vec<u8> {
        let two = |n: u16| {
            if big_endian {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let four = |n: u32| {
            if big_endian {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let mut out = if big_endian { b"MM" } else { b"II" }.to_vec();
        out.extend(two(42));
        out.extend(four(8));
        out.extend(two(1));
        out.extend(two(ORIENTATION));
        out.extend(two(kind));
        out.extend(four(1));
        out.extend(value);
        out.resize(26, 0);
        out
    }

    #[test]
    fn an_orientation_is_read_whatever_integer_it_is_written_as() {
        for (kind, big, little) in [
            (1, &[6_u8][..], &[6_u8][..]),
            (3, &[0, 6], &[6, 0]),
            (4, &[0, 0, 0, 6], &[6, 0, 0, 0]),
        ] {
            for (big_endian, value) in [(true, big), (false, little)] {
                let block = block(big_endian, kind, value);
                assert_eq!(exif_orientation(&block), Orientation::Rotate90, "{kind}");
                let named = [b"Exif\0\0", &block[..]].concat();
                assert_eq!(exif_orientation(&named), Orientation::Rotate90);
            }
        }
        let long = block(true, 4, &[0, 1, 0, 6]);
        assert_eq!(exif_orientation(&long), Orientation::NoTransforms);
    }

    #[test]
    fn no_block_is_too_short_or_too_odd() {
        let whole = block(true, 3, &[0, 6]);
        for end in 0..whole.len() {
            let _ = exif_orientation(&whole[..end]);
        }
        for at in 0..whole.len() {
            for value in [0, 0x7f, 0xff] {
                let mut odd = whole.clone();
                odd[at] = value;
                let _ = exif_orientation(&odd);
                if let Some(directory) = Directory::first(&odd) {
                    let _ = directory.bytes(ORIENTATION);
                    let _ = directory.numbers(ORIENTATION, 9);
                }
            }
        }
    }
}
