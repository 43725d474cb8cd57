use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use thiserror::Error;

use super::Secret;

/// Tells what an engine said instead of a page of hits.
///
/// `Empty` ends one search phrase. `SchemaChanged` gives the phrase up for this run, and the engine with it when that
/// happens three times in a row. Every other state ends the engine for the run (after the waits that `max_wait` and
/// `tries` allow), while the other engines go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EngineState {
    /// Nothing more for this phrase.
    #[error("no more results")]
    Empty,
    /// It refuses us: 401, 403, a captcha.
    #[error("blocked: {detail}")]
    Blocked {
        /// The sign of it.
        detail: String,
    },
    /// It asks for fewer requests.
    #[error("rate limited{}", wait.map(|w| format!(", wants {} s", w.as_secs())).unwrap_or_default())]
    RateLimited {
        /// How long it wants to be left alone, when it says.
        wait: Option<Duration>,
    },
    /// It wants a longer pause than this run may make.
    #[error("wants to be left alone until {}", crate::stamp::rfc3339(*until))]
    Waiting {
        /// When it may be asked again.
        until: SystemTime,
    },
    /// Its answer is not what this engine is known to say.
    #[error(
        "answer not understood: {detail}{}",
        sample.as_ref().map(|s| format!("; it is kept in {} for a bug report", s.display())).unwrap_or_default()
    )]
    SchemaChanged {
        /// What is wrong with the answer.
        detail: String,
        /// A file with the answer, keys blotted out.
        sample: Option<PathBuf>,
    },
    /// It did not answer, after all tries.
    #[error("unreachable: {detail}")]
    Unreachable {
        /// The last failure.
        detail: String,
    },
}

impl EngineState {
    /// Returns the state's name, as logs and scripts read it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Blocked { .. } => "blocked",
            Self::RateLimited { .. } => "rate-limited",
            Self::Waiting { .. } => "waiting",
            Self::SchemaChanged { .. } => "schema-changed",
            Self::Unreachable { .. } => "unreachable",
        }
    }

    /// Builds the state of an answer that lacks what it should have.
    pub(crate) fn schema(detail: impl Into<String>) -> Self {
        Self::SchemaChanged {
            detail: detail.into(),
            sample: None,
        }
    }

    /// Blots secrets out of the detail, since an engine may repeat them in what it says, and whatever could steer a terminal.
    pub(crate) fn without(mut self, secrets: &[Secret]) -> Self {
        if let Self::Blocked { detail }
        | Self::Unreachable { detail }
        | Self::SchemaChanged { detail, .. } = &mut self
        {
            *detail = Secret::blot_all(secrets, detail).replace(char::is_control, " ");
        }
        self
    }

    /// Sorts a body that is no JSON: a captcha page is a block, anything else a change.
    pub(crate) fn unreadable(body: &[u8], error: &serde_json::Error) -> Self {
        Self::challenge(body).unwrap_or_else(|| Self::schema(format!("no JSON ({error})")))
    }

    /// Recognises a page that asks whether one is human.
    pub(crate) fn challenge(body: &[u8]) -> Option<Self> {
        const SIGNS: [&str; 6] = [
            "captcha",
            "unusual traffic",
            "access denied",
            "are you a robot",
            "forbid spider",
            "verify you are human",
        ];
        let head = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]).to_lowercase();
        let sign = SIGNS.iter().find(|sign| head.contains(**sign))?;
        Some(Self::Blocked {
            detail: format!("a page that says `{sign}`"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_an_engine_repeats_are_blotted_out() {
        let keys = [Secret::query("a", "k1"), Secret::header("b", "", "k2")];
        let said = EngineState::schema("no k1, no k2").without(&keys);
        assert_eq!(said, EngineState::schema("no [key], no [key]"));
        let steering = EngineState::schema("\u{1b}]0;x\u{7}all\nwell").without(&[]);
        assert_eq!(steering, EngineState::schema(" ]0;x all well"));
        assert_eq!(EngineState::Empty.without(&keys), EngineState::Empty);
    }

    #[test]
    fn a_captcha_page_is_a_block_and_other_html_a_change() {
        let error = || serde_json::from_str::<u8>("<").unwrap_err();
        let state = |body: &str| EngineState::unreadable(body.as_bytes(), &error());
        assert!(matches!(
            state("<html>Please solve the CAPTCHA"),
            EngineState::Blocked { .. }
        ));
        assert!(matches!(
            state("<html>hello"),
            EngineState::SchemaChanged { .. }
        ));
    }
}
