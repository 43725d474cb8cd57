use std::cell::Cell;
use std::ops::Range;

use zune_jpeg::zune_core::bytestream::{ZByteIoError, ZByteReaderTrait, ZCursor, ZSeekFrom};

/// Bytes of picture data that may be left over: some writers fill up the last block of a file.
const PADDING: usize = 128;

/// Counts the bytes of picture data that the decoder passes over on its way to the next marker.
///
/// Data is read four bytes at a time, or one by one without an answer; only the search for a marker reads single bytes that
/// must be there. So what it reads inside the data is what no block has asked for.
pub(super) struct Watched<'a> {
    cursor: ZCursor<&'a [u8]>,
    data: &'a [Range<usize>],
    left_over: &'a Cell<usize>,
}

impl<'a> Watched<'a> {
    /// Reads `bytes`, in which `data` says where picture data stands, and counts into `left_over`.
    pub(super) fn new(
        bytes: &'a [u8],
        data: &'a [Range<usize>],
        left_over: &'a Cell<usize>,
    ) -> Self {
        Self {
            cursor: ZCursor::new(bytes),
            data,
            left_over,
        }
    }
}

/// Whether so much is left over that the data cannot be that of the picture.
pub(super) fn is_too_much(left_over: usize) -> bool {
    left_over > PADDING
}

impl ZByteReaderTrait for Watched<'_> {
    #[inline]
    fn read_byte_no_error(&mut self) -> u8 {
        self.cursor.read_byte_no_error()
    }

    #[inline]
    fn read_exact_bytes(&mut self, buf: &mut [u8]) -> Result<(), ZByteIoError> {
        // Once it is too much, by how much is of no interest.
        if buf.len() == 1 && !is_too_much(self.left_over.get()) {
            let at = usize::try_from(self.cursor.z_position()?).unwrap_or(usize::MAX);
            if self.data.iter().any(|part| part.contains(&at)) {
                self.left_over.set(self.left_over.get() + 1);
            }
        }
        self.cursor.read_exact_bytes(buf)
    }

    fn read_bytes(&mut self, buf: &mut [u8]) -> Result<usize, ZByteIoError> {
        self.cursor.read_bytes(buf)
    }

    fn peek_bytes(&mut self, buf: &mut [u8]) -> Result<usize, ZByteIoError> {
        self.cursor.peek_bytes(buf)
    }

    fn peek_exact_bytes(&mut self, buf: &mut [u8]) -> Result<(), ZByteIoError> {
        self.cursor.peek_exact_bytes(buf)
    }

    #[inline]
    fn z_seek(&mut self, from: ZSeekFrom) -> Result<u64, ZByteIoError> {
        self.cursor.z_seek(from)
    }

    #[inline]
    fn is_eof(&mut self) -> Result<bool, ZByteIoError> {
        self.cursor.is_eof()
    }

    fn z_position(&mut self) -> Result<u64, ZByteIoError> {
        self.cursor.z_position()
    }

    fn read_remaining(&mut self, sink: &mut Vec<u8>) -> Result<usize, ZByteIoError> {
        self.cursor.read_remaining(sink)
    }
}
