use std::borrow::Cow;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::{ColorType, TiffError, TiffUnsupportedError};

use super::tiff_jpeg;
use super::tiff_samples::{Layout, samples};
use crate::pixels::colour::MAX_PROFILE;
use crate::pixels::directory::Directory;
use crate::pixels::jpeg::one_line;
use crate::pixels::still::{Samples, Space, Still};
use crate::pixels::{Flaw, Header};

/// Entries of the directory (TIFF 6.0; the profile's by ICC.1:2022, B.4).
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIPS: [u16; 2] = [273, 279];
const SAMPLES: u16 = 277;
const PLANAR: u16 = 284;
const COLOUR_MAP: u16 = 320;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const TILES: [u16; 2] = [324, 325];
const EXTRA_SAMPLES: u16 = 338;
const SAMPLE_FORMAT: u16 = 339;
const PROFILE: u16 = 34_675;
/// Values of them.
const JPEG: u64 = 7;
const PALETTE: u64 = 3;
const UNSIGNED: u64 = 1;
const LOWEST_BIT_FIRST: u64 = 2;
const PLANES: u64 = 2;
/// Pixels that a tile may have beyond those of the picture: files of one small tile exist.
const TILE_SLACK: u64 = 1 << 20;
/// Bytes of one entry that are read, which is the places of 256,000 strips.
const MAX_ENTRY: usize = 1 << 20;
/// Most strips or tiles.
const MAX_PARTS: usize = MAX_ENTRY / 4;

/// Decodes the first page: strips and tiles, grey, palette, RGB and ink of 1 to 16 bits.
pub(super) fn decode<'a>(bytes: &'a [u8], header: &Header) -> Result<Still<'a>, Flaw> {
    let directory = Directory::first(bytes).ok_or(Flaw::Truncated)?;
    check(&directory, header)?;
    let samples = if directory.number(COMPRESSION) == Some(JPEG) {
        tiff_jpeg::decode(bytes, &directory, header)
    } else {
        read(bytes, &directory, header)
    };
    let samples = samples.map_err(|flaw| match flaw {
        Flaw::Corrupt(_) | Flaw::Unsupported(_) if is_cut(bytes, &directory) => Flaw::Truncated,
        other => other,
    })?;
    Ok(Still {
        samples,
        space: match directory.bytes(PROFILE) {
            Some(icc) if icc.len() <= MAX_PROFILE => Space::Profile(Cow::Borrowed(icc)),
            Some(_) => Space::Unreadable,
            None => Space::Unsaid,
        },
        orientation: directory.orientation(),
    })
}

/// Whether the file ends before the directory, or what it says of the parts, does.
fn is_cut(bytes: &[u8], directory: &Directory<'_>) -> bool {
    let is_beyond = |[offsets, lengths]: [u16; 2]| {
        let [starts, counts] = [offsets, lengths].map(|tag| directory.numbers(tag, MAX_PARTS));
        let mut parts = starts.iter().flatten().zip(counts.iter().flatten());
        [offsets, lengths]
            .iter()
            .any(|tag| directory.is_beyond(*tag))
            || parts.any(|(start, length)| start.saturating_add(*length) > bytes.len() as u64)
    };
    Directory::is_cut(bytes) || [STRIPS, TILES].into_iter().any(is_beyond)
}

/// Refuses what the budget has no room for.
fn check(directory: &Directory<'_>, header: &Header) -> Result<(), Flaw> {
    let formats = directory.numbers(SAMPLE_FORMAT, 8).unwrap_or_default();
    if formats.iter().any(|format| *format != UNSIGNED) {
        return Err(Flaw::Unsupported(
            "TIFF of signed or floating-point numbers".to_owned(),
        ));
    }
    if directory
        .numbers(BITS, 8)
        .unwrap_or_default()
        .iter()
        .any(|bits| *bits > 16)
    {
        return Err(Flaw::Unsupported("TIFF of more than 16 bits".to_owned()));
    }
    if directory.number(SAMPLES).is_some_and(|samples| samples > 8) {
        return Err(Flaw::Unsupported("TIFF of more than 8 channels".to_owned()));
    }
    if directory.number(PLANAR) == Some(PLANES) && directory.number(TILE_WIDTH).is_some() {
        // The decoder mistakes the tiles of the second channel for some beyond the picture.
        return Err(Flaw::Unsupported(
            "TIFF with tiles for each channel".to_owned(),
        ));
    }
    let tile = [TILE_WIDTH, TILE_HEIGHT].map(|tag| directory.number(tag).unwrap_or(1));
    let pixels = u64::from(header.width) * u64::from(header.height);
    if tile[0].saturating_mul(tile[1]) > pixels + TILE_SLACK {
        return Err(Flaw::Corrupt(
            "tiles far larger than the picture".to_owned(),
        ));
    }
    Ok(())
}

fn read(bytes: &[u8], directory: &Directory<'_>, header: &Header) -> Result<Samples, Flaw> {
    let flaw = |error: TiffError| flaw_of(&error);
    let turned;
    let bytes = if directory.number(FILL_ORDER) == Some(LOWEST_BIT_FIRST) {
        turned = turned_bits(bytes, directory)?;
        &turned
    } else {
        bytes
    };
    let palette = palette(directory);
    let reader = match (&palette, directory.place(PHOTOMETRIC)) {
        (Some(_), Some(place)) => Patched::grey(bytes, place, directory.is_big_endian()),
        _ => Patched::none(bytes),
    };
    let budget = usize::try_from(header.decode_bytes()).unwrap_or(usize::MAX);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = budget;
    limits.intermediate_buffer_size = bytes.len();
    limits.ifd_value_size = MAX_ENTRY;
    let mut decoder = Decoder::new(reader).map_err(flaw)?.with_limits(limits);
    if decoder.dimensions().map_err(flaw)? != (header.width, header.height) {
        return Err(Flaw::Corrupt("two sizes in one picture".to_owned()));
    }
    let colour = decoder.colortype().map_err(flaw)?;
    // Everything must fit at once, or the decoder leaves planes out.
    let wanted = decoder.image_buffer_layout().map_err(flaw)?.complete_len;
    if wanted > budget {
        return Err(Flaw::Corrupt(
            "the decoder needs more memory than its pixels explain".to_owned(),
        ));
    }
    let mut data = DecodingResult::U8(Vec::new());
    decoder.read_image_to_buffer(&mut data).map_err(flaw)?;
    let extra = directory.numbers(EXTRA_SAMPLES, 8).unwrap_or_default();
    let layout = Layout {
        width: header.width,
        height: header.height,
        colour,
        is_planar: directory.number(PLANAR) == Some(PLANES),
        extra: extra.first().copied(),
        palette,
    };
    samples(data, &layout)
}

/// Copies a file whose bytes of picture data have their lowest bit first, which the decoder does not look at, with those turned.
fn turned_bits(bytes: &[u8], directory: &Directory<'_>) -> Result<Vec<u8>, Flaw> {
    let [offsets, lengths] = if directory.number(TILE_WIDTH).is_some() {
        TILES
    } else {
        STRIPS
    }
    .map(|tag| directory.numbers(tag, MAX_PARTS));
    let mut out = bytes.to_vec();
    // Parts that overlap would be turned back again, and again.
    let mut left = bytes.len();
    for (offset, length) in offsets.iter().flatten().zip(lengths.iter().flatten()) {
        let start = usize::try_from(*offset).map_err(|_| Flaw::Truncated)?;
        let length = usize::try_from(*length).map_err(|_| Flaw::Truncated)?;
        left = left
            .checked_sub(length)
            .ok_or_else(|| Flaw::Corrupt("parts that overlap".to_owned()))?;
        let part = start
            .checked_add(length)
            .and_then(|end| out.get_mut(start..end))
            .ok_or(Flaw::Truncated)?;
        for byte in part {
            *byte = byte.reverse_bits();
        }
    }
    Ok(out)
}

/// The colours that the pixels are numbers of: all reds, all greens, all blues, 16 bits each.
fn palette(directory: &Directory<'_>) -> Option<Vec<u16>> {
    if directory.number(PHOTOMETRIC) != Some(PALETTE)
        || directory
            .number(SAMPLES)
            .is_some_and(|samples| samples != 1)
    {
        return None;
    }
    let bits = directory.number(BITS).filter(|bits| *bits <= 8)?;
    let wanted = 3 << bits;
    let colours = directory.numbers(COLOUR_MAP, wanted)?;
    (colours.len() == wanted).then(|| colours.iter().map(|c| u16::try_from(*c).ok()).collect())?
}

fn flaw_of(error: &TiffError) -> Flaw {
    match error {
        TiffError::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => Flaw::Truncated,
        TiffError::UnsupportedError(what) => Flaw::Unsupported(match what {
            TiffUnsupportedError::MisalignedTileBoundaries => {
                "TIFF with rows of tiles that begin inside a byte".to_owned()
            }
            what => format!("TIFF with {}", feature(&one_line(&what.to_string()))),
        }),
        TiffError::LimitsExceeded => {
            Flaw::Corrupt("the decoder needs more memory than its pixels explain".to_owned())
        }
        other => Flaw::Corrupt(one_line(&other.to_string())),
    }
}

/// What is not supported, of a message that says so before or behind it.
fn feature(message: &str) -> &str {
    let message = message.strip_prefix("unsupported ").unwrap_or(message);
    [" is unsupported", " not supported"]
        .iter()
        .find_map(|end| message.strip_suffix(end))
        .unwrap_or(message)
}

/// Names a kind of pixels that is not read.
pub(super) fn unsupported(colour: ColorType) -> Flaw {
    Flaw::Unsupported(format!("TIFF of {colour:?}"))
}

/// A file in which one number reads differently.
///
/// The decoder refuses pictures with a palette, whose numbers it would read as well as those of a grey picture.
#[derive(Debug)]
struct Patched<'a> {
    cursor: Cursor<&'a [u8]>,
    at: u64,
    bytes: [u8; 2],
}

impl<'a> Patched<'a> {
    fn none(bytes: &'a [u8]) -> Self {
        Self {
            cursor: Cursor::new(bytes),
            at: u64::MAX,
            bytes: [0; 2],
        }
    }

    /// Makes a photometric interpretation, at `place` in so many bytes, "black is zero".
    fn grey(bytes: &'a [u8], place: (usize, usize), big_endian: bool) -> Self {
        let (at, len) = place;
        let (at, bytes_there) = if big_endian {
            (at + len.saturating_sub(2), [0, 1])
        } else {
            (at, [1, 0])
        };
        Self {
            cursor: Cursor::new(bytes),
            at: at as u64,
            bytes: bytes_there,
        }
    }
}

impl Read for Patched<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let start = self.cursor.position();
        let count = self.cursor.read(buf)?;
        for (offset, byte) in (0_u64..).zip(self.bytes) {
            let place = self.at.saturating_add(offset).wrapping_sub(start);
            if let Some(target) = usize::try_from(place)
                .ok()
                .and_then(|place| buf[..count].get_mut(place))
            {
                *target = byte;
            }
        }
        Ok(count)
    }
}

impl Seek for Patched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.cursor.seek(to)
    }
}
