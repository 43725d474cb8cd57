//! Members of loosely typed JSON answers.

use serde_json::Value;

use super::EngineState;

/// Parses a body as JSON, or says what it is instead.
pub(super) fn read(body: &[u8]) -> Result<Value, EngineState> {
    serde_json::from_slice(body).map_err(|e| EngineState::unreadable(body, &e))
}

/// Returns the member's text without outer white space; `None` when absent, null, empty or no text.
pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns the member's list, or the state of an answer without it.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>, EngineState> {
    value
        .get(key)
        .and_then(Value::as_array)
        .ok_or_else(|| EngineState::schema(format!("no list `{key}`")))
}

/// Returns the member as a page number.
pub(super) fn number(value: &Value, key: &str) -> Option<u32> {
    u32::try_from(value.get(key)?.as_u64()?).ok()
}

/// Reads a cursor that is a page number; the first page is 1.
pub(super) fn page_number(cursor: Option<&str>) -> u32 {
    cursor.and_then(|c| c.parse().ok()).unwrap_or(1)
}
