//! How wide the sharpest edges of a picture are.

use super::plane::{Plane, real};

/// Luma that an edge must climb to count: beyond noise and JPEG's ringing.
const CONTRAST: u8 = 24;

/// A climb goes on through dips of so many levels, which are noise.
const DIP: u8 = 3;

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

/// The spread (the sigma of a Gaussian) of the sharpest edges in pixels, 0 when there are too few edges to tell.
///
/// Rows and columns are followed from one local extreme to the next as in Marziliano's blur metric; each climb is an edge, whose
/// spread is that of a step under a Gaussian: contrast over steepest slope and the root of two pi. The value is the tenth part
/// (by contrast) of the sharpest edges, so that a small sharp subject before a soft background is sharp.
#[inline(always)]
pub(super) fn measure(plane: &Plane) -> f32 {
    let mut edges = Edges::new();
    for row in plane.rows().step_by(STEP) {
        edges.follow(row.iter().copied());
    }
    for x in (0..plane.width).step_by(STEP) {
        edges.follow(plane.column(x));
    }
    edges.spread()
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

    #[inline(always)]
    fn follow(&mut self, values: impl Iterator<Item = u8>) {
        let mut values = values.map(i32::from);
        let Some(first) = values.next() else { return };
        let (mut from, mut top, mut last) = (first, first, first);
        // 1 up, -1 down; values are mirrored on the way down so that every climb goes up.
        let mut sign = 1;
        let mut steepest = 0;
        for value in values {
            let value = value * sign;
            let slope = value - last;
            last = value;
            if value >= top {
                top = value;
                steepest = steepest.max(slope);
            } else if top - value > i32::from(DIP) {
                self.add(top - from, steepest);
                sign = -sign;
                (from, top, last) = (-top, -value, -value);
                steepest = -slope;
            } else {
                steepest = steepest.max(slope);
            }
        }
        self.add(top - from, steepest);
    }

    fn add(&mut self, contrast: i32, steepest: i32) {
        if contrast < i32::from(CONTRAST) {
            return;
        }
        let (contrast, steepest) = (contrast.unsigned_abs(), steepest.unsigned_abs().max(1));
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
