//! The folder of a label, safe on every file system.

use std::collections::BTreeMap;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Longest folder name in bytes; with an ending and a prefix it stays below every file system's limit of 255.
const MAX_BYTES: usize = 100;

/// Names that Windows reads as devices, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Files that datasets, exports and readers put beside the folders of classes, as [`folded`] has them. `datasets` reads three forms of metadata.
const FILES: [&str; 15] = [
    "metadata.jsonl",
    "metadata.csv",
    "metadata.parquet",
    "classes.json",
    "labels.txt",
    "synset_words.txt",
    "train.txt",
    "val.txt",
    "test.txt",
    "index.jsonl",
    "rejected.jsonl",
    "trawl.json",
    "readme.md",
    "attribution.md",
    "dataset_infos.json",
];

/// Chooses a folder for each of some distinct labels: the label itself where every system takes it and none other in the set
/// looks like it, else a slug and six digits of the label's hash.
///
/// The choice depends on the set alone, and no two labels share a folder, even where case or Unicode form is ignored.
pub(crate) fn folders(labels: &[&str]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for label in labels {
        *seen.entry(folded(label)).or_default() += 1;
    }
    let is_literal = |label: &str| is_portable(label) && seen[&folded(label)] == 1;
    let made: Vec<String> = labels
        .iter()
        .map(|label| {
            if is_literal(label) {
                (*label).to_owned()
            } else {
                slug(label, 6)
            }
        })
        .collect();
    let mut twins: BTreeMap<String, usize> = BTreeMap::new();
    for folder in &made {
        *twins.entry(folded(folder)).or_default() += 1;
    }
    // A label may look like another's slug, or two hashes begin alike; more digits settle both.
    labels
        .iter()
        .zip(made)
        .map(|(label, folder)| {
            if twins[&folded(&folder)] == 1 {
                folder
            } else {
                slug(label, 32)
            }
        })
        .collect()
}

fn is_portable(label: &str) -> bool {
    let stem = folded(label.split('.').next().unwrap_or_default().trim_end());
    let numbered = stem
        .strip_prefix("com")
        .or_else(|| stem.strip_prefix("lpt"));
    let is_device = DEVICES.contains(&stem.as_str())
        || numbered.is_some_and(|n| {
            matches!(n.chars().next(), Some('0'..='9' | '¹' | '²' | '³')) && n.chars().count() == 1
        });
    !label.is_empty()
        && label.len() <= MAX_BYTES
        && is_nfc(label)
        && label.trim() == label
        && !label.ends_with('.')
        // Hidden for shells, and both beginnings are passed over by dataset readers.
        && !label.starts_with(['.', '-', '~'])
        && !label.starts_with("__")
        && !is_device
        && !FILES.contains(&folded(label).as_str())
        && !is_expanded(label)
        && label.chars().all(is_plain)
}

/// Whether readers that expand variables in paths, as `datasets` does, may look elsewhere: `$NAME`, and on Windows `%NAME%` and `$$`.
/// (What stands in braces has no plain characters.)
fn is_expanded(label: &str) -> bool {
    let mut after_sign = label.split('$').skip(1);
    after_sign.any(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
        || label.contains("$$")
        || label.matches('%').count() > 1
}

/// Characters that no file system, shell, glob or YAML reader takes for something else.
fn is_plain(c: char) -> bool {
    let invisible = matches!(c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}');
    !c.is_control() && !invisible && !r#"/\:*?"<>|[]{}"#.contains(c)
}

/// What is left of a name when case and Unicode form are ignored.
fn folded(name: &str) -> String {
    name.nfc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

fn slug(label: &str, digits: usize) -> String {
    let mut slug = String::new();
    for c in label.nfkd() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() && !is_mark(c) {
            slug.push('-');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    let slug = if slug.is_empty() { "name" } else { slug };
    format!(
        "{slug}-{}",
        &blake3::hash(label.as_bytes()).to_hex()[..digits]
    )
}

/// Accents that decomposition splits off.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ordinary_names_in_any_script_stay() {
        for label in [
            "owl",
            "great tit",
            "猫头鹰",
            "сова",
            "O'Hara",
            "train",
            "test tube",
            "c++",
            "🦉",
            "a.b",
            "été",
            "US$ 5",
            "5$",
            "100%",
            "metadata",
            "a.csv",
        ] {
            assert_eq!(folders(&[label]), [label]);
        }
    }

    #[test]
    fn hostile_names_become_slugs_that_are_portable_themselves() {
        let long = "x".repeat(300);
        let hostile = [
            "a/b",
            "..",
            ".",
            "",
            " lead",
            "trail ",
            "dot.",
            "NUL",
            "com1.txt",
            "aux .x",
            "a\u{0}b",
            "a\nb",
            "c:d",
            "w?",
            "*",
            "\u{202e}gpj",
            "__pycache__",
            ".hidden",
            "e\u{301}te",
            &long,
            "[a]",
            "🦉/🦉",
            "-",
            "COM³",
            "$HOME",
            "A$AP Rocky",
            "$_",
            "a$$",
            "${x}",
            "%PATH%",
            "~",
            "~root",
            "a::b",
            "zip://a",
            "metadata.jsonl",
            "Metadata.CSV",
            "metadata.parquet",
            "classes.json",
            "Labels.txt",
            "README.md",
        ];
        let made = folders(&hostile);
        for (label, folder) in hostile.iter().zip(&made) {
            assert_ne!(label, folder);
            assert!(is_portable(folder), "{label:?} -> {folder:?}");
        }
        assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), hostile.len());
        assert!(made[0].starts_with("a-b-"));
    }

    #[test]
    fn twins_are_told_apart_whatever_the_order() {
        let twins = ["Owl", "owl", "OWL", "Straße", "STRASSE", "other"];
        let made = folders(&twins);
        let apart: BTreeSet<String> = made.iter().map(|folder| folded(folder)).collect();
        assert_eq!(apart.len(), twins.len());
        assert_eq!(made[5], "other");
        let mut turned = twins;
        turned.reverse();
        let mut again = folders(&turned);
        again.reverse();
        assert_eq!(again, made);
    }

    #[test]
    fn a_label_that_imitates_a_slug_gets_another() {
        let slug = folders(&["a/b"]).remove(0);
        let made = folders(&["a/b", &slug]);
        assert_ne!(made[0], made[1]);
    }
}
