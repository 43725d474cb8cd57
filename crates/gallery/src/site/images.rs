//! The image hosts.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::{Site, routes};
use crate::faults::{self, Fault, Faulty};
use crate::listing::{Item, Rendition, Target};
use crate::studio::RenderError;

/// Serves an image, or what its fault makes of it.
pub(super) async fn answer(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    match site.listing.target(uri.path()) {
        Some(Target::Item(place)) => item(&site, place).await,
        Some(Target::Moved(place)) => image(&site, site.listing.items()[place].rendition).await,
        Some(Target::Round(place)) => round(&site, &site.listing.items()[place]),
        Some(Target::Thumbnail(picture)) => {
            image(
                &site,
                Rendition::thumbnail(picture, &site.collection.pictures()[picture]),
            )
            .await
        }
        None => routes::absent().await.into_response(),
    }
}

async fn item(site: &Site, place: usize) -> Response {
    let item = &site.listing.items()[place];
    let Some(fault) = item.fault else {
        return image(site, item.rendition).await;
    };
    let mut response = if fault == Fault::RateLimited && !site.refuses_now(place) {
        image(site, item.rendition).await
    } else {
        faulty(site, item, fault).await
    };
    response.extensions_mut().insert(fault);
    response
}

async fn faulty(site: &Site, item: &Item, fault: Fault) -> Response {
    let image = if fault.promises_the_picture() {
        match site.studio.render(item.rendition).await {
            Ok(bytes) => bytes,
            Err(error) => return failed(&error),
        }
    } else {
        Bytes::new()
    };
    let faulty = Faulty {
        item,
        image,
        bodies: &site.bodies,
        addresses: site.addresses,
        stop: &site.stop,
    };
    faults::answer(fault, &faulty)
}

/// The far end of a redirect loop leads back to where it began.
fn round(site: &Site, item: &Item) -> Response {
    let mut response = faults::redirect(item, &site.addresses.image_url(&item.path));
    response.extensions_mut().insert(Fault::Loop);
    response
}

async fn image(site: &Site, rendition: Rendition) -> Response {
    match site.studio.render(rendition).await {
        Ok(bytes) => (
            [(header::CONTENT_TYPE, rendition.encoding.media_type())],
            bytes,
        )
            .into_response(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &RenderError) -> Response {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("failed to {error}\n"),
    )
        .into_response()
}
