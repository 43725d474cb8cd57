//! Tests against the running site, over real connections.
//!
//! | file | what belongs there |
//! | --- | --- |
//! | `client` | a small HTTP client that shows what a body really did |
//! | `searching` | search API, paging, pages for a person |
//! | `images` | what image URLs serve, and that it is what the listing says |
//! | `faulty` | each kind of fault, as a client meets it |
//! | `running` | start, stop, ports, latency, request log |

mod client;
mod faulty;
mod images;
mod running;
mod searching;

use std::time::Duration;

use crate::listing::Item;
use crate::{Gallery, GallerySettings};

/// Starts a gallery of the builtin pictures on free ports.
async fn start(faults: bool) -> Gallery {
    let settings = GallerySettings {
        port: 0,
        faults,
        ..GallerySettings::default()
    };
    Gallery::start(settings).await.unwrap()
}

/// Returns the URL of an item.
fn url_of(gallery: &Gallery, item: &Item) -> String {
    gallery.site().addresses.image_url(&item.path)
}

/// Long enough for anything that ought to happen, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
