use std::ops::Range;

use super::segments::{Segment, Segments};
use crate::pixels::Flaw;

/// Coefficients of a block.
const COEFFICIENTS: usize = 64;
/// Stands for "not coded yet" among the bit positions, which are below 14.
const UNCODED: u8 = u8::MAX;
/// Ones in front of the end marker: no Huffman code consists of ones alone (ITU-T T.81, C.2), and a code with the bits
/// behind it has at most 31.
const FENCE: [u8; 16] = [
    0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0,
];

/// A picture that a decoder can be trusted with.
#[derive(Debug)]
pub(super) struct Fenced {
    pub(super) bytes: Vec<u8>,
    /// Whether it is sequential and its colours come one after another.
    pub(super) is_split: bool,
}

/// Returns the picture without what stands between its segments and behind its end, made so that a decoder
/// complains when the last scan ends too early.
///
/// Decoders, zune-jpeg among them, take the bits behind a scan that is cut short for zeros and paint a grey or smeared
/// area when an end marker follows, as servers and recovery programs put it there. Here the data is followed by ones, which
/// are no code in any table: a whole scan never reads them, and one that lacks a block breaks off. The scans before the
/// last one, the restart intervals and the coefficients that a progressive picture has not sent are counted instead.
///
/// # Errors
/// [`Flaw::Truncated`] when a part is missing, [`Flaw::Corrupt`] when the scans do not fit the frame.
pub(super) fn fenced(bytes: &[u8]) -> Result<Fenced, Flaw> {
    let mut out = Vec::with_capacity(bytes.len() + FENCE.len());
    out.extend(b"\xff\xd8");
    let mut scans = None;
    let mut interval = 0;
    let mut data = None;
    for segment in Segments::new(bytes) {
        match segment.marker {
            0xc0..=0xc2 if scans.is_none() => scans = Some(Scans::of(&segment)?),
            0xdd => interval = restart_interval(&segment)?,
            0xda => data = Some(segment),
            _ => {}
        }
        out.extend(&bytes[segment.start..segment.end]);
    }
    let first = data.ok_or(Flaw::Truncated)?;
    let mut scans = scans.ok_or_else(|| Flaw::Corrupt("no frame header".to_owned()))?;
    scans.interval = interval;
    let end = scans.walk(bytes, &first)?;
    scans.check_coverage()?;
    out.extend(&bytes[first.end..end]);
    out.extend(FENCE);
    out.extend(b"\xff\xd9");
    Ok(Fenced {
        bytes: out,
        is_split: !scans.progressive && scans.seen > 1,
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
    width: usize,
    height: usize,
    progressive: bool,
    components: Vec<Component>,
    /// Units between restart markers; 0 without them.
    interval: usize,
    /// Scans so far.
    seen: usize,
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
            width: usize::from(u16::from_be_bytes([fixed[3], fixed[4]])),
            height: usize::from(u16::from_be_bytes([fixed[1], fixed[2]])),
            progressive: frame.marker == 0xc2,
            components,
            interval: 0,
            seen: 0,
        })
    }

    /// Goes through all scans and returns where the end marker stands.
    fn walk(&mut self, bytes: &[u8], first: &Segment<'_>) -> Result<usize, Flaw> {
        let mut units = self.begin(first.body)?;
        let mut at = first.end;
        let mut restarts = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let marker = at + memchr::memchr(0xff, rest).ok_or(Flaw::Truncated)?;
            let kind = *bytes.get(marker + 1).ok_or(Flaw::Truncated)?;
            at = match kind {
                // A stuffed byte of data, or a fill byte.
                0 => marker + 2,
                0xff => marker + 1,
                0xd0..=0xd7 => {
                    restarts += 1;
                    marker + 2
                }
                0xd9 => {
                    self.check_restarts(units, restarts)?;
                    return Ok(marker);
                }
                0xc4 | 0xda..=0xdd | 0xe0..=0xef | 0xfe => {
                    let segment = segment_at(bytes, marker)?;
                    match kind {
                        0xda => {
                            self.check_restarts(units, restarts)?;
                            units = self.begin(segment.body)?;
                            restarts = 0;
                        }
                        0xdd => {
                            self.check_restarts(units, restarts)?;
                            (units, restarts) = (0, 0);
                            self.interval = restart_interval(&segment)?;
                        }
                        _ => {}
                    }
                    segment.end
                }
                other => {
                    return Err(Flaw::Corrupt(format!(
                        "marker 0x{other:02x} inside the picture data"
                    )));
                }
            };
        }
    }

    /// Reads a scan header (T.81, B.2.3), notes what it codes and returns its number of minimum coded units.
    fn begin(&mut self, body: &[u8]) -> Result<usize, Flaw> {
        let broken = || odd("scan header");
        self.seen += 1;
        let count = usize::from(*body.first().ok_or_else(broken)?);
        let selectors = body.get(1..1 + 2 * count).ok_or_else(broken)?;
        let tail = body.get(1 + 2 * count..4 + 2 * count).ok_or_else(broken)?;
        let (band, low) = if self.progressive {
            let (start, end) = (usize::from(tail[0]), usize::from(tail[1]));
            if start > end || end >= COEFFICIENTS {
                return Err(broken());
            }
            (start..end + 1, tail[2] & 15)
        } else {
            (0..COEFFICIENTS, 0)
        };
        let mut places = Vec::with_capacity(count);
        for pair in selectors.chunks_exact(2) {
            let place = self.components.iter().position(|c| c.id == pair[0]);
            let place = place.ok_or_else(broken)?;
            self.note(place, band.clone(), low)?;
            places.push(place);
        }
        match places[..] {
            [] => Err(broken()),
            [one] => Ok(self.blocks(one)),
            _ => Ok(self.interleaved_units()),
        }
    }

    fn note(&mut self, place: usize, band: Range<usize>, low: u8) -> Result<(), Flaw> {
        for coded in &mut self.components[place].coded[band] {
            if *coded <= low {
                return Err(Flaw::Corrupt(
                    "a scan codes what is there already".to_owned(),
                ));
            }
            *coded = low;
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
        (self.width * h).div_ceil(8 * across) * (self.height * v).div_ceil(8 * down)
    }

    /// Units of several components coded in turn (T.81, A.2.3).
    fn interleaved_units(&self) -> usize {
        let (across, down) = self.largest_sampling();
        self.width.div_ceil(8 * across) * self.height.div_ceil(8 * down)
    }

    fn check_restarts(&self, units: usize, restarts: usize) -> Result<(), Flaw> {
        let Some(intervals) = units.checked_div(self.interval) else {
            return Ok(());
        };
        let partial = usize::from(!units.is_multiple_of(self.interval));
        if restarts + 1 < intervals + partial {
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
