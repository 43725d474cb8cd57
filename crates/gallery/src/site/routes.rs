//! Which path is answered by what, on the search engine's port and on an image host's.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, post};

use super::journal::{Port, journal};
use super::{Site, images, pages, requests, robots, search};

/// The search engine: the first port of the site.
pub(crate) fn search_engine(site: Arc<Site>, port: u16) -> Router {
    let visible = Router::new()
        .route("/", get(pages::search))
        .route("/picture/{id}", get(pages::picture))
        .route("/api/search", get(search::answer))
        .fallback(absent);
    // What reads the log does not change it.
    let quiet = Router::new()
        .route("/api/log", get(requests::list))
        .route("/api/log/clear", post(requests::clear));
    logged(visible, &site, port).merge(quiet).with_state(site)
}

/// An image host: any of the other ports. Every host has every image; the listing names one host for each.
pub(crate) fn image_host(site: Arc<Site>, port: u16) -> Router {
    logged(Router::new().fallback(get(images::answer)), &site, port).with_state(site)
}

fn logged(router: Router<Arc<Site>>, site: &Arc<Site>, port: u16) -> Router<Arc<Site>> {
    let layer = middleware::from_fn_with_state(
        Port {
            site: Arc::clone(site),
            port,
        },
        journal,
    );
    router.route(robots::PATH, get(robots::answer)).layer(layer)
}

/// The answer to a path that the site does not have.
pub(super) async fn absent() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "no such page\n")
}
