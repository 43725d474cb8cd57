//! A dataset's page: what was found and kept, why the rest was not, and every published picture.

use std::collections::BTreeMap;
use std::path::Path;

use maud::{Markup, html};
use trawl_dataset::{Summary, Thrown};

use super::album::album;
use super::chart;
use super::frame::{figure, page};
use crate::commands::{duplicates, term_lines, unfit};
use crate::exit::Failure;
use crate::reasons::explain;

/// The whole page as text. `ends` says for each name why its search ended, when that is known.
///
/// # Errors
/// When a picture must be inlined and cannot be read.
pub(crate) fn dataset(
    root: &Path,
    summary: &Summary,
    thrown: &[Thrown],
    ends: &BTreeMap<&str, String>,
    inline: bool,
) -> Result<String, Failure> {
    let name = std::path::absolute(root)
        .ok()
        .and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_default();
    let lead = summary.snapshot.as_ref().map_or_else(
        || "not published yet".to_owned(),
        |snapshot| format!("snapshot {} ({})", snapshot.number, snapshot.id),
    );
    let body = html! {
        div.figures {
            (figure(summary.names.len(), "names"))
            (figure(summary.totals.found, "found"))
            (figure(summary.totals.downloaded, "downloaded"))
            (figure(duplicates(&summary.totals), "duplicates"))
            (figure(summary.totals.kept, "kept"))
            (figure(summary.totals.published, "published"))
        }
        h2 { "Names" }
        (names(summary, ends))
        div.columns {
            div.card { h3 { "Not kept because" } @if summary.totals.reasons.is_empty() { p.muted { "nothing was turned away" } } @else { (chart::explained_bars(&sorted(&summary.totals.reasons), explain)) } }
            div.card { h3 { "Short side of the kept originals, pixels" } (chart::bars(&sides(summary))) }
            div.card { h3 { "Splits" } (chart::bars(&splits(summary))) }
            div.card { h3 { "Licences" } (chart::bars(&licences(summary))) }
            @let terms = term_lines(&summary.terms);
            @if !terms.is_empty() { div.card { h3 { "Crawled under" } ul.terms { @for line in &terms { li { (line) } } } } }
        }
        h2 { "Pictures" }
        (album(root, summary, thrown, inline)?)
    };
    Ok(page(&format!("Dataset {name}"), &lead, &body))
}

fn names(summary: &Summary, ends: &BTreeMap<&str, String>) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th { "name" } th { "found" } th { "fetched" } th { "duplicate" } th { "unfit" } th { "failed" } th { "surplus" } th { "conflict" } th { "kept" } th { "train" } th { "val" } th { "test" } th.text { "search ended" } } }
                tbody {
                    @for n in &summary.names {
                        tr {
                            td { (n.label) } td { (n.found) } td { (n.downloaded) } td { (duplicates(n)) } td { (unfit(n)) } td { (n.rejected) }
                            td { (n.surplus) } td { (n.conflicts.len()) } td { (n.kept) } td { (n.splits.train) } td { (n.splits.val) } td { (n.splits.test) }
                            td.text { (ends.get(n.label.as_str()).map_or("", String::as_str)) }
                        }
                    }
                }
            }
        }
    }
}

fn sorted(counts: &BTreeMap<String, u32>) -> Vec<(String, u64)> {
    let mut rows: Vec<_> = counts
        .iter()
        .map(|(k, v)| (k.clone(), u64::from(*v)))
        .collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    rows
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

fn splits(summary: &Summary) -> Vec<(String, u64)> {
    let splits = &summary.totals.splits;
    [
        ("train", splits.train),
        ("val", splits.val),
        ("test", splits.test),
    ]
    .map(|(word, count)| (word.to_owned(), u64::from(count)))
    .to_vec()
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
