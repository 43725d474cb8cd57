//! Members of loosely typed JSON answers.

use serde_json::Value;
use url::Url;

use super::EngineState;

/// Characters of an engine's own words that are repeated to the person.
const QUOTED: usize = 200;

/// Parses a body as JSON, or says what it is instead.
pub(super) fn read(body: &[u8]) -> Result<Value, EngineState> {
    serde_json::from_slice(body).map_err(|e| EngineState::unreadable(body, &e))
}

/// Returns the member's text without outer white space; `None` when absent, null, empty or no text.
pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns the member's list, or the state of an answer without it.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>, EngineState> {
    value
        .get(key)
        .and_then(Value::as_array)
        .ok_or_else(|| EngineState::schema(format!("no list `{key}`")))
}

/// Returns the member as a page number.
pub(super) fn number(value: &Value, key: &str) -> Option<u32> {
    u32::try_from(value.get(key)?.as_u64()?).ok()
}

/// Reads a cursor that is a page number; the first page is 1.
pub(super) fn page_number(cursor: Option<&str>) -> u32 {
    cursor.and_then(|c| c.parse().ok()).unwrap_or(1)
}

/// Returns the member as a size in pixels, written as a number or as its digits; zero is none.
pub(super) fn pixels(value: &Value, key: &str) -> Option<u32> {
    let pixels = match value.get(key)? {
        Value::String(digits) => digits.trim().parse().ok(),
        _ => number(value, key),
    };
    pixels.filter(|&pixels| pixels > 0)
}

/// Returns the member as an identifier, written as text or as a whole number.
pub(super) fn id(value: &Value, key: &str) -> Option<String> {
    let by_number = || value.get(key)?.as_u64().map(|number| number.to_string());
    text(value, key).or_else(by_number)
}

/// Returns the member when it is an address of the web.
pub(super) fn web(value: &Value, key: &str) -> Option<String> {
    web_address(&text(value, key)?)
}

/// Returns the text when it is an http or https URL; one that begins with `//` becomes https, `javascript:` and its like none.
pub(super) fn web_address(text: &str) -> Option<String> {
    let text = match text.strip_prefix("//") {
        Some(rest) => format!("https://{rest}"),
        None => text.to_owned(),
    };
    let url = Url::parse(&text).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(text)
}

/// Shortens what an engine said to one line that can be shown.
pub(super) fn quote(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let shown = line.chars().filter(|c| !c.is_control());
    shown.take(QUOTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_identifiers_are_numbers_or_texts() {
        let value =
            serde_json::json!({"a": 7, "b": " 8 ", "c": 0, "d": -1, "e": 1e99, "f": "x", "g": [7]});
        let pixels: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h"]
            .map(|key| pixels(&value, key))
            .into();
        assert_eq!(
            pixels,
            [Some(7), Some(8), None, None, None, None, None, None]
        );
        let ids = ["a", "b", "c", "d", "g"].map(|key| id(&value, key));
        assert_eq!(ids.map(Option::unwrap_or_default), ["7", "8", "0", "", ""]);
    }

    #[test]
    fn only_addresses_of_the_web_are_addresses() {
        for (text, address) in [
            ("http://h/a", Some("http://h/a")),
            ("HTTPS://h/a b", Some("HTTPS://h/a b")),
            ("//h/a", Some("https://h/a")),
            ("javascript:alert(1)", None),
            (" java\tscript:alert(1)", None),
            ("data:text/html,x", None),
            ("file:///etc/passwd", None),
            ("/a", None),
            ("http://", None),
        ] {
            assert_eq!(web_address(text).as_deref(), address, "{text}");
        }
    }

    #[test]
    fn a_quote_is_one_short_line() {
        assert_eq!(quote("a\n b\u{1b}[31m"), "a b[31m");
        assert_eq!(quote(&"\u{fc}".repeat(999)).chars().count(), QUOTED);
    }
}
