/// One marker segment before the picture data.
#[derive(Debug, Clone, Copy)]
pub(in crate::pixels) struct Segment<'a> {
    /// The marker's second byte.
    pub(in crate::pixels) marker: u8,
    /// What follows the length field.
    pub(in crate::pixels) body: &'a [u8],
    /// Where its marker stands in the file.
    pub(in crate::pixels) start: usize,
    /// Where the segment ends in the file.
    pub(in crate::pixels) end: usize,
}

/// Walks the segments from the start to the first scan, which is the last one given.
#[derive(Debug)]
pub(in crate::pixels) struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    pub(in crate::pixels) fn new(bytes: &'a [u8]) -> Self {
        let at = if bytes.starts_with(b"\xff\xd8") {
            2
        } else {
            bytes.len()
        };
        Self { bytes, at }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        // Fill bytes and stray bytes may stand between segments; decoders skip both.
        let rest = self.bytes.get(self.at..)?;
        let skip = rest.windows(2).position(|pair| {
            pair[0] == 0xff && !matches!(pair[1], 0 | 0xff | 0x01 | 0xd0..=0xd8)
        })?;
        let start = self.at + skip;
        let marker = self.bytes[start + 1];
        if marker == 0xd9 {
            return None;
        }
        let length = self.bytes.get(start + 2..start + 4)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let end = start + 2 + length;
        let body = self.bytes.get(start + 4..end)?;
        self.at = if marker == 0xda {
            self.bytes.len()
        } else {
            end
        };
        Some(Segment {
            marker,
            body,
            start,
            end,
        })
    }
}
