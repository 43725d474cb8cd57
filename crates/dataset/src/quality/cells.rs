//! What is to be seen in the middle of a picture, cell by cell.

use super::plane::share;

/// Cells along each side: of the middle square of a picture whose short side is 256 they are 8 pixels wide.
const GRID: usize = 28;

/// Narrowest cell in pixels: a pixel alone is always quiet.
const SMALLEST: usize = 3;

/// A cell whose colours differ by no more than this has nothing in it but noise, JPEG's included.
const QUIET: u8 = 12;

/// Quiet cells whose colours differ by no more than this are one surface.
const SAME: u8 = 10;

/// What the cells say.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) detail: f32,
    pub(super) solid: f32,
}

/// Looks at the middle square, seven eighths of the short side: what is left of a picture whose short side is brought to 256
/// and whose centre of 224 is cut out.
///
/// Long pictures are judged by the part that is kept of them, so one with everything at its ends is found empty.
#[inline(always)]
pub(super) fn measure(width: usize, height: usize, rgb: &[u8]) -> Cells {
    let short = width.min(height);
    let square = short * 7 / 8;
    let cell = (square / GRID).max(SMALLEST).min(short);
    let side = square.max(cell) / cell * cell;
    let (left, top) = ((width - side) / 2, (height - side) / 2);
    let across = side / cell;
    let mut quiet: Vec<[u8; 3]> = Vec::with_capacity(across * across);
    // Lowest and highest byte of each column of a row of cells.
    let mut low = vec![u8::MAX; side * 3];
    let mut high = vec![0; side * 3];
    let rows = rgb.chunks_exact(width * 3).skip(top).take(side);
    for (y, row) in rows.enumerate() {
        let row = &row[left * 3..(left + side) * 3];
        for (byte, (low, high)) in row.iter().zip(low.iter_mut().zip(&mut high)) {
            *low = (*low).min(*byte);
            *high = (*high).max(*byte);
        }
        if y % cell == cell - 1 {
            // A cell looks one pixel back at its neighbours, so that an edge between two cells is not overlooked.
            let cells =
                (0..across).map(|at| (at * cell).saturating_sub(1) * 3..(at + 1) * cell * 3);
            quiet.extend(cells.filter_map(|of| quiet_colour(&low[of.clone()], &high[of])));
            low.copy_from_slice(row);
            high.copy_from_slice(row);
        }
    }
    let all = across * across;
    Cells {
        detail: share(all - quiet.len(), all),
        solid: share(largest_surface(&quiet), all),
    }
}

/// The colour of a cell that is quiet, given the bounds of its columns.
#[inline(always)]
fn quiet_colour(low: &[u8], high: &[u8]) -> Option<[u8; 3]> {
    let mut colour = [0; 3];
    for (c, colour) in colour.iter_mut().enumerate() {
        let low = low.iter().skip(c).step_by(3).min()?;
        let high = high.iter().skip(c).step_by(3).max()?;
        if high - low > QUIET {
            return None;
        }
        *colour = low.midpoint(*high);
    }
    Some(colour)
}

/// How many quiet cells have the most frequent colour.
fn largest_surface(quiet: &[[u8; 3]]) -> usize {
    // The most frequent one in steps of 16 levels stands for the surface; its neighbours are counted by distance.
    let mut bins = vec![(0_usize, [0_u8; 3]); 16 * 16 * 16];
    for colour in quiet {
        let [r, g, b] = colour.map(|c| usize::from(c >> 4));
        let bin = &mut bins[(r * 16 + g) * 16 + b];
        *bin = (bin.0 + 1, *colour);
    }
    let Some((_, centre)) = bins.iter().max_by_key(|bin| bin.0) else {
        return 0;
    };
    quiet
        .iter()
        .filter(|colour| (0..3).all(|c| colour[c].abs_diff(centre[c]) <= SAME))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_that_lie_between_cells_are_seen() {
        // Squares of four cells, from the first cell of the middle square on.
        for (side, block) in [(96, 12), (256, 32)] {
            let inset = (side - side * 7 / 8) / 2;
            let rgb: Vec<u8> = (0..side * side)
                .map(|at| {
                    (
                        at % side + block - inset % block,
                        at / side + block - inset % block,
                    )
                })
                .flat_map(|(x, y)| {
                    [u8::try_from((x / block * 5 + y / block * 11) % 9 * 28).unwrap(); 3]
                })
                .collect();
            let cells = measure(side, side, &rgb);
            assert!(cells.detail > 0.2, "{side}: {cells:?}");
            assert!(cells.solid < 0.5, "{side}: {cells:?}");
        }
    }
}
