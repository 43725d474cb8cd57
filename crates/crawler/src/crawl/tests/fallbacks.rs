use std::time::Duration;

use crate::testing::{Catalog, Server, answer, crawl, ok, settings};
use crate::{CrawlSettings, EngineOptions, EngineSpec, Mode, SearchEngine, build_engine};

/// Is one result of the gallery: path of the image, path of its other copy, licence.
type Item = (&'static str, Option<&'static str>, &'static str);

/// Is a search page of these results and the host of their images, where paths that begin with `/gone` are not there.
struct Site {
    search: Server,
    images: Server,
}

async fn site(items: Vec<Item>) -> Site {
    let images = Server::start(|path, _| {
        let reply = if path.starts_with("/gone") {
            answer("404 Not Found", "", b"")
        } else {
            ok(path.as_bytes())
        };
        (Duration::ZERO, reply)
    })
    .await;
    let host = images.host();
    let search = Server::start(move |_, _| {
        let url = |path: &str| format!("http://{host}{path}");
        let results: Vec<_> = items
            .iter()
            .map(|(image, copy, license)| {
                let (image, copy) = (url(image), copy.map(url));
                serde_json::json!({"url": image, "thumbnail": copy, "license": license})
            })
            .collect();
        let page = serde_json::json!({"results": results, "next": null});
        (Duration::ZERO, ok(page.to_string().as_bytes()))
    })
    .await;
    Site { search, images }
}

fn gallery(site: &Site) -> Vec<Box<dyn SearchEngine>> {
    let mut options = EngineOptions::default();
    options.endpoints.gallery = site.search.url("");
    vec![build_engine(&EngineSpec::Gallery, &options).unwrap()]
}

/// Crawls the site for each label; returns (outcome, path) in the order of each.
async fn run(
    site: &Site,
    limits: &CrawlSettings,
    labels: &[&str],
    catalog: &mut Catalog,
    state: &std::path::Path,
) -> Vec<Vec<(String, String)>> {
    let (report, _) = crawl(
        state,
        limits,
        gallery(site),
        Some(labels),
        Mode::Continue,
        catalog,
    )
    .await;
    report.unwrap();
    let outcomes = labels.iter().map(|label| {
        let rows = catalog.rows[*label].values();
        let path = |url: &str| url.split_once(&site.images.host()).unwrap().1.to_owned();
        rows.map(|got| (got.what.clone(), path(&got.url))).collect()
    });
    outcomes.collect()
}

fn row(what: &str, path: &str) -> (String, String) {
    (what.to_owned(), path.to_owned())
}

#[tokio::test]
async fn a_copy_is_fetched_in_the_place_of_what_cannot_be_had() {
    let site = site(vec![
        ("/a", Some("/a-copy"), ""),
        ("/gone-b", Some("/b-copy"), ""),
        ("/gone-c", Some("/gone-c-copy"), ""),
        ("/gone-d", None, ""),
        ("/e", None, ""),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let mut catalog = Catalog::default();
    let wanted = vec![
        row("body", "/a"),
        row("body", "/b-copy"),
        row("not-found", "/gone-c-copy"),
        row("not-found", "/gone-d"),
        row("body", "/e"),
    ];
    let labels = ["cat", "dog"];
    let got = run(&site, &settings(), &labels, &mut catalog, &state).await;
    assert_eq!(got[0], wanted);
    let mut known = got[1].clone();
    for (row, path) in known.iter_mut().zip(&wanted) {
        assert_eq!(row.1, path.1, "both labels get the same copies");
        row.0.clone_from(&path.0);
    }
    assert_eq!(known, wanted);
    assert_eq!(site.images.count("/a-copy"), 0, "not needed");
    assert_eq!(site.images.most_of_one(), 1, "nothing is asked twice");
    let asked = site.images.seen().len();
    run(&site, &settings(), &labels, &mut catalog, &state).await;
    assert_eq!(site.images.seen().len(), asked, "nor in the next run");
}

#[tokio::test]
async fn a_copy_that_is_another_result_is_not_taken_twice() {
    let site = site(vec![("/gone-a", Some("/b"), ""), ("/b", None, "")]).await;
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::default();
    let state = folder.path().join("crawl.db");
    let got = run(&site, &settings(), &["cat"], &mut catalog, &state).await;
    assert_eq!(got[0], [row("not-found", "/gone-a"), row("body", "/b")]);
    assert_eq!(site.images.most_of_one(), 1);
}

#[tokio::test]
async fn licences_that_are_not_wanted_are_refused_unasked_and_have_no_copies() {
    let site = site(vec![
        ("/a", Some("/a-copy"), "CC BY 4.0"),
        ("/b", Some("/b-copy"), "All rights reserved"),
        ("/c", Some("/c-copy"), ""),
        ("/d", None, "public domain"),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::default();
    let state = folder.path().join("crawl.db");
    let limits = CrawlSettings {
        licenses: "cc,public-domain".parse().unwrap(),
        ..settings()
    };
    let got = run(&site, &limits, &["cat"], &mut catalog, &state).await;
    let wanted = [
        row("body", "/a"),
        row("license", "/b"),
        row("license", "/c"),
        row("body", "/d"),
    ];
    assert_eq!(got[0], wanted);
    assert_eq!(site.images.seen().len(), 2);
}
