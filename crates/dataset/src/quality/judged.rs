//! A score held to its threshold.

/// Which side of a threshold is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// Scores below it.
    Below,
    /// Scores above it.
    Above,
}

/// A measure with its score and threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The measure's stable code, that of [`Failing`](super::Failing).
    pub code: &'static str,
    /// What the score is a number of, for a person.
    pub what: &'static str,
    /// Which scores are bad.
    pub bad: Bad,
    /// What was measured.
    pub score: f32,
    /// What is asked; 0 when nothing is.
    pub threshold: f32,
    /// The highest threshold that makes sense.
    pub limit: f32,
}

impl Judged {
    /// Whether the score is on the bad side of a threshold that is not off; at the threshold it is good.
    #[must_use]
    pub fn is_beyond(&self) -> bool {
        self.threshold > 0.0
            && match self.bad {
                Bad::Below => self.score < self.threshold,
                Bad::Above => self.score > self.threshold,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_at_its_threshold_is_good_and_none_is_beyond_one_that_is_off() {
        let judged = |bad, score, threshold| Judged {
            code: "x",
            what: "x",
            bad,
            score,
            threshold,
            limit: 1.0,
        };
        for (bad, good, beyond) in [(Bad::Below, 0.6, 0.4), (Bad::Above, 0.4, 0.6)] {
            assert!(judged(bad, beyond, 0.5).is_beyond(), "{bad:?}");
            for score in [good, 0.5] {
                assert!(!judged(bad, score, 0.5).is_beyond(), "{bad:?} {score}");
            }
            assert!(!judged(bad, beyond, 0.0).is_beyond(), "{bad:?}");
        }
    }
}
