//! Names of pictures that are safe and stable in URLs.

use std::collections::HashSet;

use crate::dice;

/// Hands out slugs, each once.
#[derive(Debug, Default)]
pub(super) struct Slugs(HashSet<String>);

impl Slugs {
    /// Returns the slug of a file: its path without the ending, in lower-case ASCII letters, digits and hyphens.
    ///
    /// Where two files would share one, the later gets digits of its own hash, so that its slug does not depend on
    /// how many came before.
    pub(super) fn of(&mut self, file: &str) -> String {
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let dashed: String = stem
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect();
        let parts: Vec<&str> = dashed.split('-').filter(|part| !part.is_empty()).collect();
        let mut slug = if parts.is_empty() {
            "picture".to_owned()
        } else {
            parts.join("-")
        };
        if self.0.contains(&slug) {
            slug = format!("{slug}-{:016x}", dice::roll("slug", file));
        }
        self.0.insert(slug.clone());
        slug
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_and_unique() {
        let mut slugs = Slugs::default();
        assert_eq!(slugs.of("bird/Grey Owl_01.png"), "bird-grey-owl-01");
        assert_ne!(slugs.of("bird/grey-owl-01.png"), "bird-grey-owl-01");
        assert_eq!(slugs.of("鸟.png"), "picture");
        assert_ne!(slugs.of("鱼.png"), slugs.of("花.png"));
    }
}
