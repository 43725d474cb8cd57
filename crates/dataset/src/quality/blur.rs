//! How wide the sharpest edges of a picture are.

use super::plane::{Plane, real};

/// Luma that an edge must climb to count: beyond noise and JPEG's ringing.
const CONTRAST: i16 = 24;

/// A climb goes on through dips of so many levels, which are noise.
const DIP: i16 = 3;

/// Fewer edges than this say nothing about a picture.
const EVIDENCE: usize = 24;

/// Every so many rows and columns are followed.
const STEP: usize = 3;

/// The part of all edges, by their contrast, that counts as the sharpest.
const SHARPEST: f32 = 0.10;

/// Spread is counted in steps of a 32nd of a pixel.
const FINE: f32 = 32.0;

/// Spreads beyond 16 pixels are all one.
const WIDEST: usize = 512;

/// Lines that are asked at a time whether a climb ended in any.
const AT_ONCE: usize = 16;

/// The spread (the sigma of a Gaussian) of the sharpest edges in pixels, 0 when there are too few edges to tell.
///
/// Rows and columns are followed from one local extreme to the next as in Marziliano's blur metric; each climb is an edge, whose
/// spread is that of a step under a Gaussian: contrast over steepest slope and the root of two pi. The value is the tenth part
/// (by contrast) of the sharpest edges, so that a small sharp subject before a soft background is sharp.
#[inline(always)]
pub(super) fn measure(plane: &Plane) -> f32 {
    let mut edges = Edges::new();
    // All rows are followed side by side, pixel by pixel.
    let lines = plane.height.div_ceil(STEP);
    let mut values = vec![0; lines * plane.width];
    for (line, row) in plane.rows().step_by(STEP).enumerate() {
        for (values, value) in values.chunks_exact_mut(lines).zip(row) {
            values[line] = *value;
        }
    }
    edges.follow(&values, lines);
    // And all columns, row by row.
    let lines = plane.width.div_ceil(STEP);
    let mut values = vec![0; lines * plane.height];
    for (values, row) in values.chunks_exact_mut(lines).zip(plane.rows()) {
        for (value, of_row) in values.iter_mut().zip(row.iter().step_by(STEP)) {
            *value = *of_row;
        }
    }
    edges.follow(&values, lines);
    edges.spread()
}

/// Where each of the lines that are followed side by side stands in its climb. Values are mirrored on the way down so that every climb
/// goes up.
#[derive(Debug)]
struct Climbs {
    /// 1 up, -1 down.
    sign: Vec<i16>,
    from: Vec<i16>,
    top: Vec<i16>,
    last: Vec<i16>,
    steepest: Vec<i16>,
    /// Contrast and steepest slope of the climbs that the last step ended and that count; a contrast of 0 for the others.
    ended: [Vec<i16>; 2],
}

impl Climbs {
    #[inline(always)]
    fn new(first: &[u8]) -> Self {
        let first: Vec<i16> = first.iter().map(|value| i16::from(*value)).collect();
        let none = vec![0; first.len()];
        Self {
            sign: vec![1; first.len()],
            from: first.clone(),
            top: first.clone(),
            last: first,
            steepest: none.clone(),
            ended: [none.clone(), none],
        }
    }

    /// Goes on by a step, in each line without a branch, so that a compiler makes it work on many lines at a time.
    #[inline(always)]
    fn step(&mut self, values: &[u8]) {
        let count = values.len();
        let (sign, from) = (&mut self.sign[..count], &mut self.from[..count]);
        let (top, last) = (&mut self.top[..count], &mut self.last[..count]);
        let steepest = &mut self.steepest[..count];
        let [contrasts, slopes] = &mut self.ended;
        let (contrasts, slopes) = (&mut contrasts[..count], &mut slopes[..count]);
        for line in 0..count {
            let value = i16::from(values[line]) * sign[line];
            let slope = value - last[line];
            let height = top[line] - from[line];
            // All ones where the climb is over, and where it counts: a choice by bits stays without a branch.
            let over = (DIP - (top[line] - value)) >> 15;
            let high = (CONTRAST - 1 - height) >> 15;
            contrasts[line] = height & over & high;
            slopes[line] = steepest[line];
            steepest[line] = chosen(over, -slope, steepest[line].max(slope));
            from[line] = chosen(over, -top[line], from[line]);
            top[line] = chosen(over, -value, top[line].max(value));
            last[line] = chosen(over, -value, value);
            sign[line] = chosen(over, -sign[line], sign[line]);
        }
    }

    /// Ends the climbs that the border ends.
    fn end(&mut self) {
        let [contrasts, slopes] = &mut self.ended;
        slopes.copy_from_slice(&self.steepest);
        for (contrast, (top, from)) in contrasts.iter_mut().zip(self.top.iter().zip(&self.from)) {
            let height = top - from;
            *contrast = if height >= CONTRAST { height } else { 0 };
        }
    }
}

/// The first where all bits are ones, the second where none is.
#[inline(always)]
fn chosen(ones: i16, first: i16, second: i16) -> i16 {
    (first & ones) | (second & !ones)
}

/// The edges met so far, by spread.
#[derive(Debug)]
struct Edges {
    /// Contrast met at each spread.
    contrast: Vec<u32>,
    count: usize,
}

impl Edges {
    fn new() -> Self {
        Self {
            contrast: vec![0; WIDEST],
            count: 0,
        }
    }

    /// Follows so many lines from their first values to their last; each step has a value of each line.
    #[inline(always)]
    fn follow(&mut self, values: &[u8], lines: usize) {
        let mut steps = values.chunks_exact(lines);
        let Some(first) = steps.next() else { return };
        let mut climbs = Climbs::new(first);
        for values in steps {
            climbs.step(values);
            self.take(&climbs.ended);
        }
        climbs.end();
        self.take(&climbs.ended);
    }

    /// Takes in the climbs that ended. Most pixels end none, which is asked of several at a time.
    #[inline(always)]
    fn take(&mut self, [contrasts, slopes]: &[Vec<i16>; 2]) {
        for (contrasts, slopes) in contrasts.chunks(AT_ONCE).zip(slopes.chunks(AT_ONCE)) {
            if contrasts.iter().fold(0, |all, one| all | one) == 0 {
                continue;
            }
            for (contrast, steepest) in contrasts.iter().zip(slopes) {
                if *contrast > 0 {
                    self.add(contrast.unsigned_abs(), steepest.unsigned_abs());
                }
            }
        }
    }

    fn add(&mut self, contrast: u16, steepest: u16) {
        let (contrast, steepest) = (u32::from(contrast), u32::from(steepest).max(1));
        // 12.77 = 32 / sqrt(2 pi), in 1024ths.
        let place = (contrast * 13_073 / steepest) >> 10;
        self.contrast[(place as usize).min(WIDEST - 1)] += contrast;
        self.count += 1;
    }

    fn spread(&self) -> f32 {
        if self.count < EVIDENCE {
            return 0.0;
        }
        let all: u32 = self.contrast.iter().sum();
        let wanted = real(all as usize) * SHARPEST;
        let mut sharper = 0;
        for (place, contrast) in self.contrast.iter().enumerate() {
            sharper += contrast;
            if real(sharper as usize) >= wanted {
                return (real(place) + 0.5) / FINE;
            }
        }
        0.0
    }
}
