//! A dataset's page: what was found and kept, why the rest was not, and every published picture.

use std::collections::BTreeMap;
use std::path::Path;

use maud::{Markup, html};
use trawl_dataset::{NameSummary, Scored, SplitCounts, Summary, Thrown};

use super::album::album;
use super::chart;
use super::frame::{figure, page, percent};
use super::names::names;
use super::quality::quality;
use crate::commands::{duplicates, term_lines};
use crate::exit::Failure;
use crate::reasons::{REPLACED, explain};

/// What a dataset's page shows.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) root: &'a Path,
    pub(crate) summary: &'a Summary,
    pub(crate) thrown: &'a [Thrown],
    pub(crate) scored: &'a [Scored],
    /// Why the search for each name ended, when that is known.
    pub(crate) ends: &'a BTreeMap<&'a str, String>,
    /// Whether the pictures are put into the page, so that it can be sent to somebody.
    pub(crate) inline: bool,
}

/// The whole page as text.
///
/// # Errors
/// When a picture must be inlined and cannot be read.
pub(crate) fn dataset(contents: &Contents<'_>) -> Result<String, Failure> {
    let summary = contents.summary;
    let name = std::path::absolute(contents.root)
        .ok()
        .and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_default();
    let lead = summary.snapshot.as_ref().map_or_else(
        || "not published yet".to_owned(),
        |snapshot| format!("snapshot {} ({})", snapshot.number, snapshot.id),
    );
    let reasons = reasons(&summary.totals);
    let terms = term_lines(&summary.terms);
    let body = html! {
        div.figures {
            (figure(summary.names.len(), "names"))
            (figure(summary.totals.found, "found"))
            (figure(summary.totals.downloaded, "downloaded"))
            (figure(duplicates(&summary.totals), "duplicates"))
            (figure(summary.totals.kept, "kept"))
            (figure(summary.totals.published, "published"))
        }
        nav.jump {
            a href="#names" { "Names" }
            @if !contents.scored.is_empty() { a href="#quality" { "Quality" } }
            a href="#pictures" { "Pictures" }
        }
        h2 id="names" { "Names" }
        (names(summary, contents.ends))
        div.columns.flow {
            div.card { h3 { "Not kept because" } @if reasons.is_empty() { p.muted { "nothing was turned away" } } @else { (chart::explained_bars(&reasons, explain)) } }
            div.card { h3 { "Splits" } (splits(summary)) }
            div.card { h3 { "Short side of the kept originals, pixels" } (chart::bars(&sides(summary))) }
            div.card { h3 { "Licences" } (chart::bars(&licences(summary))) }
            @if !terms.is_empty() { div.card { h3 { "Crawled under" } ul.terms { @for line in &terms { li { (line) } } } } }
        }
        (quality(&summary.settings.quality, contents.scored))
        h2 id="pictures" { "Pictures" }
        (album(contents)?)
    };
    Ok(page(&format!("Dataset {name}"), &lead, &body))
}

fn sorted(counts: &BTreeMap<String, u32>) -> Vec<(String, u64)> {
    let mut rows: Vec<_> = counts
        .iter()
        .map(|(k, v)| (k.clone(), u64::from(*v)))
        .collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    rows
}

/// Why candidates were not kept; copies that gave way to a better one are counted apart from those that were turned away.
fn reasons(totals: &NameSummary) -> Vec<(String, u64)> {
    let mut counts = totals.reasons.clone();
    if totals.superseded > 0 {
        counts.insert(REPLACED.to_owned(), totals.superseded);
    }
    sorted(&counts)
}

/// Kept originals by the length of their short side.
fn sides(summary: &Summary) -> Vec<(String, u64)> {
    const EDGES: [u32; 6] = [64, 128, 224, 480, 1_080, u32::MAX];
    let mut rows: Vec<(String, u64)> = EDGES
        .windows(2)
        .map(|edge| {
            (
                if edge[1] == u32::MAX {
                    format!("{} and more", edge[0])
                } else {
                    format!("{} to {}", edge[0], edge[1] - 1)
                },
                0,
            )
        })
        .collect();
    for (width, height) in &summary.sizes {
        let side = width.min(height);
        let slot = EDGES[1..]
            .iter()
            .position(|edge| side < edge)
            .unwrap_or(EDGES.len() - 2);
        rows[slot].1 += 1;
    }
    rows
}

/// Pictures and names of each split; a name that is too small has none in val and test.
fn splits(summary: &Summary) -> Markup {
    let part = |word: &'static str, of: fn(&SplitCounts) -> u32| {
        let names = summary.names.iter().filter(|n| of(&n.splits) > 0).count();
        (word, of(&summary.totals.splits), names)
    };
    let all = summary.totals.published;
    html! {
        table.splits {
            thead { tr { th { "split" } th { "pictures" } th { "share" } th { "names" } } }
            tbody {
                @for (word, pictures, names) in [part("train", |s| s.train), part("val", |s| s.val), part("test", |s| s.test)] {
                    tr {
                        td { (word) } td { (pictures) }
                        td { (percent((all > 0).then(|| f64::from(pictures) / f64::from(all)))) }
                        td { (names) }
                    }
                }
            }
        }
    }
}

fn licences(summary: &Summary) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for p in summary.published.iter().flat_map(|n| &n.pictures) {
        *counts
            .entry(p.license.clone().unwrap_or_else(|| "not stated".to_owned()))
            .or_default() += 1;
    }
    sorted(&counts)
}
