//! What the log says of a crawl's events: a sentence for the person, and fields for programs.
//!
//! Whatever holds a name, a phrase or a picture's URL is at level debug, so that logs which are collected everywhere hold no more
//! than what engines said. Nothing of it is a warning: the summary says what went short, and why.

use tracing::{debug, info};
use trawl_crawler::{EngineState, Event};

/// Logs one event.
pub(super) fn say(event: &Event) {
    match event {
        Event::PageFetched {
            engine,
            label,
            query,
            page,
            hits,
            unchanged,
        } => debug!(
            event = "page",
            %engine, %label, %query, page, hits, unchanged,
            "page {page} of {engine} `{query}` for {label}: {hits} results{}",
            if *unchanged { ", the same as before" } else { "" }
        ),
        Event::EngineWaits {
            engine,
            state,
            wait,
        } => {
            let seconds = wait.as_secs_f64();
            let code = state.as_ref().map_or("ok", EngineState::code);
            let said = state
                .as_ref()
                .map_or_else(|| "asked for a pause".to_owned(), EngineState::to_string);
            info!(
                event = "engine-waits",
                %engine, state = code, seconds,
                "engine {engine}: {said}; asked again in {seconds:.1} s"
            );
        }
        Event::EngineState { engine, state } => info!(
            event = "engine-state",
            %engine, state = state.code(),
            "engine {engine}: {state}"
        ),
        Event::Found { label, count } => {
            debug!(event = "found", %label, count, "{label}: {count} candidates");
        }
        Event::Started { url, host } => debug!(event = "started", %url, %host, "asking {url}"),
        Event::Fetched {
            url,
            host,
            bytes,
            tries,
        } => debug!(event = "fetched", %url, %host, bytes, tries, "fetched {url}"),
        Event::Rejected {
            url,
            host,
            reject,
            tries,
        } => debug!(
            event = "rejected",
            %url, %host, reason = reject.code(), detail = reject.detail(), tries,
            "failed ({reject}) {url}"
        ),
        Event::FellBack { from, to } => {
            debug!(event = "fell-back", %from, %to, "another copy of {from}: {to}");
        }
        Event::Retrying {
            url,
            host,
            reject,
            after,
            tries,
        } => debug!(
            event = "retrying",
            %url, %host, reason = reject.code(), detail = reject.detail(), tries, seconds = after.as_secs_f64(),
            "try {} in {:.1} s ({reject}): {url}",
            tries + 1,
            after.as_secs_f64()
        ),
        Event::HostPaused { host, wait } => debug!(
            event = "host-paused",
            %host, seconds = wait.as_secs_f64(),
            "pause of {:.1} s for {host}",
            wait.as_secs_f64()
        ),
        Event::SiteUnreadable { url, reject } => debug!(
            event = "site-unreadable",
            %url, reason = reject.code(), detail = reject.detail(),
            "cannot read {url} ({reject}), so its site is left alone"
        ),
        Event::NameDone { label, why } => debug!(
            event = "name-done",
            %label, why = why.code(),
            "{label}: nothing more to fetch"
        ),
        _ => {}
    }
}
