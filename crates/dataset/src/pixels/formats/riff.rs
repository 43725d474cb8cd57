/// One chunk of a RIFF file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk<'a> {
    pub(super) kind: [u8; 4],
    pub(super) body: &'a [u8],
}

/// Goes through chunks that are whole.
#[derive(Debug, Clone)]
pub(super) struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Chunks<'a> {
    /// Reads chunks that stand one behind the other.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let (kind, rest) = self.rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let body = rest.get(..length)?;
        // Chunks begin at even places; the last one may go without its padding.
        self.rest = rest.get(length + length % 2..).unwrap_or_default();
        Some(Chunk { kind: *kind, body })
    }
}

/// Puts chunks into a WebP file of their own.
pub(super) fn file(chunks: &[(&[u8; 4], &[u8])]) -> Option<Vec<u8>> {
    let length: usize = chunks.iter().map(|(_, body)| 8 + body.len() + 1).sum();
    let mut out = Vec::with_capacity(12 + length);
    out.extend(b"RIFF\0\0\0\0WEBP");
    for (kind, body) in chunks {
        out.extend(*kind);
        out.extend(u32::try_from(body.len()).ok()?.to_le_bytes());
        out.extend(*body);
        out.resize(out.len().next_multiple_of(2), 0);
    }
    let length = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&length.to_le_bytes());
    Some(out)
}
