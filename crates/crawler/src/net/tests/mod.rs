//! Requests as a whole: what is dialled, what is trusted, and what a proxy changes.
//!
//! - `dialling`: recording resolvers and connectors
//! - `tls`: certificates that must not be trusted
//! - `proxy`: only the one that is configured

mod dialling;
mod proxy;
mod tls;

use std::time::Duration;

use reqwest::ClientBuilder;
use url::Url;

use super::resolver::Lookup;
use super::{Attempt, Client, Origin};
use crate::CrawlSettings;

/// Fetches a URL as a crawl does; gives `body`, `redirect` or the code, and the reject's detail.
async fn fetch(client: &Client, url: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let origin = Origin {
        url: url.to_owned(),
        final_url: None,
        fetched_at: String::new(),
        ..Origin::default()
    };
    let url = Url::parse(url).unwrap();
    match client
        .fetch(
            &url,
            false,
            folder.path().join("kept"),
            origin,
            None,
            Duration::ZERO,
        )
        .await
    {
        Attempt::Body(..) => ("body".to_owned(), String::new()),
        Attempt::Redirect(to) => ("redirect".to_owned(), to.to_string()),
        Attempt::Lost => ("lost".to_owned(), String::new()),
        Attempt::Failed { reject, .. } => (reject.code().to_owned(), reject.detail().to_owned()),
    }
}

fn client(
    limits: &CrawlSettings,
    lookup: &Lookup,
    adapt: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Client {
    Client::build(limits, lookup, adapt).unwrap()
}
