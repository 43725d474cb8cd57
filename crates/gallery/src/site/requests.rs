//! The request log over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Site;
use crate::LogEntry;

/// The log as JSON.
#[derive(Debug, Serialize)]
pub(super) struct Requests {
    /// Old entries that made room for newer ones.
    dropped: u64,
    entries: Vec<LogEntry>,
}

/// Lists the requests so far, oldest first.
pub(super) async fn list(State(site): State<Arc<Site>>) -> Json<Requests> {
    Json(Requests {
        dropped: site.log.dropped(),
        entries: site.log.entries(),
    })
}

/// Forgets the requests so far.
pub(super) async fn clear(State(site): State<Arc<Site>>) -> StatusCode {
    site.log.clear();
    StatusCode::NO_CONTENT
}
