//! The preferences of the IETF's AIPREF drafts, and those of contentsignals.org.
//!
//! Read from draft-ietf-aipref-vocab and draft-ietf-aipref-attach as they were in autumn 2026.

use std::convert::Infallible;

use sfv::visitor::{
    DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor,
};
use sfv::{BareItemFromInput, KeyRef, Parser};

/// Labels that speak of training: today's, and the narrower one of older drafts.
const LABELS: [&str; 2] = ["train-ai", "train-genai"];

/// Says what a statement has to say about training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Preference {
    /// Nothing.
    #[default]
    Unknown,
    /// It is allowed.
    Allowed,
    /// It is not.
    Disallowed,
}

impl Preference {
    /// Joins two statements on the same thing: the more restrictive one holds (vocabulary draft, section 5.1).
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Disallowed, _) | (_, Self::Disallowed) => Self::Disallowed,
            (Self::Allowed, _) | (_, Self::Allowed) => Self::Allowed,
            (Self::Unknown, Self::Unknown) => Self::Unknown,
        }
    }
}

/// Reads a `Content-Usage` value, a dictionary of RFC 9651; one that is malformed says nothing.
///
/// Of a label given twice the last counts, and a value that is no token `y` or `n` says nothing.
pub(super) fn content_usage(value: &[u8]) -> Preference {
    let labels = Parser::new(value)
        .parse_dictionary_with_visitor(Labels::default())
        .unwrap_or_default();
    labels
        .into_iter()
        .fold(Preference::Unknown, Preference::and)
}

/// Reads a `Content-Signal` value (`search=yes, ai-train=no`); what is no `ai-train` is skipped.
///
/// There is no grammar for it, so `no` and `n` in any case refuse, and nothing makes the whole line void.
pub(super) fn content_signal(value: &[u8]) -> Preference {
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    text.split([',', ';'])
        .filter_map(|pair| pair.split_once('='))
        .filter(|(label, _)| label.trim() == "ai-train")
        .map(|(_, answer)| match answer.trim() {
            "no" | "n" => Preference::Disallowed,
            "yes" | "y" => Preference::Allowed,
            _ => Preference::Unknown,
        })
        .fold(Preference::Unknown, Preference::and)
}

/// Collects the labels of interest from a dictionary.
#[derive(Debug, Default)]
struct Labels([Preference; LABELS.len()]);

impl<'de> DictionaryVisitor<'de> for Labels {
    type Out = [Preference; LABELS.len()];
    type Error = Infallible;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Infallible> {
        let place = LABELS.iter().position(|label| *label == key.as_str());
        let slot = place.map(|place| &mut self.0[place]);
        Ok(Slot(slot))
    }

    fn finish(self) -> Result<Self::Out, Infallible> {
        Ok(self.0)
    }
}

/// Takes the value of one label, or of one that is skipped.
#[derive(Debug)]
struct Slot<'a>(Option<&'a mut Preference>);

impl Slot<'_> {
    fn set(self, preference: Preference) {
        if let Some(slot) = self.0 {
            *slot = preference;
        }
    }
}

impl<'de> EntryVisitor<'de> for Slot<'_> {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'de>, Infallible> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Infallible> {
        self.set(Preference::Unknown);
        Ok(Ignored)
    }
}

impl<'de> ItemVisitor<'de> for Slot<'_> {
    type Out = ();
    type Error = Infallible;

    fn bare_item(
        self,
        item: BareItemFromInput<'de>,
    ) -> Result<impl ParameterVisitor<'de, Out = ()>, Infallible> {
        self.set(match item {
            BareItemFromInput::Token(token) if token.as_str() == "y" => Preference::Allowed,
            BareItemFromInput::Token(token) if token.as_str() == "n" => Preference::Disallowed,
            _ => Preference::Unknown,
        });
        Ok(Ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_are_read_as_the_drafts_say() {
        use Preference::{Allowed, Disallowed, Unknown};
        let cases: &[(&[u8], Preference)] = &[
            (b"train-ai=n", Disallowed),
            (b"train-ai=y", Allowed),
            (b"  train-ai=n  ", Disallowed),
            (b"train-ai=y, search=n", Allowed),
            (b"search=y,\ttrain-ai=n", Disallowed),
            (b"train-genai=n", Disallowed),
            (b"train-ai=y, train-genai=n", Disallowed),
            (b"train-ai=n, train-genai=y", Disallowed),
            (b"train-ai=n;since=2025;why=\"it, is=mine\"", Disallowed),
            (b"search=n, bots=n, train=n, ai=n", Unknown),
            // The last of a doubled label counts, whatever it is.
            (b"train-ai=n, train-ai=y", Allowed),
            (b"train-ai=y, train-ai=n", Disallowed),
            (b"train-ai=n, train-ai", Unknown),
            (b"train-ai=n, train-ai=(n)", Unknown),
            (b"train-ai;allow=n, train-ai=y", Allowed),
            (b"train-ai;has;parameters=\"?\"", Unknown),
            // No token, or another one.
            (b"train-ai=\"n\"", Unknown),
            (b"train-ai=?0", Unknown),
            (b"train-ai=0", Unknown),
            (b"train-ai=no", Unknown),
            (b"train-ai=N", Unknown),
            // Malformed as a whole.
            (b"", Unknown),
            (b"train-ai=n,", Unknown),
            (b"train-ai=n; ", Unknown),
            (b"train-ai=n search=y", Unknown),
            (b"train-ai = n", Unknown),
            (b"Train-AI=n", Unknown),
            (b"train-ai=n, \xff", Unknown),
            (b"train-ai=n, x=\"", Unknown),
        ];
        for (value, expected) in cases {
            let shown = String::from_utf8_lossy(value);
            assert_eq!(content_usage(value), *expected, "{shown:?}");
        }
    }

    #[test]
    fn content_signals_are_read_leniently() {
        use Preference::{Allowed, Disallowed, Unknown};
        let cases: &[(&[u8], Preference)] = &[
            (b"search=yes,ai-train=no", Disallowed),
            (b"search=yes, AI-Train = NO, use=reference", Disallowed),
            (b"ai-train=yes", Allowed),
            (b"ai-train=yes, ai-train=no", Disallowed),
            (b"ai-input=no, search=no", Unknown),
            (b"ai-train", Unknown),
            (b"ai-train=maybe", Unknown),
            (b"\xff, ai-train=no", Disallowed),
            (b"", Unknown),
        ];
        for (value, expected) in cases {
            let shown = String::from_utf8_lossy(value);
            assert_eq!(content_signal(value), *expected, "{shown:?}");
        }
    }

    #[test]
    fn hostile_values_end() {
        let mut random = fastrand::Rng::with_seed(9651);
        let alphabet = b"train-ai=ny,;() \"?*:\\09\xff";
        for _ in 0..50_000 {
            let value: Vec<u8> = (0..random.usize(..40))
                .map(|_| alphabet[random.usize(..alphabet.len())])
                .collect();
            let _ = (content_usage(&value), content_signal(&value));
        }
        assert_eq!(content_usage(&vec![b'('; 1_000_000]), Preference::Unknown);
        let many = format!("{}train-ai=n", "a=1, ".repeat(200_000));
        assert_eq!(content_usage(many.as_bytes()), Preference::Disallowed);
    }
}
