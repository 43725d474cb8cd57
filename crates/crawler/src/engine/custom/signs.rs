use super::super::Answer;
use super::body::Document;
use super::defect::Defect;
use super::file::{BodyKind, SignTable, StatesTable};
use super::locator::Locator;
use crate::EngineState;

/// Says by what a site tells that it refuses, wants fewer requests, or has no more.
#[derive(Debug)]
pub(super) struct Signs {
    blocked: Vec<Sign>,
    limited: Vec<Sign>,
    empty: Vec<Sign>,
}

#[derive(Debug)]
enum Sign {
    /// The body has this text, in lower case here and looked for in any.
    Text(String),
    /// The place has a value, and one of these if there are any.
    Place(Locator, Vec<String>, String),
    Status(u16),
}

impl Signs {
    /// Compiles the table `states`.
    ///
    /// # Errors
    ///
    /// Its first [`Defect`].
    pub(super) fn compile(table: &StatesTable, body: BodyKind) -> Result<Self, Defect> {
        let all = |key: &str, signs: &[SignTable]| {
            let signs = signs.iter().map(|sign| Sign::compile(sign, body));
            let signs: Result<Vec<_>, String> = signs.collect();
            signs.map_err(|what| Defect::at(key, what))
        };
        Ok(Self {
            blocked: all("states.blocked", &table.blocked)?,
            limited: all("states.limited", &table.limited)?,
            empty: all("states.empty", &table.empty)?,
        })
    }

    /// Whether the file says how the site tells that it has no more.
    pub(super) fn tell_empty(&self) -> bool {
        !self.empty.is_empty()
    }

    /// Reads the state off an answer; `document` is its body where that could be read.
    pub(super) fn read(&self, answer: &Answer, document: Option<&Document>) -> Option<EngineState> {
        let text = answer.text().to_lowercase();
        let found = |signs: &[Sign]| {
            signs
                .iter()
                .find_map(|sign| sign.found(answer.status, &text, document))
        };
        if let Some(detail) = found(&self.blocked) {
            return Some(EngineState::Blocked { detail });
        }
        if found(&self.limited).is_some() {
            return Some(EngineState::RateLimited { wait: None });
        }
        found(&self.empty).map(|_| EngineState::Empty)
    }
}

impl Sign {
    fn compile(table: &SignTable, body: BodyKind) -> Result<Self, String> {
        let full = match table {
            SignTable::Text(text) if text.trim().is_empty() => {
                return Err("an empty text is in every body: write what the site says".to_owned());
            }
            SignTable::Text(text) => return Ok(Self::Text(text.to_lowercase())),
            SignTable::Full(full) => full,
        };
        match (&full.at, &full.is, full.status) {
            (Some(at), is, None) => {
                let is = is.clone().unwrap_or_default();
                Ok(Self::Place(Locator::in_body(body, at)?, is, at.clone()))
            }
            (None, None, Some(200)) => {
                Err("status 200 is that of every page: name another".to_owned())
            }
            (None, None, Some(status)) => Ok(Self::Status(status)),
            _ => Err("give a text, or { at, is }, or { status }".to_owned()),
        }
    }

    /// Returns the words for what was found.
    fn found(&self, status: u16, lower: &str, document: Option<&Document>) -> Option<String> {
        match self {
            Self::Text(text) => lower
                .contains(text)
                .then(|| format!("a page that says `{text}`")),
            Self::Place(at, is, name) => {
                let value = document?.find(at)?;
                let holds = is.is_empty() || is.contains(&value);
                let shown: String = value.chars().take(100).collect();
                holds.then(|| format!("`{name}` says `{shown}`"))
            }
            Self::Status(known) => (status == *known).then(|| format!("status {status}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(toml: &str) -> Result<Signs, Defect> {
        Signs::compile(&toml::from_str(toml).unwrap(), BodyKind::Json)
    }

    fn state(signs: &Signs, status: u16, body: &str) -> Option<EngineState> {
        let answer = Answer {
            status,
            ..Answer::of(body)
        };
        let document = Document::read(BodyKind::Json, None, body.as_bytes()).ok();
        signs.read(&answer, document.as_ref())
    }

    #[test]
    fn a_state_is_told_by_text_place_or_status() {
        let signs = signs(
            "blocked = ['Are you HUMAN', { at = '/anti', is = ['1'] }]\nlimited = [{ at = '/slow' }]\nempty = [{ status = 404 }]",
        )
        .unwrap();
        assert!(matches!(
            state(&signs, 200, "<p>are you human?"),
            Some(EngineState::Blocked { .. })
        ));
        assert!(matches!(
            state(&signs, 200, "{\"anti\":1}"),
            Some(EngineState::Blocked { .. })
        ));
        assert_eq!(state(&signs, 200, "{\"anti\":0}"), None);
        assert_eq!(
            state(&signs, 200, "{\"slow\":\"yes\"}"),
            Some(EngineState::RateLimited { wait: None })
        );
        assert_eq!(state(&signs, 404, ""), Some(EngineState::Empty));
        assert_eq!(state(&signs, 403, "{}"), None);
    }

    #[test]
    fn signs_that_say_nothing_are_refused() {
        for toml in [
            "blocked = [' ']",
            "empty = [{ status = 200 }]",
            "limited = [{ is = ['1'] }]",
            "blocked = [{ at = 'a' }]",
        ] {
            assert!(signs(toml).is_err(), "{toml}");
        }
    }
}
