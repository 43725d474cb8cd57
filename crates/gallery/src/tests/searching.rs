//! Search API, paging, pages for a person.

use std::collections::HashSet;

use serde_json::Value;

use super::client::{End, get};
use super::start;
use crate::Gallery;

async fn search(gallery: &Gallery, parameters: &str) -> Value {
    let answer = get(&format!("{}/api/search?{parameters}", gallery.url())).await;
    assert_eq!(answer.status, 200, "{parameters}: {}", answer.text());
    answer.json()
}

/// Walks all pages of a search by their `next`, as a crawler does.
async fn walk(gallery: &Gallery, query: &str, page_size: u32) -> Vec<Value> {
    let mut results = Vec::new();
    let mut next = Some(1);
    while let Some(page) = next {
        let found = search(
            gallery,
            &format!("q={query}&page={page}&page_size={page_size}"),
        )
        .await;
        assert_eq!(found["page"], page);
        results.extend(found["results"].as_array().unwrap().iter().cloned());
        next = found["next"].as_u64();
        if next.is_none() {
            assert_eq!(found["pages"], page);
            assert_eq!(found["total"], results.len());
        }
    }
    results
}

#[tokio::test]
async fn paging_is_complete_and_without_repeats() {
    let gallery = start(true).await;
    let paged = walk(&gallery, "bird", 7).await;
    let urls: HashSet<&str> = paged
        .iter()
        .map(|hit| hit["url"].as_str().unwrap())
        .collect();
    assert_eq!(urls.len(), paged.len());
    assert!(paged.len() > 50, "{}", paged.len());
    let at_once = walk(&gallery, "bird", 100).await;
    assert_eq!(paged, at_once);
}

#[tokio::test]
async fn a_name_finds_the_same_in_every_language() {
    let gallery = start(false).await;
    let english = walk(&gallery, "bird", 100).await;
    for query in ["%E9%B8%9F", "oiseau", "Vogel", "BIRD"] {
        assert_eq!(walk(&gallery, query, 100).await, english, "{query}");
    }
    assert!(
        english
            .iter()
            .all(|hit| hit["tags"].as_array().unwrap().contains(&Value::from("鸟")))
    );
}

#[tokio::test]
async fn a_result_has_all_that_the_interface_promises() {
    let gallery = start(false).await;
    let found = search(&gallery, "q=fish&page_size=1").await;
    assert_eq!(
        (
            found["query"].as_str(),
            found["page_size"].as_u64(),
            found["next"].as_u64()
        ),
        (Some("fish"), Some(1), Some(2))
    );
    let hit = &found["results"][0];
    for key in [
        "id",
        "title",
        "url",
        "thumbnail",
        "page_url",
        "format",
        "license",
        "license_url",
    ] {
        assert!(
            hit[key].as_str().is_some_and(|text| !text.is_empty()),
            "{key}: {hit}"
        );
    }
    assert!(
        hit["width"].as_u64() > Some(0)
            && hit["height"].as_u64() > Some(0)
            && hit["creator"].is_null()
    );
    assert!(
        hit["page_url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}/picture/", gallery.url()))
    );
    let default = search(&gallery, "q=mammal").await;
    assert_eq!(default["results"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn what_is_not_there_is_empty_and_what_makes_no_sense_is_a_400() {
    let gallery = start(false).await;
    let nothing = search(&gallery, "q=zeppelin").await;
    assert_eq!(
        (nothing["total"].as_u64(), nothing["pages"].as_u64()),
        (Some(0), Some(0))
    );
    assert!(nothing["next"].is_null());
    let past = search(&gallery, "q=fish&page=4294967295&page_size=100").await;
    assert!(past["results"].as_array().unwrap().is_empty() && past["next"].is_null());
    for parameters in [
        "",
        "q=",
        "q=fish&page=0",
        "q=fish&page_size=101",
        "q=fish&page=two",
        "q=a&q=b",
    ] {
        let answer = get(&format!("{}/api/search?{parameters}", gallery.url())).await;
        assert_eq!(answer.status, 400, "{parameters}");
        assert!(answer.json()["error"].is_string(), "{parameters}");
    }
}

#[tokio::test]
async fn pages_for_a_person_load_nothing_from_elsewhere() {
    let gallery = start(true).await;
    let front = get(&gallery.url()).await;
    assert!(front.text().contains("/?q=%E9%B8%9F") && front.text().contains("name=\"viewport\""));
    let results = get(&format!("{}/?q=bird&page=2", gallery.url())).await;
    assert_eq!(results.end, End::Complete);
    let html = results.text();
    assert!(
        html.contains("Page 2 of")
            && html.contains("rel=\"prev\"")
            && html.contains("rel=\"next\"")
    );
    assert_eq!(html.matches("<li class=\"card\">").count(), 24);
    for (at, _) in html.match_indices("src=\"") {
        assert!(
            html[at + 5..].starts_with("http://127.0.0.1:"),
            "{}",
            &html[at..at + 60]
        );
    }
    let link = html
        .split("href=\"")
        .find(|rest| rest.starts_with("/picture/"))
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let picture = get(&format!("{}{link}", gallery.url())).await;
    assert!(picture.text().contains("public domain") && picture.text().contains("Licence"));
    assert_eq!(
        get(&format!("{}/picture/none", gallery.url())).await.status,
        404
    );
    let echo = get(&format!("{}/?q=%3Cscript%3E", gallery.url())).await;
    assert!(!echo.text().contains("<script>"));
}
