//! What image URLs serve, and that it is what the listing says.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader};

use super::client::{End, get};
use super::{start, url_of};
use crate::listing::{Item, Role};
use crate::{Gallery, GallerySettings};

fn decode(bytes: &[u8]) -> (ImageFormat, DynamicImage) {
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .unwrap();
    (reader.format().unwrap(), reader.decode().unwrap())
}

fn format_named(name: &str) -> ImageFormat {
    match name {
        "jpeg" => ImageFormat::Jpeg,
        "png" => ImageFormat::Png,
        "webp" => ImageFormat::WebP,
        other => panic!("format {other}"),
    }
}

/// Mean difference of two pictures over white, 0 to 255, compared at 32 by 32 pixels.
fn difference(one: &DynamicImage, two: &DynamicImage) -> f64 {
    let small = |picture: &DynamicImage| {
        let mut paper =
            image::RgbaImage::from_pixel(picture.width(), picture.height(), image::Rgba([255; 4]));
        image::imageops::overlay(&mut paper, &picture.to_rgba8(), 0, 0);
        image::imageops::resize(&paper, 32, 32, image::imageops::FilterType::Triangle)
    };
    let (one, two) = (small(one), small(two));
    let sum: u32 = one
        .iter()
        .zip(two.iter())
        .map(|(a, b)| u32::from(a.abs_diff(*b)))
        .sum();
    f64::from(sum) / f64::from(32 * 32 * 4)
}

async fn fetch(gallery: &Gallery, item: &Item) -> Vec<u8> {
    let answer = get(&url_of(gallery, item)).await;
    assert_eq!(
        (answer.status, &answer.end),
        (200, &End::Complete),
        "{}",
        item.path
    );
    assert_eq!(
        answer.header("content-type"),
        item.rendition.encoding.media_type()
    );
    answer.body
}

#[tokio::test]
async fn images_have_the_size_and_format_that_the_listing_promises() {
    let gallery = start(false).await;
    let items = gallery.site().listing.items();
    for item in items.iter().step_by(items.len() / 45) {
        let (format, picture) = decode(&fetch(&gallery, item).await);
        let rendition = item.rendition;
        assert_eq!(
            (picture.width(), picture.height()),
            (rendition.width, rendition.height),
            "{}",
            item.path
        );
        assert_eq!(
            format,
            format_named(rendition.encoding.name()),
            "{}",
            item.path
        );
    }
}

#[tokio::test]
async fn copies_show_the_same_picture_in_other_bytes_or_exactly_the_same() {
    let gallery = start(false).await;
    let items = gallery.site().listing.items();
    let (mut exact, mut other) = (0, 0);
    for copy in items
        .iter()
        .filter(|item| item.role == Role::Copy)
        .step_by(9)
    {
        let of = copy.rendition.picture;
        let primary = items
            .iter()
            .find(|item| item.role == Role::Primary && item.rendition.picture == of)
            .unwrap();
        let (copied, original) = (fetch(&gallery, copy).await, fetch(&gallery, primary).await);
        if copy.rendition == primary.rendition {
            exact += 1;
            assert_eq!(copied, original, "{}", copy.path);
        } else {
            other += 1;
            assert_ne!(copied, original, "{}", copy.path);
            let apart = difference(&decode(&copied).1, &decode(&original).1);
            assert!(apart < 12.0, "{}: {apart}", copy.path);
        }
    }
    assert!(exact >= 3 && other >= 10, "{exact} {other}");
}

#[tokio::test]
async fn any_image_host_has_any_image_and_thumbnails_are_small() {
    let gallery = start(false).await;
    let site = gallery.site();
    let item = &site.listing.items()[0];
    let elsewhere = site.addresses.other_host_url(&item.path, &item.path);
    assert_eq!(get(&elsewhere).await.body, fetch(&gallery, item).await);
    let thumbnail = get(&site
        .addresses
        .image_url(site.listing.thumbnail(item.rendition.picture)))
    .await;
    let (format, picture) = decode(&thumbnail.body);
    assert_eq!(format, ImageFormat::Jpeg);
    assert!(picture.width().max(picture.height()) <= 160);
    assert_eq!(
        get(&format!("{}{}", gallery.url(), item.path)).await.status,
        404,
        "the search port has no images"
    );
    assert_eq!(
        get(&site.addresses.image_url("/image/none.jpg"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn two_starts_on_the_same_port_are_byte_for_byte_alike() {
    let first = start(true).await;
    let port = first.port();
    let listing = |gallery: &Gallery| gallery.site().listing.items().to_vec();
    let search = format!("{}/api/search?q=flower&page_size=100", first.url());
    let items = listing(&first);
    let sound: Vec<&Item> = items
        .iter()
        .filter(|item| item.fault.is_none())
        .step_by(60)
        .collect();
    let mut bytes = Vec::new();
    for item in &sound {
        bytes.push(fetch(&first, item).await);
    }
    let found = get(&search).await.body;
    first.stop().await;

    let second = Gallery::start(GallerySettings {
        port,
        faults: true,
        ..GallerySettings::default()
    })
    .await
    .unwrap();
    assert_eq!(listing(&second), items);
    assert_eq!(get(&search).await.body, found);
    for (item, before) in sound.iter().zip(bytes) {
        assert!(
            fetch(&second, item).await == before,
            "{} changed",
            item.path
        );
    }
}
