use std::ops::Range;

use super::coding::Coding;
use super::engine::{Engine, Shape};
use super::scans::{Scans, restart_interval};
use super::segments::Segments;
use crate::pixels::Flaw;

/// Eight ones, as picture data has them.
const ONES: [u8; 2] = [0xff, 0];
/// Bytes of ones in front of a marker for jpeg-decoder: enough for the 31 bits of one code and the 16 of the next, and few enough
/// that it comes upon the marker, for which it looks no further than eight bytes, at most one of them the last of the data.
const INNER_FENCE: usize = 6;
/// What follows a scan for jpeg-decoder: it passes over both markers if it comes upon them right behind the data, but takes
/// offence at the second if it has to look for the first.
const END: [u8; 4] = [0xff, 0xd0, 0xff, 0xd0];

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
    /// Which decoder gets it right.
    pub(super) engine: Engine,
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
/// For jpeg-decoder, which gets few pictures and takes zeros for the bits behind any marker, there is a fence in front of each.
///
/// # Errors
/// [`Flaw::Truncated`] when a part is missing, [`Flaw::Corrupt`] when the scans do not fit the frame, [`Flaw::Unsupported`]
/// when no decoder gets it right.
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
            0xc0..=0xc2 if scans.is_none() => {
                let of_frame = Scans::of(&segment)?;
                out.extend(&bytes[segment.start..segment.end]);
                if let [_] = of_frame.components[..] {
                    // One colour alone has no resolution relative to others (T.81, A.2.2), whatever it says.
                    let sampling = out.len() - segment.body.len() + 7;
                    out[sampling] = 0x11;
                }
                scans = Some(of_frame);
                continue;
            }
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
    let samplings: Vec<_> = scans.components.iter().map(|c| c.sampling).collect();
    let shape = Shape {
        size: (scans.width as usize, scans.height as usize),
        samplings: &samplings,
        is_progressive: scans.progressive,
        scans: parts.len(),
        has_restarts: scans.restarts > 0,
    };
    let engine = Engine::of(&shape, coding)?;
    let ones: usize = match engine {
        Engine::Zune => parts.iter().map(|(_, fence)| fence * ONES.len()).sum(),
        Engine::JpegDecoder => {
            (scans.restarts + parts.len()) * (INNER_FENCE * ONES.len() + END.len())
        }
    };
    let end = parts.last().map_or(first.end, |(data, _)| data.end);
    out.reserve_exact(end - first.end + ones + 2);
    let mut copied = first.end;
    let mut data = Vec::with_capacity(parts.len());
    for (part, fence) in parts {
        out.extend(&bytes[copied..part.start]);
        let start = out.len();
        copied = part.end;
        match engine {
            Engine::Zune => {
                out.extend(&bytes[part]);
                data.push(start..out.len());
                out.extend(ONES.repeat(fence));
            }
            Engine::JpegDecoder => {
                extend_with_inner_fences(&mut out, &bytes[part]);
                data.push(start..out.len());
                out.extend(ONES.repeat(INNER_FENCE));
                out.extend(END);
            }
        }
    }
    out.extend(b"\xff\xd9");
    Ok(Fenced {
        bytes: out,
        data,
        size: (scans.width, scans.height),
        coding,
        engine,
    })
}

/// Appends the data of a scan with ones in front of each of its restart markers.
fn extend_with_inner_fences(out: &mut Vec<u8>, data: &[u8]) {
    let mut copied = 0;
    for at in memchr::memchr_iter(0xff, data) {
        if matches!(data.get(at + 1), Some(0xd0..=0xd7)) {
            out.extend(&data[copied..at]);
            out.extend(ONES.repeat(INNER_FENCE));
            copied = at;
        }
    }
    out.extend(&data[copied..]);
}
