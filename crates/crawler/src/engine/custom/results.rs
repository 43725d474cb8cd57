use regex::Regex;
use url::Url;

use super::super::{EngineState, Hit};
use super::body::{Document, Item, Items};
use super::defect::Defect;
use super::field::{Field, Purpose};
use super::file::{BodyKind, FieldTable, ResultsTable};
use super::locator::{regex, selector};
use super::request::Request;

/// Other copies taken of one picture.
const FALLBACKS: usize = 8;

/// Finds the hits of a page.
#[derive(Debug)]
pub(super) struct Results {
    items: Items,
    image: Field,
    fallback: Field,
    page: Field,
    title: Field,
    creator: Field,
    license: Field,
    license_url: Field,
    attribution: Field,
    source_id: Field,
    width: Field,
    height: Field,
}

impl Results {
    /// Compiles the table `results`.
    ///
    /// # Errors
    ///
    /// Its first [`Defect`].
    pub(super) fn compile(table: &ResultsTable, kind: BodyKind) -> Result<Self, Defect> {
        let (items, groups) = items(&table.items, kind)?;
        let field = |key, table: &Option<FieldTable>, is_url| {
            let purpose = Purpose {
                kind,
                groups: &groups,
                key,
                is_url,
            };
            Field::compile(table.as_ref(), &purpose)
        };
        let results = Self {
            items,
            image: field("results.image", &table.image, true)?,
            fallback: field("results.fallback", &table.fallback, true)?,
            page: field("results.page", &table.page, true)?,
            title: field("results.title", &table.title, false)?,
            creator: field("results.creator", &table.creator, false)?,
            license: field("results.license", &table.license, false)?,
            license_url: field("results.license_url", &table.license_url, true)?,
            attribution: field("results.attribution", &table.attribution, false)?,
            source_id: field("results.source_id", &table.source_id, false)?,
            width: field("results.width", &table.width, false)?,
            height: field("results.height", &table.height, false)?,
        };
        if !results.image.is_told() {
            return Err(Defect::at("results.image", "say where an item's image is"));
        }
        Ok(results)
    }

    /// Returns the hits of a page, none for one without items; what lies relative is resolved against `base`.
    ///
    /// # Errors
    ///
    /// [`EngineState::SchemaChanged`] when the list of items is not there, and when there are items and none has an image.
    pub(super) fn read(
        &self,
        document: &Document,
        base: &Url,
        request: &Request,
    ) -> Result<Vec<Hit>, EngineState> {
        let items = document
            .items(&self.items)
            .ok_or_else(|| EngineState::schema("no list of results where results.items says"))?;
        let of = Of { base, request };
        let hits: Vec<Hit> = items
            .iter()
            .filter_map(|item| self.hit(item, &of))
            .collect();
        if hits.is_empty() && !items.is_empty() {
            let detail = format!("{} results, and none with an image", items.len());
            return Err(EngineState::schema(detail));
        }
        Ok(hits)
    }

    /// Reads one item; one without an image is something else, such as an advertisement.
    fn hit(&self, item: &Item, of: &Of) -> Option<Hit> {
        let image_url = of.url(self.image.first(item))?;
        let fallbacks = self.fallback.all(item).into_iter();
        let mut fallbacks: Vec<String> = fallbacks
            .filter_map(|text| of.url(Some(text)))
            .filter(|url| *url != image_url)
            .take(FALLBACKS)
            .collect();
        fallbacks.dedup();
        Some(Hit {
            image_url,
            fallbacks,
            page_url: of.url(self.page.first(item)),
            title: of.words(self.title.first(item)),
            creator: of.words(self.creator.first(item)),
            license: of.words(self.license.first(item)),
            license_url: of.url(self.license_url.first(item)),
            attribution: of.words(self.attribution.first(item)),
            source_id: of.words(self.source_id.first(item)),
            width: pixels(self.width.first(item)),
            height: pixels(self.height.first(item)),
            ..Hit::default()
        })
    }
}

/// Is the page that a hit is of.
struct Of<'p> {
    base: &'p Url,
    request: &'p Request,
}

impl Of<'_> {
    /// Resolves an address; `None` for one that is not of the web, and for one that shows the key.
    fn url(&self, text: Option<String>) -> Option<String> {
        let url = self.base.join(&text?).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https");
        self.words(is_web.then(|| url.into()))
    }

    fn words(&self, text: Option<String>) -> Option<String> {
        text.filter(|text| !self.request.shows_key(text))
    }
}

/// Reads a length such as `640` or `640 px`.
fn pixels(text: Option<String>) -> Option<u32> {
    let text = text?;
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok().filter(|length| *length > 0)
}

/// Compiles what tells items apart, and returns the names that it gives to their parts.
fn items(text: &str, kind: BodyKind) -> Result<(Items, Vec<String>), Defect> {
    let refuse = |what: String| Defect::at("results.items", what);
    match kind {
        BodyKind::Json if text.is_empty() || text.starts_with('/') => {
            Ok((Items::List(text.to_owned()), Vec::new()))
        }
        BodyKind::Json => Err(refuse(format!(
            "`{text}` is no JSON pointer: begin each step with a slash, such as /{}",
            text.replace('.', "/")
        ))),
        BodyKind::Html => Ok((Items::Each(selector(text).map_err(refuse)?), Vec::new())),
        BodyKind::Text => {
            let regex: Regex = regex(text).map_err(refuse)?;
            let groups: Vec<String> = regex.capture_names().flatten().map(str::to_owned).collect();
            if groups.is_empty() {
                return Err(refuse(
                    "name its parts, such as (?<image>[^\"]+)".to_owned(),
                ));
            }
            Ok((Items::Matches(regex), groups))
        }
    }
}
