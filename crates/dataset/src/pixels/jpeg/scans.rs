use std::ops::Range;

use super::segments::Segment;
use crate::pixels::Flaw;

/// Most scans of a progressive picture; encoders write about ten, a hostile file thousands.
pub(super) const MAX_SCANS: usize = 100;
/// Coefficients of a block.
const COEFFICIENTS: usize = 64;
/// Blocks of a unit, all colours taken together.
const MAX_UNIT_BLOCKS: usize = 10;
/// Stands for "not coded yet" among the bit positions, which are below 14.
const UNCODED: u8 = u8::MAX;
/// Bytes of ones behind the data: no Huffman code consists of ones alone (ITU-T T.81, C.2), and a code with the bits behind it
/// has at most 31.
const FENCE: usize = 8;
/// Blocks that one run of ends may cover in a progressive scan (T.81, G.1.2.2).
const LONGEST_RUN: usize = 32_767;

pub(super) fn restart_interval(segment: &Segment<'_>) -> Result<usize, Flaw> {
    let bytes = segment
        .body
        .get(..2)
        .ok_or_else(|| odd("restart interval"))?;
    Ok(usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
}

pub(super) fn odd(what: &str) -> Flaw {
    Flaw::Corrupt(format!("an odd {what}"))
}

/// One colour channel of the frame.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Samples a minimum coded unit holds, in blocks, horizontally and vertically.
    pub(super) sampling: (usize, usize),
    /// The lowest bit position coded so far, by coefficient; 0 when it is complete.
    coded: [u8; COEFFICIENTS],
}

/// What the frame header promises, and what the scans have brought of it.
#[derive(Debug)]
pub(super) struct Scans {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) progressive: bool,
    pub(super) components: Vec<Component>,
    /// Units between restart markers; 0 without them.
    pub(super) interval: usize,
    /// Scans so far.
    seen: usize,
    /// Restart markers so far.
    pub(super) restarts: usize,
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
    pub(super) fn of(frame: &Segment<'_>) -> Result<Self, Flaw> {
        let body = frame.body;
        let fixed = body.get(..6).ok_or_else(|| odd("frame header"))?;
        if fixed[0] != 8 {
            return Err(Flaw::Unsupported(format!("JPEG of {} bits", fixed[0])));
        }
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
            restarts: 0,
            scan: Scan::default(),
        })
    }

    /// Goes through all scans up to the end marker and returns where the data of each stands, and the length of its fence.
    pub(super) fn walk(
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
    fn data_end(&mut self, bytes: &[u8], start: usize) -> Result<usize, Flaw> {
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
        self.restarts += restarts;
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
                // What decoders have room for, and put wrong if there are more (T.81, B.2.3).
                if blocks > MAX_UNIT_BLOCKS {
                    return Err(odd("number of blocks in a unit"));
                }
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

    fn check_restarts(&self, restarts: usize) -> Result<(), Flaw> {
        if self.interval > 0 && restarts + 1 < self.scan.units.div_ceil(self.interval) {
            return Err(Flaw::Truncated);
        }
        Ok(())
    }

    /// Sees that every coefficient of every component has come down to its last bit.
    pub(super) fn check_coverage(&self) -> Result<(), Flaw> {
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
