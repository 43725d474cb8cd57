//! What screens show and cameras do not: areas without any noise, and edges along the grid of pixels.

use super::plane::{Plane, share};

/// Levels by which neighbours in an area without noise may differ; JPEG leaves as much.
const EVEN: u8 = 1;

/// Luma by which the two sides of a straight edge must differ.
const STEP: u8 = 16;

/// Levels by which the height of a straight edge may change from pixel to pixel.
const STEADY: u8 = 3;

/// Pixels that an edge must run along a row or column to be straight.
const LENGTH: u8 = 24;

/// What lines of text, flatness and straightness of a screenshot reach at least; no photograph reached all three.
const SCREEN: [f32; 3] = [0.005, 0.5, 0.05];

/// What flat areas and straight edges say.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) flat: f32,
    pub(super) straight: f32,
}

impl Screen {
    /// How much speaks for a screenshot, given the share of the picture that is lines of text.
    pub(super) fn evidence(&self, lines: f32) -> f32 {
        let [least_lines, least_flat, least_straight] = SCREEN;
        (lines / least_lines)
            .min(self.flat / least_flat)
            .min(self.straight / least_straight)
    }
}

/// Looks at the differences of each pixel to its right and lower neighbour.
///
/// Each step goes over a row of bytes without a branch, so that a compiler makes it work on many pixels at a time.
#[inline(always)]
pub(super) fn measure(plane: &Plane) -> Screen {
    let wide = plane.width - 1;
    let mut across = vec![0; wide];
    let mut across_below = vec![0; wide];
    let mut downward = vec![0; plane.width];
    let mut marks = vec![0; wide];
    // For how many rows an edge between a pixel and its right neighbour has gone on.
    let mut runs = vec![0_u8; wide];
    let (mut flat, mut edges, mut straight) = (0, 0, 0);
    differences(&plane.luma[..wide], &plane.luma[1..], &mut across);
    for (row, below) in plane.rows().zip(plane.rows().skip(1)) {
        differences(&below[..wide], &below[1..], &mut across_below);
        differences(row, below, &mut downward);
        mark(&mut marks, &across, &downward, |dx, dy| {
            u8::from(dx <= EVEN) & u8::from(dy <= EVEN)
        });
        flat += ones(&marks);
        mark(&mut marks, &across, &downward, |dx, _| u8::from(dx >= STEP));
        edges += ones(&marks);
        mark(&mut marks, &across, &downward, |_, dy| u8::from(dy >= STEP));
        edges += ones(&marks);
        for (mark, (dx, below)) in marks.iter_mut().zip(across.iter().zip(&across_below)) {
            *mark &= u8::from(*dx <= STEADY) & u8::from(*below <= STEADY);
        }
        straight += straight_runs(&marks);
        mark(&mut marks, &across, &downward, |dx, dy| {
            u8::from(dx >= STEP) & u8::from(dy <= STEADY)
        });
        for (mark, dy) in marks.iter_mut().zip(&downward[1..]) {
            *mark &= u8::from(*dy <= STEADY);
        }
        for (run, mark) in runs.iter_mut().zip(&marks) {
            *run = if *mark == 0 { 0 } else { run.saturating_add(1) };
        }
        mark(&mut marks, &runs, &runs, |run, _| u8::from(run >= LENGTH));
        straight += ones(&marks);
        mark(&mut marks, &runs, &runs, |run, _| u8::from(run == LENGTH));
        straight += ones(&marks) * usize::from(LENGTH - 1);
        std::mem::swap(&mut across, &mut across_below);
    }
    Screen {
        flat: share(flat, wide * (plane.height - 1)),
        straight: share(straight, edges),
    }
}

#[inline(always)]
fn differences(left: &[u8], right: &[u8], out: &mut [u8]) {
    for (out, (left, right)) in out.iter_mut().zip(left.iter().zip(right)) {
        *out = left.abs_diff(*right);
    }
}

/// Writes for each pair of differences 1 or 0, as they are asked to be or not.
#[inline(always)]
fn mark(marks: &mut [u8], across: &[u8], downward: &[u8], asked: impl Fn(u8, u8) -> u8) {
    for (mark, (dx, dy)) in marks.iter_mut().zip(across.iter().zip(downward)) {
        *mark = asked(*dx, *dy);
    }
}

/// How many of the marks are 1.
#[inline(always)]
fn ones(marks: &[u8]) -> usize {
    let chunks = marks.chunks(usize::from(u8::MAX));
    chunks
        .map(|chunk| usize::from(chunk.iter().sum::<u8>()))
        .sum()
}

/// Pixels in runs of ones that are long enough.
#[inline(always)]
fn straight_runs(marks: &[u8]) -> usize {
    // Most rows of most pictures hold too few, which is quickly counted.
    if ones(marks) < usize::from(LENGTH) {
        return 0;
    }
    let runs = marks.split(|mark| *mark == 0).map(<[u8]>::len);
    runs.filter(|run| *run >= usize::from(LENGTH)).sum()
}
