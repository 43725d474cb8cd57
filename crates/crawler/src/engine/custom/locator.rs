use regex::{Regex, RegexBuilder};
use scraper::Selector;

use super::file::BodyKind;

/// Largest compiled regular expression, in bytes.
const REGEX_SIZE: usize = 1 << 20;

/// Says where something lies in a body, or in one item of it.
#[derive(Debug, Clone)]
pub(super) enum Locator {
    /// A JSON pointer.
    Pointer(String),
    /// A CSS selector and an attribute of what it selects. Without a selector it is the item itself, without an attribute
    /// its text.
    Element {
        selector: Option<Selector>,
        attribute: Option<String>,
    },
    /// The first group of a regular expression, or all that it matches.
    Match(Regex),
    /// A named group of the items' regular expression.
    Group(String),
}

impl Locator {
    /// Compiles one that is looked for in a whole body.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it and what would be right.
    pub(super) fn in_body(kind: BodyKind, text: &str) -> Result<Self, String> {
        match kind {
            BodyKind::Json => pointer(text),
            BodyKind::Html => element(text),
            BodyKind::Text => Ok(Self::Match(regex(text)?)),
        }
    }

    /// Compiles one that is looked for in an item; in a text these are the groups of the items' expression.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it and what would be right.
    pub(super) fn in_item(kind: BodyKind, groups: &[String], text: &str) -> Result<Self, String> {
        match kind {
            BodyKind::Json => pointer(text),
            BodyKind::Html => element(text),
            BodyKind::Text if groups.iter().any(|group| group == text) => {
                Ok(Self::Group(text.to_owned()))
            }
            BodyKind::Text => Err(format!(
                "`{text}` is no group of results.items: name one of {}, or add (?<{text}>..) there",
                if groups.is_empty() {
                    "its groups (it has none)".to_owned()
                } else {
                    groups.join(", ")
                }
            )),
        }
    }
}

/// Compiles a regular expression of bounded size; its time is linear in the text, whatever the text.
pub(super) fn regex(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .size_limit(REGEX_SIZE)
        .dfa_size_limit(REGEX_SIZE)
        .build()
        .map_err(|e| {
            let why = e.to_string();
            let last = why.lines().last().unwrap_or_default().trim();
            format!("`{text}` is no regular expression of the Rust kind ({last})")
        })
}

/// Compiles a selector. What selects by what lies below an element is refused, since a hostile page makes it slow.
pub(super) fn selector(text: &str) -> Result<Selector, String> {
    if text.to_ascii_lowercase().contains(":has(") {
        return Err(format!(
            "`{text}` has :has(), which a page can make slow: select the inner element instead"
        ));
    }
    Selector::parse(text).map_err(|e| format!("`{text}` is no CSS selector ({e})"))
}

fn pointer(text: &str) -> Result<Locator, String> {
    if !text.is_empty() && !text.starts_with('/') {
        return Err(format!(
            "`{text}` is no JSON pointer: begin each step with a slash, such as /{}",
            text.replace('.', "/")
        ));
    }
    Ok(Locator::Pointer(text.to_owned()))
}

fn element(text: &str) -> Result<Locator, String> {
    let (before, attribute) = match text.rsplit_once('@') {
        Some((before, name)) if is_attribute(name) => (before, Some(name.to_ascii_lowercase())),
        _ => (text, None),
    };
    let before = before.trim();
    let selector = (!before.is_empty()).then(|| selector(before)).transpose()?;
    Ok(Locator::Element {
        selector,
        attribute,
    })
}

/// Whether what follows the last `@` is an attribute's name, and not the end of a selector such as `[href*="@x"]`.
fn is_attribute(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_body_has_its_own() {
        assert!(Locator::in_body(BodyKind::Json, "/a/0").is_ok());
        assert!(Locator::in_body(BodyKind::Json, "").is_ok());
        let error = Locator::in_body(BodyKind::Json, "a.b").unwrap_err();
        assert!(error.contains("such as /a/b"), "{error}");
        assert!(Locator::in_body(BodyKind::Text, "next=(\\d+)").is_ok());
        let error = Locator::in_body(BodyKind::Text, "next=(").unwrap_err();
        assert!(error.contains("unclosed group"), "{error}");
        assert!(regex("(\\pL{500}){500}").is_err(), "bounded");
    }

    #[test]
    fn an_attribute_stands_after_the_last_at() {
        let parts = |text: &str| match Locator::in_body(BodyKind::Html, text).unwrap() {
            Locator::Element {
                selector,
                attribute,
            } => (selector.is_some(), attribute),
            other => panic!("{other:?}"),
        };
        assert_eq!(parts("a.x@href"), (true, Some("href".to_owned())));
        assert_eq!(parts("@data-Full"), (false, Some("data-full".to_owned())));
        assert_eq!(parts("h2"), (true, None));
        assert_eq!(parts("a[href*=\"@me\"]"), (true, None));
        assert_eq!(parts(""), (false, None));
        for text in ["a[", "li:has(a)", "a..b@href"] {
            assert!(Locator::in_body(BodyKind::Html, text).is_err(), "{text}");
        }
    }

    #[test]
    fn groups_must_be_there() {
        let groups = ["image".to_owned(), "name".to_owned()];
        assert!(Locator::in_item(BodyKind::Text, &groups, "name").is_ok());
        let error = Locator::in_item(BodyKind::Text, &groups, "title").unwrap_err();
        assert!(
            error.contains("image, name") && error.contains("(?<title>"),
            "{error}"
        );
    }
}
