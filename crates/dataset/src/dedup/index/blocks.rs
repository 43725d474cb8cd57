//! Hashes side by side, compared 64 at a time.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use super::layout::{Bits, Laid, transposed};
use crate::vectorized::counting_bits;

/// Hashes in a block; four to one vectors of the instruction sets in use.
pub(super) const LANES: usize = 64;

type Lanes = [u8; LANES];

/// The plain hashes of up to 64 pictures, byte by byte, and the slack of their mirrors; aligned as cache lines are.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(super) struct Block {
    /// Row by row of each class, the bytes of all hashes.
    planes: [[Lanes; 8]; 4],
    slack: [Lanes; 3],
}

impl Block {
    const EMPTY: Self = Self {
        planes: [[[0; LANES]; 8]; 4],
        slack: [[0; LANES]; 3],
    };
}

/// Hashes in blocks, 35 bytes a picture.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    len: usize,
}

impl Blocks {
    /// Appends a picture; `slack` is that of its mirrors, or nothing if it is never the one that is turned.
    pub(super) fn push(&mut self, plain: &Bits, slack: [u8; 3]) {
        let lane = self.len % LANES;
        if lane == 0 {
            self.blocks.push(Block::EMPTY);
        }
        self.len += 1;
        let block = self.blocks.last_mut().expect("one was pushed when needed");
        for (planes, class) in block.planes.iter_mut().zip(plain) {
            for (plane, byte) in planes.iter_mut().zip(class.to_le_bytes()) {
                plane[lane] = byte;
            }
        }
        for (plane, slack) in block.slack.iter_mut().zip(slack) {
            plane[lane] = slack;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The blocks that hold the places from `first` on, with the place of each block's first picture.
    fn from(&self, first: usize) -> impl Iterator<Item = (usize, &Block)> {
        let skipped = first / LANES;
        let blocks = self.blocks.iter().enumerate().skip(skipped);
        blocks.map(|(at, block)| (at * LANES, block))
    }
}

/// The rows of each class.
type Bytes = [[u8; 8]; 4];

/// A picture held against blocks.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// Its bytes and slack, as it is and along the diagonal.
    sides: [(Bytes, [u8; 3]); 2],
    /// What lies beyond is passed over.
    limit: u8,
}

impl Query {
    pub(super) fn new(picture: &Laid, limit: u32) -> Self {
        let [left_right, top_bottom, both] = picture.slack();
        let mut query = Self {
            sides: [
                (bytes(picture.plain()), [left_right, top_bottom, both]),
                // A mirror before the diagonal is the other mirror after it.
                (
                    bytes(&transposed(picture.plain())),
                    [top_bottom, left_right, both],
                ),
            ],
            limit: 0,
        };
        query.set_limit(limit);
        query
    }

    /// A hash that is not turned, held against pictures that are.
    pub(super) fn still(bits: &Bits, limit: u32) -> Self {
        let mut query = Self {
            sides: [(bytes(bits), [0; 3]), (bytes(&transposed(bits)), [0; 3])],
            limit: 0,
        };
        query.set_limit(limit);
        query
    }

    #[inline(always)]
    pub(super) fn set_limit(&mut self, limit: u32) {
        self.limit = u8::try_from(limit).unwrap_or(u8::MAX);
    }
}

fn bytes(bits: &Bits) -> Bytes {
    bits.map(u64::to_le_bytes)
}

/// Some queries against the blocks from a place on.
///
/// `look` hears the query's place in the list and the picture's place in the blocks for everything that may lie within the query's
/// limit, by ascending place for each query; it may change the limit.
#[derive(Debug)]
pub(super) struct Sweep<'a, F> {
    pub(super) blocks: &'a Blocks,
    pub(super) first: usize,
    pub(super) queries: &'a mut [Query],
    pub(super) look: F,
}

impl<F: FnMut(usize, usize, &mut Query)> Sweep<'_, F> {
    pub(super) fn run(self) {
        counting_bits(
            #[inline(always)]
            || self.every_block(),
        );
    }

    #[inline(always)]
    fn every_block(mut self) {
        for (start, block) in self.blocks.from(self.first) {
            for (at, query) in self.queries.iter_mut().enumerate() {
                let least = bounds(block, query);
                let lowest = least.iter().fold(u8::MAX, |lowest, n| lowest.min(*n));
                if lowest > query.limit {
                    continue;
                }
                for (lane, least) in least.iter().enumerate() {
                    let place = start + lane;
                    if *least <= query.limit && place < self.blocks.len {
                        (self.look)(at, place, query);
                    }
                }
            }
        }
    }
}

/// A lower bound of the distance of each picture in the block to the query, over all orientations of either.
#[inline(always)]
fn bounds(block: &Block, query: &Query) -> Lanes {
    let [as_is, across] = &query.sides;
    let mut least = side(block, as_is);
    for (least, across) in least.iter_mut().zip(side(block, across)) {
        *least = (*least).min(across);
    }
    least
}

/// The same over the four mirrors of one side.
#[inline(always)]
fn side(block: &Block, (bytes, slack): &(Bytes, [u8; 3])) -> Lanes {
    let apart: [Lanes; 4] = std::array::from_fn(|class| apart(&block.planes[class], bytes[class]));
    let [a, b, c, d] = &apart;
    let mut least = [0; LANES];
    for lane in 0..LANES {
        let (a, b, c, d) = (a[lane], b[lane], c[lane], d[lane]);
        let room = |mirror: usize| slack[mirror].max(block.slack[mirror][lane]);
        // A sum of 256 is cut to 255, which is no less than any least distance worth knowing.
        let plain = (a + b).saturating_add(c + d);
        let left_right = (64 - a + b).saturating_add(64 - c + d);
        let top_bottom = (128 - (a + b)).saturating_add(c + d);
        let both = (64 - b + a).saturating_add(64 - c + d);
        least[lane] = plain
            .min(left_right.saturating_sub(room(0)))
            .min(top_bottom.saturating_sub(room(1)))
            .min(both.saturating_sub(room(2)));
    }
    least
}

/// Bits that differ in one class, 64 at most.
///
/// Rows are summed up within each lane, so that the sums stay in registers.
#[inline(always)]
fn apart(planes: &[Lanes; 8], bytes: [u8; 8]) -> Lanes {
    std::array::from_fn(|lane| {
        let rows = planes.iter().zip(bytes);
        rows.map(|(plane, byte)| ones(plane[lane] ^ byte)).sum()
    })
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a byte has eight bits")]
fn ones(byte: u8) -> u8 {
    byte.count_ones() as u8
}
