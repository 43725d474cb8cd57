use std::borrow::Cow;

use robotxt::{Robots, Rule};
use url::{Position, Url};

/// A path pattern as RFC 9309 has it: `*` for anything, `$` for the end, percent-encoding normalised.
///
/// `TDMRep` and the `Content-Usage` rules take their patterns from robots.txt, so one matcher serves all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Rule);

impl Pattern {
    /// Reads a pattern; `None` when it is empty or holds the end of a line.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        if text.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return None;
        }
        let file = [b"user-agent:*\nallow:".as_slice(), &literal_dollars(text)].concat();
        let robots = Robots::parse(&file, robotxt::ANY_AGENT);
        robots.rules().first().cloned().map(Self)
    }

    /// Tells whether the pattern matches a path that [`path_of`] made.
    pub(super) fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }

    /// Returns the normalised text, whose length in bytes ranks the pattern.
    pub(super) fn text(&self) -> &str {
        self.0.pattern()
    }
}

/// Returns the path and query of a URL in the form in which patterns are matched against it.
///
/// Both `*` and `$` are percent-encoded, because RFC 9309 (section 2.2.3) has `%2A` and `%24` in a pattern
/// stand for the characters themselves, and the matcher would tell them from bare ones in a path.
pub(super) fn path_of(url: &Url) -> String {
    url[Position::BeforePath..Position::AfterQuery]
        .replace('*', "%2A")
        .replace('$', "%24")
}

/// Percent-encodes every `$` of a pattern but one at its end: only there is it special.
pub(super) fn literal_dollars(pattern: &[u8]) -> Cow<'_, [u8]> {
    let inner = pattern.len().saturating_sub(1);
    if !pattern[..inner].contains(&b'$') {
        return Cow::Borrowed(pattern);
    }
    let mut literal = Vec::with_capacity(pattern.len() + 8);
    for (place, byte) in pattern.iter().enumerate() {
        if *byte == b'$' && place < inner {
            literal.extend_from_slice(b"%24");
        } else {
            literal.push(*byte);
        }
    }
    Cow::Owned(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_robots_txt() {
        let cases: &[(&str, &str, bool)] = &[
            ("/", "/a/b?c", true),
            ("/a", "/ab", true),
            ("/a$", "/ab", false),
            ("/a$", "/a", true),
            ("/*.jpg$", "/x/y.jpg", true),
            ("/*.jpg$", "/x/y.jpg?w=1", false),
            ("*.png", "/x.png", true),
            ("/%7Ea/%c3%a4", "/~a/\u{e4}", true),
            ("/A", "/a", false),
            ("/a#b", "/a", true),
            // The two examples of RFC 9309, section 2.2.3.
            (
                "/path/file-with-a-%2A.html",
                "/path/file-with-a-*.html",
                true,
            ),
            ("/path/foo-%24", "/path/foo-$", true),
            ("/path/foo-%24", "/path/foo-", false),
            ("/a-%2A", "/a-b", false),
            ("/a-*", "/a-*", true),
            ("/a$b", "/a$b/c", true),
            ("/a$b", "/a", false),
            ("/a$$", "/a$", true),
        ];
        for (pattern, path, matches) in cases {
            let url = Url::parse("https://example.org").unwrap();
            let path = path_of(&url.join(path).unwrap());
            let pattern = Pattern::parse(pattern.as_bytes()).unwrap();
            assert_eq!(pattern.matches(&path), *matches, "{pattern:?} {path}");
        }
    }

    #[test]
    fn nothing_is_smuggled_in_by_a_line_end() {
        for text in ["", "  ", "#x", "/a\nallow:/", "/a\r", "\0/"] {
            assert_eq!(Pattern::parse(text.as_bytes()), None, "{text:?}");
        }
    }
}
