use url::Url;

use super::body::Document;
use super::defect::Defect;
use super::file::{BodyKind, First, PagingKind, PagingTable};
use super::locator::Locator;
use super::request::{Places, Request};
use crate::EngineState;

/// Longest cursor that is kept, in bytes.
const LONGEST: usize = 4 * 1024;
/// Results taken for a page's when the file does not say.
const PAGE_SIZE: u32 = 50;

/// Says which page follows which.
#[derive(Debug)]
pub(super) struct Paging {
    kind: Kind,
    page_size: u32,
    more: Option<Locator>,
}

#[derive(Debug)]
enum Kind {
    One,
    Number { first: u32, step: u32, last: u32 },
    Cursor { first: String, next: Locator },
    Address { next: Locator },
}

impl Paging {
    /// Compiles the table `paging`.
    ///
    /// # Errors
    ///
    /// Its first [`Defect`].
    pub(super) fn compile(table: &PagingTable, body: BodyKind) -> Result<Self, Defect> {
        let locate = |key: &str, text: &str| {
            Locator::in_body(body, text).map_err(|what| Defect::at(key, what))
        };
        let misplaced = table.misplaced();
        if let Some(key) = misplaced {
            return Err(Defect::at(
                &format!("paging.{key}"),
                format!(
                    "does not go with by = \"{}\": take it away or change by",
                    table.by.name()
                ),
            ));
        }
        if table.page_size == Some(0) {
            return Err(Defect::at("paging.page_size", "must be at least 1"));
        }
        let kind = match table.by {
            PagingKind::None => Kind::One,
            PagingKind::Page | PagingKind::Offset => number(table)?,
            PagingKind::Cursor => match (&table.next, &table.next_url) {
                (Some(next), None) => Kind::Cursor {
                    first: match &table.first {
                        Some(First::Text(text)) => text.clone(),
                        Some(First::Number(number)) => number.to_string(),
                        None => String::new(),
                    },
                    next: locate("paging.next", next)?,
                },
                (None, Some(next)) => Kind::Address {
                    next: locate("paging.next_url", next)?,
                },
                _ => {
                    return Err(Defect::at(
                        "paging",
                        "by = \"cursor\" needs either next, where the next cursor is, or next_url, where the next page's address is",
                    ));
                }
            },
        };
        let more = table.more.as_ref().map(|text| locate("paging.more", text));
        Ok(Self {
            kind,
            page_size: table.page_size.unwrap_or(PAGE_SIZE),
            more: more.transpose()?,
        })
    }

    pub(super) fn page_size(&self) -> u32 {
        self.page_size
    }

    /// Pages of one phrase, as far as the file says how many there are.
    pub(super) fn most_pages(&self) -> Option<u32> {
        match &self.kind {
            Kind::One => Some(1),
            Kind::Number { last, .. } if *last == u32::MAX => None,
            Kind::Number { first, step, last } => Some((last - first) / step + 1),
            Kind::Cursor { .. } | Kind::Address { .. } => None,
        }
    }

    /// Returns what stands in the places of the request for the page at a cursor.
    pub(super) fn places<'a>(&'a self, query: &'a str, cursor: Option<&'a str>) -> Places<'a> {
        let mut places = Places {
            query,
            page_size: self.page_size,
            ..Places::default()
        };
        match &self.kind {
            Kind::One | Kind::Address { .. } => {}
            Kind::Number { first, .. } => {
                places.number = cursor.and_then(|text| text.parse().ok()).unwrap_or(*first);
            }
            Kind::Cursor { first, .. } => places.cursor = cursor.unwrap_or(first),
        }
        places
    }

    /// Returns the address that is the cursor, where the site gives addresses.
    pub(super) fn address<'a>(&self, cursor: Option<&'a str>) -> Option<&'a str> {
        cursor.filter(|_| matches!(self.kind, Kind::Address { .. }))
    }

    /// Returns the cursor of the page after the one at `cursor`.
    ///
    /// # Errors
    ///
    /// [`EngineState::SchemaChanged`] for a next page at another site, and for a cursor that cannot be kept.
    pub(super) fn next(
        &self,
        cursor: Option<&str>,
        document: &Document,
        base: &Url,
        request: &Request,
    ) -> Result<Option<String>, EngineState> {
        let ends = self.more.as_ref().is_some_and(|more| {
            let found = document.find(more);
            found.is_none_or(|text| matches!(text.as_str(), "false" | "0"))
        });
        if ends {
            return Ok(None);
        }
        let next = match &self.kind {
            Kind::One => None,
            Kind::Number { step, last, .. } => {
                let number = self.places("", cursor).number;
                let next = number.checked_add(*step).filter(|next| next <= last);
                next.map(|next| next.to_string())
            }
            Kind::Cursor { next, .. } => document.find(next),
            Kind::Address { next } => match document.find(next) {
                Some(address) => Some(within(&address, base, request)?),
                None => None,
            },
        };
        match next {
            Some(next) if next.len() > LONGEST => Err(EngineState::schema(
                "the next page's cursor is longer than 4 KiB",
            )),
            Some(next) if request.shows_key(&next) => {
                Err(EngineState::schema("the next page's cursor shows the key"))
            }
            next => Ok(next),
        }
    }
}

/// Resolves the next page's address and keeps its path and query; one at another origin is not asked.
fn within(address: &str, base: &Url, request: &Request) -> Result<String, EngineState> {
    let url = base
        .join(address)
        .map_err(|e| EngineState::schema(format!("the next page's address is no URL ({e})")))?;
    if url.origin() != request.endpoint().origin() {
        let host = url.host_str().unwrap_or("no host");
        return Err(EngineState::schema(format!(
            "the next page is at another site ({host})"
        )));
    }
    let url = request.without_key(url);
    Ok(match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    })
}

fn number(table: &PagingTable) -> Result<Kind, Defect> {
    let is_page = table.by == PagingKind::Page;
    let first = match table.first {
        Some(First::Number(number)) => number,
        None => u32::from(is_page),
        Some(First::Text(_)) => {
            return Err(Defect::at(
                "paging.first",
                "must be a number, such as 0 or 1",
            ));
        }
    };
    let step = match (table.step, table.page_size) {
        (Some(step), _) => step,
        (None, _) if is_page => 1,
        (None, Some(size)) => size,
        (None, None) => {
            return Err(Defect::at(
                "paging.step",
                "say by how much the offset grows from page to page, or give page_size",
            ));
        }
    };
    if step == 0 {
        return Err(Defect::at("paging.step", "must be at least 1"));
    }
    let last = table.last.unwrap_or(u32::MAX);
    if last < first {
        return Err(Defect::at("paging.last", "must not be under paging.first"));
    }
    Ok(Kind::Number { first, step, last })
}

impl PagingTable {
    /// Returns a key that means nothing for the kind of paging.
    fn misplaced(&self) -> Option<&'static str> {
        let is_number = matches!(self.by, PagingKind::Page | PagingKind::Offset);
        let is_cursor = self.by == PagingKind::Cursor;
        [
            ("first", self.first.is_some() && self.by == PagingKind::None),
            ("first", self.first.is_some() && self.next_url.is_some()),
            ("step", self.step.is_some() && !is_number),
            ("last", self.last.is_some() && !is_number),
            ("more", self.more.is_some() && self.by == PagingKind::None),
            ("next", self.next.is_some() && !is_cursor),
            ("next_url", self.next_url.is_some() && !is_cursor),
        ]
        .into_iter()
        .find_map(|(key, holds)| holds.then_some(key))
    }
}

impl PagingKind {
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Page => "page",
            Self::Offset => "offset",
            Self::Cursor => "cursor",
        }
    }
}
