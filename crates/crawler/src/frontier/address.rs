use url::Url;

/// Longest URL in bytes that is worth asking.
const LONGEST: usize = 8 * 1024;

/// Drops what never reaches a server (the fragment) or must not (credentials), and the dot that ends a full domain name:
/// with it a host would be another one to the pacer, though it is the same.
pub(crate) fn clean(url: &mut Url) {
    url.set_fragment(None);
    // Both fail only for URLs without a host, which have no credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let shorter = url
        .domain()
        .and_then(|host| host.strip_suffix('.'))
        .filter(|host| !host.is_empty() && !host.ends_with('.'))
        .map(str::to_owned);
    if let Some(host) = shorter {
        // What is left of a domain name may be no name; it then stays as it was written.
        let _ = url.set_host(Some(&host));
    }
}

/// Returns a URL in the one form under which it is recorded and compared.
///
/// Parsing gives scheme and host in lower case, no default port, `/` for no path, and no dot segments; fragment, credentials and
/// the host's last dot go; escapes are written in upper case, and those of letters, digits and `-._~` are resolved. These are
/// the equivalences of RFC 3986, sections 6.2.2 and 6.2.3, under which a URL names the same thing at every server. Nothing
/// else is touched: the order of parameters, their names and the case of a path may mean something.
///
/// The form of a form is itself. Text that is no URL stays as it is, trimmed; what is longer than may be asked is cut, and
/// stays too long.
pub(crate) fn recorded(text: &str) -> String {
    let text = text.trim();
    if text.len() > LONGEST {
        return cut(text);
    }
    let Ok(mut url) = Url::parse(text) else {
        return text.to_owned();
    };
    clean(&mut url);
    let is_web = matches!(url.scheme(), "http" | "https");
    let url = String::from(url);
    if url.len() > LONGEST {
        return cut(&url);
    }
    if is_web {
        with_plain_escapes(&url)
    } else {
        url
    }
}

/// Says whether a recorded URL is too long to be asked.
pub(crate) fn is_too_long(url: &str) -> bool {
    url.len() > LONGEST
}

/// Cuts what is too long, and leaves it too long, so that nobody takes the rest for a URL.
fn cut(text: &str) -> String {
    let mut text = text[..text.ceil_char_boundary(LONGEST)].to_owned();
    text.push('…');
    text
}

/// Writes escapes in upper case and resolves those of unreserved characters (RFC 3986, section 2.3).
fn with_plain_escapes(url: &str) -> String {
    if !url.contains('%') {
        return url.to_owned();
    }
    let mut plain = String::with_capacity(url.len());
    // Where the last sign stands that is no escape: what follows it must not make it one.
    let mut stray = None;
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(byte) = escaped(rest) else {
            stray = Some(plain.len());
            plain.push('%');
            rest = &rest[1..];
            continue;
        };
        let completes = stray.is_some_and(|stray| {
            let between = &plain[stray + 1..];
            byte.is_ascii_hexdigit()
                && between.len() < 2
                && between.bytes().all(|b| b.is_ascii_hexdigit())
        });
        if is_unreserved(byte) && !completes {
            plain.push(char::from(byte));
        } else {
            plain.push('%');
            plain.push_str(&rest[1..3].to_ascii_uppercase());
        }
        rest = &rest[3..];
    }
    plain.push_str(rest);
    plain
}

/// Reads the escape that a text begins with.
fn escaped(text: &str) -> Option<u8> {
    let digits = text.get(1..3)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_url_has_one_form() {
        for (written, form) in [
            (
                " HTTP://Example.ORG:80/a b#top ",
                "http://example.org/a%20b",
            ),
            ("https://me:pw@example.org/x", "https://example.org/x"),
            ("http://bücher.example/", "http://xn--bcher-kva.example/"),
            ("https://example.org:443", "https://example.org/"),
            ("http://example.org./x", "http://example.org/x"),
            ("http://127.0.0.1./x", "http://127.0.0.1/x"),
            ("http://h/a/../b/./%2e%2E/c", "http://h/c"),
            ("http://h/%7euser/%41%2d%2f", "http://h/~user/A-%2F"),
            ("http://h/a?q=%c3%a9%5F", "http://h/a?q=%C3%A9_"),
            ("http://h/ä", "http://h/%C3%A4"),
        ] {
            assert_eq!(recorded(written), form, "{written}");
        }
    }

    #[test]
    fn what_may_mean_something_stays() {
        for url in [
            "http://h/a?b=2&a=1&utm_source=x&q=%2F",
            "http://h/A.JPG",
            "http://h/a//b/",
            "http://h/a?",
            "http://h/index.html",
            "http://h/a+b%20c%2B",
            "http://h:8080/",
            "http://www.example.org/",
            "http://h/100%/x%zz%4",
            "data:image/png;base64,%41",
        ] {
            assert_eq!(recorded(url), url);
        }
        assert_ne!(recorded("https://h/a"), recorded("http://h/a"));
    }

    #[test]
    fn a_stray_sign_becomes_no_escape() {
        for url in [
            "http://h/%%34%31",
            "http://h/%4%31",
            "http://h/%%412",
            "http://h/%25%34%31",
        ] {
            let form = recorded(url);
            let bytes =
                |url: &str| -> Vec<u8> { percent_encoding::percent_decode_str(url).collect() };
            assert_eq!(bytes(&form), bytes(url), "{url}: {form}");
        }
        assert_eq!(recorded("http://h/%%34%31"), "http://h/%%341");
    }

    #[test]
    fn the_form_of_a_form_is_itself() {
        const PARTS: [&str; 44] = [
            "http://",
            "HTTPS://",
            "file:///",
            "data:",
            "a",
            "Z",
            "é",
            "鱼",
            "/",
            "//",
            ".",
            "..",
            "%2e",
            "%2E",
            "%",
            "%%",
            "%4",
            "%41",
            "%7e",
            "%2f",
            "%c3",
            "%zz",
            "?",
            "&b=1",
            "#",
            "@",
            ":",
            ":80",
            ":443",
            "user:pw@",
            "h.example",
            "H.Example.",
            "..",
            "127.0.0.1",
            "[::1]",
            " ",
            "\t",
            "\n",
            "\\",
            "+",
            "~",
            "\u{feff}",
            "\u{a0}",
            "xn--",
        ];
        fastrand::seed(7);
        let mut odd: Vec<String> = [
            "",
            ".",
            "http://",
            "http://.",
            "http://../",
            "http://a../x",
            "http://%2e/",
            "http:a",
            "http:\\\\h\\a",
            "foo:bar  #x",
            "http://h/ #",
            "mailto:a@b#c ",
            "http://[::1.]/",
            "//h/a",
        ]
        .map(str::to_owned)
        .to_vec();
        for _ in 0..40_000 {
            let parts = 1 + fastrand::usize(0..9);
            odd.push((0..parts).map(|_| PARTS[fastrand::usize(0..44)]).collect());
        }
        for long in ["é", " ", "a", "%41", "a b"] {
            for lead in ["http://h/", "http://hh/", "x"] {
                odd.push(format!("{lead}{}", long.repeat(LONGEST / long.len() + 9)));
                odd.push(format!("{lead}{}", long.repeat(LONGEST / long.len() - 20)));
            }
        }
        for text in odd {
            let form = recorded(&text);
            assert_eq!(recorded(&form), form, "{text:?}");
            assert_eq!(is_too_long(&form), is_too_long(&recorded(&form)));
        }
    }

    #[test]
    fn what_is_no_url_stays_and_long_ones_are_told() {
        assert_eq!(recorded(" not a url "), "not a url");
        for lead in ["http://h/", "http://hh/"] {
            let kept = recorded(&format!("{lead}{}", "é".repeat(LONGEST)));
            assert!(is_too_long(&kept) && kept.len() <= LONGEST + 4);
        }
        assert!(!is_too_long("http://h/a"));
    }
}
