use crate::pixels::directory::Directory;
use crate::pixels::room::Room;
use crate::pixels::still::{Channels, Data, Samples};
use crate::pixels::{Flaw, Header, jpeg};

/// Entries of the directory (TIFF 6.0, and its technical note 2 on JPEG).
const PHOTOMETRIC: u16 = 262;
const STRIP_OFFSETS: u16 = 273;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_LENGTHS: u16 = 279;
const PLANAR: u16 = 284;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const TILE_OFFSETS: u16 = 324;
const TILE_LENGTHS: u16 = 325;
const JPEG_TABLES: u16 = 347;
/// Photometric interpretations.
const WHITE_IS_ZERO: u64 = 0;
const YCBCR: u64 = 6;
/// Most strips or tiles.
const MAX_PARTS: usize = 1 << 18;
/// An Adobe segment that says "no transform", so that three colours are RGB.
const NO_TRANSFORM: &[u8] = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0";

/// Decodes a TIFF whose strips or tiles are JPEG pictures, each checked like any other JPEG.
pub(super) fn decode(
    bytes: &[u8],
    directory: &Directory<'_>,
    header: &Header,
) -> Result<Samples, Flaw> {
    if directory.number(PLANAR) == Some(2) {
        return Err(Flaw::Unsupported(
            "TIFF of JPEG with a picture for each channel".to_owned(),
        ));
    }
    let grid = Grid::of(directory, header)?;
    let photometric = directory.number(PHOTOMETRIC).unwrap_or(YCBCR);
    let tables = directory.bytes(JPEG_TABLES).unwrap_or_default();
    let mut whole: Option<Samples> = None;
    for (index, (offset, length)) in grid.parts.iter().enumerate() {
        let (left, top) = grid.place(index);
        let start = usize::try_from(*offset).map_err(|_| Flaw::Truncated)?;
        let length = usize::try_from(*length).map_err(|_| Flaw::Truncated)?;
        let data = start
            .checked_add(length)
            .and_then(|end| bytes.get(start..end))
            .ok_or(Flaw::Truncated)?;
        let part = jpeg::part(&assembled(data, tables, photometric), grid.part_size)?;
        // A part that is narrower than its place would leave a gap.
        let rows = grid.part_size.1.min(header.height - top);
        if part.width != grid.part_size.0 || part.height < rows {
            return Err(Flaw::Corrupt(
                "a part of another size than its place".to_owned(),
            ));
        }
        let canvas = whole.get_or_insert_with(|| Samples {
            width: header.width,
            height: header.height,
            channels: part.channels,
            data: Data::Bytes(Room::from(vec![
                0;
                header.width as usize
                    * header.height as usize
                    * part.channels.count()
            ])),
        });
        paste(canvas, &part, left, top)?;
    }
    let mut whole = whole.ok_or(Flaw::Truncated)?;
    // Ink is inverted in files of JPEG alone, as is white in one kind of grey here.
    let is_inverted = match whole.channels {
        Channels::Ink => true,
        Channels::Grey => photometric == WHITE_IS_ZERO,
        _ => false,
    };
    if let (true, Data::Bytes(bytes)) = (is_inverted, &mut whole.data) {
        for byte in bytes.iter_mut() {
            *byte = !*byte;
        }
    }
    Ok(whole)
}

/// Where the parts stand, in the file and in the picture.
struct Grid {
    /// Offset and length in the file.
    parts: Vec<(u64, u64)>,
    /// Width and height of a part in pixels.
    part_size: (u32, u32),
    across: usize,
}

impl Grid {
    fn of(directory: &Directory<'_>, header: &Header) -> Result<Self, Flaw> {
        let side = |tag: u16| directory.number(tag).and_then(|n| u32::try_from(n).ok());
        let tile = side(TILE_WIDTH).zip(side(TILE_HEIGHT));
        let part_size = tile.unwrap_or_else(|| {
            let rows = side(ROWS_PER_STRIP).unwrap_or(u32::MAX);
            (header.width, rows.min(header.height))
        });
        if part_size.0 == 0 || part_size.1 == 0 {
            return Err(Flaw::Corrupt("parts without pixels".to_owned()));
        }
        let across = header.width.div_ceil(part_size.0) as usize;
        let wanted = across * header.height.div_ceil(part_size.1) as usize;
        let (offsets, lengths) = if tile.is_some() {
            (TILE_OFFSETS, TILE_LENGTHS)
        } else {
            (STRIP_OFFSETS, STRIP_LENGTHS)
        };
        let list = |tag: u16| {
            directory
                .numbers(tag, wanted.min(MAX_PARTS))
                .filter(|list| list.len() == wanted)
                .ok_or_else(|| Flaw::Corrupt("parts are missing from its directory".to_owned()))
        };
        Ok(Self {
            parts: list(offsets)?.into_iter().zip(list(lengths)?).collect(),
            part_size,
            across,
        })
    }

    fn place(&self, index: usize) -> (u32, u32) {
        let at = |n: usize, side: u32| u32::try_from(n).unwrap_or(u32::MAX).saturating_mul(side);
        (
            at(index % self.across, self.part_size.0),
            at(index / self.across, self.part_size.1),
        )
    }
}

/// Makes a whole JPEG of a part and the tables that all parts share.
fn assembled(data: &[u8], tables: &[u8], photometric: u64) -> Vec<u8> {
    let mut out = b"\xff\xd8".to_vec();
    if photometric != YCBCR {
        out.extend(NO_TRANSFORM);
    }
    let inner = tables.strip_prefix(b"\xff\xd8").unwrap_or(tables);
    out.extend(inner.strip_suffix(b"\xff\xd9").unwrap_or(inner));
    out.extend(data.strip_prefix(b"\xff\xd8").unwrap_or(data));
    out
}

fn paste(canvas: &mut Samples, part: &Samples, left: u32, top: u32) -> Result<(), Flaw> {
    let (Data::Bytes(target), Data::Bytes(source)) = (&mut canvas.data, &part.data) else {
        return Err(Flaw::Corrupt("a part of an odd depth".to_owned()));
    };
    if part.channels != canvas.channels || !part_is_whole(part, source) {
        return Err(Flaw::Corrupt("parts of different channels".to_owned()));
    }
    let count = part.channels.count();
    let (across, left) = (canvas.width as usize * count, left as usize * count);
    let wide = part.width as usize * count;
    let used = wide.min(across - left);
    let rows = target.chunks_exact_mut(across).skip(top as usize);
    for (row, from) in rows.zip(source.chunks_exact(wide)) {
        row[left..left + used].copy_from_slice(&from[..used]);
    }
    Ok(())
}

fn part_is_whole(part: &Samples, source: &[u8]) -> bool {
    source.len() == part.width as usize * part.height as usize * part.channels.count()
}
