use crate::EngineState;

/// Answers in a row that are not understood before the engine is given up.
const STRANGE: u32 = 3;

/// Decides when an engine is left alone for the rest of the run.
///
/// A refusal opens the breaker at once: asking again would be what it objects to. An answer that is not understood may be the
/// fault of one phrase, so it takes several in a row without a page between them. It closes with the next run.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    strange: u32,
    open: Option<EngineState>,
    last: Option<EngineState>,
}

impl Breaker {
    /// A page has come.
    pub(super) fn passed(&mut self) {
        self.strange = 0;
    }

    /// Something else has come; returns whether that opened the breaker.
    pub(super) fn failed(&mut self, state: &EngineState) -> bool {
        if self.open.is_some() {
            return false;
        }
        self.last = Some(state.clone());
        if matches!(state, EngineState::SchemaChanged { .. }) {
            self.strange += 1;
            if self.strange < STRANGE {
                return false;
            }
        }
        self.open = Some(state.clone());
        true
    }

    /// Why the engine is left alone; `None` while it may be asked.
    pub(super) fn state(&self) -> Option<&EngineState> {
        self.open.as_ref()
    }

    /// The last failure of any of its phrases in this run.
    pub(super) fn last(&self) -> Option<&EngineState> {
        self.last.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_opens_at_once_and_stays() {
        let mut breaker = Breaker::default();
        let blocked = EngineState::Blocked {
            detail: "403".to_owned(),
        };
        assert!(breaker.failed(&blocked));
        assert!(!breaker.failed(&EngineState::schema("later")));
        assert_eq!(breaker.state(), Some(&blocked));
    }

    #[test]
    fn strange_answers_open_only_in_a_row() {
        let mut breaker = Breaker::default();
        let strange = EngineState::schema("no list");
        for _ in 0..2 {
            assert!(!breaker.failed(&strange) && !breaker.failed(&strange));
            breaker.passed();
        }
        assert!(!breaker.failed(&strange) && !breaker.failed(&strange));
        assert_eq!(breaker.state(), None);
        assert_eq!(breaker.last(), Some(&strange));
        assert!(breaker.failed(&strange));
        assert_eq!(breaker.state(), Some(&strange));
    }
}
