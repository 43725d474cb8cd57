use std::fmt;

/// Longest evidence in characters.
const EVIDENCE: usize = 200;

/// Names the way in which a website said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Signal {
    /// A `Disallow` rule of robots.txt.
    Robots,
    /// A directive of the header `X-Robots-Tag`.
    RobotsTag,
    /// The header `tdm-reservation`.
    TdmHeader,
    /// A rule of `/.well-known/tdmrep.json`.
    TdmFile,
    /// The header `Content-Usage`.
    ContentUsage,
    /// A `Content-Usage` rule of robots.txt.
    RobotsContentUsage,
    /// A `Content-Signal` rule of robots.txt.
    RobotsContentSignal,
}

impl Signal {
    /// Returns the stable name under which the signal is counted and recorded.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Robots => "robots",
            Self::RobotsTag => "x-robots-tag",
            Self::TdmHeader => "tdm-reservation",
            Self::TdmFile => "tdmrep-json",
            Self::ContentUsage => "content-usage",
            Self::RobotsContentUsage => "robots-content-usage",
            Self::RobotsContentSignal => "robots-content-signal",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Says that a website does not want its content taken, and how it said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it was said.
    pub signal: Signal,
    /// What was said: printable ASCII, at most 200 characters.
    pub evidence: String,
}

impl Refusal {
    /// Builds a refusal; the evidence is made printable and cut.
    pub(super) fn new(signal: Signal, evidence: &str) -> Self {
        Self {
            signal,
            evidence: printable(evidence.as_bytes()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.signal, self.evidence)
    }
}

/// Turns what a server sent into at most 200 characters of printable ASCII.
///
/// Logs, tables and pages show it, so nothing in it may move a cursor or turn the direction of text.
pub(super) fn printable(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(4 * EVIDENCE)];
    let text = String::from_utf8_lossy(start);
    let mut shown: String = text
        .trim()
        .chars()
        .map(|c| match c {
            ' ' | '\t' => ' ',
            c if c.is_ascii_graphic() => c,
            _ => '?',
        })
        .take(EVIDENCE + 1)
        .collect();
    if shown.len() > EVIDENCE || start.len() < bytes.len() {
        shown.truncate(EVIDENCE - 2);
        shown.push_str("..");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_short_and_printable_whatever_was_sent() {
        let cases: &[(&[u8], &str)] = &[
            (b"noai", "noai"),
            (b"  a\tb  ", "a b"),
            (b"\x1b[31mred\r\n", "?[31mred"),
            ("caf\u{e9} \u{202e}x".as_bytes(), "caf? ?x"),
            (b"\xff\xfe", "??"),
            (b"", ""),
        ];
        for (sent, shown) in cases {
            assert_eq!(printable(sent), *shown);
        }
        for length in [199, 200, 201, 799, 800, 801, 100_000] {
            let shown = printable(&vec![b'x'; length]);
            assert_eq!(shown.len(), length.min(200));
            assert_eq!(shown.ends_with(".."), length > 200);
        }
        assert_eq!(printable("\u{e9}".repeat(500).as_bytes()).len(), 200);
    }

    #[test]
    fn a_refusal_shows_its_signal_first() {
        let refusal = Refusal::new(Signal::RobotsTag, "noai");
        assert_eq!(refusal.to_string(), "x-robots-tag: noai");
    }
}
