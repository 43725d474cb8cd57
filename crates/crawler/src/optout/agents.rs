/// The product token by which robots.txt and headers address trawl.
const OWN: &str = "trawl";

/// The token of groups that address everybody.
pub(super) const EVERYBODY: &str = "*";

/// Holds the product tokens that bind trawl: its own, and those of others whose rules it obeys as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Lower case, without doubles, trawl's own first.
    tokens: Vec<String>,
}

impl Watched {
    /// Takes the tokens of others; case, doubles and whatever follows the token do not matter.
    #[must_use]
    pub fn new(others: &[String]) -> Self {
        let mut tokens = vec![OWN.to_owned()];
        for other in others {
            let token = leading_token(other.trim().as_bytes());
            let token = String::from_utf8_lossy(token).to_ascii_lowercase();
            if !token.is_empty() && !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        Self { tokens }
    }

    /// Returns trawl's own token.
    #[must_use]
    pub fn own(&self) -> &str {
        &self.tokens[0]
    }

    /// Returns the tokens of others.
    #[must_use]
    pub fn others(&self) -> &[String] {
        &self.tokens[1..]
    }

    /// Returns all tokens as one string, by which a record tells for whom it was made.
    #[must_use]
    pub fn key(&self) -> String {
        self.tokens.join(",")
    }

    /// Returns the watched token that a value names, `*` for everybody, `None` for somebody else.
    ///
    /// RFC 9309 lets a `User-agent` line hold a product token only, but files say `CCBot/2.0` as well: what
    /// follows the token is ignored, as Google's parser does. Digits belong to the token (`img2dataset`).
    pub(super) fn named(&self, value: &[u8]) -> Option<&str> {
        let value = value.trim_ascii();
        if value == b"*" || value.starts_with(b"* ") || value.starts_with(b"*\t") {
            return Some(EVERYBODY);
        }
        let token = leading_token(value);
        self.tokens
            .iter()
            .find(|known| known.as_bytes().eq_ignore_ascii_case(token))
            .map(String::as_str)
    }
}

/// Returns the letters, digits, hyphens and underscores that a value starts with.
fn leading_token(value: &[u8]) -> &[u8] {
    let end = value
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')));
    &value[..end.unwrap_or(value.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_whatever_their_case_and_what_follows() {
        let watched = Watched::new(&["CCBot".into(), "img2dataset/1.0".into(), "ccbot".into()]);
        assert_eq!(watched.key(), "trawl,ccbot,img2dataset");
        let cases: &[(&str, Option<&str>)] = &[
            ("trawl", Some("trawl")),
            ("  TRAWL\t", Some("trawl")),
            ("trawl/0.1 (+https://example.org)", Some("trawl")),
            ("Trawl bot", Some("trawl")),
            ("trawler", None),
            ("trawl-images", None),
            ("a trawl", None),
            ("ccbot/2.0", Some("ccbot")),
            ("img2dataset", Some("img2dataset")),
            ("img", None),
            ("*", Some("*")),
            ("* all of you", Some("*")),
            ("*bot", None),
            ("", None),
        ];
        for (value, named) in cases {
            assert_eq!(watched.named(value.as_bytes()), *named, "{value:?}");
        }
    }

    #[test]
    fn empty_tokens_and_stars_are_not_watched() {
        let watched = Watched::new(&[String::new(), "*".into(), "  ".into()]);
        assert_eq!(watched.others(), &[] as &[String]);
        assert_eq!(watched.named(b""), None);
    }
}
