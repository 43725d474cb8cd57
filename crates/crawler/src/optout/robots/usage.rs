use std::collections::HashMap;

use robotxt::{ANY_AGENT, Robots};

use super::groups::Group;
use super::lines::{Kind, Line};
use crate::optout::aipref::{self, Preference};
use crate::optout::pattern::{Pattern, literal_dollars};
use crate::optout::refusal::printable;
use crate::optout::{Refusal, Signal};

/// Bytes that one statement takes beyond its texts, roughly.
const OVERHEAD: usize = 192;

/// The two syntaxes in which a preference may be stated.
const SYNTAXES: [(Kind, Signal); 2] = [
    (Kind::ContentUsage, Signal::RobotsContentUsage),
    (Kind::ContentSignal, Signal::RobotsContentSignal),
];

/// The preferences that one agent's groups state, in both syntaxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usage(Vec<(Signal, Statements)>);

impl Usage {
    /// Gathers what the groups say to one agent.
    pub(super) fn of(groups: &[Group<'_>], agent: &str) -> Self {
        let addressed: Vec<_> = groups
            .iter()
            .filter(|group| group.agents.contains(&agent))
            .flat_map(|group| group.rules.iter().copied())
            .collect();
        let of = |kind| Statements::read(addressed.iter().filter(|line| line.kind == kind));
        let stated = SYNTAXES.map(|(kind, signal)| (signal, of(kind)));
        let stated = stated.into_iter().filter(|(_, s)| !s.is_empty());
        Self(stated.collect())
    }

    /// Returns what forbids training on a path's content; neither syntax lifts what the other forbids.
    pub(super) fn refusal(&self, agent: &str, path: &str) -> Option<Refusal> {
        self.0.iter().find_map(|(signal, statements)| {
            let statement = statements.on(path)?;
            let refuses = statement.preference == Preference::Disallowed;
            let evidence = format!("{} (user-agent {agent})", statement.evidence);
            refuses.then(|| Refusal::new(*signal, &evidence))
        })
    }

    /// Returns about how many bytes this takes.
    pub(super) fn weight(&self) -> usize {
        self.0.iter().map(|(_, s)| s.weight()).sum()
    }
}

/// The preferences of one syntax, each for the paths of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Statements {
    /// Every pattern as an `Allow` rule, which finds the longest that matches a path.
    patterns: Robots,
    by_pattern: HashMap<String, Statement>,
    /// What holds where no pattern matches.
    elsewhere: Option<Statement>,
}

/// A preference with the line that states it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Statement {
    preference: Preference,
    /// Empty unless training is forbidden.
    evidence: String,
}

impl Statements {
    /// Reads lines of one kind.
    ///
    /// A value that begins with `/` begins with a path, which ends at the first space or tab; any other value
    /// is the preference alone (attachment draft, section 3.2). Of several lines with the same path the most
    /// restrictive one counts.
    fn read<'l>(lines: impl Iterator<Item = &'l Line<'l>>) -> Self {
        let mut file = b"user-agent:*\n".to_vec();
        let mut by_pattern = HashMap::new();
        let mut elsewhere = None;
        for line in lines {
            let at = line.value.iter().position(u8::is_ascii_whitespace);
            let (path, value) = match line.value {
                [b'/', ..] => line.value.split_at(at.unwrap_or(line.value.len())),
                value => (b"".as_slice(), value),
            };
            let statement = Statement::read(line, value);
            if let Some(pattern) = Pattern::parse(path) {
                let known = by_pattern.entry(pattern.text().to_owned());
                known.or_insert_with(Statement::default).add(statement);
                file.extend_from_slice(b"allow:");
                file.extend_from_slice(&literal_dollars(path));
                file.push(b'\n');
            } else {
                elsewhere
                    .get_or_insert_with(Statement::default)
                    .add(statement);
            }
        }
        Self {
            patterns: Robots::parse(&file, ANY_AGENT),
            by_pattern,
            elsewhere,
        }
    }

    /// Returns what is stated on a path: by the longest pattern that matches, whatever that states.
    fn on(&self, path: &str) -> Option<&Statement> {
        let rule = self.patterns.matching_rule(path);
        rule.and_then(|rule| self.by_pattern.get(rule.pattern()))
            .or(self.elsewhere.as_ref())
    }

    fn is_empty(&self) -> bool {
        self.by_pattern.is_empty() && self.elsewhere.is_none()
    }

    fn weight(&self) -> usize {
        let rules = self.patterns.rules().iter();
        let statements = self.by_pattern.values().chain(&self.elsewhere);
        rules
            .map(|rule| 2 * rule.pattern().len() + OVERHEAD)
            .sum::<usize>()
            + statements
                .map(|s| s.evidence.len() + OVERHEAD)
                .sum::<usize>()
    }
}

impl Statement {
    fn read(line: &Line<'_>, value: &[u8]) -> Self {
        let preference = match line.kind {
            Kind::ContentSignal => aipref::content_signal(value),
            _ => aipref::content_usage(value.trim_ascii()),
        };
        let evidence = match preference {
            Preference::Disallowed => printable(line.value),
            _ => String::new(),
        };
        Self {
            preference,
            evidence,
        }
    }

    fn add(&mut self, other: Self) {
        self.preference = self.preference.and(other.preference);
        if self.evidence.is_empty() {
            self.evidence = other.evidence;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::groups::groups;
    use super::*;
    use crate::optout::Watched;

    fn refused(body: &str, path: &str) -> Option<Signal> {
        let watched = Watched::new(&[]);
        let usage = Usage::of(&groups(body.as_bytes(), &watched), "trawl");
        usage.refusal("trawl", path).map(|refusal| refusal.signal)
    }

    #[test]
    fn the_longest_path_that_matches_states_the_preference() {
        const USAGE: Option<Signal> = Some(Signal::RobotsContentUsage);
        const SIGNAL: Option<Signal> = Some(Signal::RobotsContentSignal);
        let cases: &[(&str, &str, Option<Signal>)] = &[
            // The example of the attachment draft.
            (
                "Content-Usage: train-ai=n\nContent-Usage: /ai-ok/ train-ai=y",
                "/test",
                USAGE,
            ),
            (
                "Content-Usage: train-ai=n\nContent-Usage: /ai-ok/ train-ai=y",
                "/ai-ok/test",
                None,
            ),
            ("content-usage: / train-ai=n", "/a", USAGE),
            ("content-usage: /\ttrain-ai=n", "/a", USAGE),
            ("content-usage: /a   train-ai=n # why", "/a/b", USAGE),
            ("content-usage: /a train-ai=n", "/b", None),
            ("content-usage: /*.jpg$ train-ai=n", "/x.jpg", USAGE),
            ("content-usage: /*.jpg$ train-ai=n", "/x.jpg?w=1", None),
            ("content-usage: /%61 train-ai=n", "/a", USAGE),
            // The longest rule says nothing about training, and that is what it says.
            (
                "content-usage: train-ai=n\ncontent-usage: /a search=n",
                "/a",
                None,
            ),
            (
                "content-usage: train-ai=n\ncontent-usage: /a broken=",
                "/a",
                None,
            ),
            // Same pattern, two rules: the most restrictive one holds, in either order.
            (
                "content-usage: /a train-ai=y\ncontent-usage: /a train-ai=n",
                "/a",
                USAGE,
            ),
            (
                "content-usage: /a train-ai=n\ncontent-usage: /%61 train-ai=y",
                "/a",
                USAGE,
            ),
            (
                "content-usage: train-ai=y\ncontent-usage: train-ai=n",
                "/a",
                USAGE,
            ),
            // No preference, or none that is understood.
            ("content-usage: /a", "/a", None),
            ("content-usage:", "/a", None),
            ("content-usage: *.jpg train-ai=n", "/x.jpg", None),
            ("content-usage: /a train-ai=N", "/a", None),
            ("content-signal: search=yes,ai-train=no", "/a", SIGNAL),
            ("content-signal: search=yes", "/a", None),
            ("content-signal: /a ai-train=no", "/b", None),
            // One syntax does not lift what the other forbids.
            (
                "content-usage: /a train-ai=y\ncontent-signal: ai-train=no",
                "/a",
                SIGNAL,
            ),
        ];
        for (rules, path, expected) in cases {
            let body = format!("user-agent: trawl\n{rules}");
            assert_eq!(refused(&body, path), *expected, "{rules:?} {path}");
        }
    }

    #[test]
    fn only_the_groups_of_the_agent_count() {
        let body = "user-agent: *\ncontent-usage: train-ai=n\n\nuser-agent: trawl\nallow: /";
        assert_eq!(refused(body, "/a"), None);
        let body = "user-agent: trawl\nallow: /\n\nuser-agent: other\nuser-agent: trawl\ncontent-usage: train-ai=n";
        assert!(refused(body, "/a").is_some());
    }
}
