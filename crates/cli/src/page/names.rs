//! A dataset's names as a table: what was found of each, what became of it, and why the rest was not kept.

use std::collections::BTreeMap;

use maud::{Markup, html};
use trawl_dataset::{NameSummary, Summary};

use crate::commands::{duplicates, unfit};
use crate::reasons::REPLACED;

/// Rows beyond which the table scrolls in a box of its own, so that the pictures below it stay near.
const TALL: usize = 20;

/// A column of counts.
struct Column {
    head: &'static str,
    meaning: &'static str,
    count: fn(&NameSummary) -> u32,
    /// Whether it stands there when nothing was counted in it.
    is_fixed: bool,
}

const COLUMNS: [Column; 13] = [
    Column {
        head: "found",
        meaning: "candidates: all that follow up to kept, added up",
        count: |n| n.found,
        is_fixed: true,
    },
    Column {
        head: "downloaded",
        meaning: "found, and the bytes arrived",
        count: |n| n.downloaded,
        is_fixed: true,
    },
    Column {
        head: "failed",
        meaning: "rejected before or at the download",
        count: |n| n.rejected,
        is_fixed: true,
    },
    Column {
        head: "duplicate",
        meaning: "downloaded, but the name has the picture already, or a better copy replaced it",
        count: duplicates,
        is_fixed: true,
    },
    Column {
        head: "unfit",
        meaning: "downloaded, but broken, no picture, or beyond a threshold of quality",
        count: unfit,
        is_fixed: true,
    },
    Column {
        head: "surplus",
        meaning: "good, but beyond the goal",
        count: |n| n.surplus,
        is_fixed: false,
    },
    Column {
        head: "waiting",
        meaning: "downloaded, but candidates before it are not decided",
        count: |n| n.pending,
        is_fixed: false,
    },
    Column {
        head: "forgotten",
        meaning: "taken out on request",
        count: |n| n.forgotten,
        is_fixed: false,
    },
    Column {
        head: "kept",
        meaning: "in the dataset",
        count: |n| n.kept,
        is_fixed: true,
    },
    Column {
        head: "left out",
        meaning: "kept, but not published, since other names or splits show it too or too many hosts serve it",
        count: left_out,
        is_fixed: false,
    },
    Column {
        head: "train",
        meaning: "published to learn from",
        count: |n| n.splits.train,
        is_fixed: true,
    },
    Column {
        head: "val",
        meaning: "published to choose by",
        count: |n| n.splits.val,
        is_fixed: true,
    },
    Column {
        head: "test",
        meaning: "published to measure on",
        count: |n| n.splits.test,
        is_fixed: true,
    },
];

/// The table. `ends` says for each name why its search ended, when that is known.
pub(super) fn names(summary: &Summary, ends: &BTreeMap<&str, String>) -> Markup {
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|column| column.is_fixed || (column.count)(&summary.totals) > 0)
        .collect();
    let has_goal = summary.names.iter().any(|n| n.goal.is_some());
    let has_reasons = summary.names.iter().any(|n| !reasons(n).is_empty());
    let is_tall = summary.names.len() > TALL;
    html! {
        div.scroll.names.tall[is_tall] tabindex="0" {
            table {
                thead {
                    tr {
                        th { "name" }
                        @if has_goal { th title="pictures wanted" { "goal" } }
                        @for column in &columns { th title=(column.meaning) { (column.head) } }
                        @if has_reasons { th.text { "not kept because" } }
                        @if !ends.is_empty() { th.text { "search ended" } }
                    }
                }
                tbody {
                    @for n in &summary.names {
                        @let is_short = n.goal.is_some_and(|goal| n.published < goal);
                        tr {
                            td {
                                a href="#pictures" data-name=(n.label) { bdi { (n.label) } }
                                @if !n.listed { span.muted { " (off the list)" } }
                            }
                            @if has_goal { td.short[is_short] { @if let Some(goal) = n.goal { (goal) } } }
                            @for column in &columns { td { (count((column.count)(n))) } }
                            @if has_reasons { td.text.wrap { (reasons(n)) } }
                            @if !ends.is_empty() { td.text.wrap { (ends.get(n.label.as_str()).map_or("", String::as_str)) } }
                        }
                    }
                }
                @if summary.names.len() > 1 {
                    tfoot {
                        tr {
                            td { "all" }
                            @if has_goal { td {} }
                            @for column in &columns { td { (count((column.count)(&summary.totals))) } }
                            @if has_reasons { td {} }
                            @if !ends.is_empty() { td {} }
                        }
                    }
                }
            }
        }
    }
}

/// A dash is read faster than a nought where most are.
fn count(count: u32) -> Markup {
    html! { @if count == 0 { span.muted { "–" } } @else { (count) } }
}

/// Kept pictures that the publication left out.
fn left_out(name: &NameSummary) -> u32 {
    let out = name.conflicts.iter().filter(|c| c.kind != "shared").count();
    u32::try_from(out).unwrap_or(u32::MAX)
}

/// Why candidates were not kept, the most frequent reason first.
fn reasons(name: &NameSummary) -> String {
    let replaced = (name.superseded > 0).then_some((REPLACED, &name.superseded));
    let reasons = name.reasons.iter().map(|(code, n)| (code.as_str(), n));
    let mut all: Vec<(&str, &u32)> = reasons.chain(replaced).collect();
    all.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let said: Vec<String> = all
        .into_iter()
        .map(|(code, count)| format!("{count} {code}"))
        .collect();
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use trawl_dataset::{DatasetSettings, Terms};

    use super::*;

    fn summary(names: Vec<NameSummary>, totals: NameSummary) -> Summary {
        Summary {
            root: PathBuf::from("data/x"),
            settings: DatasetSettings::default(),
            terms: Terms::default(),
            names,
            totals,
            snapshot: None,
            damage: None,
            snapshots: 0,
            sizes: Vec::new(),
            published: Vec::new(),
        }
    }

    fn owl(goal: Option<u32>) -> NameSummary {
        let reasons = [("html", 2), ("near-duplicate", 6), ("dark", 7)];
        NameSummary {
            label: "<owl>".to_owned(),
            listed: true,
            goal,
            found: 40,
            downloaded: 38,
            kept: 24,
            rejected: 2,
            flawed: 13,
            superseded: 1,
            reasons: reasons.map(|(code, n)| (code.to_owned(), n)).into(),
            ..NameSummary::default()
        }
    }

    #[test]
    fn a_row_says_what_became_of_what_was_found_and_why() {
        let name = owl(None);
        let page = names(&summary(vec![name.clone()], name), &BTreeMap::new()).into_string();
        assert!(page.contains("data-name=\"&lt;owl&gt;\""), "{page}");
        assert!(
            page.contains("7 dark, 6 near-duplicate, 2 html, 1 replaced by a better copy"),
            "{page}"
        );
        // Found, downloaded, failed, duplicate, unfit, kept.
        let counts = [40, 38, 2, 7, 7, 24].map(|n| format!("<td>{n}</td>"));
        assert!(page.contains(&counts.concat()), "{page}");
        assert!(!page.contains("<tfoot>"), "one name is its own sum: {page}");
    }

    #[test]
    fn columns_that_would_be_empty_are_left_away() {
        let name = owl(None);
        let all = summary(vec![name.clone()], name);
        let page = names(&all, &BTreeMap::new()).into_string();
        for head in [
            "goal",
            "surplus",
            "waiting",
            "forgotten",
            "left out",
            "search ended",
        ] {
            assert!(!page.contains(&format!(">{head}</th>")), "{head}: {page}");
        }
        let short = NameSummary {
            surplus: 3,
            published: 24,
            ..owl(Some(60))
        };
        let ends = BTreeMap::from([("<owl>", "engines exhausted".to_owned())]);
        let page = names(&summary(vec![short.clone(), short.clone()], short), &ends).into_string();
        for said in [
            ">goal</th>",
            ">surplus</th>",
            "<td class=\"short\">60</td>",
            ">engines exhausted</td>",
            "<tfoot>",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
    }
}
