//! How a misbehaving URL answers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, StreamExt, future, stream};
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::bodies::PAGE;
use super::{Bodies, Fault};
use crate::dice;
use crate::listing::Item;
use crate::log::Meter;
use crate::ports::Addresses;

/// How long the endless body rests between two parts of 64 KiB: about 3 MB a second, so that it costs no CPU.
const REST: Duration = Duration::from_millis(20);

/// Statuses of redirects on the web.
const REDIRECTS: [StatusCode; 4] = [
    StatusCode::MOVED_PERMANENTLY,
    StatusCode::FOUND,
    StatusCode::TEMPORARY_REDIRECT,
    StatusCode::PERMANENT_REDIRECT,
];

/// Where the redirect to a forbidden scheme leads: no file, and the host in it is empty.
const FILE_ADDRESS: &str = "file:///trawl-gallery/no-address-of-the-web.jpg";

/// What a faulty answer is made of.
#[derive(Debug)]
pub(crate) struct Faulty<'a> {
    pub(crate) item: &'a Item,
    /// The image as it would be, for faults that promise it; empty for the others.
    pub(crate) image: Bytes,
    pub(crate) bodies: &'a Arc<Bodies>,
    pub(crate) addresses: Addresses,
    /// Cancelled when the site stops: then bodies without an end get one.
    pub(crate) stop: &'a CancellationToken,
}

/// Answers as the fault says; bodies that are streamed carry a [`Meter`] in the response's extensions.
///
/// A rate-limited URL is answered here only for its first request.
pub(crate) fn answer(fault: Fault, faulty: &Faulty<'_>) -> Response {
    let bodies = faulty.bodies;
    match fault {
        Fault::RateLimited => (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, "1")],
            "too many requests\n",
        )
            .into_response(),
        Fault::Redirect => redirect(faulty.item, &faulty.moved_url()),
        Fault::Loop => redirect(faulty.item, &faulty.round_url()),
        Fault::Scheme => redirect(faulty.item, FILE_ADDRESS),
        Fault::NotFound => (StatusCode::NOT_FOUND, "this picture was taken away\n").into_response(),
        Fault::Forbidden => {
            (StatusCode::FORBIDDEN, "this picture is for members\n").into_response()
        }
        Fault::Stall => stall(faulty),
        Fault::Cut => cut(faulty),
        Fault::Html => typed("image/jpeg", Body::from(PAGE)),
        Fault::Endless => endless(faulty),
        Fault::Bomb => typed("image/png", bodies.bomb.clone().into()),
        Fault::Pixel => typed("image/png", bodies.pixel.clone().into()),
        Fault::Placeholder => typed("image/jpeg", bodies.placeholder.clone().into()),
    }
}

impl Faulty<'_> {
    fn moved_url(&self) -> String {
        self.addresses
            .other_host_url(&self.item.path, &self.item.moved_path())
    }

    fn round_url(&self) -> String {
        self.addresses
            .other_host_url(&self.item.path, &self.item.round_path())
    }
}

/// Answers with a redirect, of the kind that the item's path draws.
pub(crate) fn redirect(item: &Item, to: &str) -> Response {
    let kind = dice::below("redirect-status", &item.path, 4);
    let status = REDIRECTS[usize::try_from(kind).expect("one of four")];
    let location = HeaderValue::from_str(to).expect("addresses of the site are plain ASCII");
    (status, [(header::LOCATION, location)], "").into_response()
}

fn typed(media_type: &'static str, body: Body) -> Response {
    ([(header::CONTENT_TYPE, media_type)], body).into_response()
}

/// Headers that promise the image, and no byte of it.
fn stall(faulty: &Faulty<'_>) -> Response {
    let stopped = faulty.stop.clone().cancelled_owned();
    let nothing = stream::once(stopped).map(|()| Err::<Bytes, _>(gone()));
    promise(faulty, Body::from_stream(nothing))
}

/// Headers that promise the image, and the first half of it.
fn cut(faulty: &Faulty<'_>) -> Response {
    let meter = Meter::default();
    let half = faulty.image.slice(..faulty.image.len() / 2);
    let first = stream::once(future::ready(Ok(half)));
    // The rest between the bytes and the end lets the connection write out what it has before it breaks.
    let then = stream::once(time::sleep(REST)).map(|()| Err(gone()));
    let body = Body::from_stream(metered(first.chain(then), &meter));
    with_meter(promise(faulty, body), meter)
}

/// The beginning of a JPEG, then picture data without end.
fn endless(faulty: &Faulty<'_>) -> Response {
    let meter = Meter::default();
    let part = faulty.bodies.endless_part.clone();
    let first = stream::once(future::ready(Ok(faulty.bodies.endless_start.clone())));
    let rest = stream::repeat(part).then(|part| async move {
        time::sleep(REST).await;
        Ok(part)
    });
    let stopped = faulty.stop.clone().cancelled_owned();
    let broken_off = stream::once(future::ready(Err(gone()))); // no proper end, not even when the site stops
    let body = Body::from_stream(metered(
        first.chain(rest).take_until(stopped).chain(broken_off),
        &meter,
    ));
    with_meter(typed("image/jpeg", body), meter)
}

/// A successful answer whose headers fit the image, whatever its body does.
fn promise(faulty: &Faulty<'_>, body: Body) -> Response {
    let mut response = typed(faulty.item.rendition.encoding.media_type(), body);
    response.headers_mut().insert(
        header::CONTENT_LENGTH,
        HeaderValue::from(faulty.image.len()),
    );
    response
}

fn metered(
    body: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    meter: &Meter,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let meter = meter.clone();
    body.inspect(move |part| {
        if let Ok(part) = part {
            meter.add(part.len());
        }
    })
}

fn with_meter(mut response: Response, meter: Meter) -> Response {
    response.extensions_mut().insert(meter);
    response
}

fn gone() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the fault of this address",
    )
}
