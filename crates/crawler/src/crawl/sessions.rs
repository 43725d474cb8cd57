use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::engine::Session;

/// The least time a session is used, whatever its engine says, so that an engine is not opened again and again.
const SHORTEST: Duration = Duration::from_secs(30);

/// Keeps what engines were opened with, in memory only: by engine and by the scope that the engine gave it.
#[derive(Default)]
pub(super) struct Sessions {
    open: HashMap<(usize, String), Open>,
    /// How many were opened.
    count: u64,
}

struct Open {
    token: String,
    /// Which of all it is.
    number: u64,
    until: Instant,
    /// Has brought a page since it was opened.
    is_proven: bool,
}

impl Sessions {
    /// Takes a session in and forgets those that have run out.
    pub(super) fn keep(&mut self, engine: usize, scope: &str, session: Session, now: Instant) {
        self.open.retain(|_, open| open.until > now);
        self.count += 1;
        let open = Open {
            number: self.count,
            token: session.token,
            until: now + session.lifetime.max(SHORTEST),
            is_proven: false,
        };
        self.open.insert((engine, scope.to_owned()), open);
    }

    /// Returns the number and the token of a session that is still good.
    pub(super) fn token(&self, engine: usize, scope: &str, now: Instant) -> Option<(u64, &str)> {
        let open = self.open.get(&(engine, scope.to_owned()))?;
        (open.until > now).then_some((open.number, open.token.as_str()))
    }

    /// A page has come under the session.
    pub(super) fn prove(&mut self, engine: usize, scope: &str) {
        if let Some(open) = self.open.get_mut(&(engine, scope.to_owned())) {
            open.is_proven = true;
        }
    }

    /// Drops the session under which a page was refused; says whether another try is worth it: the session had brought pages
    /// before, so that a fresh one may, or there is another one by now.
    pub(super) fn refuse(&mut self, engine: usize, scope: &str, number: u64) -> bool {
        let key = (engine, scope.to_owned());
        match self.open.get(&key) {
            Some(open) if open.number == number => {
                let is_proven = open.is_proven;
                self.open.remove(&key);
                is_proven
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(seconds: u64) -> Session {
        Session {
            token: "t".to_owned(),
            lifetime: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn a_session_is_good_for_its_engine_scope_and_time() {
        let start = Instant::now();
        let mut sessions = Sessions::default();
        sessions.keep(0, "cat", session(60), start);
        assert_eq!(sessions.token(0, "cat", start), Some((1, "t")));
        assert_eq!(sessions.token(0, "dog", start), None);
        assert_eq!(sessions.token(1, "cat", start), None);
        let later = start + Duration::from_mins(1);
        assert_eq!(sessions.token(0, "cat", later), None);
        sessions.keep(0, "dog", session(0), later);
        assert_eq!(sessions.open.len(), 1, "the old one is forgotten");
        let soon = later + Duration::from_secs(29);
        assert!(
            sessions.token(0, "dog", soon).is_some(),
            "not asked every second"
        );
    }

    #[test]
    fn only_a_session_that_has_served_is_worth_another() {
        let now = Instant::now();
        let mut sessions = Sessions::default();
        sessions.keep(0, "", session(60), now);
        assert!(
            !sessions.refuse(0, "", 1),
            "fresh and refused: that is meant"
        );
        sessions.keep(0, "", session(60), now);
        sessions.prove(0, "");
        assert!(sessions.refuse(0, "", 2));
        sessions.keep(0, "", session(60), now);
        assert!(
            sessions.refuse(0, "", 2),
            "another page was sent under the old one"
        );
        assert!(
            sessions.token(0, "", now).is_some(),
            "which does not end the new one"
        );
        assert!(!sessions.refuse(0, "", 3));
    }
}
