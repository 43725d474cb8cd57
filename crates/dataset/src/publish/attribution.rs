//! The credits: who made each picture, under which licence, and where it is from.

use std::io::{self, Write};

use super::markdown::{file_link, link, text};
use super::snapshot::{Row, Snapshot};
use crate::records::Provenance;

/// Name of the file.
pub(crate) const FILE: &str = "ATTRIBUTION.md";

/// Longest title, name and licence in characters.
const NAME: usize = 200;
/// Longest ready sentence in characters.
const SENTENCE: usize = 600;

/// Where a picture's file lies beside the credits, if it is a file of its own there.
type Place<'a> = dyn Fn(&Row) -> Option<String> + 'a;

/// Writes the credits of a snapshot, picture by picture; they depend on the snapshot alone.
pub(super) fn write(out: &mut dyn Write, snapshot: &Snapshot) -> io::Result<()> {
    let place = |row: &Row| {
        let folder = &snapshot.class_of(row).folder;
        Some(format!("images/{}/{folder}/{}.jpg", row.split, row.id))
    };
    write_beside(out, snapshot, &place)
}

/// Writes the credits for pictures that lie elsewhere than in a dataset's views.
///
/// Each entry has title, author, source and licence, in the order that Creative Commons recommends (TASL).
pub(crate) fn write_beside(
    out: &mut dyn Write,
    snapshot: &Snapshot,
    place: &Place<'_>,
) -> io::Result<()> {
    let (stated, silent): (Vec<&Row>, Vec<&Row>) = snapshot
        .rows
        .iter()
        .partition(|row| states_licence(&row.provenance));
    write_head(out, snapshot, silent.len())?;
    if !stated.is_empty() {
        writeln!(out, "\n## Pictures with a licence")?;
        write_entries(out, snapshot, &stated, place)?;
    }
    if !silent.is_empty() {
        writeln!(
            out,
            "\n## Pictures without a licence\n\n**Nobody has said that these {} pictures may be used.** Take them for all rights reserved: \
             ask the author before you pass one on, publish it or publish what was made of it.",
            silent.len()
        )?;
        write_entries(out, snapshot, &silent, place)?;
    }
    Ok(())
}

fn write_head(out: &mut dyn Write, snapshot: &Snapshot, silent: usize) -> io::Result<()> {
    let size = snapshot.preparation.size();
    writeln!(out, "# Attribution\n")?;
    writeln!(
        out,
        "{} pictures of snapshot {} (`{}`), {silent} of them without a stated licence.\n",
        snapshot.rows.len(),
        snapshot.number,
        snapshot.id
    )?;
    writeln!(
        out,
        "The pictures belong to their authors. Titles, names and licences are what the sites and search engines said, and were not \
         checked; the text of a licence says what it asks of you. Every picture here is changed: set upright, scaled to {size}x{size} \
         pixels and encoded anew as JPEG. The originals are where the links lead."
    )
}

fn states_licence(said: &Provenance) -> bool {
    let is_said = |text: &Option<String>| text.as_deref().is_some_and(|t| !t.trim().is_empty());
    is_said(&said.license) || is_said(&said.license_url)
}

/// Rows are in class order, so that a label has one heading.
fn write_entries(
    out: &mut dyn Write,
    snapshot: &Snapshot,
    rows: &[&Row],
    place: &Place<'_>,
) -> io::Result<()> {
    for of_class in rows.chunk_by(|a, b| a.class == b.class) {
        let label = text(&snapshot.class_of(of_class[0]).label, NAME);
        writeln!(out, "\n### {label}\n")?;
        for row in of_class {
            write_entry(out, row, place)?;
        }
    }
    Ok(())
}

fn write_entry(out: &mut dyn Write, row: &Row, place: &Place<'_>) -> io::Result<()> {
    let said = &row.provenance;
    let title = shown(said.title.as_deref(), NAME).unwrap_or_else(|| "untitled".to_owned());
    let page = said.page_url.as_deref().unwrap_or_default();
    write!(out, "- “{}”", link(&title, page))?;
    match shown(said.creator.as_deref(), NAME) {
        Some(creator) => write!(out, " by {creator}")?,
        None => write!(out, ", author not stated")?,
    }
    let url = said.license_url.as_deref().unwrap_or_default();
    if states_licence(said) {
        let name = shown(said.license.as_deref(), NAME).unwrap_or_else(|| text(url, NAME));
        write!(out, ", licence {}", link(&name, url))?;
    }
    match place(row) {
        Some(path) => write!(out, "; {} ", file_link("this picture", &path))?,
        None => write!(out, "; picture {} ", row.id)?,
    }
    match &said.image_url {
        Some(first) => {
            write!(out, "from {} ", address("the original", first))?;
            write!(out, "by way of {}.", address("another copy", &row.url))?;
        }
        None => write!(out, "from {}.", address("the original", &row.url))?,
    }
    if let Some(sentence) = shown(said.attribution.as_deref(), SENTENCE) {
        write!(out, " Credit as the source gives it: “{sentence}”")?;
    }
    writeln!(out)
}

fn shown(said: Option<&str>, most: usize) -> Option<String> {
    let said = text(said?, most);
    (!said.is_empty()).then_some(said)
}

/// A link where the address can be one, else the address beside the words.
fn address(words: &str, address: &str) -> String {
    let linked = link(words, address);
    if linked == words {
        format!("{words} ({})", text(address, NAME))
    } else {
        linked.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::Dataset;
    use crate::dataset::stand_in::good;
    use crate::publish::publication_tests::{create, names};

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the members it fills are optional"
    )]
    fn said(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    /// Publishes pictures of one label with these provenances and gives the credits.
    fn credits(root: &Path, label: &str, all: Vec<Provenance>) -> String {
        let mut dataset = create(root);
        let arrivals = (0..).zip(all).map(|(seq, provenance)| {
            let mut arrival = good(label, seq, seq, 100);
            arrival.claims[0].provenance = provenance;
            arrival
        });
        dataset.commit(arrivals.collect()).unwrap();
        dataset.publish(&names(&[label])).unwrap();
        fs::read_to_string(root.join(FILE)).unwrap()
    }

    #[test]
    fn title_author_source_and_licence_are_named_and_silence_is_warned_of() {
        let folder = tempfile::tempdir().unwrap();
        let whole = Provenance {
            title: said("Snowy owl"),
            creator: said("Jane Doe"),
            license: said("CC BY 4.0"),
            license_url: said("https://creativecommons.org/licenses/by/4.0/"),
            page_url: said("https://example.org/owl"),
            attribution: said("\"Snowy owl\" by Jane Doe is under CC BY 4.0."),
            ..Provenance::default()
        };
        let copied = Provenance {
            image_url: said("http://example.org/first.png"),
            license_url: said("https://example.org/terms"),
            ..Provenance::default()
        };
        let text = credits(
            folder.path(),
            "owl",
            vec![whole, copied, Provenance::default()],
        );
        let snapshot = Snapshot::newest(folder.path()).unwrap();
        let file = |at: usize| {
            let row = &snapshot.rows[at];
            format!("[this picture](<images/{}/owl/{}.jpg>)", row.split, row.id)
        };
        for line in [
            format!(
                "- “[Snowy owl](<https://example.org/owl>)” by Jane Doe, licence [CC BY 4.0](<https://creativecommons.org/licenses/by/4.0/>); {} \
                 from [the original](<http://127.0.0.1/owl/0.png>). Credit as the source gives it: “\"Snowy owl\" by Jane Doe is under CC BY 4.0.”",
                file(0)
            ),
            format!(
                "- “untitled”, author not stated, licence [https\\://example.org/terms](<https://example.org/terms>); {} from \
                 [the original](<http://example.org/first.png>) by way of [another copy](<http://127.0.0.1/owl/1.png>).",
                file(1)
            ),
            format!(
                "- “untitled”, author not stated; {} from [the original](<http://127.0.0.1/owl/2.png>).",
                file(2)
            ),
            format!(
                "3 pictures of snapshot 1 (`{}`), 1 of them without a stated licence.",
                snapshot.id
            ),
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        let (stated, silent) = text.split_once("## Pictures without a licence").unwrap();
        assert!(stated.contains("Snowy owl") && silent.contains("all rights reserved"));
        assert_eq!(silent.matches("\n- ").count(), 1);
        let root = folder.path();
        fs::write(root.join(FILE), "scribble").unwrap();
        assert!(!crate::verify(root, false).unwrap().problems.is_empty());
        fs::remove_file(root.join(FILE)).unwrap();
        drop(Dataset::open(root).unwrap());
        assert_eq!(fs::read_to_string(root.join(FILE)).unwrap(), text);
    }

    /// What is left of a text for Markdown to act upon.
    fn without_escapes(text: &str) -> String {
        let mut rest = text.chars();
        let mut bare = String::new();
        while let Some(c) = rest.next() {
            if c == '\\' {
                rest.next();
            } else {
                bare.push(c);
            }
        }
        bare
    }

    #[test]
    fn hostile_words_stay_words_on_their_own_line() {
        let hostile = [
            "[x](javascript:alert(1))",
            "`code`\n\n# heading\n- item",
            "<img src=x onerror=alert(1)>",
            "\u{202e}drawkcab\u{202c}",
            "ינשוף",
            "](javascript:x) **bold** | cell",
        ];
        let long = "[a](b) ".repeat(1_500);
        let all: Vec<Provenance> = hostile
            .iter()
            .copied()
            .chain([long.as_str()])
            .map(|text| Provenance {
                title: said(text),
                creator: said(text),
                license: said(text),
                license_url: said(text),
                page_url: said(text),
                attribution: said(text),
                image_url: said(text),
                ..Provenance::default()
            })
            .collect();
        let count = all.len();
        let folder = tempfile::tempdir().unwrap();
        let text = credits(folder.path(), "<b>[x](y)</b>", all);
        assert_eq!(text.matches("\n- “").count(), count);
        assert!(text.contains("\n### \\<b\\>\\[x\\](y)\\</b\\>\n"), "{text}");
        let bare = without_escapes(&text);
        let links = bare.matches("](<").count();
        assert_eq!(links, 2 * count, "a file and a copy each");
        assert_eq!(
            (bare.matches('[').count(), bare.matches('<').count()),
            (links, links)
        );
        assert_eq!(bare.matches('`').count(), 2, "around the snapshot's id");
        assert!(!bare.contains(['*', '|', '\u{202e}']), "{bare}");
        let longest = text.lines().map(str::len).max().unwrap();
        assert!(longest < 5_000, "{longest}");
        // Every link that is left is ours: a picture's file, or the address that it came from.
        for (at, _) in text.match_indices("](<") {
            let target = &text[at + 3..];
            assert!(target.starts_with("images/") || target.starts_with("http://127.0.0.1/"));
        }
    }

    /// Counts bytes and remembers the largest piece.
    #[derive(Default)]
    struct Sink {
        bytes: usize,
        largest: usize,
    }

    impl Write for Sink {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.bytes += piece.len();
            self.largest = self.largest.max(piece.len());
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn fifty_thousand_pictures_pass_piece_by_piece() {
        let folder = tempfile::tempdir().unwrap();
        let big = "x".repeat(10_240);
        let most = Provenance {
            title: said(&big),
            creator: said(&big),
            license: said(&big),
            license_url: said(&format!("http://h/{big}")),
            page_url: said(&format!("http://h/{big}")),
            attribution: said(&big),
            ..Provenance::default()
        };
        credits(folder.path(), "owl", vec![most]);
        let mut snapshot = Snapshot::newest(folder.path()).unwrap();
        let one = snapshot.rows[0].clone();
        let mut alone = Sink::default();
        write(&mut alone, &snapshot).unwrap();
        assert!(alone.bytes < 5_000, "{}", alone.bytes);
        let mut small = one;
        small.provenance = Provenance::default();
        snapshot.rows = vec![small; 50_000];
        let mut many = Sink::default();
        write(&mut many, &snapshot).unwrap();
        assert!(many.bytes > 50_000 * 50);
        assert!(many.largest <= 3_000, "{}", many.largest);
    }
}
