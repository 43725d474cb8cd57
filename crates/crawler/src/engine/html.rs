//! Pages of HTML as trees, for what is found by selectors; within bounds, which a `markup` needs none of.

use html5ever::driver;
use html5ever::tendril::{StrTendril, TendrilSink};
use scraper::{Html, HtmlTreeSink};

use super::EngineState;
use super::markup::{self, Piece};

/// Most tags of a page that is parsed: nested without end they take time by their square. Pages of results have a few thousand.
const TAGS: usize = 30_000;
/// Most openings of tags in the bytes of a page, those in its scripts included: what is a script depends on the tree.
const OPENINGS: usize = 5 * TAGS;
/// Most nodes of a page. Some tags that are left open are opened anew in every paragraph, so that tags alone bound nothing.
const NODES: usize = 60_000;
/// Bytes parsed between two looks at the number of nodes.
const STEP: usize = 64;

/// Parses a page, or says that it is too large to be one of results.
pub(super) fn read(text: &str) -> Result<Html, EngineState> {
    let mut tags = 0;
    let is_whole = markup::walk(text, |piece| {
        tags += usize::from(!matches!(piece, Piece::Text(_)));
    });
    if !is_whole {
        return Err(EngineState::schema("a tag of absurd size"));
    }
    let openings = memchr::memchr_iter(b'<', text.as_bytes()).count();
    if tags > TAGS || openings > OPENINGS {
        return Err(EngineState::schema(format!("a page of over {TAGS} tags")));
    }
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = driver::parse_document(sink, driver::ParseOpts::default());
    let mut rest = text;
    while !rest.is_empty() {
        let (step, after) = rest.split_at(rest.floor_char_boundary(STEP.min(rest.len())));
        parser.process(StrTendril::from_slice(step));
        rest = after;
        if parser.tokenizer.sink.sink.0.borrow().tree.values().len() > NODES {
            return Err(EngineState::schema(format!("a page of over {NODES} nodes")));
        }
    }
    Ok(parser.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_parsed_as_a_whole() {
        let page = format!("<p title='{0}'>{0}</p>", "\u{732b}".repeat(100));
        assert_eq!(
            read(&page).unwrap().html(),
            Html::parse_document(&page).html()
        );
    }
}
