//! The header `X-Robots-Tag`, as Google documents it and others have added to it.

use std::time::SystemTime;

use super::Watched;
use super::date::read_date;
use super::refusal::printable;

/// Directives that keep an image out of what is built here.
///
/// `noai` and `noimageai` come from `DeviantArt`, `noml` from noml.info; `none` is `noindex, nofollow`. A dataset with a view of its pictures is an index of them, hence `noindex` and `noimageindex`.
const REFUSING: [&str; 6] = [
    "noai",
    "noimageai",
    "noml",
    "noindex",
    "noimageindex",
    "none",
];

/// Directives that are followed by a colon and a value, apart from those whose name begins with `max-`.
const VALUED: [&str; 3] = [UNAVAILABLE_AFTER, "revisit-after", "rating"];

/// The directive with a date.
const UNAVAILABLE_AFTER: &str = "unavailable_after";

/// Commas that a date holds at most, as in `Wed, Dec 3, 2025 13:00:00 GMT`.
const DATE_COMMAS: usize = 2;

/// Directives of one header line that are kept as evidence; no sane line has more.
const KEPT: usize = 8;

/// One directive that speaks to trawl.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directive {
    /// Whether it refuses at the moment asked about; a date that has not passed does not.
    pub(super) refuses: bool,
    /// What was said, and to whom if not to everybody: printable, at most 200 characters.
    pub(super) evidence: String,
}

/// Reads one header line; of its directives those are returned that refuse, or will.
///
/// An agent before a colon takes all directives after it, up to the next agent or the line's end. It is told
/// from a directive with a value by the directive's name, from a piece of a date in that its colon is not
/// followed by a digit, and from a URL in that no slash comes after the colon.
pub(super) fn directives(line: &[u8], watched: &Watched, now: SystemTime) -> Vec<Directive> {
    let text = String::from_utf8_lossy(line);
    let mut parts = text.split(',').map(str::trim);
    let mut speaker = Speaker::Everybody;
    let mut found = Vec::new();
    while let Some(part) = parts.next() {
        let part = speaker.take_from(part, watched);
        if let Some((name, value)) = valued(part) {
            if name.eq_ignore_ascii_case(UNAVAILABLE_AFTER) {
                let (date, commas) = dated(value, parts.clone());
                let until = date.as_deref().and_then(read_date);
                for _ in 0..commas {
                    parts.next();
                }
                if let (Some(date), Some(until)) = (date, until) {
                    let said = format!("{UNAVAILABLE_AFTER}: {date}");
                    keep(&mut found, speaker.directive(&said, until <= now));
                }
            }
            continue;
        }
        let words = part
            .split([' ', '\t', ';'])
            .map(|w| w.trim_matches(['"', '\'']));
        for word in words {
            if REFUSING
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
            {
                let said = word.to_ascii_lowercase();
                keep(&mut found, speaker.directive(&said, true));
            }
        }
    }
    found
}

/// Keeps a directive while there is room, and the first that refuses in any case.
fn keep(found: &mut Vec<Directive>, directive: Option<Directive>) {
    if let Some(directive) = directive {
        let first = directive.refuses && !found.iter().any(|d| d.refuses);
        if first || found.len() < KEPT {
            found.push(directive);
        }
    }
}

/// Those to whom the directives at hand are addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Speaker {
    Everybody,
    Watched(String),
    Others,
}

impl Speaker {
    /// Takes the agents off the start of a part, and returns the rest.
    fn take_from<'p>(&mut self, mut part: &'p str, watched: &Watched) -> &'p str {
        while let Some((agent, rest)) = agent_before(part) {
            *self = match watched.named(agent.as_bytes()) {
                Some("*") => Self::Everybody,
                Some(token) => Self::Watched(token.to_owned()),
                None => Self::Others,
            };
            part = rest;
        }
        part
    }

    /// Returns what was said, unless it was said to others.
    fn directive(&self, said: &str, refuses: bool) -> Option<Directive> {
        let evidence = match self {
            Self::Everybody => printable(said.as_bytes()),
            Self::Watched(token) => printable(format!("{token}: {said}").as_bytes()),
            Self::Others => return None,
        };
        Some(Directive { refuses, evidence })
    }
}

/// Splits `agent: rest`; `None` when what is before the colon is no agent.
fn agent_before(part: &str) -> Option<(&str, &str)> {
    let (head, rest) = part.split_once(':')?;
    let (head, rest) = (head.trim(), rest.trim_start());
    let shaped = !head.is_empty()
        && head
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b" -_.*/".contains(&b));
    let number = rest.starts_with(|c: char| c.is_ascii_digit());
    let agent = shaped && !is_valued(head) && !number && !rest.contains('/');
    agent.then_some((head, rest))
}

/// Splits `directive: value`, whatever the directive.
fn valued(part: &str) -> Option<(&str, &str)> {
    let (name, value) = part.split_once(':')?;
    Some((name.trim(), value.trim()))
}

fn is_valued(name: &str) -> bool {
    let max = name
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("max-"));
    max || VALUED.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Finds the date that begins a value, and how many of the following parts belong to it.
///
/// As many as make it a date, and none when nothing does: a directive must not be swallowed.
fn dated<'p>(value: &str, following: impl Iterator<Item = &'p str>) -> (Option<String>, usize) {
    let mut date = value.to_owned();
    if read_date(&date).is_some() {
        return (Some(date), 0);
    }
    for (place, part) in following.take(DATE_COMMAS).enumerate() {
        date = format!("{date}, {part}");
        if read_date(&date).is_some() {
            return (Some(date), place + 1);
        }
    }
    (None, 0)
}

#[cfg(test)]
mod tests;
