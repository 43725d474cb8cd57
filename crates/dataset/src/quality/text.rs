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
#[inline(always)]
pub(super) fn measure(plane: &Plane) -> f32 {
    let strips = plane.width / STRIP;
    let [low, high] = extremes(plane);
    let mut ranges = vec![0; low.len()];
    for (range, (low, high)) in ranges.iter_mut().zip(low.iter().zip(&high)) {
        *range = high - low;
    }
    let mut last: Vec<(Line, bool)> = Vec::new();
    let mut covered = 0;
    for at in 0..strips {
        let rows = at * plane.height..(at + 1) * plane.height;
        let strip = Strip {
            plane,
            left: at * STRIP,
            low: &low[rows.clone()],
            high: &high[rows.clone()],
            ranges: &ranges[rows],
        };
        let mut lines: Vec<(Line, bool)> = strip.lines().map(|line| (line, false)).collect();
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

/// A strip from top to bottom.
struct Strip<'a> {
    plane: &'a Plane,
    /// Its first column.
    left: usize,
    /// The darkest and the brightest luma of each row, and how far they lie apart.
    low: &'a [u8],
    high: &'a [u8],
    ranges: &'a [u8],
}

impl Strip<'_> {
    /// The lines from top to bottom.
    #[inline(always)]
    fn lines(&self) -> impl Iterator<Item = Line> {
        let mut y = 0;
        std::iter::from_fn(move || {
            while y + 2 < self.ranges.len() {
                if self.may_be_paper(y)
                    && let Some(rows) = self.line_below(y)
                {
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

    /// Whether anything below a row could make it the paper above a line: strokes three times as strong as what is in the row, and
    /// paper again. It is quickly asked and saves the search in nearly all rows of photographs.
    #[inline(always)]
    fn may_be_paper(&self, paper: usize) -> bool {
        let range = self.ranges[paper];
        if self.ranges[paper + 1] <= range.saturating_add(4) {
            return false;
        }
        let end = self.ranges.len().min(paper + HIGHEST + 2);
        let (mut least, mut most) = (u8::MAX, 0);
        for range in &self.ranges[paper + 1..end] {
            least = least.min(*range);
            most = most.max(*range);
        }
        most >= INK && range.max(least) <= most / 3
    }

    /// Where the row of paper below a line is, counted from the paper above it.
    fn line_below(&self, paper: usize) -> Option<usize> {
        let (mut low, mut high) = (u8::MAX, 0);
        let (mut strokes, mut most) = (paper, 0);
        for y in 1..(self.ranges.len() - paper).min(HIGHEST + 2) {
            let at = paper + y;
            let quiet = |at: usize| self.ranges[at] <= most / 3;
            if y > 1 && most >= INK && quiet(at) && quiet(paper) {
                let same = self.low[paper].abs_diff(self.low[at]) <= SAME_PAPER
                    && self.high[paper].abs_diff(self.high[at]) <= SAME_PAPER;
                let bright = self.high[paper].abs_diff(high) <= SAME_PAPER;
                let dark = self.low[paper].abs_diff(low) <= SAME_PAPER;
                let is_line =
                    same && (bright || dark) && self.travel(strokes) >= STROKES * u32::from(most);
                return is_line.then_some(y);
            }
            low = low.min(self.low[at]);
            high = high.max(self.high[at]);
            if self.ranges[at] >= most {
                (most, strokes) = (self.ranges[at], at);
            }
        }
        None
    }

    /// All ups and downs of a row added up.
    fn travel(&self, y: usize) -> u32 {
        let start = y * self.plane.width + self.left;
        let values = &self.plane.luma[start..start + STRIP];
        let steps = values.iter().zip(&values[1..]);
        steps.map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
    }
}

/// The darkest and the brightest luma of each row of each strip, strip after strip.
///
/// Eight columns stay side by side to the end, so that a compiler makes each step work on many bytes at a time.
#[inline(always)]
fn extremes(plane: &Plane) -> [Vec<u8>; 2] {
    let rows = plane.width / STRIP * plane.height;
    let [mut low, mut high] = [0, 1].map(|_| vec![[0_u8; 8]; rows]);
    for (y, row) in plane.rows().enumerate() {
        for (strip, values) in row.as_chunks::<STRIP>().0.iter().enumerate() {
            let at = strip * plane.height + y;
            for lane in 0..8 {
                let [a, b, c] = [values[lane], values[lane + 8], values[lane + 16]];
                low[at][lane] = a.min(b).min(c);
                high[at][lane] = a.max(b).max(c);
            }
        }
    }
    let [mut low, mut high] = [low, high].map(Vec::into_flattened);
    for _ in 0..3 {
        low = halved(&low, u8::min);
        high = halved(&high, u8::max);
    }
    [low, high]
}

/// One of each two neighbours.
#[inline(always)]
fn halved(values: &[u8], of: impl Fn(u8, u8) -> u8) -> Vec<u8> {
    let mut half = vec![0; values.len() / 2];
    for (out, [a, b]) in half.iter_mut().zip(values.as_chunks().0) {
        *out = of(*a, *b);
    }
    half
}
