use std::time::Duration;

use serde_json::Value;

use crate::engine::{Answer, EngineState, json};

/// The longest wait that is believed.
const LONGEST: Duration = Duration::from_hours(24);

/// Reads an answer with another status than 200: a `detail` on a search, an `error` where tokens are given out.
pub(super) fn read(answer: &Answer) -> Option<EngineState> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let detail = match body.get("detail").or_else(|| body.get("error"))? {
        Value::String(text) => json::quote(text),
        other => json::quote(&other.to_string()),
    };
    let lower = detail.to_lowercase();
    let said = format!("status {}: {detail}", answer.status);
    match answer.status {
        // The header field is exact where there is one.
        429 if answer.header("retry-after").is_none() => Some(EngineState::RateLimited {
            wait: seconds(&lower),
        }),
        400 | 401 | 404 if is_beyond(&lower) => Some(EngineState::Empty),
        400 | 401 if lower.starts_with("invalid_") => Some(EngineState::Blocked {
            detail: format!(
                "{said}; check OPENVERSE_CLIENT_ID and OPENVERSE_CLIENT_SECRET, or unset both to ask as a guest"
            ),
        }),
        401 | 403 => Some(EngineState::Blocked { detail: said }),
        400 | 404 | 422 => Some(EngineState::schema(said)),
        _ => None,
    }
}

/// Finds the wait in a sentence such as `Request was throttled. Expected available in 34 seconds.`
fn seconds(detail: &str) -> Option<Duration> {
    let (_, after) = detail.split_once("available in ")?;
    let seconds = after.split(' ').next()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST))
}

/// Says whether a refusal means a page behind the last one.
fn is_beyond(detail: &str) -> bool {
    detail == "invalid page." || detail.contains("pagination depth")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_from_their_detail() {
        let refusal = |status, body: &[u8]| {
            let answer = Answer {
                status,
                ..Answer::of(body)
            };
            read(&answer)
        };
        let limited = include_bytes!("../../../fixtures/openverse/ratelimited.json");
        let wait = Some(Duration::from_secs(34));
        assert_eq!(
            refusal(429, limited),
            Some(EngineState::RateLimited { wait })
        );
        let exact = Answer {
            status: 429,
            headers: vec![("retry-after".to_owned(), "30".to_owned())],
            ..Answer::of(*limited)
        };
        assert_eq!(read(&exact), None, "the header field is read by the crawl");
        let said = |status, body: &[u8]| match refusal(status, body) {
            Some(EngineState::Blocked { detail }) => detail,
            other => panic!("{other:?}"),
        };
        let large = said(
            401,
            include_bytes!("../../../fixtures/openverse/blocked.json"),
        );
        assert!(large.contains("page_size"), "{large}");
        let client = said(
            401,
            include_bytes!("../../../fixtures/openverse/client.json"),
        );
        assert!(client.contains("OPENVERSE_CLIENT_ID"), "{client}");
        assert_eq!(
            refusal(404, b"{\"detail\":\"Invalid page.\"}"),
            Some(EngineState::Empty)
        );
        let deep = br#"{"detail":"Maximum pagination depth is 20"}"#;
        assert_eq!(refusal(401, deep), Some(EngineState::Empty));
        let odd = refusal(400, b"{\"detail\":{\"size\":[\"bad\"]}}").unwrap();
        assert!(odd.to_string().contains("{\"size\":[\"bad\"]}"), "{odd}");
        assert_eq!(refusal(503, b"{\"detail\":\"x\"}"), None);
        assert_eq!(refusal(429, b"<html>"), None);
    }
}
