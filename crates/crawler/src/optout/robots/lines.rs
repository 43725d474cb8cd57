/// The mark that some editors put before UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What a line of robots.txt may be called, apart from hyphens, spaces and case.
///
/// The misspelt forms of `Disallow` and `Allow` are those that Google's parser and robotxt accept.
const NAMES: &[(&str, Kind)] = &[
    ("useragent", Kind::Agent),
    ("disallow", Kind::Disallow),
    ("dissallow", Kind::Disallow),
    ("dissalow", Kind::Disallow),
    ("disalow", Kind::Disallow),
    ("diasllow", Kind::Disallow),
    ("disallaw", Kind::Disallow),
    ("allow", Kind::Allow),
    ("alow", Kind::Allow),
    ("allaw", Kind::Allow),
    ("crawldelay", Kind::CrawlDelay),
    ("contentusage", Kind::ContentUsage),
    ("contentsignal", Kind::ContentSignal),
];

/// Sorts the lines of robots.txt that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Begins a group, or adds to those whom it addresses.
    Agent,
    /// Permits paths.
    Allow,
    /// Forbids paths.
    Disallow,
    /// Asks for seconds between requests.
    CrawlDelay,
    /// States a preference of the AIPREF vocabulary.
    ContentUsage,
    /// States a preference as contentsignals.org has it.
    ContentSignal,
}

impl Kind {
    /// Returns the name under which the line is written down again.
    pub(super) fn name(self) -> &'static [u8] {
        match self {
            Self::Agent => b"user-agent",
            Self::Allow => b"allow",
            Self::Disallow => b"disallow",
            Self::CrawlDelay => b"crawl-delay",
            Self::ContentUsage => b"content-usage",
            Self::ContentSignal => b"content-signal",
        }
    }
}

/// One line with its trimmed value, the comment removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) kind: Kind,
    pub(super) value: &'a [u8],
}

/// Returns the lines that matter; all others are skipped, as RFC 9309 (section 2.2.4) has it.
///
/// Lines end with CR, LF or both; a NUL ends one as well, so that no value can hold it.
pub(super) fn lines(body: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let body = body.strip_prefix(BOM).unwrap_or(body);
    body.split(|b| matches!(b, b'\r' | b'\n' | 0))
        .filter_map(line)
}

/// Reads `name: value`, or `name value` as it is met with too.
fn line(text: &[u8]) -> Option<Line<'_>> {
    let text = text.split(|b| *b == b'#').next().unwrap_or_default();
    let text = text.trim_ascii();
    let by = |is_end: fn(&u8) -> bool| {
        let end = text.iter().position(is_end)?;
        let kind = kind_of(&text[..end])?;
        let value = text[end + 1..].trim_ascii();
        Some(Line { kind, value })
    };
    by(|b| *b == b':').or_else(|| by(u8::is_ascii_whitespace))
}

/// Finds what a name stands for.
fn kind_of(name: &[u8]) -> Option<Kind> {
    let spelt = |known: &str| {
        let bare = name
            .iter()
            .filter(|b| !matches!(b, b'-' | b'_') && !b.is_ascii_whitespace());
        bare.map(u8::to_ascii_lowercase).eq(known.bytes())
    };
    let (_, kind) = NAMES.iter().find(|(known, _)| spelt(known))?;
    Some(*kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_however_they_are_written() {
        use Kind::{Agent, Allow, ContentSignal, ContentUsage, CrawlDelay, Disallow};
        type Case = (&'static [u8], &'static [(Kind, &'static str)]);
        let cases: &[Case] = &[
            (
                b"User-Agent: a\nDisallow: /b",
                &[(Agent, "a"), (Disallow, "/b")],
            ),
            (
                b"allow:/a\r\nallow:/b\rallow:/c\0allow:/d",
                &[(Allow, "/a"), (Allow, "/b"), (Allow, "/c"), (Allow, "/d")],
            ),
            (b"\xef\xbb\xbfuser-agent: a", &[(Agent, "a")]),
            (b"user-agent: a\n\xef\xbb\xbfuser-agent: b", &[(Agent, "a")]),
            (b"  USER AGENT :\ta  # comment: /x", &[(Agent, "a")]),
            (b"useragent a\nuser_agent: b", &[(Agent, "a"), (Agent, "b")]),
            (
                b"disallow /a:b\ndisallow\t/c",
                &[(Disallow, "/a:b"), (Disallow, "/c")],
            ),
            (
                b"Dissalow: /a\nalow: /b",
                &[(Disallow, "/a"), (Allow, "/b")],
            ),
            (b"disallow:", &[(Disallow, "")]),
            (b"disallow: # /a", &[(Disallow, "")]),
            (b"# disallow: /a\ndisallow", &[]),
            (
                b"Crawl-delay: 10\ncrawl delay: 2",
                &[(CrawlDelay, "10"), (CrawlDelay, "2")],
            ),
            (
                b"Content-Usage: /a train-ai=n",
                &[(ContentUsage, "/a train-ai=n")],
            ),
            (
                b"content-signal: ai-train=no",
                &[(ContentSignal, "ai-train=no")],
            ),
            (
                b"sitemap: https://example.org/s\nhost: a\nnoindex: /x\nx\n:\n: /a",
                &[],
            ),
            (b"disallowed: /a\nuser-agents: b\nuser-agent-x: c", &[]),
        ];
        for (body, expected) in cases {
            let read: Vec<_> = lines(body)
                .map(|l| (l.kind, std::str::from_utf8(l.value).unwrap()))
                .collect();
            assert_eq!(read, *expected, "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_million_empty_lines_are_nothing() {
        assert_eq!(lines(&vec![b'\n'; 1_000_000]).count(), 0);
        assert_eq!(lines(&vec![b':'; 1_000_000]).count(), 0);
    }
}
