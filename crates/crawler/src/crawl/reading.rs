use std::time::Duration;

use super::asking::PageEnd;
use crate::engine::{Answer, EngineRequest, EngineState, SearchEngine, Secret};
use crate::frontier::Retry;
use crate::net::Validators;

/// Reads the answer to a page's request; `is_known` when a version of the page is known and its server was told which.
pub(super) fn read(
    engine: &dyn SearchEngine,
    cursor: Option<&str>,
    answer: &Answer,
    wait: Option<Duration>,
    request: &EngineRequest,
    is_known: bool,
) -> PageEnd {
    let result = match answer.status {
        304 if is_known => return PageEnd::Unchanged,
        200 => engine.parse(cursor, answer),
        _ => Err(engine.refusal(answer).unwrap_or_else(|| by_status(answer))),
    };
    match result {
        Ok(page) if page.next.is_some() && page.next.as_deref() == cursor => {
            let detail = "the page names itself as its next";
            PageEnd::State(EngineState::schema(detail), Some(sample(answer, request)))
        }
        Ok(page) => {
            // One that repeats a key would put it into the state file.
            let is_clean = |text: &&str| Secret::blot_all(&request.secrets, text) == **text;
            let validators = Validators::of(|name| answer.header(name).filter(is_clean));
            PageEnd::Page(page, validators)
        }
        Err(state) => failed(state, answer, wait, request),
    }
}

/// Reads the answer to an opening's request.
pub(super) fn opened(
    engine: &dyn SearchEngine,
    scope: String,
    answer: &Answer,
    wait: Option<Duration>,
    request: &EngineRequest,
) -> PageEnd {
    let result = match answer.status {
        200 => engine.open(answer),
        _ => Err(engine.refusal(answer).unwrap_or_else(|| by_status(answer))),
    };
    match result {
        Ok(session) => PageEnd::Opened(scope, session),
        Err(EngineState::Empty) => failed(
            EngineState::schema("its session opens nothing"),
            answer,
            wait,
            request,
        ),
        Err(state) => match failed(state, answer, wait, request) {
            // The answer to keys may hold the token that they open, under whatever name.
            PageEnd::State(state, _) if !request.secrets.is_empty() => PageEnd::State(state, None),
            end => end,
        },
    }
}

/// Sorts what an engine said instead of what it was asked for.
fn failed(
    state: EngineState,
    answer: &Answer,
    wait: Option<Duration>,
    request: &EngineRequest,
) -> PageEnd {
    match state.without(&request.secrets) {
        EngineState::RateLimited { wait: own } => PageEnd::Limited(own.or(wait)),
        // An engine may say with status 200 that it is out of order.
        EngineState::Unreachable { detail }
            if answer.status == 200 || Retry::of_status(answer.status) == Retry::Soon =>
        {
            PageEnd::Retry(detail, wait)
        }
        state @ EngineState::SchemaChanged { .. } => {
            PageEnd::State(state, Some(sample(answer, request)))
        }
        state => PageEnd::State(state, None),
    }
}

/// Sorts a status that is not 200 and of which the engine makes nothing of its own.
fn by_status(answer: &Answer) -> EngineState {
    let detail = format!("status {}", answer.status);
    match answer.status {
        429 => EngineState::RateLimited { wait: None },
        401 | 403 => EngineState::Blocked { detail },
        408 | 425 | 500..=599 => EngineState::Unreachable { detail },
        _ => EngineState::schema(detail),
    }
}

/// Takes what is worth keeping of an answer, without keys.
fn sample(answer: &Answer, request: &EngineRequest) -> Vec<u8> {
    let blot = |text: &str| Secret::blot_all(&request.secrets, text);
    let mut text = format!(
        "{} -> status {}\n",
        blot(request.url.as_str()),
        answer.status
    );
    for name in ["content-type", "retry-after", "server", "location"] {
        if let Some(value) = answer.header(name) {
            text.push_str(&blot(&format!("{name}: {value}\n")));
        }
    }
    text.push('\n');
    text.push_str(&blot(&answer.text()));
    text.into_bytes()
}
