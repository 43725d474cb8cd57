//! Pages of HTML, parsed within bounds.

use html5ever::driver;
use html5ever::tendril::{StrTendril, TendrilSink};
use scraper::{Html, HtmlTreeSink};

use super::EngineState;

/// Most tags of a page that is parsed: nested without end they take time by their square. Pages of results have a few thousand.
const TAGS: usize = 30_000;
/// Most nodes of a page. Some tags that are left open are opened anew in every paragraph, so that tags alone bound nothing.
const NODES: usize = 60_000;
/// Bytes parsed between two looks at the number of nodes.
const STEP: usize = 64;

/// Parses a page, or says that it is too large to be one of results.
pub(super) fn read(text: &str) -> Result<Html, EngineState> {
    if memchr::memchr_iter(b'<', text.as_bytes()).count() > TAGS {
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
