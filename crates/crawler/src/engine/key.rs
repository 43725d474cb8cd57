use std::fmt;

use super::EngineState;
use crate::CrawlError;

/// Says where the key of an engine comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate {
    /// The engine's id.
    pub(super) engine: &'static str,
    /// Where keys are given out.
    pub(super) url: &'static str,
    /// The environment variable that the program reads.
    pub(super) variable: &'static str,
}

/// Is the key of an engine that answers nobody without one.
pub(super) struct Key {
    gate: Gate,
    value: String,
}

impl Key {
    /// Takes the key that is set.
    ///
    /// # Errors
    ///
    /// [`CrawlError::NoKey`] without one, [`CrawlError::Settings`] for one that cannot be a key.
    pub(super) fn of(gate: Gate, value: Option<&String>) -> Result<Self, CrawlError> {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return Err(CrawlError::NoKey {
                engine: gate.engine,
                url: gate.url,
                variable: gate.variable,
            });
        };
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            let Gate { url, variable, .. } = gate;
            return Err(CrawlError::Settings {
                what: format!(
                    "{variable} has characters that no key has: copy it once more from {url}"
                ),
            });
        }
        Ok(Self {
            gate,
            value: value.clone(),
        })
    }

    /// The key itself, for a [`Secret`](super::Secret) and nothing else.
    pub(super) fn value(&self) -> &str {
        &self.value
    }

    /// Builds the state of an engine that does not take the key.
    pub(super) fn refused(&self, what: &str) -> EngineState {
        let Gate { url, variable, .. } = self.gate;
        EngineState::Blocked {
            detail: format!("{what}; check the key in {variable}, keys are given out at {url}"),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.gate.variable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATE: Gate = Gate {
        engine: "e",
        url: "https://keys.example/",
        variable: "E_API_KEY",
    };

    #[test]
    fn an_engine_without_its_key_says_where_to_get_one() {
        for none in [None, Some(&String::new())] {
            let error = Key::of(GATE, none).unwrap_err();
            assert!(matches!(error, CrawlError::NoKey { engine: "e", .. }));
            let text = error.to_string();
            assert!(text.contains("https://keys.example/") && text.contains("E_API_KEY"));
        }
        for bad in ["a b", "a\nb", "\u{fc}"] {
            let error = Key::of(GATE, Some(&bad.to_owned()))
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("E_API_KEY") && !error.contains(bad),
                "{error}"
            );
        }
    }

    #[test]
    fn a_key_shows_itself_nowhere() {
        let key = Key::of(GATE, Some(&"k-1".to_owned())).unwrap();
        assert_eq!(
            (key.value(), format!("{key:?}")),
            ("k-1", "Key(E_API_KEY)".to_owned())
        );
        let state = key.refused("status 401").to_string();
        assert!(
            state.contains("status 401; check the key in E_API_KEY"),
            "{state}"
        );
        assert!(!state.contains("k-1"));
    }
}
