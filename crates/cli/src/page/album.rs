//! The pictures of a dataset's page: controls, room, and the script that fills it from data.
//!
//! A page of 50,000 pictures as markup is more than a browser takes kindly; as data it is some megabytes, of which the script makes
//! figures for what somebody has scrolled to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use maud::{Markup, PreEscaped, html};
use trawl_dataset::{Snapshot, Summary, Thrown};

use super::dataset::Contents;
use super::picture;
use super::shown::{Album, collect};
use crate::exit::Failure;

const SCRIPT: &str = include_str!("album.js");

/// The controls, the room for the pictures, and the script with its data.
///
/// # Errors
/// When a picture must be inlined and cannot be read.
pub(super) fn album(contents: &Contents<'_>) -> Result<Markup, Failure> {
    let mut album = collect(contents);
    if contents.inline {
        album.inline = inlined(contents.root, contents.summary, contents.thrown)?;
    }
    let views = [
        ("published", "published"),
        ("thrown", "thrown out"),
        ("copies", "copies side by side"),
        ("disputed", "disputed"),
    ];
    Ok(html! {
        div.tools {
            div.views {
                @for (view, words) in views { button type="button" data-view=(view) aria-pressed="false" { (words) } }
            }
            select id="name" aria-label="name" {}
            select id="kind" aria-label="split or reason" {}
            select id="sort" aria-label="order" {}
            input id="words" type="search" placeholder="title, author, address, id" aria-label="search";
            span.muted id="count" {}
        }
        noscript { p { "Pictures are shown by a script; without one, look into the folders images and objects." } }
        div id="album" {}
        button.more type="button" id="more" hidden {}
        script id="data" type="application/json" { (PreEscaped(embedded(&album))) }
        script { (PreEscaped(SCRIPT)) }
    })
}

/// JSON that cannot end the element it stands in, whatever a title says.
fn embedded(album: &Album<'_>) -> String {
    let text = serde_json::to_string(album).expect("an album is plain data");
    text.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn inlined(
    root: &Path,
    summary: &Summary,
    thrown: &[Thrown],
) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = BTreeMap::new();
    let published = summary.published.iter().flat_map(|name| &name.pictures);
    let ids = published
        .map(|p| p.id)
        .chain(thrown.iter().map(|one| one.sample));
    for id in ids {
        let path = Snapshot::object_path(root, &id);
        let source = picture::inlined(&path).map_err(|e| Failure::io("read", &path, &e))?;
        all.insert(id.to_string(), source);
    }
    // What only stands beside another: the page does without those that are gone.
    let repeated = thrown.iter().filter_map(|one| one.of);
    let conflicts = summary.names.iter().flat_map(|name| &name.conflicts);
    for id in repeated.chain(conflicts.map(|conflict| conflict.other_sample)) {
        if let Entry::Vacant(place) = all.entry(id.to_string())
            && let Ok(source) = picture::inlined(&Snapshot::object_path(root, &id))
        {
            place.insert(source);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::shown::tests::{contents, summary};
    use super::*;

    #[test]
    fn no_title_ends_the_script() {
        let summary = summary();
        let markup = album(&contents(&summary, &[], &[])).unwrap().into_string();
        assert_eq!(markup.matches("</script>").count(), 2, "{markup}");
        let start = markup.find("application/json\">").unwrap() + 18;
        let end = start + markup[start..].find("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(&markup[start..end]).unwrap();
        let title = data["published"][0]["t"].as_str().unwrap();
        assert!(title.starts_with("</script>"));
    }
}
