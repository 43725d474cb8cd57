//! Addresses in answers, which may hold anything.

use url::Url;

/// Returns an http(s) address as it is asked; `None` for any other scheme and for what is no address.
pub(super) fn link(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// Picks the first address as the image and the others as its fallbacks, each once; `None` when there is none.
pub(super) fn copies<T: AsRef<str>>(
    best_first: impl IntoIterator<Item = Option<T>>,
) -> Option<(String, Vec<String>)> {
    let mut copies: Vec<String> = Vec::new();
    for text in best_first.into_iter().flatten() {
        if let Some(link) = link(text.as_ref()).filter(|link| !copies.contains(link)) {
            copies.push(link);
        }
    }
    (!copies.is_empty()).then(|| (copies.remove(0), copies))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_links() {
        for (text, expected) in [
            (
                " https://example.com/a b.jpg ",
                "https://example.com/a%20b.jpg",
            ),
            (
                "HTTP://Example.COM/猫.png",
                "http://example.com/%E7%8C%AB.png",
            ),
            (
                "https://example.com/?a=1&amp;b=2",
                "https://example.com/?a=1&amp;b=2",
            ),
        ] {
            assert_eq!(link(text).as_deref(), Some(expected));
        }
        for text in [
            "",
            "javascript:alert(1)",
            "data:image/png;base64,AA==",
            "file:///etc/passwd",
            "//example.com/a.jpg",
            "/a.jpg",
            "https://",
            "http://exa mple.com/",
            "ftp://example.com/a.jpg",
        ] {
            assert_eq!(link(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_copy_that_is_a_link_is_the_image() {
        let copies = copies([
            None,
            Some("javascript:x"),
            Some("http://example.com/b"),
            Some("http://example.com/a"),
            Some("http://EXAMPLE.com/b"),
        ]);
        let (image, fallbacks) = copies.unwrap();
        assert_eq!(image, "http://example.com/b");
        assert_eq!(fallbacks, ["http://example.com/a"]);
        assert_eq!(super::copies([None, Some("x")]), None);
    }
}
