//! Engines described in files, from the file to the hits.
//!
//! - `asks`: what is asked, with its places, filters and key
//! - `pages`: what is read, in each form of body, and which page follows
//! - `defects`: every file that cannot be an engine says why
//! - `hostile`: bodies made to take time or memory

mod asks;
mod defects;
mod hostile;
mod pages;

use std::fs;

use super::Custom;
use crate::CrawlError;
use crate::engine::{Answer, Ask, EngineOptions, EngineRequest, EngineState, Page, SearchEngine};

/// A file with a JSON engine, in which tests replace one line after another.
const JSON: &str = r#"
name = "site"
endpoint = "https://site.example/api/"
body = "json"
request.url = "find?q={query}&p={page}"
paging.by = "page"
results.items = "/list"
results.image = "/url"
"#;

/// Reads a file of this text as an engine.
fn read(text: &str, options: &EngineOptions) -> Result<Custom, CrawlError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.toml");
    fs::write(&file, text).unwrap();
    Custom::read("custom:site.toml".to_owned(), &file, options)
}

fn engine(text: &str) -> Custom {
    read(text, &EngineOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn request(engine: &Custom, query: &str, cursor: Option<&str>) -> EngineRequest {
    match engine.ask(query, cursor, None) {
        Ask::Web(request) => request,
        Ask::Local(_) | Ask::Failed(_) => panic!("not local"),
    }
}

/// Reads a body as the answer to the request at the cursor.
fn page(engine: &Custom, cursor: Option<&str>, body: &str) -> Result<Page, EngineState> {
    let answer = Answer {
        url: Some(request(engine, "cat", cursor).url),
        ..Answer::of(body)
    };
    engine.parse(cursor, &answer)
}
