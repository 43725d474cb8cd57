//! What must be mended before an answer of Baidu is JSON.

/// Turns an answer into text that a strict parser takes, where it can be.
///
/// Bytes that are no UTF-8 are replaced and control characters, which come unescaped inside strings, are dropped. An
/// escape that JSON does not have, such as `\'`, loses its backslash, and half a surrogate pair is replaced.
#[must_use]
pub fn repair(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}');
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '\\' || c < ' ') {
        mended.push_str(&rest[..at]);
        rest = match rest[at..].strip_prefix('\\') {
            Some(after) => escape(after, &mut mended),
            None => &rest[at + 1..],
        };
    }
    mended.push_str(rest);
    mended
}

/// Copies the escape whose backslash stands before `text`, and returns what follows it.
fn escape<'t>(text: &'t str, mended: &mut String) -> &'t str {
    let Some(kind) = text.chars().next() else {
        return text;
    };
    let after = &text[kind.len_utf8()..];
    match kind {
        '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {
            mended.extend(['\\', kind]);
            after
        }
        'u' => {
            let (valid, length) = unit(after).map_or((false, 0), |first| match first {
                0xD800..=0xDBFF => {
                    let second = after[4..].strip_prefix("\\u").and_then(unit);
                    let is_pair = second.is_some_and(|low| (0xDC00..=0xDFFF).contains(&low));
                    (is_pair, if is_pair { 10 } else { 4 })
                }
                0xDC00..=0xDFFF => (false, 4),
                _ => (true, 4),
            });
            if valid {
                mended.push_str("\\u");
                mended.push_str(&after[..length]);
            } else {
                mended.push('\u{fffd}');
            }
            &after[length..]
        }
        // The backslash alone goes; what it stood before is seen again.
        _ => text,
    }
}

/// Reads the four hexadecimal digits of a UTF-16 unit.
fn unit(text: &str) -> Option<u16> {
    let digits = text.get(..4)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mended_text_is_json() {
        for (body, text) in [
            (
                &br#""it\'s a <strong>cat<\/strong>""#[..],
                "it's a <strong>cat</strong>",
            ),
            (br#""a \\' b""#, "a \\' b"),
            (b"\"tab\there\x01\r\n\"", "tabhere"),
            (b"\"caf\xe9\"", "caf\u{fffd}"),
            (b"\xef\xbb\xbf\"x\"", "x"),
            (br#""\ud83d\ude00 \u732b""#, "😀 猫"),
            (br#""cut \ud83d""#, "cut \u{fffd}"),
            (br#""\ud83d\u0041 \ude00""#, "\u{fffd}A \u{fffd}"),
            (br#""\u12 \x27 \q""#, "\u{fffd}12 x27 q"),
            (br#""\n\t\"\\""#, "\n\t\"\\"),
        ] {
            let mended = repair(body);
            let read: String = serde_json::from_str(&mended).expect(&mended);
            assert_eq!(read, text);
        }
    }

    #[test]
    fn nothing_is_too_broken_to_be_read() {
        for body in [
            &b"\\"[..],
            b"\\u",
            b"\\u12",
            b"\\ud83d\\u",
            b"\\\xff",
            b"",
            "\\u猫猫".as_bytes(),
        ] {
            let _ = repair(body);
        }
        assert_eq!(repair("\\猫\\".as_bytes()), "猫");
    }
}
