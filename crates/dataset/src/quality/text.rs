//! Lines of text, as they look when a page is small.

use super::plane::{Plane, share};

/// Width in pixels of the strips in which lines are looked for.
const STRIP: usize = 24;

/// Highest line in rows; captions are higher and are drawings to this measure.
const HIGHEST: usize = 24;

/// Luma that the ink of a line must differ from its paper by.
const INK: u8 = 24;

/// The ups and downs of a line, added up, are so many times its contrast: two strokes or more in a strip.
const STROKES: u32 = 4;

/// Rows by which the pieces of a line may be higher or lower than each other.
const ALIGNED: usize = 2;

/// How far the paper above a line and that below may differ.
const SAME_PAPER: u8 = 14;

/// A row of a strip.
#[derive(Debug, Clone, Copy, Default)]
struct Slice {
    low: u8,
    high: u8,
    /// All ups and downs added up.
    travel: u32,
}

impl Slice {
    fn of(values: &[u8]) -> Self {
        let mut low = u8::MAX;
        let mut high = 0;
        for v in values {
            low = low.min(*v);
            high = high.max(*v);
        }
        let travel = values
            .iter()
            .zip(&values[1..])
            .map(|(a, b)| u32::from(a.abs_diff(*b)))
            .sum();
        Self { low, high, travel }
    }

    fn range(self) -> u8 {
        self.high - self.low
    }
}

/// A line in a strip: its first row and the row of paper below it.
#[derive(Debug, Clone, Copy)]
struct Line {
    top: usize,
    end: usize,
}

impl Line {
    /// Whether two pieces in strips beside each other are of one line.
    fn goes_on(self, other: Self) -> bool {
        self.top.abs_diff(other.top) <= ALIGNED && self.end.abs_diff(other.end) <= ALIGNED
    }

    fn rows(self) -> usize {
        self.end - self.top
    }
}

/// The share of the picture that lies in lines of text.
///
/// In each strip of 24 columns a line is a few rows with strokes in them (their luma goes up and down several times) between two
/// rows of paper: nearly even, one colour above and below, and as bright or as dark as the extremes of the line. It counts where it
/// goes on in the strip beside it.
pub(super) fn measure(plane: &Plane) -> f32 {
    let strips = plane.width / STRIP;
    let mut slices = vec![Slice::default(); plane.height];
    let mut last: Vec<(Line, bool)> = Vec::new();
    let mut covered = 0;
    for strip in 0..strips {
        for (slice, row) in slices.iter_mut().zip(plane.rows()) {
            *slice = Slice::of(&row[strip * STRIP..(strip + 1) * STRIP]);
        }
        let mut lines: Vec<(Line, bool)> = lines(&slices).map(|line| (line, false)).collect();
        for (line, counted) in &mut lines {
            for (before, was_counted) in &mut last {
                if before.goes_on(*line) {
                    covered += line.rows() * usize::from(!*counted);
                    covered += before.rows() * usize::from(!*was_counted);
                    (*counted, *was_counted) = (true, true);
                }
            }
        }
        last = lines;
    }
    share(covered, strips * plane.height)
}

/// The lines of a strip from top to bottom.
fn lines(slices: &[Slice]) -> impl Iterator<Item = Line> {
    let mut y = 0;
    std::iter::from_fn(move || {
        while y + 2 < slices.len() {
            if let Some(rows) = line_below(&slices[y..]) {
                let line = Line {
                    top: y + 1,
                    end: y + rows,
                };
                y += rows;
                return Some(line);
            }
            y += 1;
        }
        None
    })
}

/// Where the row of paper below a line is, when the first slice is the paper above it.
fn line_below(slices: &[Slice]) -> Option<usize> {
    let paper = slices[0];
    let (mut low, mut high) = (u8::MAX, 0);
    let (mut travel, mut most) = (0, 0);
    for (y, slice) in slices.iter().enumerate().skip(1).take(HIGHEST + 1) {
        let quiet = |ink: u8| slice.range() <= ink / 3;
        if y > 1 && most >= INK && quiet(most) && paper.range() <= most / 3 {
            let same = paper.low.abs_diff(slice.low) <= SAME_PAPER
                && paper.high.abs_diff(slice.high) <= SAME_PAPER;
            let bright = paper.high.abs_diff(high) <= SAME_PAPER;
            let dark = paper.low.abs_diff(low) <= SAME_PAPER;
            return (same && (bright || dark) && travel >= STROKES * u32::from(most)).then_some(y);
        }
        if y == 1 && slice.range() <= paper.range().saturating_add(4) {
            return None;
        }
        low = low.min(slice.low);
        high = high.max(slice.high);
        if slice.range() >= most {
            (most, travel) = (slice.range(), slice.travel);
        }
    }
    None
}
