//! One thing that was looked at.

use serde::Serialize;

use crate::terminal::wrap;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    /// It works.
    Ok,
    /// Worth knowing; a crawl goes on all the same, or nobody named it.
    Warn,
    /// It does not work, and it was named or is a default.
    Fail,
    /// It was not looked at.
    Skip,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

/// What was checked, what was found, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// `machine` or `engine`.
    pub(super) area: &'static str,
    #[serde(rename = "check")]
    pub(super) name: String,
    pub(super) level: Level,
    pub(super) found: String,
    /// Nothing where nothing needs to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
    /// In one word, for engines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<&'static str>,
}

impl Check {
    pub(super) fn machine(name: &str, level: Level, found: impl Into<String>) -> Self {
        Self {
            area: "machine",
            name: name.to_owned(),
            level,
            found: found.into(),
            next: None,
            state: None,
        }
    }

    pub(super) fn engine(
        name: &str,
        level: Level,
        state: &'static str,
        found: impl Into<String>,
    ) -> Self {
        Self {
            area: "engine",
            name: name.to_owned(),
            level,
            found: found.into(),
            next: None,
            state: Some(state),
        }
    }

    /// Adds what to do next.
    pub(super) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// The lines for a person; names are padded to `pad` characters.
    pub(super) fn lines(&self, pad: usize) -> Vec<String> {
        let head = format!("  {:<4}  {:<pad$}  ", self.level.word(), self.name);
        let margin = " ".repeat(pad + 10);
        let mut lines = wrap(&self.found, &head, &margin);
        if let Some(next) = &self.next {
            let deeper = format!("{margin}   ");
            lines.extend(wrap(next, &format!("{margin}-> "), &deeper));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_go_on_under_themselves() {
        let found = "word ".repeat(20);
        let check = Check::machine("clock", Level::Fail, found).next("set it ".repeat(12));
        let lines = check.lines(6);
        assert!(
            lines[0].starts_with("  fail  clock   word word"),
            "{lines:#?}"
        );
        assert!(lines[1].starts_with("                word"), "{lines:#?}");
        assert!(
            lines[2].starts_with("                -> set it"),
            "{lines:#?}"
        );
        assert!(lines[3].starts_with("                   "), "{lines:#?}");
        assert!(lines.iter().all(|line| line.len() < 80), "{lines:#?}");
    }
}
