//! A measure that a picture does not meet.

use std::fmt;

/// A measure that a picture does not meet, and what was asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failing {
    /// The measure's stable code, as counted in summaries and stored in the catalog.
    pub code: &'static str,
    /// What the score is a number of, for a person.
    pub what: &'static str,
    /// What was measured.
    pub score: f32,
    /// The threshold that it is beyond.
    pub threshold: f32,
}

impl Failing {
    /// One line that says what exactly, to stand beside the code.
    #[must_use]
    pub fn detail(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.score < self.threshold {
            "below"
        } else {
            "above"
        };
        let (score, threshold) = (Short(self.score), Short(self.threshold));
        let what = self.what;
        write!(f, "{what} {score} is {side} {threshold}")
    }
}

/// A score with as many digits as tell something.
struct Short(f32);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.fract() == 0.0 {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{:.3}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_score_and_threshold_and_which_way() {
        let low = Failing {
            code: "dark",
            what: "brightness of the brightest percent",
            score: 0.1234,
            threshold: 0.2,
        };
        assert_eq!(
            low.detail(),
            "brightness of the brightest percent 0.123 is below 0.200"
        );
        let high = Failing {
            code: "blurry",
            what: "spread in pixels of the sharpest edges",
            score: 3.5,
            threshold: 2.0,
        };
        assert_eq!(
            high.detail(),
            "spread in pixels of the sharpest edges 3.500 is above 2"
        );
    }
}
