use std::time::SystemTime;

use super::file::{Fetched, SiteFile};
use crate::optout::Watched;
use crate::stamp::{from_unix, unix};

/// Says what an attempt to fetch a file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There is a file.
    Body,
    /// There is none, so nothing is forbidden.
    Unavailable,
    /// It is not known whether there is one.
    Unreachable,
}

impl Outcome {
    /// Returns the stable name under which the outcome is recorded.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Unavailable => "unavailable",
            Self::Unreachable => "unreachable",
        }
    }

    /// Restores an outcome from its recorded name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Body, Self::Unavailable, Self::Unreachable]
            .into_iter()
            .find(|outcome| outcome.code() == code)
    }
}

/// A website's file as it is kept between runs: plain columns of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRecord {
    /// How the last attempt ended.
    pub outcome: Outcome,
    /// The condensed file; empty without one.
    pub body: Vec<u8>,
    /// When the attempt ended, in seconds since 1970.
    pub fetched_at: u64,
    /// Attempts in a row, this one included, that did not reach the file.
    pub failures: u32,
    /// For whom the body was condensed ([`Watched::key`]); for others the record is of no use.
    pub watched: String,
}

impl SiteRecord {
    /// Makes the record of an attempt that ended now, after so many that did not reach the file.
    #[must_use]
    pub fn new<F: SiteFile>(
        fetched: Fetched<'_>,
        failures: u32,
        watched: &Watched,
        now: SystemTime,
    ) -> Self {
        let (outcome, body) = match fetched {
            Fetched::Body(body) => (Outcome::Body, F::condense(body, watched)),
            Fetched::Unavailable => (Outcome::Unavailable, Vec::new()),
            Fetched::Unreachable => (Outcome::Unreachable, Vec::new()),
        };
        let failed = outcome == Outcome::Unreachable;
        Self {
            outcome,
            body,
            fetched_at: unix(now),
            failures: if failed {
                failures.saturating_add(1)
            } else {
                0
            },
            watched: watched.key(),
        }
    }

    /// Returns when the attempt ended.
    #[must_use]
    pub fn fetched(&self) -> SystemTime {
        from_unix(self.fetched_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optout::RobotsFile;

    #[test]
    fn every_outcome_restores_from_its_code() {
        for outcome in [Outcome::Body, Outcome::Unavailable, Outcome::Unreachable] {
            assert_eq!(Outcome::from_code(outcome.code()), Some(outcome));
        }
        assert_eq!(Outcome::from_code("lost"), None);
    }

    #[test]
    fn a_record_holds_the_condensed_body_and_counts_failures() {
        let watched = Watched::new(&["ccbot".into()]);
        let now = from_unix(1_700_000_000);
        let record =
            |fetched, failures| SiteRecord::new::<RobotsFile>(fetched, failures, &watched, now);
        let body = record(Fetched::Body(b"# hello\nuser-agent: *\nDisallow: /a\n"), 3);
        assert_eq!(body.body, b"user-agent:*\ndisallow:/a\n");
        assert_eq!((body.outcome, body.failures), (Outcome::Body, 0));
        assert_eq!(
            (body.fetched(), body.watched.as_str()),
            (now, "trawl,ccbot")
        );
        assert_eq!(record(Fetched::Unavailable, 3).failures, 0);
        assert_eq!(record(Fetched::Unreachable, 3).failures, 4);
        assert_eq!(record(Fetched::Unreachable, u32::MAX).failures, u32::MAX);
    }
}
