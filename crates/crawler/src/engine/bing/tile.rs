use std::sync::LazyLock;

use html5ever::tokenizer::Tag;
use regex::Regex;
use serde_json::Value;

use crate::engine::link::{copies, link};
use crate::engine::markup::{Piece, attribute, has_class, walk};
use crate::engine::{Hit, json};

/// Finds width and height in the line below a picture.
static SIZE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"([0-9]+)\s*[x×]\s*([0-9]+)").expect("the pattern is well formed")
});

/// Is one result as the page has it.
#[derive(Debug, Default)]
pub(super) struct Tile {
    /// What is said of it, as JSON.
    about: String,
    /// The line below it.
    below: String,
}

/// Is what a page of results holds.
#[derive(Debug, Default)]
pub(super) struct Tiles {
    pub(super) list: Vec<Tile>,
    pub(super) layout: Layout,
    is_in_list: bool,
    is_in_info: bool,
    /// Spans that are open within the line below a picture, its own among them.
    line: usize,
}

/// Says what a page has of the layouts that are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layout {
    /// Nothing.
    #[default]
    Unknown,
    /// The list that results stand in.
    List,
    /// A place for a result.
    Places,
}

impl Tiles {
    pub(super) fn read(page: &str) -> Self {
        let mut tiles = Self::default();
        walk(page, |piece| match piece {
            Piece::Start(tag) => tiles.start(tag),
            Piece::End(name) => tiles.end(name),
            Piece::Text(text) => tiles.text(text),
        });
        tiles
    }

    fn start(&mut self, tag: &Tag) {
        if has_class(tag, |class| class.starts_with("dgControl")) {
            self.layout = self.layout.max(Layout::List);
            self.is_in_list |= &*tag.name == "ul";
        }
        let is_item = self.is_in_list && &*tag.name == "li";
        if is_item || has_class(tag, |class| class == "imgpt") {
            self.layout = Layout::Places;
        }
        if &*tag.name == "a" && has_class(tag, |class| class == "iusc") {
            if let Some(about) = attribute(tag, "m") {
                self.is_in_info = false;
                self.line = 0;
                self.list.push(Tile {
                    about: about.to_owned(),
                    below: String::new(),
                });
            }
        } else if has_class(tag, |class| class == "img_info") {
            self.is_in_info = true;
        }
        if &*tag.name == "span" {
            let is_line = self.is_in_info && has_class(tag, |class| class == "nowrap");
            let is_first = self.list.last().is_some_and(|tile| tile.below.is_empty());
            if self.line > 0 || (is_line && is_first) {
                self.line += 1;
            }
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "ul" => self.is_in_list = false,
            "span" => self.line = self.line.saturating_sub(1),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(tile) = self.list.last_mut().filter(|_| self.line > 0) {
            tile.below.push_str(text);
        }
    }
}

impl Tile {
    /// Reads the result; `None` for one without an address.
    pub(super) fn hit(&self, license: Option<&str>) -> Option<Hit> {
        let about: Value = serde_json::from_str(&self.about).ok()?;
        let addresses = ["murl", "turl"].map(|key| json::text(&about, key));
        let (image_url, fallbacks) = copies(addresses)?;
        let (width, height) = size(&self.below).unzip();
        let title = ["t", "desc"].into_iter().find_map(|key| title(&about, key));
        Some(Hit {
            image_url,
            fallbacks,
            page_url: json::text(&about, "purl").and_then(|page| link(&page)),
            title,
            license: license.map(str::to_owned),
            width,
            height,
            ..Hit::default()
        })
    }
}

/// Reads a title without the private characters by which Bing marks the words that were searched.
fn title(about: &Value, key: &str) -> Option<String> {
    let title = json::text(about, key)?.replace(['\u{e000}', '\u{e001}'], "");
    let title = title.trim();
    (!title.is_empty()).then(|| title.to_owned())
}

/// Reads the size in pixels from a line such as `1920 x 1080 · jpeg`.
fn size(line: &str) -> Option<(u32, u32)> {
    let found = SIZE.captures(line)?;
    let pixels = |at: usize| found[at].parse().ok().filter(|&pixels: &u32| pixels > 0);
    Some((pixels(1)?, pixels(2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_the_line_below() {
        for (line, expected) in [
            ("1920 x 1080 · jpeg", Some((1920, 1080))),
            ("1200 × 800 · png", Some((1200, 800))),
            ("640x480", Some((640, 480))),
            ("jpeg", None),
            ("0 x 5", None),
            ("99999999999 x 1", None),
            ("", None),
        ] {
            assert_eq!(size(line), expected, "{line}");
        }
    }

    #[test]
    fn a_line_belongs_to_the_picture_before_it() {
        let page = r#"<span class="nowrap">1 x 1</span>
            <a class="iusc" m="{}"></a><div class="img_info"><span class="nowrap">2 <span>x</span> 3</span> 4 x 4
            <span class="nowrap">5 x 5</span></div><a class="iusc" m="{}"></a><span class="nowrap">6 x 6</span>
            <a class="iusc"></a>"#;
        let lines: Vec<String> = Tiles::read(page)
            .list
            .into_iter()
            .map(|t| t.below)
            .collect();
        assert_eq!(lines, ["2 x 3", ""]);
    }
}
