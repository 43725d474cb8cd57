//! Characters that a terminal obeys instead of showing them.

/// Whether a character steers the terminal: control characters, and those of Unicode's bidirectional algorithm (UAX #9), which make
/// it show a line in another order than it has.
pub(crate) fn is_steering(c: char) -> bool {
    let is_direction = matches!(c,
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_told_from_what_is_written() {
        for c in [
            '\0', '\u{1b}', '\u{85}', '\u{200e}', '\u{202a}', '\u{202e}', '\u{2069}',
        ] {
            assert!(is_steering(c), "{c:?}");
        }
        // Emoji and the scripts of Persia and India need joiners.
        for c in [' ', 'ש', 'ع', '\u{200c}', '\u{200d}', '猫', '\u{a0}'] {
            assert!(!is_steering(c), "{c:?}");
        }
    }
}
