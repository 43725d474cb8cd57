use std::collections::HashMap;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Is one class of the dataset and the phrases it is searched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The label, NFC and trimmed.
    pub label: String,
    /// The search phrases, at least one; the label itself unless the line gave others.
    pub queries: Vec<String>,
}

/// Is a parsed names file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The names in the order of the file.
    pub names: Vec<Name>,
    /// What the person should know, such as merged duplicates.
    pub warnings: Vec<String>,
}

/// Tells what is wrong with a names file; line numbers start at 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NamesError {
    /// No line names anything.
    #[error("no name in the file: write one name a line")]
    Empty,
    /// A byte that is no UTF-8.
    #[error("line {line}: not UTF-8 (byte 0x{byte:02x}): save the file as UTF-8")]
    Utf8 {
        /// The line.
        line: usize,
        /// The first bad byte.
        byte: u8,
    },
    /// A control character, which no name has.
    #[error("line {line}: control character U+{code:04X}: remove it")]
    Control {
        /// The line.
        line: usize,
        /// The code point.
        code: u32,
    },
    /// Nothing before the colon.
    #[error(
        "line {line}: empty label: write `label: phrase | phrase`, or `\\:` for a literal colon"
    )]
    EmptyLabel {
        /// The line.
        line: usize,
    },
    /// Nothing after the colon.
    #[error(
        "line {line}: no search phrase after the colon: write `label: phrase | phrase`, or `\\:` for a literal colon"
    )]
    NoPhrase {
        /// The line.
        line: usize,
    },
}

/// Parses a names file: UTF-8, one name a line, `#` comments, `label: phrase | phrase`.
///
/// A byte order mark and CRLF line ends are accepted. Labels are compared after NFC; the phrases of a label
/// that comes again are added to the first and a warning tells both lines, as it does of labels that differ in case alone.
///
/// # Errors
///
/// [`NamesError`], with the line, for anything that is not such a file; also when it names nothing.
pub fn parse_names(bytes: &[u8]) -> Result<Names, NamesError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut names: Vec<Name> = Vec::new();
    let mut warnings = Vec::new();
    let mut first_line: HashMap<String, (usize, usize)> = HashMap::new();
    let mut first_in_lower_case: HashMap<String, (usize, usize)> = HashMap::new();
    for (index, raw) in bytes.split(|&b| b == b'\n').enumerate() {
        let line = index + 1;
        let Some(name) = parse_line(raw, line)? else {
            continue;
        };
        if let Some(&(first, at)) = first_line.get(&name.label) {
            warnings.push(format!(
                "line {line}: `{}` was already named on line {first}: merged",
                name.label
            ));
            add_missing(&mut names[at].queries, name.queries);
        } else {
            let place = (line, names.len());
            let twin = first_in_lower_case.entry(name.label.to_lowercase());
            let (first, at) = *twin.or_insert(place);
            if first != line {
                warnings.push(format!(
                    "line {line}: `{}` differs from `{}` on line {first} in upper and lower case alone, and is a name of its own: \
                     write both alike if they mean the same, since only one of them keeps what both show",
                    name.label, names[at].label
                ));
            }
            first_line.insert(name.label.clone(), place);
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(NamesError::Empty);
    }
    Ok(Names { names, warnings })
}

fn parse_line(raw: &[u8], line: usize) -> Result<Option<Name>, NamesError> {
    let text = std::str::from_utf8(raw).map_err(|e| NamesError::Utf8 {
        line,
        byte: raw[e.valid_up_to()],
    })?;
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\t') {
        return Err(NamesError::Control {
            line,
            code: u32::from(c),
        });
    }
    let Some((label, phrases)) = split_label(text) else {
        let label = normal_label(&unescape(text));
        let queries = vec![label.clone()];
        return Ok(Some(Name { label, queries }));
    };
    let label = normal_label(&unescape(label));
    if label.is_empty() {
        return Err(NamesError::EmptyLabel { line });
    }
    let mut queries = Vec::new();
    let found = phrases
        .split('|')
        .map(|phrase| normal_label(&unescape(phrase)))
        .filter(|phrase| !phrase.is_empty())
        .collect();
    add_missing(&mut queries, found);
    if queries.is_empty() {
        return Err(NamesError::NoPhrase { line });
    }
    Ok(Some(Name { label, queries }))
}

/// Finds the first colon that is followed by white space or the line's end and not escaped.
fn split_label(text: &str) -> Option<(&str, &str)> {
    text.match_indices(':').find_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let ends = after.chars().next().is_none_or(char::is_whitespace);
        (ends && !before.ends_with('\\')).then_some((before, after))
    })
}

fn unescape(text: &str) -> String {
    text.replace("\\:", ":")
}

/// Returns a label or phrase as it is compared and recorded: NFC and trimmed.
pub(crate) fn normal_label(text: &str) -> String {
    text.trim().nfc().collect()
}

fn add_missing(queries: &mut Vec<String>, more: Vec<String>) {
    for query in more {
        if !queries.contains(&query) {
            queries.push(query);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(String, Vec<String>)> {
        let names = parse_names(text.as_bytes()).unwrap().names;
        names.into_iter().map(|n| (n.label, n.queries)).collect()
    }

    fn one(label: &str, queries: &[&str]) -> (String, Vec<String>) {
        let queries = queries.iter().map(|&q| q.to_owned()).collect();
        (label.to_owned(), queries)
    }

    #[test]
    fn lines_comments_bom_and_crlf_are_read() {
        let text = "\u{feff}# animals\r\ncat\r\n\r\n  great tit \r\n\t# more\r\n猫头鹰";
        assert_eq!(
            parsed(text),
            [
                one("cat", &["cat"]),
                one("great tit", &["great tit"]),
                one("猫头鹰", &["猫头鹰"]),
            ]
        );
    }

    #[test]
    fn a_colon_and_a_space_give_other_phrases() {
        assert_eq!(
            parsed(
                "owl: owl bird | 猫头鹰 || owl bird\nratio 3:1\nStar Wars\\: A New Hope\na\\: b: c\\: d"
            ),
            [
                one("owl", &["owl bird", "猫头鹰"]),
                one("ratio 3:1", &["ratio 3:1"]),
                one("Star Wars: A New Hope", &["Star Wars: A New Hope"]),
                one("a: b", &["c: d"]),
            ]
        );
    }

    #[test]
    fn duplicates_after_nfc_are_merged_with_a_warning() {
        let names =
            parse_names("caf\u{e9}\nbar\ncafe\u{301}: coffee house | café".as_bytes()).unwrap();
        assert_eq!(names.names.len(), 2);
        assert_eq!(names.names[0].queries, ["caf\u{e9}", "coffee house"]);
        assert_eq!(
            names.warnings,
            ["line 3: `café` was already named on line 1: merged"]
        );
    }

    #[test]
    fn labels_that_differ_in_case_alone_stay_apart_with_a_warning() {
        let names = parse_names("bird\ncat\nBird\nBIRD\nBird".as_bytes()).unwrap();
        let labels: Vec<&str> = names.names.iter().map(|n| n.label.as_str()).collect();
        assert_eq!(labels, ["bird", "cat", "Bird", "BIRD"]);
        let [one, other, same] = names.warnings.as_slice() else {
            panic!("{:?}", names.warnings)
        };
        assert!(one.starts_with("line 3: `Bird` differs from `bird` on line 1 in upper"));
        assert!(other.starts_with("line 4: `BIRD` differs from `bird` on line 1 in upper"));
        assert!(same.starts_with("line 5: `Bird` was already named on line 3: merged"));
    }

    #[test]
    fn defects_are_told_with_their_line() {
        let error = |bytes: &[u8]| parse_names(bytes).unwrap_err();
        assert_eq!(
            error(b"cat\nd\xffog\n"),
            NamesError::Utf8 {
                line: 2,
                byte: 0xff
            }
        );
        assert_eq!(error(b"cat\n\n: owl"), NamesError::EmptyLabel { line: 3 });
        assert_eq!(error(b"owl: | "), NamesError::NoPhrase { line: 1 });
        assert_eq!(error(b"owl:"), NamesError::NoPhrase { line: 1 });
        assert_eq!(error(b"a\0b"), NamesError::Control { line: 1, code: 0 });
        assert_eq!(error(b""), NamesError::Empty);
        assert_eq!(error(b"\xef\xbb\xbf# only\r\n\r\n"), NamesError::Empty);
        assert!(error(b"a\n\xff").to_string().starts_with("line 2: "));
    }
}
