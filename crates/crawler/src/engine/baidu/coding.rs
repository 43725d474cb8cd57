//! The code in which Baidu writes addresses.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

/// What stands for a character that the table does not move.
const TOKENS: [(&str, char); 3] = [("_z2C$q", ':'), ("_z&e3B", '.'), ("AzdH3F", '/')];
/// The characters that stand for the digits and the letters from `a` to `w`, and those they stand for.
const CODED: &[u8; 33] = b"0123456789abcdefghijklmnopqrstuvw";
const PLAIN: &[u8; 33] = b"7dgjmoru140852vsnkheb963wtqplifca";

/// Returns the address that a text stands for: as it is, by Baidu's own table, percent-coded or in base64.
#[must_use]
pub fn decode(text: &str) -> Option<String> {
    let text = text.trim();
    let unescaped = percent_decode_str(text).decode_utf8().ok();
    let unescaped = unescaped.filter(|unescaped| unescaped != text);
    [Some(text), unescaped.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|text| {
            let plain = is_address(text).then(|| text.to_owned());
            plain
                .or_else(|| Some(by_table(text)).filter(|text| is_address(text)))
                .or_else(|| from_base64(text).filter(|text| is_address(text)))
        })
}

fn is_address(text: &str) -> bool {
    let starts = |with: &str| {
        let start = text.as_bytes().get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    starts("http://") || starts("https://")
}

/// Translates tokens and characters in one pass, so that what a token stands for is not translated again.
fn by_table(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let token = TOKENS
            .iter()
            .find_map(|(token, stands_for)| Some((rest.strip_prefix(token)?, *stands_for)));
        let (after, stands_for) = token.unwrap_or_else(|| {
            let at = CODED.iter().position(|&coded| char::from(coded) == first);
            let stands_for = at.map_or(first, |at| char::from(PLAIN[at]));
            (&rest[first.len_utf8()..], stands_for)
        });
        plain.push(stands_for);
        rest = after;
    }
    plain
}

/// Reads either alphabet, padded or not.
fn from_base64(text: &str) -> Option<String> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = [STANDARD, URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok())?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address_is_read() {
        for (text, plain) in [
            (
                "ippr_z2C$qAzdH3FAzdH3Ft42_z&e3Bjxw4rsj_z&e3Bv54AzdH3Fw8AzdH3Fvwp-l_z&e3B3r2",
                "http://img.example.com/a1/cat-9.jpg",
            ),
            (
                "ipprf_z2C$qAzdH3FAzdH3Fjxw4rsj_z&e3B562AzdH3FPwpi_XAzdH3Fbh_z&e3Brg2?x=8&y=d",
                "https://example.org/Path_X/8k.png?x=1&y=2",
            ),
            (
                "http://example.com/a%20b.jpg",
                "http://example.com/a%20b.jpg",
            ),
            (" HTTPS://example.com/A.JPG", "HTTPS://example.com/A.JPG"),
            (
                "https%3A%2F%2Fexample.com%2Fa.jpg%3Fb%3D1",
                "https://example.com/a.jpg?b=1",
            ),
            (
                "ippr_z2C%24qAzdH3FAzdH3Ft42_z%26e3Bjxw4rsj_z%26e3Bv54AzdH3Fw8",
                "http://img.example.com/a1",
            ),
            (
                "aHR0cDovL2V4YW1wbGUuY29tL2E/Yj0x",
                "http://example.com/a?b=1",
            ),
            (
                "aHR0cDovL2V4YW1wbGUuY29tL2E_Yj0x",
                "http://example.com/a?b=1",
            ),
            ("aHR0cHM6Ly9leGFtcGxlLm9yZy8=", "https://example.org/"),
            ("aHR0cHM6Ly9leGFtcGxlLm9yZy8", "https://example.org/"),
            ("aHR0cHM6Ly9leGFtcGxlLm9yZy8%3D", "https://example.org/"),
        ] {
            assert_eq!(decode(text).as_deref(), Some(plain), "{text}");
        }
    }

    #[test]
    fn what_stands_for_no_web_address_is_none() {
        for text in [
            "",
            "%",
            "%ff%fe",
            "javascript:alert(1)",
            "javascript%3Aalert(1)",
            "amF2YXNjcmlwdDphbGVydCgxKQ==",
            "file:///etc/passwd",
            "ippr",
            "猫_z2C$q",
            "//example.com/a.jpg",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
