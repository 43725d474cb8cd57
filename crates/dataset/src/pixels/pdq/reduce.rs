/// Side of the reduced picture.
pub(super) const GRID: usize = 64;

/// Reduces RGB pixels to 64x64 samples of their blurred luma.
pub(super) fn reduce(width: usize, height: usize, rgb: &[u8]) -> Vec<f32> {
    let mut luma = vec![0.0_f32; width * height];
    for (luma, p) in luma.iter_mut().zip(rgb.chunks_exact(3)) {
        *luma = 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]);
    }
    let mut scratch = vec![0.0; luma.len()];
    for mirrored in [false, true] {
        blur_rows(&luma, &mut scratch, width, Reach::of(width, mirrored));
        blur_columns(
            &scratch,
            &mut luma,
            width,
            height,
            Reach::of(height, mirrored),
        );
    }
    decimate(&luma, width, height)
}

/// How many neighbours on either side a box filter takes in.
///
/// A window of even width leans to one side; it leans to the other in the second pass.
#[derive(Debug, Clone, Copy)]
struct Reach {
    before: usize,
    after: usize,
}

impl Reach {
    fn of(side: usize, mirrored: bool) -> Self {
        let window = side.div_ceil(2 * GRID);
        let (short, long) = ((window - 1) / 2, window / 2);
        let (before, after) = if mirrored {
            (long, short)
        } else {
            (short, long)
        };
        Self { before, after }
    }
}

/// Averages each row over its window, a smaller one at its ends.
fn blur_rows(from: &[f32], to: &mut [f32], width: usize, reach: Reach) {
    let Reach { before, after } = reach;
    for (row, out) in from.chunks_exact(width).zip(to.chunks_exact_mut(width)) {
        let mut sum: f32 = row[..after.min(width)].iter().sum();
        let mut count = after.min(width);
        for x in 0..width {
            if let Some(entering) = row.get(x + after) {
                sum += entering;
                count += 1;
            }
            if x > before {
                sum -= row[x - before - 1];
                count -= 1;
            }
            out[x] = sum / real(count);
        }
    }
}

/// Averages each column over its window, row by row so that memory is read in order.
fn blur_columns(from: &[f32], to: &mut [f32], width: usize, height: usize, reach: Reach) {
    let Reach { before, after } = reach;
    let row = |y: usize| &from[y * width..(y + 1) * width];
    let mut sums = vec![0.0; width];
    let mut count = 0_usize;
    for y in 0..after.min(height) {
        sums.iter_mut().zip(row(y)).for_each(|(sum, v)| *sum += v);
        count += 1;
    }
    for y in 0..height {
        if y + after < height {
            sums.iter_mut()
                .zip(row(y + after))
                .for_each(|(sum, v)| *sum += v);
            count += 1;
        }
        if y > before {
            sums.iter_mut()
                .zip(row(y - before - 1))
                .for_each(|(sum, v)| *sum -= v);
            count -= 1;
        }
        let share = 1.0 / real(count);
        let out = &mut to[y * width..(y + 1) * width];
        out.iter_mut()
            .zip(&sums)
            .for_each(|(out, sum)| *out = sum * share);
    }
}

/// A count of pixels as a number to reckon with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay below the 24 bits that are exact"
)]
pub(super) fn real(count: usize) -> f32 {
    count as f32
}

/// Takes 64x64 samples from the middles of equal cells, between pixels where a middle lies there.
fn decimate(luma: &[f32], width: usize, height: usize) -> Vec<f32> {
    let columns: Vec<_> = (0..GRID).map(|cell| middle(cell, width)).collect();
    let mut grid = Vec::with_capacity(GRID * GRID);
    for cell in 0..GRID {
        let (upper, lower, down) = middle(cell, height);
        let (upper, lower) = (&luma[upper * width..], &luma[lower * width..]);
        grid.extend(columns.iter().map(|(left, right, across)| {
            let mix = |row: &[f32]| row[*left] + (row[*right] - row[*left]) * across;
            mix(upper) + (mix(lower) - mix(upper)) * down
        }));
    }
    grid
}

/// The two pixels around the middle of a cell and how far it lies from the first to the second.
fn middle(cell: usize, side: usize) -> (usize, usize, f32) {
    // In 128ths of a pixel, counted from the first pixel's own middle.
    let position = ((2 * cell + 1) * side).saturating_sub(GRID);
    let (first, rest) = (position / (2 * GRID), position % (2 * GRID));
    (
        first,
        (first + 1).min(side - 1),
        real(rest) / real(2 * GRID),
    )
}
