//! How dark and how bright a picture is, how many levels it uses and whether it has colour.

use super::plane::{Plane, real, share};

/// Pixels whose strongest and weakest colour differ by more than this have a colour that an eye sees; JPEG gives grey less.
const COLOUR_SPREAD: u8 = 16;

/// One pixel in five is looked at, two further to the right on each row, so that no pattern of rows or columns is missed.
const LATTICE: usize = 5;

/// Steps in which squares of brightness are counted: at a brightness of 0.2 they are 0.0025 wide.
const FINE: usize = 1024;

/// What light and colour say.
#[derive(Debug)]
pub(super) struct Light {
    pub(super) brightest: f32,
    pub(super) darkest: f32,
    pub(super) entropy: f32,
    pub(super) colour: f32,
}

/// Measures levels: percentiles and entropy of some ten thousand pixels need no more.
#[inline(always)]
pub(super) fn measure(plane: &Plane, rgb: &[u8]) -> Light {
    // By the square of perceived brightness, which orders pixels as brightness does and needs no root.
    let mut squares = [0_u32; FINE];
    let mut lowest = [0_u32; 256];
    let mut levels = [0_u32; 256];
    let mut coloured = 0;
    let mut seen = 0;
    let stride = plane.width * 3;
    for (y, (row, luma)) in rgb.chunks_exact(stride).zip(plane.rows()).enumerate() {
        let first = (2 * y % LATTICE).min(plane.width);
        let pixels = row.as_chunks::<3>().0[first..].chunks(LATTICE);
        for (p, luma) in pixels.zip(luma[first..].chunks(LATTICE)) {
            let (p, luma) = (p[0], luma[0]);
            let [r, g, b] = p.map(u32::from);
            // 0.241, 0.691 and 0.068 in 65,536ths, and the sum brought to ten bits.
            let square = (15_794 * r * r + 45_286 * g * g + 4_456 * b * b) >> 22;
            squares[(square as usize).min(FINE - 1)] += 1;
            levels[usize::from(luma)] += 1;
            let high = p[0].max(p[1]).max(p[2]);
            let low = p[0].min(p[1]).min(p[2]);
            lowest[usize::from(low)] += 1;
            coloured += usize::from(high - low > COLOUR_SPREAD);
            seen += 1;
        }
    }
    Light {
        // 1016 is what the sum above makes of white.
        brightest: (percentile(&squares, seen, 0.99) / 1016.0).sqrt().min(1.0),
        darkest: percentile(&lowest, seen, 0.01) / 255.0,
        entropy: entropy(&levels, seen),
        colour: share(coloured, seen),
    }
}

/// The value that the given share of pixels does not exceed.
fn percentile(counts: &[u32], seen: usize, part: f32) -> f32 {
    let wanted = real(seen) * part;
    let mut below = 0;
    let mut values = counts.iter().map(|count| {
        below += count;
        real(below as usize) >= wanted
    });
    real(values.position(|reached| reached).unwrap_or_default())
}

/// Shannon's entropy of the levels in bits, 0 to 8.
fn entropy(levels: &[u32; 256], seen: usize) -> f32 {
    levels
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let p = share(*count as usize, seen);
            -p * p.log2()
        })
        .sum()
}
