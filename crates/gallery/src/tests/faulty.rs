//! Each kind of fault, as a client meets it.

use std::collections::HashSet;
use std::io::Cursor;
use std::time::{Duration, Instant};

use image::ImageReader;

use super::client::{Answer, End, get, send};
use super::{start, url_of};
use crate::Gallery;
use crate::faults::Fault;
use crate::listing::Item;

fn with_fault(gallery: &Gallery, fault: Fault) -> Vec<&Item> {
    let items: Vec<_> = gallery
        .site()
        .listing
        .items()
        .iter()
        .filter(|item| item.fault == Some(fault))
        .collect();
    assert!(!items.is_empty(), "no URL has the fault {fault:?}");
    items
}

async fn meet(gallery: &Gallery, fault: Fault) -> Answer {
    get(&url_of(gallery, with_fault(gallery, fault)[0])).await
}

fn size(bytes: &[u8]) -> (u32, u32) {
    ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .unwrap()
        .into_dimensions()
        .unwrap()
}

#[tokio::test]
async fn a_rate_limited_url_refuses_once_and_then_serves() {
    let gallery = start(true).await;
    let items = with_fault(&gallery, Fault::RateLimited);
    for item in items.iter().take(2) {
        let refused = get(&url_of(&gallery, item)).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
        let served = get(&url_of(&gallery, item)).await;
        assert_eq!((served.status, served.end), (200, End::Complete));
        assert_eq!(
            size(&served.body),
            (item.rendition.width, item.rendition.height)
        );
    }
    let log = gallery.log().entries();
    let seen: Vec<_> = log
        .iter()
        .map(|entry| (entry.status, entry.fault.as_deref()))
        .collect();
    let one = [(429, Some("rate-limited")), (200, Some("rate-limited"))];
    assert_eq!(seen, [one, one].concat());
}

#[tokio::test]
async fn a_redirect_leads_to_the_image_on_another_host() {
    let gallery = start(true).await;
    let mut statuses = HashSet::new();
    for item in with_fault(&gallery, Fault::Redirect) {
        let url = url_of(&gallery, item);
        let answer = get(&url).await;
        let location = answer.header("location");
        assert_ne!(
            location.split('/').nth(2),
            url.split('/').nth(2),
            "the same host"
        );
        let image = get(location).await;
        assert_eq!(
            (image.status, size(&image.body)),
            (200, (item.rendition.width, item.rendition.height))
        );
        statuses.insert(answer.status);
    }
    assert!(
        statuses.is_subset(&HashSet::from([301, 302, 307, 308])) && statuses.len() >= 2,
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_redirect_loop_comes_back_and_a_scheme_redirect_leaves_the_web() {
    let gallery = start(true).await;
    let url = url_of(&gallery, with_fault(&gallery, Fault::Loop)[0]);
    let there = get(&url).await;
    let back = get(there.header("location")).await;
    assert!((301..=308).contains(&there.status) && (301..=308).contains(&back.status));
    assert_eq!(back.header("location"), url);
    let away = meet(&gallery, Fault::Scheme).await;
    assert!((301..=308).contains(&away.status) && away.header("location").starts_with("file:///"));
}

#[tokio::test]
async fn no_redirect_leads_off_this_machine() {
    let gallery = start(true).await;
    for fault in [Fault::Redirect, Fault::Loop, Fault::Scheme] {
        for item in with_fault(&gallery, fault) {
            let answer = get(&url_of(&gallery, item)).await;
            let location = answer.header("location");
            assert!(
                location.starts_with("http://127.0.0.1:")
                    || location.starts_with("file:///trawl-gallery/"),
                "{location}"
            );
        }
    }
}

#[tokio::test]
async fn refusals_have_their_status() {
    let gallery = start(true).await;
    assert_eq!(meet(&gallery, Fault::NotFound).await.status, 404);
    assert_eq!(meet(&gallery, Fault::Forbidden).await.status, 403);
}

#[tokio::test]
async fn a_stall_sends_headers_and_nothing_else() {
    let gallery = start(true).await;
    let url = url_of(&gallery, with_fault(&gallery, Fault::Stall)[0]);
    let answer = send("GET", &url, Duration::from_millis(1500), usize::MAX).await;
    assert_eq!(
        (answer.status, answer.end, answer.body.len()),
        (200, End::Pending, 0)
    );
    assert!(answer.headers["content-length"].parse::<u64>().unwrap() > 0);
    let entry = gallery.log().entries().remove(0);
    assert_eq!(
        (entry.status, entry.fault.as_deref(), entry.bytes),
        (200, Some("stall"), 0)
    );
}

#[tokio::test]
async fn a_cut_body_is_shorter_than_promised() {
    let gallery = start(true).await;
    let items = with_fault(&gallery, Fault::Cut);
    let answer = get(&url_of(&gallery, items[0])).await;
    let promised: usize = answer.headers["content-length"].parse().unwrap();
    assert_eq!((answer.status, answer.end), (200, End::Broken));
    assert_eq!(answer.body.len(), promised / 2);
    assert_eq!(gallery.log().entries()[0].bytes, answer.body.len() as u64);
}

#[tokio::test]
async fn an_endless_body_begins_as_a_jpeg_and_keeps_its_pace() {
    let gallery = start(true).await;
    let url = url_of(&gallery, with_fault(&gallery, Fault::Endless)[0]);
    let begun = Instant::now();
    let answer = send("GET", &url, super::PATIENCE, 1 << 20).await;
    assert_eq!((answer.status, answer.end), (200, End::Pending));
    assert_eq!(answer.header("content-type"), "image/jpeg");
    assert!(!answer.headers.contains_key("content-length") && answer.body.len() >= 1 << 20);
    assert_eq!(size(&answer.body), (640, 480));
    // Sixteen parts of 64 KiB with 20 ms before each; timers may be late, never early.
    assert!(
        begun.elapsed() >= Duration::from_millis(300),
        "{:?}",
        begun.elapsed()
    );
    assert!(gallery.log().entries()[0].bytes >= 1 << 20);

    // The client has left: soon nothing more is made for it.
    let sent = || gallery.log().entries()[0].bytes;
    while begun.elapsed() < super::PATIENCE {
        let before = sent();
        tokio::time::sleep(Duration::from_millis(300)).await;
        if sent() == before {
            return;
        }
    }
    panic!("the body goes on without a client");
}

#[tokio::test]
async fn lies_and_bombs_are_what_they_are_called() {
    let gallery = start(true).await;
    let page = meet(&gallery, Fault::Html).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "image/jpeg")
    );
    assert!(page.text().starts_with("<!DOCTYPE html>"));
    let bomb = meet(&gallery, Fault::Bomb).await;
    assert_eq!((bomb.status, size(&bomb.body)), (200, (60_000, 60_000)));
    assert_eq!(size(&meet(&gallery, Fault::Pixel).await.body), (1, 1));
}

#[tokio::test]
async fn the_placeholder_is_the_same_bytes_under_several_names() {
    let gallery = start(true).await;
    let site = gallery.site();
    let items = with_fault(&gallery, Fault::Placeholder);
    let names: HashSet<&str> = items
        .iter()
        .map(|item| site.collection.pictures()[item.rendition.picture].tags[0].as_str())
        .collect();
    assert!(
        items.len() >= 10 && names.len() >= 4,
        "{} under {names:?}",
        items.len()
    );
    let first = get(&url_of(&gallery, items[0])).await;
    assert_eq!(size(&first.body), (320, 240));
    for item in &items[1..4] {
        assert_eq!(get(&url_of(&gallery, item)).await.body, first.body);
    }
}
