//! The search API, and the paging that the search page shares with it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Site;
use crate::listing::Item;

const DEFAULT_PAGE_SIZE: u32 = 20;
const MAX_PAGE_SIZE: u32 = 100;

/// The parameters as they come; numbers are read by [`Search::read`], so that errors are in our words.
#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    q: Option<String>,
    page: Option<String>,
    page_size: Option<String>,
}

/// A search that makes sense.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) query: String,
    /// From 1.
    pub(super) page: u32,
    pub(super) page_size: u32,
}

impl Search {
    /// Reads the parameters; without a page size, `default_size` holds.
    ///
    /// # Errors
    ///
    /// Says in words which parameter is wrong and what it may be.
    pub(super) fn read(parameters: Parameters, default_size: u32) -> Result<Self, String> {
        let query = parameters.q.unwrap_or_default().trim().to_owned();
        if query.is_empty() {
            return Err("q is missing: give the words to search for".to_owned());
        }
        let page = number("page", parameters.page, 1, u32::MAX)?;
        let page_size = number(
            "page_size",
            parameters.page_size,
            default_size,
            MAX_PAGE_SIZE,
        )?;
        Ok(Self {
            query,
            page,
            page_size,
        })
    }
}

fn number(name: &str, text: Option<String>, default: u32, most: u32) -> Result<u32, String> {
    let Some(text) = text else { return Ok(default) };
    match text.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(format!(
            "{name} is {text:?}: it must be a number from 1 to {most}"
        )),
    }
}

/// One page of results.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) items: Vec<&'a Item>,
    /// Results on all pages.
    pub(super) total: usize,
    /// Pages in all; 0 when nothing was found.
    pub(super) pages: usize,
    /// Number of the page after this one.
    pub(super) next: Option<u32>,
}

impl<'a> Page<'a> {
    /// Takes one page out of what a search finds; a page past the end is empty.
    pub(super) fn of(site: &'a Site, search: &Search) -> Self {
        let found = site.listing.find(&site.collection, &search.query);
        let length = usize::try_from(search.page_size).unwrap_or(usize::MAX);
        let before = usize::try_from(search.page - 1).unwrap_or(usize::MAX);
        let (total, pages) = (found.len(), found.len().div_ceil(length));
        let items = found
            .into_iter()
            .skip(before.saturating_mul(length))
            .take(length)
            .collect();
        let next = (before + 1 < pages).then(|| search.page + 1);
        Self {
            items,
            total,
            pages,
            next,
        }
    }
}

#[derive(Debug, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the fields are named as the API names them"
)]
struct Results<'a> {
    query: &'a str,
    page: u32,
    page_size: u32,
    total: usize,
    pages: usize,
    next: Option<u32>,
    results: Vec<Hit<'a>>,
}

#[derive(Debug, Serialize)]
struct Hit<'a> {
    id: &'a str,
    title: &'a str,
    url: String,
    thumbnail: String,
    page_url: String,
    width: u32,
    height: u32,
    format: &'static str,
    license: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_url: Option<&'a str>,
    creator: Option<&'a str>,
    tags: &'a [String],
}

impl<'a> Hit<'a> {
    fn of(site: &'a Site, item: &'a Item) -> Self {
        let picture = &site.collection.pictures()[item.rendition.picture];
        Self {
            id: &item.id,
            title: &picture.title,
            url: site.addresses.image_url(&item.path),
            thumbnail: site
                .addresses
                .image_url(site.listing.thumbnail(item.rendition.picture)),
            page_url: format!("{}/picture/{}", site.addresses.search_url(), item.id),
            width: item.rendition.width,
            height: item.rendition.height,
            format: item.rendition.encoding.name(),
            license: &picture.license,
            license_url: picture.license_url(),
            creator: picture.creator.as_deref(),
            tags: &picture.tags,
        }
    }
}

/// Answers `GET /api/search?q=&page=&page_size=`.
pub(super) async fn answer(
    State(site): State<Arc<Site>>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Response {
    let search = parameters
        .map_err(|rejection| rejection.body_text())
        .and_then(|Query(parameters)| Search::read(parameters, DEFAULT_PAGE_SIZE));
    let search = match search {
        Ok(search) => search,
        Err(error) => {
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
        }
    };
    let page = Page::of(&site, &search);
    let results = Results {
        query: &search.query,
        page: search.page,
        page_size: search.page_size,
        total: page.total,
        pages: page.pages,
        next: page.next,
        results: page.items.iter().map(|item| Hit::of(&site, item)).collect(),
    };
    Json(results).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(q: &str, page: Option<&str>, page_size: Option<&str>) -> Result<Search, String> {
        let parameters = Parameters {
            q: Some(q.to_owned()),
            page: page.map(str::to_owned),
            page_size: page_size.map(str::to_owned),
        };
        Search::read(parameters, DEFAULT_PAGE_SIZE)
    }

    #[test]
    fn parameters_have_defaults_and_bounds() {
        let search = read(" 鸟 ", None, None).unwrap();
        assert_eq!(
            search,
            Search {
                query: "鸟".to_owned(),
                page: 1,
                page_size: 20
            }
        );
        assert_eq!(read("a", Some("7"), Some("100")).unwrap().page, 7);
        assert!(
            read(" ", None, None)
                .unwrap_err()
                .starts_with("q is missing")
        );
        for (page, size) in [("0", "1"), ("-1", "1"), ("x", "1"), ("", "1")] {
            assert!(
                read("a", Some(page), Some(size))
                    .unwrap_err()
                    .starts_with("page is")
            );
        }
        for size in ["0", "101", "1e1"] {
            assert!(
                read("a", None, Some(size))
                    .unwrap_err()
                    .contains("from 1 to 100")
            );
        }
    }
}
