//! Pages of HTML, read tag by tag.
//!
//! Building a tree takes a time that grows with the square of the nesting: 200 KB of `<div>` hold a core for ten seconds.
//! The tokenizer alone takes pages as hostile as they come.

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// Bytes within which some tag or text must end; attributes are compared with one another.
const PIECE: usize = 256 * 1024;
/// More attributes than any tag that is meant has.
const ATTRIBUTES: usize = 1_000;

/// Is one piece of a page.
pub(super) enum Piece<'p> {
    /// A start tag; character references in its attributes are resolved.
    Start(&'p Tag),
    /// The name of an end tag.
    End(&'p str),
    /// Text outside scripts and styles, references resolved.
    Text(&'p str),
}

/// Shows every piece of a page in order; what follows a tag of absurd size is left out. Returns whether all was shown.
pub(super) fn walk(html: &str, see: impl FnMut(Piece<'_>)) -> bool {
    let sink = Sink {
        see: RefCell::new(see),
        is_raw: Cell::new(false),
        is_moving: Cell::new(false),
        is_absurd: Cell::new(false),
    };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    let mut rest = html;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        rest = after;
        queue.push_back(StrTendril::from_slice(piece));
        let _ = tokenizer.feed(&queue);
        let is_stuck = !tokenizer.sink.is_moving.replace(false) && !rest.is_empty();
        if is_stuck || tokenizer.sink.is_absurd.get() {
            return false;
        }
    }
    tokenizer.end();
    !tokenizer.sink.is_absurd.get()
}

/// Returns an attribute's value.
pub(super) fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    let mut attributes = tag.attrs.iter();
    let found = attributes.find(|attribute| &*attribute.name.local == name)?;
    Some(&found.value)
}

/// Says whether one of the tag's classes is meant.
pub(super) fn has_class(tag: &Tag, is_meant: impl Fn(&str) -> bool) -> bool {
    let classes = attribute(tag, "class").unwrap_or_default();
    classes.split_ascii_whitespace().any(is_meant)
}

/// Reduces a fragment of HTML to its text, white space joined; `None` when nothing is left.
pub(super) fn plain(html: &str) -> Option<String> {
    let mut text = String::new();
    if html.contains(['<', '&']) {
        walk(html, |piece| {
            if let Piece::Text(piece) = piece {
                text.push_str(piece);
            }
        });
    } else {
        text.push_str(html);
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

struct Sink<F> {
    see: RefCell<F>,
    /// Within a script or a style.
    is_raw: Cell<bool>,
    /// Has shown something since it was last asked.
    is_moving: Cell<bool>,
    /// Has shown a tag with too many attributes.
    is_absurd: Cell<bool>,
}

impl<F: FnMut(Piece<'_>)> TokenSink for Sink<F> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if !matches!(token, Token::ParseError(_)) {
            self.is_moving.set(true);
        }
        if self.is_absurd.get() {
            return TokenSinkResult::Continue;
        }
        let mut see = self.see.borrow_mut();
        match token {
            Token::CharacterTokens(text) if !self.is_raw.get() => see(Piece::Text(&text)),
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => {
                self.is_raw.set(false);
                see(Piece::End(&tag.name));
            }
            Token::TagToken(tag) if tag.attrs.len() > ATTRIBUTES => self.is_absurd.set(true),
            Token::TagToken(tag) => {
                see(Piece::Start(&tag));
                let raw = match &*tag.name {
                    "script" => ScriptData,
                    "style" => RawKind::Rawtext,
                    "title" | "textarea" => return TokenSinkResult::RawData(RawKind::Rcdata),
                    _ => return TokenSinkResult::Continue,
                };
                self.is_raw.set(true);
                return TokenSinkResult::RawData(raw);
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_fragment_becomes_its_text() {
        for (html, text) in [
            ("a <strong>cat</strong> &amp; <b>dog", "a cat & dog"),
            ("  two\n words ", "two words"),
            ("&lt;b&gt;&#29483;", "<b>猫"),
            ("1 < 2", "1 < 2"),
            (
                "<script>var a = '<b>x</b>';</script>y<style>p{}</style>",
                "y",
            ),
        ] {
            assert_eq!(plain(html).as_deref(), Some(text), "{html}");
        }
        assert_eq!(plain("<i></i> &nbsp;"), None);
    }

    #[test]
    fn tags_come_with_their_attributes() {
        let mut seen = Vec::new();
        let html = r#"<p><a CLASS="x iusc" m='{&quot;t&quot;:&quot;a>b&quot;}'>t</a>"#;
        walk(html, |piece| match piece {
            Piece::Start(tag) if has_class(tag, |class| class == "iusc") => {
                seen.push(attribute(tag, "m").unwrap_or_default().to_owned());
            }
            Piece::End(name) => seen.push(name.to_owned()),
            _ => {}
        });
        assert_eq!(seen, [r#"{"t":"a>b"}"#, "a"]);
    }

    #[test]
    fn hostile_pages_of_eight_megabytes_end_in_time() {
        const SIZE: usize = 8 * 1024 * 1024;
        let mut attributes = "<a ".to_owned();
        for n in 0.. {
            let _ = write!(attributes, "a{n}=\">\" ");
            if attributes.len() >= SIZE {
                break;
            }
        }
        for page in [
            "<div>".repeat(SIZE / 5),
            "<ul><li>".repeat(SIZE / 8),
            "<a \"".repeat(SIZE / 4),
            "&".repeat(SIZE),
            "<!--".repeat(SIZE / 4),
            attributes,
        ] {
            let start = Instant::now();
            let mut pieces = 0_u64;
            walk(&page, |_| pieces += 1);
            let taken = start.elapsed();
            assert!(taken < Duration::from_secs(20), "{taken:?} {}", &page[..20]);
        }
    }
}
