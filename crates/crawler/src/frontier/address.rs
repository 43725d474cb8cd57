use url::Url;

/// Longest URL in bytes that is worth asking.
const LONGEST: usize = 8 * 1024;

/// Drops what never reaches a server (the fragment) or must not (credentials).
pub(crate) fn clean(url: &mut Url) {
    url.set_fragment(None);
    // Both fail only for URLs without a host, which have no credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

/// Returns a URL as it is recorded and compared: parsed and cleaned; text that is no URL stays as it is,
/// trimmed and cut to the longest length.
pub(crate) fn recorded(text: &str) -> String {
    let text = text.trim();
    match Url::parse(text) {
        Ok(mut url) if text.len() <= LONGEST => {
            clean(&mut url);
            String::from(url)
        }
        _ => text[..text.floor_char_boundary(LONGEST + 1)].to_owned(),
    }
}

/// Says whether a recorded URL is too long to be asked.
pub(crate) fn is_too_long(url: &str) -> bool {
    url.len() > LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_url_has_one_form() {
        assert_eq!(
            recorded(" HTTP://Example.ORG:80/a b#top "),
            "http://example.org/a%20b"
        );
        assert_eq!(
            recorded("https://me:pw@example.org/x"),
            "https://example.org/x"
        );
        assert_eq!(
            recorded("http://bücher.example/"),
            "http://xn--bcher-kva.example/"
        );
        assert_eq!(recorded("http://h/a?q=1&r=%2F"), "http://h/a?q=1&r=%2F");
    }

    #[test]
    fn what_is_no_url_stays_and_long_ones_are_told() {
        assert_eq!(recorded(" not a url "), "not a url");
        let long = format!("http://h/{}", "é".repeat(LONGEST));
        let kept = recorded(&long);
        assert!(is_too_long(&kept) && kept.len() <= LONGEST + 1);
        assert!(!is_too_long("http://h/a"));
    }
}
