//! One thing that was looked at.

use serde::Serialize;

/// Columns of the answer; narrower than the narrowest terminal.
const WIDTH: usize = 79;

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
    pub(super) check: String,
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
    pub(super) fn machine(check: &str, level: Level, found: impl Into<String>) -> Self {
        Self {
            area: "machine",
            check: check.to_owned(),
            level,
            found: found.into(),
            next: None,
            state: None,
        }
    }

    pub(super) fn engine(
        check: &str,
        level: Level,
        state: &'static str,
        found: impl Into<String>,
    ) -> Self {
        Self {
            area: "engine",
            check: check.to_owned(),
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
        let head = format!("  {:<4}  {:<pad$}  ", self.level.word(), self.check);
        let margin = " ".repeat(pad + 10);
        let mut lines = wrap(&self.found, &head, &margin);
        if let Some(next) = &self.next {
            let deeper = format!("{margin}   ");
            lines.extend(wrap(next, &format!("{margin}-> "), &deeper));
        }
        lines
    }
}

/// Breaks a text between words; a word that is longer than a line stays whole.
fn wrap(text: &str, first: &str, margin: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        let length = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if length > WIDTH && !is_empty {
            lines.push(std::mem::replace(&mut line, margin.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
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
        assert!(lines.iter().all(|line| line.len() <= WIDTH), "{lines:#?}");
    }
}
