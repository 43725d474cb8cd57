use std::ops::Range;

use super::coding::Coding;
use super::segments::{Segment, Segments};
use crate::pixels::Flaw;

/// Most scans of a progressive picture; encoders write about ten, a hostile file thousands.
pub(super) const MAX_SCANS: usize = 100;
/// Coefficients of a block.
const COEFFICIENTS: usize = 64;
/// Stands for "not coded yet" among the bit positions, which are below 14.
const UNCODED: u8 = u8::MAX;
/// Eight ones, as picture data has them.
const ONES: [u8; 2] = [0xff, 0];
/// Bytes of ones behind the data: no Huffman code consists of ones alone (ITU-T T.81, C.2), and a code with the bits behind it
/// has at most 31.
const FENCE: usize = 8;
/// Blocks that one run of ends may cover in a progressive scan (T.81, G.1.2.2).
const LONGEST_RUN: usize = 32_767;

/// A picture that a decoder can be trusted with.
#[derive(Debug)]
pub(super) struct Fenced {
    pub(super) bytes: Vec<u8>,
    /// Where in it the data of each scan stands, without the fence.
    pub(super) data: Vec<Range<usize>>,
    /// Width and height in pixels.
    pub(super) size: (u32, u32),
    /// What its components are.
    pub(super) coding: Coding,
    /// Whether it is sequential, its colours come one after another, and one has less resolution than another.
    pub(super) is_split: bool,
}

/// Returns the picture without what stands between its segments and behind its end, made so that a decoder
/// complains when the last scan ends too early.
///
/// Decoders, zune-jpeg among them, take the bits behind a scan that is cut short for zeros and paint a grey or smeared
/// area when an end marker follows, as servers and recovery programs put it there. Here the data is followed by ones, which
/// are no code in any table: a whole scan never reads them, and one that lacks a block breaks off. Restart intervals and the
/// coefficients that a progressive picture has not sent are counted instead. A progressive picture that stops at a scan
/// before its last bits counts as cut: nothing tells the two apart. Other bytes in the place of the lost ones may be
/// valid codes, but hardly ever as many as blocks are missing: they end at the fence or leave some over, which
/// [`Watched`](super::watched::Watched) tells. A loss in the first scan of a progressive picture that the later ones outlive is not found.
///
/// # Errors
/// [`Flaw::Truncated`] when a part is missing, [`Flaw::Corrupt`] when the scans do not fit the frame.
pub(super) fn fenced(bytes: &[u8]) -> Result<Fenced, Flaw> {
    let mut out = b"\xff\xd8".to_vec();
    // Room for what says how colours are coded.
    out.resize(out.len() + 16, 0);
    let mut scans = None;
    let mut interval = 0;
    let mut data = None;
    let (mut has_jfif, mut adobe) = (false, None);
    for segment in Segments::new(bytes) {
        match segment.marker {
            0xc0..=0xc2 if scans.is_none() => scans = Some(Scans::of(&segment)?),
            0xdd => interval = restart_interval(&segment)?,
            0xda => data = Some(segment),
            // Metadata may be large and is of no use here, but for the two that tell how colours are coded.
            0xe0 if segment.body.starts_with(b"JFIF\0") => {
                has_jfif = true;
                continue;
            }
            0xee if segment.body.starts_with(b"Adobe") && segment.body.len() >= 12 => {
                adobe = Some(segment.body[11]);
                continue;
            }
            0xe0..=0xef | 0xfe => continue,
            _ => {}
        }
        out.extend(&bytes[segment.start..segment.end]);
    }
    let first = data.ok_or(Flaw::Truncated)?;
    let mut scans = scans.ok_or_else(|| Flaw::Corrupt("no frame header".to_owned()))?;
    scans.interval = interval;
    let names: Vec<u8> = scans.components.iter().map(|c| c.id).collect();
    let coding = Coding::of(&names, has_jfif, adobe)?;
    out[2..18].copy_from_slice(&coding.segment());
    let parts = scans.walk(bytes, &first)?;
    scans.check_coverage()?;
    let ones: usize = parts.iter().map(|(_, fence)| fence * ONES.len()).sum();
    let end = parts.last().map_or(first.end, |(data, _)| data.end);
    out.reserve_exact(end - first.end + ones + 2);
    let mut copied = first.end;
    let mut data = Vec::with_capacity(parts.len());
    for (part, fence) in parts {
        out.extend(&bytes[copied..part.start]);
        let start = out.len();
        out.extend(&bytes[part.clone()]);
        data.push(start..out.len());
        copied = part.end;
        for _ in 0..fence {
            out.extend(ONES);
        }
    }
    out.extend(b"\xff\xd9");
    Ok(Fenced {
        bytes: out,
        data,
        size: (scans.width, scans.height),
        coding,
        is_split: !scans.progressive && scans.seen > 1 && scans.is_subsampled(),
    })
}

fn restart_interval(segment: &Segment<'_>) -> Result<usize, Flaw> {
    let bytes = segment
        .body
        .get(..2)
        .ok_or_else(|| odd("restart interval"))?;
    Ok(usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
}

fn odd(what: &str) -> Flaw {
    Flaw::Corrupt(format!("an odd {what}"))
}

/// One colour channel of the frame.
#[derive(Debug)]
struct Component {
    id: u8,
    /// Samples a minimum coded unit holds, in blocks, horizontally and vertically.
    sampling: (usize, usize),
    /// The lowest bit position coded so far, by coefficient; 0 when it is complete.
    coded: [u8; COEFFICIENTS],
}

/// What the frame header promises, and what the scans have brought of it.
#[derive(Debug)]
struct Scans {
    width: u32,
    height: u32,
    progressive: bool,
    components: Vec<Component>,
    /// Units between restart markers; 0 without them.
    interval: usize,
    /// Scans so far.
    seen: usize,
    /// The scan under way.
    scan: Scan,
}

/// One scan.
#[derive(Debug, Default, Clone, Copy)]
struct Scan {
    /// Minimum coded units.
    units: usize,
    /// Blocks in a unit.
    unit_blocks: usize,
    /// Whether it adds a bit to coefficients that were sent before.
    refines: bool,
    /// Whether it codes first coefficients of a progressive picture.
    is_dc: bool,
}

impl Scans {
    /// Reads a frame header (T.81, B.2.2).
    fn of(frame: &Segment<'_>) -> Result<Self, Flaw> {
        let body = frame.body;
        let fixed = body.get(..6).ok_or_else(|| odd("frame header"))?;
        let components: Vec<Component> = body[6..]
            .chunks_exact(3)
            .take(usize::from(fixed[5]))
            .map(|three| Component {
                id: three[0],
                sampling: (usize::from(three[1] >> 4), usize::from(three[1] & 15)),
                coded: [UNCODED; COEFFICIENTS],
            })
            .collect();
        let is_sound =
            |c: &Component| (1..=4).contains(&c.sampling.0) && (1..=4).contains(&c.sampling.1);
        if components.is_empty()
            || components.len() != usize::from(fixed[5])
            || !components.iter().all(is_sound)
        {
            return Err(odd("frame header"));
        }
        Ok(Self {
            width: u32::from(u16::from_be_bytes([fixed[3], fixed[4]])),
            height: u32::from(u16::from_be_bytes([fixed[1], fixed[2]])),
            progressive: frame.marker == 0xc2,
            components,
            interval: 0,
            seen: 0,
            scan: Scan::default(),
        })
    }

    /// Goes through all scans up to the end marker and returns where the data of each stands, and the length of its fence.
    fn walk(
        &mut self,
        bytes: &[u8],
        first: &Segment<'_>,
    ) -> Result<Vec<(Range<usize>, usize)>, Flaw> {
        let mut parts = Vec::new();
        self.begin(first.body)?;
        let mut start = first.end;
        loop {
            let end = self.data_end(bytes, start)?;
            let Some(segment) = self.next_scan(bytes, end)? else {
                parts.push((start..end, self.fence()));
                return Ok(parts);
            };
            // Between scans a decoder wants its marker at once, but for the later ones of a progressive picture.
            let has_room = self.progressive && !parts.is_empty();
            parts.push((start..end, if has_room { FENCE } else { 0 }));
            if parts.len() == MAX_SCANS {
                return Err(Flaw::Corrupt(format!("more than {MAX_SCANS} scans")));
            }
            self.begin(segment.body)?;
            start = segment.end;
        }
    }

    /// Finds the end of a scan's data, which is where a marker stands that is no restart.
    fn data_end(&self, bytes: &[u8], start: usize) -> Result<usize, Flaw> {
        let (mut at, mut stuffed, mut restarts) = (start, 0_usize, 0_usize);
        let end = loop {
            let found = marker_from(bytes, at)?;
            let fill = bytes[found..].iter().take_while(|byte| **byte == 0xff);
            let kind = found + fill.count();
            match *bytes.get(kind).ok_or(Flaw::Truncated)? {
                0 => stuffed += 1,
                marker @ 0xd0..=0xd7 => {
                    // They count from 0 to 7 and begin again (T.81, B.2.1); a gap is a loss.
                    if usize::from(marker - 0xd0) != restarts % 8 {
                        return Err(odd("order of restart markers"));
                    }
                    restarts += 1;
                }
                _ => break found,
            }
            at = kind + 1;
        };
        self.check_restarts(restarts)?;
        let scan = self.scan;
        // One bit a block and no codes, so that ones behind a cut would pass for data.
        let bits = 8 * (end - start).saturating_sub(stuffed + 2 * restarts);
        if scan.is_dc && scan.refines && bits < scan.units * scan.unit_blocks {
            return Err(Flaw::Truncated);
        }
        Ok(end)
    }

    /// Goes over tables and metadata to the next scan header; `None` at the end marker.
    fn next_scan<'a>(
        &mut self,
        bytes: &'a [u8],
        mut at: usize,
    ) -> Result<Option<Segment<'a>>, Flaw> {
        loop {
            let found = marker_from(bytes, at)?;
            match *bytes.get(found + 1).ok_or(Flaw::Truncated)? {
                0 | 0xff | 0xd0..=0xd7 => at = found + 1,
                0xd9 => return Ok(None),
                0xda => return segment_at(bytes, found).map(Some),
                kind @ (0xc4 | 0xdb..=0xdd | 0xe0..=0xef | 0xfe) => {
                    let segment = segment_at(bytes, found)?;
                    if kind == 0xdd {
                        self.interval = restart_interval(&segment)?;
                    }
                    at = segment.end;
                }
                other => {
                    return Err(Flaw::Corrupt(format!(
                        "marker 0x{other:02x} inside the picture data"
                    )));
                }
            }
        }
    }

    /// Bytes of ones that make the last scan break off when it lacks something.
    ///
    /// A refinement reads a bit for every coefficient it passes on the way to the next code, which after a run of ends may be
    /// many blocks further on.
    fn fence(&self) -> usize {
        if self.scan.refines {
            let blocks = self.scan.units * self.scan.unit_blocks;
            FENCE + (blocks.min(LONGEST_RUN) + 1) * COEFFICIENTS / 8
        } else {
            FENCE
        }
    }

    /// Reads a scan header (T.81, B.2.3) and notes what it codes.
    fn begin(&mut self, body: &[u8]) -> Result<(), Flaw> {
        let broken = || odd("scan header");
        self.seen += 1;
        let count = usize::from(*body.first().ok_or_else(broken)?);
        let selectors = body.get(1..1 + 2 * count).ok_or_else(broken)?;
        let tail = body.get(1 + 2 * count..4 + 2 * count).ok_or_else(broken)?;
        let (band, low, refines) = if self.progressive {
            let (start, end) = (usize::from(tail[0]), usize::from(tail[1]));
            if start > end || end >= COEFFICIENTS {
                return Err(broken());
            }
            (start..end + 1, tail[2] & 15, tail[2] >> 4 > 0)
        } else {
            (0..COEFFICIENTS, 0, false)
        };
        let mut places = Vec::with_capacity(count);
        for pair in selectors.chunks_exact(2) {
            let place = self.components.iter().position(|c| c.id == pair[0]);
            let place = place.ok_or_else(broken)?;
            self.note(place, band.clone(), low)?;
            places.push(place);
        }
        let (units, unit_blocks) = match places[..] {
            [] => return Err(broken()),
            [one] => (self.blocks(one), 1),
            _ => {
                let samplings = places.iter().map(|place| self.components[*place].sampling);
                let blocks = samplings.map(|(h, v)| h * v).sum();
                (self.interleaved_units(), blocks)
            }
        };
        self.scan = Scan {
            units,
            unit_blocks,
            refines,
            is_dc: self.progressive && band.start == 0,
        };
        Ok(())
    }

    fn note(&mut self, place: usize, band: Range<usize>, low: u8) -> Result<(), Flaw> {
        for coded in &mut self.components[place].coded[band] {
            // A decoder takes the second scan of a colour for the end of a sequential picture.
            if *coded != UNCODED && !self.progressive {
                return Err(Flaw::Corrupt(
                    "a scan codes what is there already".to_owned(),
                ));
            }
            *coded = low.min(*coded);
        }
        Ok(())
    }

    fn largest_sampling(&self) -> (usize, usize) {
        let across = self.components.iter().map(|c| c.sampling.0).max();
        let down = self.components.iter().map(|c| c.sampling.1).max();
        (across.unwrap_or(1), down.unwrap_or(1))
    }

    /// Blocks of a component coded alone (T.81, A.2.2), where only those that hold part of the picture count.
    fn blocks(&self, place: usize) -> usize {
        let (across, down) = self.largest_sampling();
        let (h, v) = self.components[place].sampling;
        (self.width as usize * h).div_ceil(8 * across)
            * (self.height as usize * v).div_ceil(8 * down)
    }

    /// Units of several components coded in turn (T.81, A.2.3).
    fn interleaved_units(&self) -> usize {
        let (across, down) = self.largest_sampling();
        (self.width as usize).div_ceil(8 * across) * (self.height as usize).div_ceil(8 * down)
    }

    fn is_subsampled(&self) -> bool {
        let first = self.components[0].sampling;
        self.components.iter().any(|c| c.sampling != first)
    }

    fn check_restarts(&self, restarts: usize) -> Result<(), Flaw> {
        if self.interval > 0 && restarts + 1 < self.scan.units.div_ceil(self.interval) {
            return Err(Flaw::Truncated);
        }
        Ok(())
    }

    /// Sees that every coefficient of every component has come down to its last bit.
    fn check_coverage(&self) -> Result<(), Flaw> {
        let is_whole = |c: &Component| c.coded.iter().all(|low| *low == 0);
        if self.components.iter().all(is_whole) {
            Ok(())
        } else {
            Err(Flaw::Truncated)
        }
    }
}

/// The next byte that may begin a marker.
fn marker_from(bytes: &[u8], at: usize) -> Result<usize, Flaw> {
    let rest = bytes.get(at..).unwrap_or_default();
    Ok(at + memchr::memchr(0xff, rest).ok_or(Flaw::Truncated)?)
}

fn segment_at(bytes: &[u8], start: usize) -> Result<Segment<'_>, Flaw> {
    let length = bytes.get(start + 2..start + 4).ok_or(Flaw::Truncated)?;
    let end = start + 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
    Ok(Segment {
        marker: bytes[start + 1],
        body: bytes.get(start + 4..end).ok_or(Flaw::Truncated)?,
        start,
        end,
    })
}
