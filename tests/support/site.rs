//! The gallery in this process, so that a test can read its request log.

use std::collections::BTreeMap;
use std::time::Duration;

use trawl_gallery::{Gallery, GallerySettings, LogEntry, RequestLog, Source};

/// A running gallery; it ends with the test.
#[derive(Debug)]
pub(crate) struct Site {
    runtime: Option<tokio::runtime::Runtime>,
    gallery: Option<Gallery>,
    log: RequestLog,
    url: String,
}

impl Site {
    pub(crate) fn start(faults: bool, latency: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let settings = GallerySettings {
            port: 0,
            faults,
            latency,
            source: Source::Builtin,
        };
        let gallery = runtime.block_on(Gallery::start(settings)).unwrap();
        let (log, url) = (gallery.log(), gallery.url());
        Self {
            runtime: Some(runtime),
            gallery: Some(gallery),
            log,
            url,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Requests for each image URL (port and path) so far; search requests are left out.
    pub(crate) fn image_requests(&self) -> BTreeMap<String, usize> {
        self.requests(|path| path.starts_with("/image"))
    }

    /// Every request so far, in order.
    pub(crate) fn entries(&self) -> Vec<LogEntry> {
        self.log.entries()
    }

    /// Requests for each search page so far.
    pub(crate) fn page_requests(&self) -> BTreeMap<String, usize> {
        self.requests(|path| path.starts_with("/api/search"))
    }

    /// Requests by which websites are asked what they have against being crawled.
    pub(crate) fn policy_requests(&self) -> BTreeMap<String, usize> {
        self.requests(is_policy)
    }

    /// Every request for something else than a search page or a policy: pictures, and what leads to them or takes their place.
    pub(crate) fn download_requests(&self) -> BTreeMap<String, usize> {
        self.requests(|path| !path.starts_with("/api/search") && !is_policy(path))
    }

    fn requests(&self, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in self.log.entries() {
            if wanted(&entry.path) {
                *counts
                    .entry(format!("{}{}", entry.port, entry.path))
                    .or_default() += 1;
            }
        }
        counts
    }
}

fn is_policy(path: &str) -> bool {
    path == "/robots.txt" || path.starts_with("/.well-known/")
}

impl Drop for Site {
    fn drop(&mut self) {
        if let (Some(runtime), Some(gallery)) = (self.runtime.take(), self.gallery.take()) {
            runtime.block_on(gallery.stop());
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}
