//! The HTML of `flip`, an interface that Baidu had before; a mirror may still answer with it.

use std::sync::LazyLock;

use regex::Regex;

use super::coding::decode;
use super::repair::repair;
use crate::engine::Hit;
use crate::engine::link::copies;

/// Finds the original of each result on a page of `flip`.
static ORIGINAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""objURL":"(.*?)","#).expect("the pattern is well formed"));
/// Finds the copies of each result on its later pages, which have no original.
static COPIES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""thumbURL":"(.*?)","middleURL"(?::"(.*?)")?"#)
        .expect("the pattern is well formed")
});

/// Reads a page of HTML from `flip`; empty when it is none.
pub(super) fn flip(page: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    for found in ORIGINAL.captures_iter(page) {
        hits.extend(of(copies([decode(&unescaped(&found[1]))])));
    }
    if hits.is_empty() {
        for found in COPIES.captures_iter(page) {
            let middle = found.get(2).map(|middle| unescaped(middle.as_str()));
            hits.extend(of(copies([middle, Some(unescaped(&found[1]))])));
        }
    }
    hits
}

fn of(copies: Option<(String, Vec<String>)>) -> Option<Hit> {
    let (image_url, fallbacks) = copies?;
    Some(Hit {
        image_url,
        fallbacks,
        ..Hit::default()
    })
}

/// Resolves the escapes of a string in a script.
fn unescaped(text: &str) -> String {
    let quoted = format!("\"{}\"", repair(text.as_bytes()));
    serde_json::from_str(&quoted).unwrap_or_else(|_| text.replace("\\/", "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn originals_are_read_and_copies_where_there_are_none() {
        let hits = flip(include_str!("../../../fixtures/baidu/flip.html"));
        let urls: Vec<&str> = hits.iter().map(|hit| hit.image_url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "http://img.example.com/a1/cat-9.jpg",
                "http://img.example.com/b%20c.jpg?x=1&y=2",
                "https://example.org/Path_X/8k.png?x=1&y=2",
            ]
        );
        let hits = flip(include_str!("../../../fixtures/baidu/flip_later.html"));
        assert_eq!(hits.len(), 2);
        assert_eq!(hits[0].image_url, "http://cdn.example.org/m1.jpg");
        assert_eq!(hits[0].fallbacks, ["http://cdn.example.org/t1.jpg"]);
        assert_eq!(hits[1].image_url, "http://cdn.example.org/t2.jpg");
    }

    #[test]
    fn other_pages_have_no_results() {
        for page in [
            "",
            "<html>",
            r#""objURL":"javascript:x","#,
            r#""objURL":"http://example.com/"#,
        ] {
            assert!(flip(page).is_empty(), "{page}");
        }
        let hits = flip(&r#""objURL":""#.repeat(1_000_000));
        assert!(hits.is_empty());
    }
}
