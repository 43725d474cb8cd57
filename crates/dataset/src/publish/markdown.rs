//! Text and addresses of strangers, made fit to stand in a Markdown file.
//!
//! Titles, creators and licences come from the web. Whatever they hold, a reader of the file sees it as text on its own line: no
//! link, picture, HTML, table cell or heading comes of it, and nothing turns the direction of what stands around it.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Longest address in bytes that becomes a link.
const LONGEST: usize = 2_000;

/// What cannot stand as it is between `<` and `>` of a link; an ampersand is written as an entity instead, which keeps the address.
/// Brackets are for readers that do not heed `<` and `>`; an address that names its host by them, as IPv6 does, leads nowhere.
const ADDRESS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The same for a path below the file, in which nothing is an escape, a query or a fragment.
const PATH: &AsciiSet = &ADDRESS.add(b'%').add(b'?').add(b'#');

/// First strong character of a text that runs from right to left, and its end.
const TURN: [char; 2] = ['\u{2068}', '\u{2069}'];

/// Makes a stranger's text one line of plain text of at most `most` characters; one that is longer ends with `…`.
pub(super) fn text(stranger: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    let mut is_turned = false;
    let mut after_blank = false;
    let mut rest = stranger.chars().filter(|c| !is_hidden(*c)).peekable();
    while let Some(c) = rest.next() {
        if c.is_whitespace() || c.is_control() {
            after_blank = !shown.is_empty();
            continue;
        }
        if length + usize::from(after_blank) >= most {
            shown.push('…');
            break;
        }
        if std::mem::take(&mut after_blank) {
            shown.push(' ');
            length += 1;
        }
        // `://` and `www.` become links without any brackets.
        let is_address = match c {
            ':' => rest.peek() == Some(&'/'),
            '.' => ends_with_www(&shown),
            _ => false,
        };
        if is_address || r"\`*_{}[]<>#|~&$^".contains(c) {
            shown.push('\\');
        }
        shown.push(c);
        length += 1;
        is_turned |= is_right_to_left(c);
    }
    if is_turned {
        format!("{}{shown}{}", TURN[0], TURN[1])
    } else {
        shown
    }
}

/// Links a text of ours, or one made by [`text`], to an address on the web; any other address leaves the text alone.
pub(super) fn link<'t>(text: &'t str, address: &str) -> Cow<'t, str> {
    let start = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    let is_web = start.starts_with("http://") || start.starts_with("https://");
    if !is_web || address.len() > LONGEST {
        return Cow::Borrowed(text);
    }
    let address = utf8_percent_encode(address, ADDRESS).to_string();
    Cow::Owned(format!("[{text}](<{}>)", address.replace('&', "&amp;")))
}

/// Links a text to a file below the one it stands in.
pub(super) fn file_link(text: &str, path: &str) -> String {
    let path = utf8_percent_encode(path, PATH).to_string();
    format!("[{text}](<{}>)", path.replace('&', "&amp;"))
}

fn ends_with_www(shown: &str) -> bool {
    let tail = shown.len().checked_sub(3).and_then(|at| shown.get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case("www"))
}

/// Characters that nobody sees and that change how others are read.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Letters of Hebrew, Arabic and their relatives, by the blocks that Unicode reserves for them.
fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_text_comes_of_a_strangers_text() {
        let cases = [
            ("A plain (small) owl, 3:4", "A plain (small) owl, 3:4"),
            ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
            ("![x](http://h/x.png)", r"!\[x\](http\://h/x.png)"),
            ("<script>a</script>", r"\<script\>a\</script\>"),
            ("`code` **b** _i_ ~s~", r"\`code\` \*\*b\*\* \_i\_ \~s\~"),
            ("a\n\n# b\r\n- c\u{2028}d\0e", r"a \# b - c d e"),
            ("a | b", r"a \| b"),
            ("&lt;b&gt; $x^2$", r"\&lt;b\&gt; \$x\^2\$"),
            ("www.evil.example", r"www\.evil.example"),
            ("WwW.evil.example", r"WwW\.evil.example"),
            ("\\[x]", r"\\\[x\]"),
            ("  a \t b  ", "a b"),
            ("\u{202e}gpj.exe\u{202c}\u{200b}", "gpj.exe"),
            ("{x}", r"\{x\}"),
            ("", ""),
            (" \n ", ""),
        ];
        for (stranger, shown) in cases {
            assert_eq!(text(stranger, 200), shown, "{stranger:?}");
        }
    }

    #[test]
    fn text_that_runs_from_right_to_left_does_not_turn_its_neighbours() {
        assert_eq!(text("ינשוף", 9), "\u{2068}ינשוף\u{2069}");
        assert_eq!(text("بومة <b>", 9), "\u{2068}بومة \\<b\\>\u{2069}");
        // An isolate that a stranger closes or opens is dropped first.
        assert_eq!(text("\u{2069}ב\u{2067}", 9), "\u{2068}ב\u{2069}");
    }

    #[test]
    fn length_is_bounded_whatever_is_sent() {
        for stranger in ["[", "x ", "\u{202e}", " ", "ب", "\n"] {
            let shown = text(&stranger.repeat(10_240), 200);
            assert!(shown.chars().count() <= 2 * 200 + 3, "{stranger:?}");
        }
        assert_eq!(text("abcd", 4), "abcd");
        assert_eq!(text("abcde", 4), "abcd…");
        assert_eq!(text("abc de", 4), "abc…");
    }

    #[test]
    fn only_addresses_on_the_web_are_linked() {
        assert_eq!(
            link("x", "https://h/a b?c=1&copy;=2"),
            "[x](<https://h/a%20b?c=1&amp;copy;=2>)"
        );
        assert_eq!(
            link("x", "HTTP://h/>)\n[y](z"),
            "[x](<HTTP://h/%3E)%0A%5By%5D(z>)"
        );
        assert_eq!(link("x", "http://h/ב\\"), "[x](<http://h/%D7%91%5C>)");
        for address in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//h/x",
            "",
            "é",
            " http://h/",
        ] {
            assert_eq!(link("x", address), "x", "{address:?}");
        }
        assert_eq!(link("x", &format!("http://h/{}", "a".repeat(10_240))), "x");
    }

    #[test]
    fn a_path_keeps_every_character_of_its_folder() {
        assert_eq!(
            file_link("x", "images/train/50% owl? #1 & é/a.jpg"),
            "[x](<images/train/50%25%20owl%3F%20%231%20&amp;%20%C3%A9/a.jpg>)"
        );
    }
}
