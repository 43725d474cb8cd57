//! What is known of one picture: title, author, licence, and where it is from.

use maud::{Markup, html};
use trawl_dataset::PublishedPicture;

use crate::reasons::explain;

/// The address, if it is one of the web: whatever else a source has written must not become a link.
pub(super) fn web(address: &str) -> Option<&str> {
    let start = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    (start.starts_with("http://") || start.starts_with("https://")).then_some(address)
}

/// A list of what is known, with links.
pub(super) fn credit(p: &PublishedPicture) -> Markup {
    let said = [
        ("title", p.title.as_deref()),
        ("by", p.creator.as_deref()),
        ("credit", p.attribution.as_deref()),
    ];
    html! {
        dl {
            @for (what, text) in said {
                @if let Some(text) = text { dt { (what) } dd dir="auto" { (text) } }
            }
            dt { "licence" } dd { (licence(p)) }
            @if let Some(page) = &p.page_url { dt { "page" } dd { (linked(page)) } }
            @match &p.image_url {
                Some(first) => {
                    dt { "original" } dd {
                        (linked(first))
                        @if let Some(code) = &p.image_reject { " (not had: " (code) @if !explain(code).is_empty() { ", " (explain(code)) } ")" }
                    }
                    dt { "copy taken" } dd { (linked(&p.url)) }
                }
                None => { dt { "original" } dd { (linked(&p.url)) } }
            }
        }
    }
}

fn licence(p: &PublishedPicture) -> Markup {
    let url = p.license_url.as_deref().unwrap_or_default();
    let name = p.license.as_deref().unwrap_or(url);
    link(if name.is_empty() { "not stated" } else { name }, url)
}

fn linked(address: &str) -> Markup {
    link(address, address)
}

/// The words, linked where the address is one of the web.
fn link(words: &str, address: &str) -> Markup {
    html! { @if let Some(url) = web(address) { a href=(url) rel="noreferrer" { (words) } } @else { (words) } }
}

#[cfg(test)]
mod tests {
    use trawl_dataset::Split;

    use super::*;

    fn picture() -> PublishedPicture {
        PublishedPicture {
            id: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            split: Split::Train,
            file: "images/train/owl/x.jpg".to_owned(),
            url: "http://h/copy".to_owned(),
            image_url: None,
            image_reject: None,
            page_url: None,
            title: None,
            creator: None,
            license: None,
            license_url: None,
            attribution: None,
        }
    }

    #[test]
    fn both_addresses_are_shown_where_a_copy_was_taken() {
        let mut p = picture();
        let alone = credit(&p).into_string();
        assert!(
            alone.contains("http://h/copy") && alone.contains("not stated"),
            "{alone}"
        );
        assert!(!alone.contains("copy taken"));
        p.image_url = Some("http://h/first".to_owned());
        p.image_reject = Some("not-found".to_owned());
        let both = credit(&p).into_string();
        for part in [
            "http://h/first",
            "gone (status 404 or 410)",
            "copy taken",
            "http://h/copy",
        ] {
            assert!(both.contains(part), "{part}\n{both}");
        }
    }

    #[test]
    fn nothing_but_the_web_is_linked_and_no_markup_comes_through() {
        let mut p = picture();
        p.page_url = Some("javascript:alert(1)".to_owned());
        p.license_url = Some("data:text/html,x".to_owned());
        p.license = Some("<b>x</b>".to_owned());
        p.title = Some("<script>alert(1)</script>".to_owned());
        let text = credit(&p).into_string();
        assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
        assert_eq!(text.matches("href=").count(), 1, "{text}");
        assert_eq!(web("JavaScript:x"), None);
        assert_eq!(web("HTTPS://h/"), Some("HTTPS://h/"));
    }
}
