//! Hashes side by side, compared 64 at a time.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

use super::layout::{Bits, Laid, transposed};

/// Hashes in a block; four to one vectors of the instruction sets in use.
pub(super) const LANES: usize = 64;

type Lanes = [u8; LANES];

/// The plain hashes of up to 64 pictures, byte by byte, and the slack of their mirrors.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Byte `8 * class + row` of every hash.
    planes: [Lanes; 32],
    slack: [Lanes; 3],
}

impl Block {
    const EMPTY: Self = Self {
        planes: [[0; LANES]; 32],
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
        for (planes, class) in block.planes.chunks_exact_mut(8).zip(plain) {
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

/// A picture held against blocks.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// Its bytes and slack, as it is and along the diagonal.
    sides: [([u8; 32], [u8; 3]); 2],
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

    #[inline(always)]
    pub(super) fn set_limit(&mut self, limit: u32) {
        self.limit = u8::try_from(limit).unwrap_or(u8::MAX);
    }
}

fn bytes(bits: &Bits) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, class) in bytes.chunks_exact_mut(8).zip(bits) {
        bytes.copy_from_slice(&class.to_le_bytes());
    }
    bytes
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
        pulp::Arch::new().dispatch(self);
    }
}

impl<F: FnMut(usize, usize, &mut Query)> pulp::WithSimd for Sweep<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) {
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
fn side(block: &Block, (bytes, slack): &([u8; 32], [u8; 3])) -> Lanes {
    // Bits that differ in each class, 64 at most.
    let mut apart = [[0_u8; LANES]; 4];
    let classes = block.planes.chunks_exact(8).zip(bytes.chunks_exact(8));
    for (apart, (planes, bytes)) in apart.iter_mut().zip(classes) {
        for (plane, byte) in planes.iter().zip(bytes) {
            for (apart, other) in apart.iter_mut().zip(plane) {
                *apart += ones(other ^ byte);
            }
        }
    }
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

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a byte has eight bits")]
fn ones(byte: u8) -> u8 {
    byte.count_ones() as u8
}
