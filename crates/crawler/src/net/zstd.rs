use std::io::{BufRead, Read};

use ruzstd::decoding::FrameDecoder;

use super::coding::{Feed, Step};

/// Largest window, in bytes, of zstd in HTTP (RFC 9659, section 3).
const WINDOW: u64 = 8 * 1024 * 1024;
/// First bytes of a frame (RFC 8878, section 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Longest header of a frame: magic, descriptor, window, 4 bytes of dictionary, 8 of size.
const LONGEST_HEADER: usize = 18;
/// Bytes of a block's header.
const BLOCK_HEADER: usize = 3;
/// Largest block in bytes (RFC 8878, section 3.1.1.2).
const LARGEST_BLOCK: usize = 128 * 1024;
/// Bytes of the checksum behind the last block.
const CHECKSUM: usize = 4;

/// Undoes zstd, one block a step: the decoder takes as many blocks as it is given, each of which may become 128 KiB.
pub(super) struct Zstd {
    decoder: FrameDecoder,
    stage: Stage,
    has_checksum: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Frame,
    /// Behind a frame, where another may follow.
    Between,
}

impl Zstd {
    pub(super) fn new() -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self {
            decoder,
            stage: Stage::First,
            has_checksum: false,
        }
    }

    pub(super) fn step(&mut self, feed: &mut Feed, out: &mut [u8]) -> Result<Step, String> {
        if self.stage == Stage::Frame {
            let written = self.decoder.read(out).map_err(|e| e.to_string())?;
            if written > 0 {
                return Ok(Step::Wrote(written));
            }
            if !self.decoder.is_finished() {
                return self.block(feed);
            }
            self.end()?;
        }
        self.begin(feed)
    }

    /// Reads the header of a frame.
    fn begin(&mut self, feed: &mut Feed) -> Result<Step, String> {
        let head = feed.rest();
        if self.stage == Stage::Between {
            let common = head.len().min(MAGIC.len());
            let is_other = head[..common] != MAGIC[..common];
            if is_other || (feed.is_closed && common < MAGIC.len()) {
                return Ok(Step::Ended);
            }
        }
        if head.len() < LONGEST_HEADER && !feed.is_closed {
            return Ok(Step::Starved);
        }
        self.has_checksum = head.get(4).is_some_and(|descriptor| descriptor & 4 != 0);
        let mut rest = head;
        self.decoder.reset(&mut rest).map_err(|e| e.to_string())?;
        let read = head.len() - rest.len();
        feed.consume(read);
        self.stage = Stage::Frame;
        Ok(Step::Wrote(0))
    }

    /// Decodes one block, once it is whole.
    fn block(&mut self, feed: &mut Feed) -> Result<Step, String> {
        let rest = feed.rest();
        let need = match rest {
            [a, b, c, ..] => {
                let header = u32::from_le_bytes([*a, *b, *c, 0]);
                let size = (header >> 3) as usize;
                if size > LARGEST_BLOCK {
                    return Err("a block over 128 KiB".to_owned());
                }
                // Of a run of one byte, only that byte is there.
                let content = if header >> 1 & 3 == 1 { 1 } else { size };
                let is_last = header & 1 == 1;
                let sum = if is_last && self.has_checksum {
                    CHECKSUM
                } else {
                    0
                };
                BLOCK_HEADER + content + sum
            }
            _ => BLOCK_HEADER,
        };
        if rest.len() < need {
            return if feed.is_closed {
                Err("it ends too early".to_owned())
            } else {
                Ok(Step::Starved)
            };
        }
        let (read, _) = self
            .decoder
            .decode_from_to(&rest[..need], &mut [])
            .map_err(|e| e.to_string())?;
        if read == 0 {
            return Err("a block that leads nowhere".to_owned());
        }
        feed.consume(read);
        Ok(Step::Wrote(0))
    }

    /// Compares the checksum of a frame.
    fn end(&mut self) -> Result<(), String> {
        self.stage = Stage::Between;
        let told = self.decoder.get_checksum_from_data();
        if told.is_some() && told != self.decoder.get_calculated_checksum() {
            return Err("the checksum differs".to_owned());
        }
        Ok(())
    }
}
