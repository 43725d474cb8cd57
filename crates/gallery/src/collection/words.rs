//! Which pictures a query finds.

use std::collections::HashSet;

use super::Picture;

/// The words by which one picture is found, in lower case.
#[derive(Debug)]
pub(super) struct Words {
    tags: HashSet<String>,
    /// Words of the title and of the tags, and the tags themselves (one that is a phrase counts both ways).
    words: HashSet<String>,
}

impl Words {
    pub(super) fn of(picture: &Picture) -> Self {
        let tags: HashSet<String> = picture.tags.iter().map(|tag| plain(tag)).collect();
        let title = split(&picture.title);
        let words = tags
            .iter()
            .flat_map(|tag| split(tag))
            .chain(title)
            .chain(tags.iter().cloned())
            .collect();
        Self { tags, words }
    }
}

/// A query made ready for matching against many pictures.
///
/// A query that is a tag of the collection finds what carries the tag, so that a name finds the same in every
/// language. Any other query finds pictures that have all its words in title or tags.
#[derive(Debug)]
pub(super) enum Wanted {
    Tag(String),
    Words(Vec<String>),
}

impl Wanted {
    /// Makes a query ready; `all` are the words of every picture of the collection.
    pub(super) fn of(query: &str, all: &[Words]) -> Self {
        let query = plain(query);
        if all.iter().any(|words| words.tags.contains(&query)) {
            return Self::Tag(query);
        }
        Self::Words(
            query
                .split(' ')
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Says whether a picture is found; a query without words finds nothing.
    pub(super) fn matches(&self, words: &Words) -> bool {
        match self {
            Self::Tag(tag) => words.tags.contains(tag),
            Self::Words(wanted) => {
                !wanted.is_empty() && wanted.iter().all(|word| words.words.contains(word))
            }
        }
    }
}

/// Lower case, with single spaces.
fn plain(text: &str) -> String {
    text.to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn split(text: &str) -> Vec<String> {
    let words = text.to_lowercase();
    words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(title: &str, tags: &[&str]) -> Words {
        let picture = serde_json::json!({
            "file": "a.png", "title": title, "tags": tags, "width": 1, "height": 1, "license": "public domain",
        });
        Words::of(&serde_json::from_value(picture).unwrap())
    }

    fn found(query: &str, all: &[Words]) -> Vec<usize> {
        let wanted = Wanted::of(query, all);
        (0..all.len())
            .filter(|&n| wanted.matches(&all[n]))
            .collect()
    }

    #[test]
    fn a_tag_finds_the_same_in_every_language_and_no_titles() {
        let all = [
            words("Grey owl 01", &["bird", "鸟", "Vogel"]),
            words("Bird house", &["house", "房子"]),
            words("duck", &["bird", "鸟", "Vogel"]),
        ];
        for query in ["bird", "BIRD", "鸟", "vogel", "  Bird "] {
            assert_eq!(found(query, &all), [0, 2], "{query}");
        }
    }

    #[test]
    fn other_queries_need_all_words_in_title_or_tags() {
        let all = [
            words("grey owl 01", &["bird", "bird of prey"]),
            words("grey-duck", &["bird"]),
        ];
        assert_eq!(found("owl Bird", &all), [0]);
        assert_eq!(found("grey", &all), [0, 1]);
        assert_eq!(found("prey owl", &all), [0]);
        assert_eq!(found("owl fish", &all), [0; 0]);
        assert_eq!(found("gr", &all), [0; 0]);
        assert_eq!(found(" ", &all), [0; 0]);
    }
}
