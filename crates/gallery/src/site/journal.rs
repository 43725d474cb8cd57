//! Logs every request and holds answers back for the site's latency.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

use super::{Site, robots};
use crate::faults::Fault;
use crate::log::{Answered, Meter};

/// A port of the site.
#[derive(Debug, Clone)]
pub(super) struct Port {
    pub(super) site: Arc<Site>,
    pub(super) port: u16,
}

/// Logs a request at its arrival, answers it after the latency, and completes the entry.
///
/// The handler tells the fault and the meter of the answer in the response's extensions.
pub(super) async fn journal(
    State(Port { site, port }): State<Port>,
    request: Request,
    next: Next,
) -> Response {
    let uri = request.uri();
    let path = uri
        .path_and_query()
        .map_or_else(|| uri.path().to_owned(), ToString::to_string);
    let method = request.method().to_string();
    let agent = request
        .headers()
        .get(header::USER_AGENT)
        .map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    let ticket = site.log.arrived(port, method, path, agent);
    if !site.latency.is_zero() && uri.path() != robots::PATH {
        tokio::time::sleep(site.latency).await;
    }
    let response = next.run(request).await;
    let extensions = response.extensions();
    let answered = Answered {
        status: response.status().as_u16(),
        fault: extensions.get::<Fault>().map(|fault| fault.name()),
        bytes: response.body().size_hint().exact().unwrap_or(0),
        meter: extensions.get::<Meter>().cloned(),
    };
    site.log.answered(ticket, answered);
    response
}
