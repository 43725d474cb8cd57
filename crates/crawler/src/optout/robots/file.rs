use std::time::Duration;

use robotxt::Robots;
use url::Url;

use super::groups::{condense, groups};
use super::usage::Usage;
use crate::optout::agents::EVERYBODY;
use crate::optout::pattern::path_of;
use crate::optout::{OptOutPolicy, Refusal, Signal, SiteFile, Watched};

/// Bytes that one rule takes beyond its pattern: its fields, and what the allocator adds.
const RULE_OVERHEAD: usize = 48;

/// What a website's robots.txt says to trawl.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotsFile {
    /// The rules that bind, each under the agent they are addressed to; the first are those for trawl.
    voices: Vec<Voice>,
    crawl_delay: Option<Duration>,
}

/// The rules addressed to one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Voice {
    agent: String,
    rules: Robots,
    usage: Usage,
}

/// Says whether a URL may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RobotsVerdict {
    /// It may.
    Allowed {
        /// The `Allow` rule that says so, when there is one.
        rule: Option<String>,
    },
    /// It may not.
    Refused(Refusal),
}

impl RobotsFile {
    /// Reads a file; whatever is no rule in it is skipped, so this never fails.
    ///
    /// A group for trawl's own token speaks to trawl directly, and nothing else in the file then counts.
    /// Without one, the group for `*` counts, and so does every explicit group for one of the other watched
    /// tokens: a website that sends those away would send trawl away if it knew it.
    #[must_use]
    pub fn parse(body: &[u8], watched: &Watched) -> Self {
        Self::from_condensed(&condense(body, watched), watched)
    }

    fn from_condensed(text: &[u8], watched: &Watched) -> Self {
        let groups = groups(text, watched);
        let named = |agent: &str| groups.iter().any(|g| g.agents.contains(&agent));
        let agents: Vec<&str> = if named(watched.own()) {
            vec![watched.own()]
        } else {
            let others = watched.others().iter().map(String::as_str);
            std::iter::once(EVERYBODY)
                .chain(others.filter(|agent| named(agent)))
                .collect()
        };
        let voices: Vec<Voice> = agents
            .into_iter()
            .map(|agent| Voice {
                agent: agent.to_owned(),
                rules: Robots::parse(text, agent),
                usage: Usage::of(&groups, agent),
            })
            .collect();
        Self {
            crawl_delay: voices.first().and_then(|v| v.rules.crawl_delay()),
            voices,
        }
    }

    /// Says whether a URL of this website may be asked, as far as the policy wants robots.txt to decide.
    ///
    /// Of one agent's rules the longest that matches counts, and `Allow` wins a tie (RFC 9309, section 2.2.2).
    /// `/robots.txt` itself may always be asked.
    #[must_use]
    pub fn verdict(&self, url: &Url, policy: &OptOutPolicy) -> RobotsVerdict {
        let path = path_of(url);
        let mut allowed = None;
        if path == RobotsFile::PATH {
            return RobotsVerdict::Allowed { rule: None };
        }
        for voice in &self.voices {
            if policy.robots
                && let Some(rule) = voice.rules.matching_rule(&path)
            {
                if !rule.is_allow() {
                    let pattern = rule.pattern();
                    let evidence = format!("disallow: {pattern} (user-agent {})", voice.agent);
                    return RobotsVerdict::Refused(Refusal::new(Signal::Robots, &evidence));
                }
                allowed = allowed.or_else(|| Some(rule.pattern().to_owned()));
            }
            if policy.aipref
                && let Some(refusal) = voice.usage.refusal(&voice.agent, &path)
            {
                return RobotsVerdict::Refused(refusal);
            }
        }
        RobotsVerdict::Allowed { rule: allowed }
    }

    /// Returns the pause between requests that the file asks trawl for, unbounded: the caller caps it.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }
}

impl SiteFile for RobotsFile {
    const PATH: &'static str = "/robots.txt";
    const READ: usize = robotxt::BYTE_LIMIT + 1;

    fn condense(body: &[u8], watched: &Watched) -> Vec<u8> {
        condense(body, watched)
    }

    fn read(condensed: &[u8], watched: &Watched) -> Self {
        Self::from_condensed(condensed, watched)
    }

    fn weight(&self) -> usize {
        let rules = |voice: &Voice| -> usize {
            let rules = voice.rules.rules().iter();
            rules.map(|rule| rule.pattern().len() + RULE_OVERHEAD).sum()
        };
        self.voices
            .iter()
            .map(|voice| {
                size_of::<Voice>() + voice.agent.len() + rules(voice) + voice.usage.weight()
            })
            .sum()
    }
}

#[cfg(test)]
mod tests;
