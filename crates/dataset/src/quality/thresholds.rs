//! How bad a picture may be.

use serde::{Deserialize, Serialize};

use super::{Bad, Failing, Judged, Scores};

/// The limits that [`Scores`] are held to; 0 switches a measure off.
///
/// The defaults leave out at most one photograph in two hundred each: a good photograph lost is worse than a bad one kept. They were
/// chosen on one part of some packages' photographs and checked on the other. They can be changed at any time, since the scores are kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Least short side in pixels (`tiny`).
    ///
    /// 64 is enlarged three and a half times on the way to 224; it is also the least that is decoded unless `min_side` says otherwise.
    pub tiny: f32,
    /// Least short side by long side (`odd-aspect`).
    ///
    /// At 1 to 4 a centre crop loses three quarters of the picture. cleanvision's 0.35 leaves out panoramas and upright tools.
    pub odd_aspect: f32,
    /// Least brightness of the brightest percent (`dark`).
    ///
    /// White itself is at 0.21 when a picture is five stops too dark. cleanvision's 0.32 leaves out night skies and faces in coloured light.
    pub dark: f32,
    /// Most level of the least colour of the darkest percent (`bright`).
    ///
    /// Beyond 0.9 all is white but traces. cleanvision's fifth percentile of brightness leaves out thin or yellow drawings on white.
    pub bright: f32,
    /// Least share of cells with something in them (`low-information`).
    ///
    /// At 0.02 it is sixteen of 784 cells, a spot of one seventh of the side.
    pub low_information: f32,
    /// Least entropy in bits (`low-entropy`).
    ///
    /// Off: cleanvision's 3 bits leave out three of four flat drawings. Sound for photographs alone.
    pub low_entropy: f32,
    /// Most share of cells of one colour (`solid`).
    ///
    /// At 0.98, as for `low_information`, but whatever else is there may be as soft as it likes.
    pub solid: f32,
    /// Most spread in pixels of the sharpest edges at a short side of 256 (`blurry`).
    ///
    /// Sharp photographs have 0.4 to 0.8, fog and weak lenses reach 1.5; a Gaussian blur of 3 pixels gives 2 and more. Pictures
    /// of nothing but clouds are beyond 2 as well: switch it off for names of that kind.
    pub blurry: f32,
    /// Most text, as share of the picture times its flatness (`text`).
    ///
    /// Pages of print have 0.04 to 0.15, photographs and drawings up to 0.008, unless there is large lettering in them.
    pub text: f32,
    /// Most evidence of a screenshot (`screenshot`); 1 is where no photograph has all of it.
    pub screenshot: f32,
    /// Most share of rows that are the grey end of a cut JPEG (`grey-tail`).
    ///
    /// At 0.05 a twentieth of the picture is missing.
    pub grey_tail: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            tiny: 64.0,
            odd_aspect: 0.25,
            dark: 0.22,
            bright: 0.9,
            low_information: 0.02,
            low_entropy: 0.0,
            solid: 0.98,
            blurry: 2.0,
            text: 0.01,
            screenshot: 1.0,
            grey_tail: 0.05,
        }
    }
}

impl Thresholds {
    /// Thresholds that let every picture through.
    #[must_use]
    pub const fn off() -> Self {
        Self {
            tiny: 0.0,
            odd_aspect: 0.0,
            dark: 0.0,
            bright: 0.0,
            low_information: 0.0,
            low_entropy: 0.0,
            solid: 0.0,
            blurry: 0.0,
            text: 0.0,
            screenshot: 0.0,
            grey_tail: 0.0,
        }
    }

    /// The measures that a picture does not meet, always in the same order: those that are certain before those that judge.
    pub fn failing(&self, scores: &Scores) -> impl Iterator<Item = Failing> {
        self.judge(scores)
            .into_iter()
            .filter(Judged::is_beyond)
            .map(|m| Failing {
                code: m.code,
                what: m.what,
                score: m.score,
                threshold: m.threshold,
            })
    }

    /// Says which value is out of range, if any.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        let wrong = self
            .judge(&Scores::NOTHING)
            .into_iter()
            .find(|m| !(0.0..=m.limit).contains(&m.threshold))?;
        let key = wrong.code.replace('-', "_");
        Some(format!(
            "{key} is {}, it must be 0 (off) to {}",
            wrong.threshold, wrong.limit
        ))
    }

    /// Every measure with its score and threshold, those that are off as well, in the order of [`Thresholds::failing`].
    #[must_use]
    pub fn judge(&self, scores: &Scores) -> [Judged; 11] {
        let below = |code, what, score, threshold, limit| Judged {
            code,
            what,
            bad: Bad::Below,
            score,
            threshold,
            limit,
        };
        let above = |code, what, score, threshold, limit| Judged {
            code,
            what,
            bad: Bad::Above,
            score,
            threshold,
            limit,
        };
        let (t, s) = (self, scores);
        [
            below("tiny", "short side in pixels", s.side, t.tiny, 65_535.0),
            below(
                "odd-aspect",
                "short side by long side",
                s.aspect,
                t.odd_aspect,
                1.0,
            ),
            above(
                "grey-tail",
                "share of rows in the grey end",
                s.tail,
                t.grey_tail,
                1.0,
            ),
            above("solid", "share in one colour", s.solid, t.solid, 1.0),
            below(
                "low-information",
                "share with something in it",
                s.detail,
                t.low_information,
                1.0,
            ),
            below(
                "low-entropy",
                "entropy in bits",
                s.entropy,
                t.low_entropy,
                8.0,
            ),
            below(
                "dark",
                "brightness of the brightest percent",
                s.brightest,
                t.dark,
                1.0,
            ),
            above(
                "bright",
                "level of the darkest percent",
                s.darkest,
                t.bright,
                1.0,
            ),
            above(
                "blurry",
                "spread in pixels of the sharpest edges",
                s.blur,
                t.blurry,
                16.0,
            ),
            above("text", "lines of text", s.text, t.text, 1.0),
            above(
                "screenshot",
                "evidence of a screenshot",
                s.screen,
                t.screenshot,
                200.0,
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_sound_and_nonsense_is_named() {
        assert_eq!(Thresholds::default().complaint(), None);
        assert_eq!(Thresholds::off().complaint(), None);
        let wrong = Thresholds {
            odd_aspect: 1.5,
            ..Thresholds::default()
        };
        assert_eq!(
            wrong.complaint().unwrap(),
            "odd_aspect is 1.5, it must be 0 (off) to 1"
        );
        for nonsense in [f32::NAN, -0.1, f32::INFINITY] {
            let wrong = Thresholds {
                blurry: nonsense,
                ..Thresholds::default()
            };
            assert!(wrong.complaint().unwrap().starts_with("blurry is "));
        }
    }

    #[test]
    fn each_measure_fails_alone_and_can_be_switched_off() {
        let good = Scores {
            side: 500.0,
            aspect: 0.7,
            brightest: 0.9,
            detail: 0.8,
            entropy: 7.0,
            blur: 0.5,
            ..Scores::NOTHING
        };
        let limits = Thresholds {
            low_entropy: 3.0,
            ..Thresholds::default()
        };
        assert_eq!(limits.failing(&good).count(), 0);
        let bad = [
            ("tiny", Scores { side: 63.0, ..good }),
            (
                "odd-aspect",
                Scores {
                    aspect: 0.2,
                    ..good
                },
            ),
            ("grey-tail", Scores { tail: 0.3, ..good }),
            ("solid", Scores { solid: 1.0, ..good }),
            (
                "low-information",
                Scores {
                    detail: 0.0,
                    ..good
                },
            ),
            (
                "low-entropy",
                Scores {
                    entropy: 1.0,
                    ..good
                },
            ),
            (
                "dark",
                Scores {
                    brightest: 0.1,
                    ..good
                },
            ),
            (
                "bright",
                Scores {
                    darkest: 0.95,
                    ..good
                },
            ),
            ("blurry", Scores { blur: 4.0, ..good }),
            ("text", Scores { text: 0.2, ..good }),
            (
                "screenshot",
                Scores {
                    screen: 2.0,
                    ..good
                },
            ),
        ];
        for (code, scores) in bad {
            let failing: Vec<Failing> = limits.failing(&scores).collect();
            assert_eq!(failing.len(), 1, "{code}: {failing:?}");
            assert_eq!(failing[0].code, code);
            assert!(!failing[0].detail().contains('\n'));
            assert_eq!(Thresholds::off().failing(&scores).count(), 0);
        }
    }

    #[test]
    fn settings_may_name_a_few_and_no_others() {
        let some: Thresholds = serde_json::from_str(r#"{"blurry": 0.0, "dark": 0.1}"#).unwrap();
        let expected = Thresholds {
            blurry: 0.0,
            dark: 0.1,
            ..Thresholds::default()
        };
        assert_eq!(some, expected);
        assert!(serde_json::from_str::<Thresholds>(r#"{"blury": 1.0}"#).is_err());
    }
}
