use std::path::Path;

use crate::CrawlError;

/// Is what is wrong with an engine's file: the key, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Defect {
    what: String,
}

impl Defect {
    /// Names a key by its path, such as `paging.next`, and says what it should be.
    pub(super) fn at(key: &str, what: impl AsRef<str>) -> Self {
        Self {
            what: format!("{key}: {}", what.as_ref()),
        }
    }

    /// Takes what the parser said of a file that is not the TOML it should be.
    pub(super) fn parse(text: &str, error: &toml::de::Error) -> Self {
        let mut message = error.message().trim().replace('\n', " ");
        if let Some(span) = error.span() {
            let before = text.get(..span.start).unwrap_or(text);
            let number = before.bytes().filter(|b| *b == b'\n').count() + 1;
            let line = text.lines().nth(number - 1).unwrap_or_default().trim();
            let shown: String = line.chars().take(80).collect();
            message = format!("line {number} `{shown}`: {message}");
        }
        Self { what: message }
    }

    /// Puts the file's path to it.
    pub(super) fn of(self, path: &Path) -> CrawlError {
        CrawlError::EngineFile {
            path: path.to_owned(),
            what: self.what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_names_path_and_key() {
        let error = Defect::at("paging.next", "give a JSON pointer").of(Path::new("a/b.toml"));
        let text = error.to_string();
        assert!(
            text.contains("a/b.toml") && text.contains("paging.next: give"),
            "{text}"
        );
    }

    #[test]
    fn a_parse_error_shows_its_line() {
        let text = "name = \"x\"\nbody = json\n";
        let error = toml::from_str::<toml::Table>(text).unwrap_err();
        let defect = Defect::parse(text, &error);
        assert!(
            defect.what.starts_with("line 2 `body = json`: "),
            "{defect:?}"
        );
    }
}
