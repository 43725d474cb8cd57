//! The picture that sites show in place of one that is gone.

use image::{Rgb, RgbImage};

/// Size of the placeholder, in pixels.
pub(super) const SIZE: (u32, u32) = (320, 240);

const TEXT: &str = "NOT AVAILABLE";
/// Pixels of the picture to a pixel of a letter.
const SCALE: u32 = 3;
/// Width and height of a letter, and the distance from one to the next, in its own pixels.
const LETTER: (u32, u32) = (5, 7);
const ADVANCE: u32 = LETTER.0 + 1;

const PAPER: Rgb<u8> = Rgb([226, 228, 232]);
const INK: Rgb<u8> = Rgb([120, 126, 136]);

/// Draws the placeholder: a framed, crossed-out plate with its text.
pub(super) fn draw() -> RgbImage {
    let (width, height) = SIZE;
    let mut plate = RgbImage::from_pixel(width, height, PAPER);
    for (x, y, pixel) in plate.enumerate_pixels_mut() {
        let edge = x.min(y).min(width - 1 - x).min(height - 1 - y);
        let diagonal = x * height / width;
        let crossed = diagonal.abs_diff(y) <= 1 || (height - 1 - diagonal).abs_diff(y) <= 1;
        if (6..9).contains(&edge) || (edge >= 9 && crossed) {
            *pixel = INK;
        }
    }
    write(&mut plate);
    plate
}

/// Writes the text in the middle, on a bar that clears the cross behind it.
fn write(plate: &mut RgbImage) {
    let letters = u32::try_from(TEXT.len()).expect("the text is short");
    let (text_width, text_height) = ((letters * ADVANCE - 1) * SCALE, LETTER.1 * SCALE);
    let (left, top) = ((SIZE.0 - text_width) / 2, (SIZE.1 - text_height) / 2);
    for y in top - 12..top + text_height + 12 {
        for x in left - 12..left + text_width + 12 {
            plate.put_pixel(x, y, PAPER);
        }
    }
    for y in 0..text_height {
        for x in 0..text_width {
            let (column, row) = (x / SCALE, y / SCALE);
            let index = usize::try_from(column / ADVANCE).expect("a column of a short text");
            let letter = TEXT.as_bytes()[index];
            if is_ink(letter, column % ADVANCE, row) {
                plate.put_pixel(left + x, top + y, INK);
            }
        }
    }
}

/// Says whether a pixel of a letter is inked.
fn is_ink(letter: u8, column: u32, row: u32) -> bool {
    let row = usize::try_from(row).expect("a row of a letter");
    column < LETTER.0 && rows(letter)[row] >> (LETTER.0 - 1 - column) & 1 == 1
}

/// The letters of the text, a row of five pixels to a number.
fn rows(letter: u8) -> [u8; 7] {
    match letter {
        b'A' => [
            0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001,
        ],
        b'B' => [
            0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110,
        ],
        b'E' => [
            0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111,
        ],
        b'I' => [
            0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110,
        ],
        b'L' => [
            0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111,
        ],
        b'N' => [
            0b10001, 0b11001, 0b11001, 0b10101, 0b10011, 0b10011, 0b10001,
        ],
        b'O' => [
            0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110,
        ],
        b'T' => [
            0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100,
        ],
        b'V' => [
            0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b00100,
        ],
        _ => [0; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_text_is_drawn() {
        for letter in TEXT.bytes().filter(|&letter| letter != b' ') {
            assert_ne!(rows(letter), [0; 7], "{}", char::from(letter));
        }
    }

    #[test]
    fn the_placeholder_is_not_blank() {
        let plate = draw();
        assert_eq!(plate.dimensions(), SIZE);
        let inked = plate.pixels().filter(|&&pixel| pixel == INK).count();
        assert!((2000..20_000).contains(&inked), "{inked}");
    }
}
