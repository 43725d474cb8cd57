use std::collections::HashSet;

use regex::{Captures, Regex};
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use super::super::html;
use super::file::BodyKind;
use super::locator::Locator;
use crate::EngineState;

/// Items taken of one page; no known site shows as many.
const MOST_ITEMS: usize = 1_000;
/// Longest value that is taken out of a body, in bytes.
const LONGEST: usize = 64 * 1024;

/// Is a body, read as what the file says it is.
pub(super) enum Document {
    Json(Value),
    Html(Box<Html>),
    Text(String),
}

/// Says how items are told apart.
#[derive(Debug, Clone)]
pub(super) enum Items {
    /// A JSON pointer to a list, or to an object whose members are taken in the order of their names.
    List(String),
    /// A selector of elements; one inside another is no item of its own.
    Each(Selector),
    /// A regular expression that matches each.
    Matches(Regex),
}

/// Is one item of a body.
pub(super) enum Item<'d> {
    Json(&'d Value),
    Element(ElementRef<'d>),
    Match(Captures<'d>),
}

impl Document {
    /// Reads a body; `within` is a regular expression whose first group is what counts of it.
    ///
    /// # Errors
    ///
    /// [`EngineState::Blocked`] for a challenge, [`EngineState::SchemaChanged`] for what is not of this kind.
    pub(super) fn read(
        kind: BodyKind,
        within: Option<&Regex>,
        body: &[u8],
    ) -> Result<Self, EngineState> {
        let text = String::from_utf8_lossy(body);
        let inner = match within {
            None => &*text,
            Some(within) => within
                .captures(&text)
                .and_then(|found| found.get(1))
                .ok_or_else(|| unexpected(body, "the part that `within` says is not there"))?
                .as_str(),
        };
        match kind {
            BodyKind::Json => serde_json::from_str(inner)
                .map(Self::Json)
                .map_err(|e| EngineState::unreadable(body, &e)),
            BodyKind::Text => Ok(Self::Text(inner.to_owned())),
            BodyKind::Html => Ok(Self::Html(Box::new(html::read(inner)?))),
        }
    }

    /// Returns the items in their order; `None` when the list that should hold them is not there.
    pub(super) fn items<'d>(&'d self, items: &Items) -> Option<Vec<Item<'d>>> {
        match (self, items) {
            (Self::Json(value), Items::List(pointer)) => match value.pointer(pointer)? {
                Value::Array(list) => Some(list.iter().take(MOST_ITEMS).map(Item::Json).collect()),
                Value::Object(map) => Some(map.values().take(MOST_ITEMS).map(Item::Json).collect()),
                Value::Null => Some(Vec::new()),
                _ => None,
            },
            (Self::Html(html), Items::Each(selector)) => {
                let elements = outermost(html, selector).take(MOST_ITEMS);
                Some(elements.map(Item::Element).collect())
            }
            (Self::Text(text), Items::Matches(regex)) => {
                let matches = regex.captures_iter(text).take(MOST_ITEMS);
                Some(matches.map(Item::Match).collect())
            }
            _ => None,
        }
    }

    /// Returns what a locator finds first; `None` for nothing and for what is empty.
    pub(super) fn find(&self, locator: &Locator) -> Option<String> {
        match (self, locator) {
            (Self::Text(text), Locator::Match(regex)) => {
                let found = regex.captures(text)?;
                value(found.get(1).or_else(|| found.get(0))?.as_str())
            }
            (Self::Json(json), _) => Item::Json(json).find(locator),
            (Self::Html(html), _) => Item::Element(html.root_element()).find(locator),
            _ => None,
        }
    }

    /// Returns the address that a page of HTML says its links are relative to.
    pub(super) fn base(&self) -> Option<String> {
        let Self::Html(html) = self else {
            return None;
        };
        let mut elements = html.root_element().descendent_elements();
        let base = elements.find(|element| element.value().name() == "base")?;
        value(base.attr("href")?)
    }
}

impl Item<'_> {
    /// Returns what a locator finds first in the item; `None` for nothing and for what is empty.
    pub(super) fn find(&self, locator: &Locator) -> Option<String> {
        match (self, locator) {
            (Self::Json(item), Locator::Pointer(pointer)) => scalar(item.pointer(pointer)?),
            (Self::Match(found), Locator::Group(name)) => value(found.name(name)?.as_str()),
            (
                Self::Element(item),
                Locator::Element {
                    selector,
                    attribute,
                },
            ) => {
                let element = match selector {
                    Some(selector) => item.select(selector).next()?,
                    None => *item,
                };
                match attribute {
                    Some(name) => value(element.attr(name)?),
                    None => value(&words(element)),
                }
            }
            _ => None,
        }
    }
}

/// Returns a JSON value as text; `None` for null, lists, objects and empty text.
pub(super) fn scalar(json: &Value) -> Option<String> {
    match json {
        Value::String(text) => value(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(holds) => Some(holds.to_string()),
        _ => None,
    }
}

fn value(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= LONGEST).then(|| text.to_owned())
}

/// Selects the elements that lie in no other selected one, so that no part of a page is searched for two items.
fn outermost<'d>(html: &'d Html, selector: &Selector) -> impl Iterator<Item = ElementRef<'d>> {
    let mut inside = HashSet::new();
    html.select(selector).filter(move |element| {
        let is_outer = !inside.contains(&element.id());
        if is_outer {
            inside.extend(element.descendants().map(|node| node.id()));
        }
        is_outer
    })
}

/// Returns the text below an element, each run of white space as one space.
fn words(element: ElementRef<'_>) -> String {
    let mut all = String::new();
    for text in element.text() {
        all.push_str(text);
        if all.len() > LONGEST {
            break;
        }
    }
    let words: Vec<&str> = all.split_whitespace().collect();
    words.join(" ")
}

fn unexpected(body: &[u8], what: &str) -> EngineState {
    EngineState::challenge(body).unwrap_or_else(|| EngineState::schema(what))
}
