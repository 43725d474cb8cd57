#![expect(
    clippy::inline_always,
    reason = "the decoder reads four bytes at a time: what is not inlined copies them by a call for any length"
)]

use std::cell::Cell;
use std::ops::Range;

use zune_jpeg::zune_core::bytestream::{ZByteIoError, ZByteReaderTrait, ZSeekFrom};

/// Bytes of picture data that may be left over: some writers fill up the last block of a file.
pub(super) const PADDING: usize = 128;

/// A picture in memory for the decoder. It counts the bytes of picture data that are passed over on the way to the next marker.
///
/// Data is read four bytes at a time, or one by one without an answer; only the search for a marker reads single bytes that
/// must be there. So what it reads inside the data is what no block has asked for.
pub(super) struct Watched<'a> {
    bytes: &'a [u8],
    /// The place of the next byte; beyond the end there are zeros for those who ask for no answer.
    at: usize,
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
            bytes,
            at: 0,
            data,
            left_over,
        }
    }

    #[cold]
    fn pass_over(&self) {
        // Once it is too much, by how much is of no interest.
        if !is_too_much(self.left_over.get())
            && self.data.iter().any(|part| part.contains(&self.at))
        {
            self.left_over.set(self.left_over.get() + 1);
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }
}

/// Whether so much is left over that the data cannot be that of the picture.
pub(super) fn is_too_much(left_over: usize) -> bool {
    left_over > PADDING
}

impl ZByteReaderTrait for Watched<'_> {
    #[inline(always)]
    fn read_byte_no_error(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at = self.at.saturating_add(1);
        byte
    }

    #[inline(always)]
    fn read_exact_bytes(&mut self, buf: &mut [u8]) -> Result<(), ZByteIoError> {
        if buf.len() == 1 {
            self.pass_over();
        }
        self.peek_exact_bytes(buf)?;
        self.at += buf.len();
        Ok(())
    }

    #[inline(always)]
    fn read_bytes(&mut self, buf: &mut [u8]) -> Result<usize, ZByteIoError> {
        let count = self.peek_bytes(buf)?;
        self.at += count;
        Ok(count)
    }

    #[inline(always)]
    fn peek_bytes(&mut self, buf: &mut [u8]) -> Result<usize, ZByteIoError> {
        let rest = self.rest();
        let count = buf.len().min(rest.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    #[inline(always)]
    fn peek_exact_bytes(&mut self, buf: &mut [u8]) -> Result<(), ZByteIoError> {
        let rest = self.rest();
        match rest.get(..buf.len()) {
            Some(bytes) => {
                buf.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(ZByteIoError::NotEnoughBytes(rest.len(), buf.len())),
        }
    }

    #[inline(always)]
    fn z_seek(&mut self, from: ZSeekFrom) -> Result<u64, ZByteIoError> {
        let place = match from {
            ZSeekFrom::Start(place) => usize::try_from(place).ok(),
            ZSeekFrom::End(step) => moved(self.bytes.len(), step),
            ZSeekFrom::Current(step) => moved(self.at, step),
        };
        self.at = place.ok_or(ZByteIoError::SeekError("no place in a picture"))?;
        Ok(self.at as u64)
    }

    #[inline(always)]
    fn is_eof(&mut self) -> Result<bool, ZByteIoError> {
        Ok(self.at >= self.bytes.len())
    }

    fn z_position(&mut self) -> Result<u64, ZByteIoError> {
        Ok(self.at as u64)
    }

    fn read_remaining(&mut self, sink: &mut Vec<u8>) -> Result<usize, ZByteIoError> {
        let rest = self.rest();
        sink.extend_from_slice(rest);
        self.at += rest.len();
        Ok(rest.len())
    }
}

#[inline(always)]
fn moved(place: usize, step: i64) -> Option<usize> {
    place.checked_add_signed(isize::try_from(step).ok()?)
}
