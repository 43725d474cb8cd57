//! The pages for a person: search, and one page a picture.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::search::{Page, Parameters, Search};
use super::{Site, layout, routes};
use crate::listing::Item;

/// Results on one page; divides into rows of 2, 3, 4 and 6.
const PAGE_SIZE: u32 = 24;

/// Answers `GET /?q=&page=`: results, or without a query the names that pictures are found by.
pub(super) async fn search(
    State(site): State<Arc<Site>>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Response {
    let Ok(Query(parameters)) = parameters else {
        return (StatusCode::BAD_REQUEST, "the query is not readable\n").into_response();
    };
    let (title, query, content) = match Search::read(parameters, PAGE_SIZE) {
        Ok(search) => (
            format!("{} - gallery", search.query),
            search.query.clone(),
            results(&site, &search),
        ),
        Err(_) => ("gallery".to_owned(), String::new(), names(&site)),
    };
    Html(layout::page(&title, &query, &content).into_string()).into_response()
}

fn names(site: &Site) -> Markup {
    html! {
        h1 { "Image search" }
        p.soft { (site.listing.items().len()) " images of " (site.collection.pictures().len()) " pictures on sixteen hosts" }
        ul.names {
            @for tags in site.collection.names() {
                li { @for tag in tags { a href=(search_link(tag, 1)) { (tag) } } }
            }
        }
    }
}

fn results(site: &Site, search: &Search) -> Markup {
    let page = Page::of(site, search);
    html! {
        h1 { (page.total) " images for \u{201c}" (search.query) "\u{201d}" }
        @if page.total == 0 {
            p.soft { "Nothing was found. Every word must be in the title or be a tag; try fewer words or " a href="/" { "a name" } "." }
        }
        ul.grid { @for item in &page.items { (card(site, item)) } }
        @if page.pages > 1 {
            nav.pages aria-label="Pages" {
                @if search.page > 1 { a rel="prev" href=(search_link(&search.query, search.page - 1)) { "\u{2190} Previous" } }
                span { "Page " (search.page) " of " (page.pages) }
                @if let Some(next) = page.next { a rel="next" href=(search_link(&search.query, next)) { "Next \u{2192}" } }
            }
        }
    }
}

fn card(site: &Site, item: &Item) -> Markup {
    let rendition = item.rendition;
    let picture = &site.collection.pictures()[rendition.picture];
    let thumbnail = site
        .addresses
        .image_url(site.listing.thumbnail(rendition.picture));
    let page = format!("/picture/{}", item.id);
    html! {
        li.card {
            a.frame href=(page) { img src=(thumbnail) alt=(picture.title) loading="lazy"; }
            div.text {
                a href=(page) { (picture.title) }
                (rendition.width) " \u{d7} " (rendition.height) " " (rendition.encoding.name()) br;
                (host(site, item))
            }
        }
    }
}

/// Answers `GET /picture/{id}`: the image in full, where it lies, and its licence.
pub(super) async fn picture(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Response {
    let Some(item) = site.listing.item(&id) else {
        return routes::absent().await.into_response();
    };
    let picture = &site.collection.pictures()[item.rendition.picture];
    let title = format!("{} - gallery", picture.title);
    Html(layout::page(&title, "", &details(&site, item)).into_string()).into_response()
}

fn details(site: &Site, item: &Item) -> Markup {
    let rendition = item.rendition;
    let picture = &site.collection.pictures()[rendition.picture];
    let url = site.addresses.image_url(&item.path);
    html! {
        article.picture {
            a.frame href=(url) { img src=(url) alt=(picture.title) width=(rendition.width) height=(rendition.height); }
            div {
                h1 { (picture.title) }
                dl {
                    dt { "Size" } dd { (rendition.width) " \u{d7} " (rendition.height) " pixels" }
                    dt { "Format" } dd { (rendition.encoding.name()) }
                    dt { "Host" } dd { (host(site, item)) }
                    dt { "Address" } dd { a href=(url) { (url) } }
                    dt { "Tags" } dd { @for tag in &picture.tags { a href=(search_link(tag, 1)) { (tag) } " " } }
                    @if let Some(creator) = &picture.creator { dt { "By" } dd { (creator) } }
                    @if let Some(source) = &picture.source { dt { "From" } dd { (source) } }
                    dt { "Licence" } dd { (license(picture)) }
                }
            }
        }
    }
}

fn license(picture: &crate::collection::Picture) -> Markup {
    html! {
        @match picture.license_url() {
            Some(url) => a rel="license" href=(url) { (picture.license) },
            None => (picture.license),
        }
    }
}

fn host(site: &Site, item: &Item) -> String {
    let url = site.addresses.image_url(&item.path);
    url.split('/').nth(2).unwrap_or_default().to_owned()
}

fn search_link(query: &str, page: u32) -> String {
    let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
    if page == 1 {
        format!("/?q={query}")
    } else {
        format!("/?q={query}&page={page}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_encode_what_a_query_may_contain() {
        assert_eq!(search_link("鸟 & co", 1), "/?q=%E9%B8%9F%20%26%20co");
        assert_eq!(search_link("bird", 3), "/?q=bird&page=3");
    }
}
