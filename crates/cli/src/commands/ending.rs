//! Why the search for a name ended, and why it has fewer pictures than were wanted, in words.

use std::time::SystemTime;

use trawl_crawler::{End, EngineState, Mode};
use trawl_dataset::{Conflict, NameSummary};

/// Said of a name that has what was wanted.
const GOAL: &str = "goal reached";

/// Says why nothing more is handed out for a name.
pub(super) fn end_text(end: &End, mode: Mode) -> String {
    match end {
        End::Goal => GOAL.to_owned(),
        End::Exhausted if matches!(mode, Mode::Refresh { .. }) => "nothing new".to_owned(),
        End::Exhausted => "engines exhausted".to_owned(),
        End::Blocked { engines } => engines
            .iter()
            .map(|(engine, state)| match state {
                EngineState::Waiting { until } => format!("{engine} {}", quota(*until)),
                // Why it could not be reached is long, and stands in the table of engines.
                EngineState::Unreachable { .. } => format!("{engine} unreachable"),
                state => format!("{engine} {state}"),
            })
            .collect::<Vec<_>>()
            .join("; "),
        End::Waiting { until } => quota(*until),
        End::Stopped => "stopped".to_owned(),
    }
}

fn quota(until: SystemTime) -> String {
    format!("quota until {}", humantime::format_rfc3339_seconds(until))
}

/// Says in brackets why a name is short: how its search ended, and what kept its candidates out that were not the pictures' fault.
pub(super) fn shortage(name: &NameSummary, end: Option<&str>) -> String {
    let count = |codes: &[&str]| -> u32 {
        codes
            .iter()
            .filter_map(|code| name.reasons.get(*code))
            .sum()
    };
    let left_out = |wanted: fn(&Conflict) -> bool| -> u32 {
        let out = name.conflicts.iter().filter(|one| one.kind != "shared");
        u32::try_from(out.filter(|one| wanted(one)).count()).unwrap_or(u32::MAX)
    };
    let counted = [
        (
            count(&["robots", "robots-unreachable", "opt-out"]),
            "kept off by their sites",
        ),
        (count(&["license"]), "not under a wanted licence"),
        (
            left_out(|one| one.kind != "bridge" && !one.other_label.is_empty()),
            "shown under another name",
        ),
        (
            left_out(|one| one.kind == "placeholder" && one.other_label.is_empty()),
            "served by too many sites",
        ),
        (left_out(|one| one.kind == "bridge"), "between two splits"),
    ];
    // A goal that was reached explains no shortage: something took pictures away afterwards.
    let end = end.filter(|end| *end != GOAL).map(str::to_owned);
    let mut parts: Vec<String> = end.into_iter().collect();
    parts.extend(
        counted
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}")),
    );
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn every_end_says_what_happened_and_until_when_or_where_the_sample_is() {
        let text = |end| end_text(&end, Mode::Continue);
        let until = UNIX_EPOCH + Duration::from_hours(500_000);
        let blocked = |state| End::Blocked {
            engines: vec![("e".to_owned(), state)],
        };
        assert_eq!(text(End::Exhausted), "engines exhausted");
        let refreshed = end_text(&End::Exhausted, Mode::Refresh { add: 1 });
        assert_eq!(refreshed, "nothing new");
        assert_eq!(
            text(End::Waiting { until }),
            "quota until 2027-01-15T08:00:00Z"
        );
        let refused = EngineState::Blocked {
            detail: "status 403".to_owned(),
        };
        assert_eq!(text(blocked(refused)), "e blocked: status 403");
        let waiting = EngineState::Waiting { until };
        assert_eq!(text(blocked(waiting)), "e quota until 2027-01-15T08:00:00Z");
        let changed = EngineState::SchemaChanged {
            detail: "no hits".to_owned(),
            sample: Some(PathBuf::from("data/x/samples/e.json")),
        };
        assert!(text(blocked(changed)).contains("data/x/samples/e.json"));
    }

    #[test]
    fn a_short_name_says_how_many_were_kept_off_and_for_what() {
        let mut name = NameSummary::default();
        assert_eq!(shortage(&name, None), "");
        assert_eq!(shortage(&name, Some(GOAL)), "");
        assert_eq!(
            shortage(&name, Some("engines exhausted")),
            " (engines exhausted)"
        );
        for (code, count) in [("robots", 3), ("opt-out", 4), ("license", 2), ("html", 9)] {
            name.reasons.insert(code.to_owned(), count);
        }
        assert_eq!(
            shortage(&name, Some("engines exhausted")),
            " (engines exhausted; 7 kept off by their sites; 2 not under a wanted licence)"
        );
    }
}
