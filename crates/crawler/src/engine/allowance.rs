use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Answer;

/// A reset above this is a moment in Unix time (2001 and later), one below it a number of seconds to wait.
const MOMENT: u64 = 1_000_000_000;
/// The longest pause that is believed: a month of 31 days.
const LONGEST: Duration = Duration::from_hours(24 * 31);

/// Reads from an answer's `X-RateLimit-Remaining` and `X-RateLimit-Reset` how long the engine must be left alone; `None` while
/// requests remain or nothing is told. An engine that has none left and does not say until when gets `otherwise`.
pub(super) fn pause(answer: &Answer, otherwise: Duration, now: SystemTime) -> Option<Duration> {
    let field = |name: &str| answer.header(name)?.trim().parse::<u64>().ok();
    if field("x-ratelimit-remaining")? > 0 {
        return None;
    }
    let Some(reset) = field("x-ratelimit-reset") else {
        return Some(otherwise);
    };
    let wait = if reset > MOMENT {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Duration::from_secs(reset).saturating_sub(now)
    } else {
        Duration::from_secs(reset)
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_allowance_is_a_pause_until_its_reset() {
        let now = UNIX_EPOCH + Duration::from_hours(500_000);
        let told = |fields: &[(&str, &str)]| {
            let headers = fields
                .iter()
                .map(|(name, value)| (format!("x-ratelimit-{name}"), (*value).to_owned()));
            let answer = Answer {
                headers: headers.collect(),
                ..Answer::default()
            };
            pause(&answer, Duration::from_mins(1), now).map(|wait| wait.as_secs())
        };
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("remaining", "1"), ("reset", "9")]), None);
        assert_eq!(told(&[("remaining", "many"), ("reset", "9")]), None);
        assert_eq!(told(&[("remaining", "0")]), Some(60));
        assert_eq!(told(&[("remaining", "0"), ("reset", "soon")]), Some(60));
        assert_eq!(told(&[("remaining", " 0 "), ("reset", "9")]), Some(9));
        assert_eq!(
            told(&[("remaining", "0"), ("reset", "1800000030")]),
            Some(30)
        );
        assert_eq!(
            told(&[("remaining", "0"), ("reset", "1700000000")]),
            Some(0)
        );
        let endless = told(&[("remaining", "0"), ("reset", &u64::MAX.to_string())]);
        assert_eq!(endless, Some(31 * 24 * 3600));
    }
}
