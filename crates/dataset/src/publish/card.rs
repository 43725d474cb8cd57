//! The dataset card: what the dataset is, for a reader and for the `datasets` library.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::markdown::text;
use super::snapshot::Snapshot;
use super::{Grouping, Split, attribution};
use crate::dataset::{State, is_chosen};
use crate::pixels::Fit;
use crate::store::settings::DatasetSettings;

/// Writes the card of a snapshot; it depends on the snapshot alone.
///
/// The header names the splits one by one: without it, readers guess them from paths, and a class called `train` or `test tube`
/// would be loaded into a second split. Labels are folder names, so the header lists folders in class order.
pub(super) fn card(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_card(&mut text, snapshot);
    text
}

/// The part of the card that says what the pictures are, without how this or that reader loads them.
pub(crate) fn body(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_body(&mut text, snapshot);
    text
}

fn write_card(out: &mut String, snapshot: &Snapshot) -> std::fmt::Result {
    write_header(out, snapshot)?;
    write_body(out, snapshot)?;
    write_loading(out)
}

fn write_body(out: &mut String, snapshot: &Snapshot) -> std::fmt::Result {
    writeln!(
        out,
        "\n# {} pictures of {} names\n",
        snapshot.rows.len(),
        snapshot.classes.len()
    )?;
    writeln!(
        out,
        "Made by trawl, snapshot {} (`{}`), {}.",
        snapshot.number, snapshot.id, snapshot.created
    )?;
    writeln!(
        out,
        "The pictures belong to their authors. `{}` credits each with author, licence and page as far as they are known, `index.jsonl` has \
         everything that is known of it.",
        attribution::FILE
    )?;
    write_counts(out, snapshot)?;
    write_sources(out, snapshot)?;
    write_terms(out, snapshot)?;
    write_making(out, snapshot)?;
    write_left_out(out, snapshot)?;
    write_disputed(out, snapshot)
}

fn write_header(out: &mut String, snapshot: &Snapshot) -> std::fmt::Result {
    writeln!(out, "---")?;
    writeln!(out, "task_categories:\n- image-classification")?;
    writeln!(
        out,
        "configs:\n- config_name: default\n  drop_labels: false\n  data_files:"
    )?;
    for split in Split::ALL {
        // A pattern without files would be an error.
        if snapshot.rows.iter().any(|row| row.split == split) {
            writeln!(
                out,
                "  - split: {}\n    path: images/{split}/**",
                reader_name(split)
            )?;
        }
    }
    writeln!(
        out,
        "dataset_info:\n  features:\n  - name: image\n    dtype: image"
    )?;
    writeln!(
        out,
        "  - name: label\n    dtype:\n      class_label:\n        names:"
    )?;
    for class in &snapshot.classes {
        // A JSON string is a YAML string.
        writeln!(
            out,
            "          '{}': {}",
            class.index,
            serde_json::json!(class.folder)
        )?;
    }
    writeln!(out, "---")
}

/// The `datasets` library calls the validation split so.
pub(crate) fn reader_name(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::Val => "validation",
        Split::Test => "test",
    }
}

fn write_counts(out: &mut String, snapshot: &Snapshot) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Contents\n\n| class | label | folder | train | val | test |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    let mut counts: BTreeMap<(u32, Split), u32> = BTreeMap::new();
    for row in &snapshot.rows {
        *counts.entry((row.class, row.split)).or_default() += 1;
    }
    for class in &snapshot.classes {
        let [train, val, test] = Split::ALL.map(|split| {
            counts
                .get(&(class.index, split))
                .copied()
                .unwrap_or_default()
        });
        let (label, folder) = (cell(&class.label), cell(&class.folder));
        writeln!(
            out,
            "| {} | {label} | {folder} | {train} | {val} | {test} |",
            class.index
        )?;
    }
    let [train, val, test] = Split::ALL.map(|split| {
        snapshot
            .rows
            .iter()
            .filter(|row| row.split == split)
            .count()
    });
    writeln!(out, "| | all | | {train} | {val} | {test} |")
}

fn write_sources(out: &mut String, snapshot: &Snapshot) -> std::fmt::Result {
    let rows = || snapshot.rows.iter().map(|row| &row.provenance);
    let dates: Vec<&str> = rows()
        .filter_map(|p| p.fetched_at.as_deref())
        .filter_map(|d| d.get(..10))
        .collect();
    writeln!(out, "\n## Sources\n")?;
    match (dates.iter().min(), dates.iter().max()) {
        (Some(first), Some(last)) if first != last => {
            writeln!(out, "Downloaded from {first} to {last}.\n")?;
        }
        (Some(day), _) => writeln!(out, "Downloaded on {day}.\n")?,
        _ => {}
    }
    write_table(out, "engine", rows().map(|p| p.engine.as_str()))?;
    writeln!(out)?;
    write_table(
        out,
        "licence",
        rows().map(|p| p.license.as_deref().unwrap_or("not stated")),
    )
}

/// What the crawls obeyed or went without, and the licences they took.
fn write_terms(out: &mut String, snapshot: &Snapshot) -> std::fmt::Result {
    let terms = &snapshot.terms;
    writeln!(out, "\n## Crawled under\n")?;
    let is_brought = |row: &&super::Row| is_chosen(&row.provenance.engine);
    let brought = snapshot.rows.iter().filter(is_brought).count();
    if brought > 0 {
        writeln!(
            out,
            "- {brought} of {} pictures come from folders and other programs' datasets: what their sources say is not known here",
            snapshot.rows.len()
        )?;
    }
    if terms.overrides.is_empty() && brought < snapshot.rows.len() {
        writeln!(
            out,
            "- what websites said against crawling, mining and training was obeyed: robots.txt, X-Robots-Tag, TDMRep, AIPREF"
        )?;
    }
    for one in &terms.overrides {
        let (meaning, setting) = (cell(&one.meaning), cell(&one.setting));
        writeln!(out, "- {meaning} ({setting})")?;
    }
    if !terms.licenses.is_empty() {
        let licenses = cell(&terms.licenses.join(", "));
        writeln!(
            out,
            "- pictures under other licences than {licenses}, or under none that was stated, were refused"
        )?;
    }
    Ok(())
}

fn write_table<'a>(
    out: &mut String,
    name: &str,
    values: impl Iterator<Item = &'a str>,
) -> std::fmt::Result {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    writeln!(out, "| {name} | pictures |\n| --- | --- |")?;
    counts
        .iter()
        .try_for_each(|(value, count)| writeln!(out, "| {} | {count} |", cell(value)))
}

fn write_making(out: &mut String, snapshot: &Snapshot) -> std::fmt::Result {
    let (settings, p) = (&snapshot.settings, &snapshot.preparation);
    let size = p.size();
    let fit = match p.fit {
        Fit::Crop => format!("short side to 256, centre {size}x{size}"),
        Fit::Pad => format!("long side to {size}, white bars to {size}x{size}"),
        Fit::Stretch => format!("both sides to {size}"),
    };
    writeln!(out, "\n## How it was made\n")?;
    writeln!(
        out,
        "- Pixels (`{}`): first frame, upright by its metadata, transparency over white, {fit} by an antialiased triangle \
         filter, JPEG quality {} without colour subsampling.",
        p.name(),
        p.jpeg_quality
    )?;
    writeln!(
        out,
        "- Taken are pictures with a short side of at least {} px and at most {} pixels that show more than one colour.",
        p.min_side, p.max_pixels
    )?;
    write_quality(out, settings)?;
    writeln!(
        out,
        "- Duplicates by bytes, by pixels and by PDQ hash (at most {} of 256 bits in any of eight orientations, quality at least {}) \
         are left out; the largest copy stays, of one size the least compressed.{}",
        settings.near_distance,
        settings.near_quality,
        if settings.placeholder_names == 2 {
            ""
        } else {
            " A picture that two names show stays with the first, in train only."
        }
    )?;
    for (limit, what) in [
        (settings.placeholder_names, "names show"),
        (settings.placeholder_hosts, "sites serve pixel by pixel"),
    ] {
        if limit > 0 {
            writeln!(
                out,
                "- A picture that {limit} or more {what} is dropped as a placeholder."
            )?;
        }
    }
    writeln!(
        out,
        "- Splits are given to {}, {} test and {} validation per name in hash order (salt `{}`), and never change.",
        match settings.group_by {
            Grouping::Duplicates => "near-duplicate groups",
            Grouping::Page => "near-duplicate groups, those of one landing page together",
            Grouping::Host => "near-duplicate groups, those of one host together",
        },
        settings.test_share,
        settings.val_share,
        cell(&settings.salt)
    )
}

/// What was asked of scores, so far as something was.
fn write_quality(out: &mut String, settings: &DatasetSettings) -> std::fmt::Result {
    let asked = serde_json::to_value(settings.quality).expect("thresholds are plain data");
    let asked: Vec<String> = asked
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, limit)| limit.as_f64() > Some(0.0))
        .map(|(measure, limit)| format!("{measure} {:.4}", limit.as_f64().unwrap_or_default()))
        .map(|text| text.trim_end_matches('0').trim_end_matches('.').to_owned())
        .collect();
    if asked.is_empty() {
        return writeln!(out, "- Nothing was asked of the pictures' looks.");
    }
    let whom = if settings.judge_folders {
        ""
    } else {
        " (pictures from folders are not judged)"
    };
    writeln!(
        out,
        "- Left out is what is beyond a threshold of quality{whom}: {}.",
        asked.join(", ")
    )
}

/// Most disputed pictures that the card lists; `rejected.jsonl` has them all.
const DISPUTED: usize = 200;

/// The pictures that publication left out because of others, one by one.
fn write_disputed(out: &mut String, snapshot: &Snapshot) -> std::fmt::Result {
    let disputed = || {
        let kept = snapshot
            .aside
            .iter()
            .filter(|aside| aside.state == State::Kept);
        kept.filter_map(|aside| Some((aside, aside.sample.as_ref()?, aside.reason.as_deref()?)))
    };
    let count = disputed().count();
    if count == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Disputed\n\n| label | picture | why | |\n| --- | --- | --- | --- |"
    )?;
    for (aside, sample, reason) in disputed().take(DISPUTED) {
        let detail = aside.detail.as_deref().unwrap_or_default();
        writeln!(
            out,
            "| {} | {} | {reason} | {} |",
            cell(&aside.label),
            sample.id,
            cell(detail)
        )?;
    }
    if count > DISPUTED {
        writeln!(out, "\n{} more are in `rejected.jsonl`.", count - DISPUTED)?;
    }
    Ok(())
}

fn write_left_out(out: &mut String, snapshot: &Snapshot) -> std::fmt::Result {
    let reason = |state: State, reason: Option<&str>| match state {
        State::Kept => reason.map_or("not published".to_owned(), |reason| {
            format!("kept, but left out: {reason}")
        }),
        state => reason.map_or(state.as_str().to_owned(), |reason| {
            format!("{}: {reason}", state.as_str())
        }),
    };
    let reasons: Vec<String> = snapshot
        .aside
        .iter()
        .map(|a| reason(a.state, a.reason.as_deref()))
        .collect();
    if reasons.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Left out\n")?;
    write_table(out, "why", reasons.iter().map(String::as_str))
}

fn write_loading(out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Loading\n\n```python\nfrom datasets import load_dataset\n\ndataset = load_dataset(\"PATH/OF/THIS/FOLDER\")\n\n\
         from torchvision.datasets import ImageFolder\n\ntrain = ImageFolder(\"PATH/OF/THIS/FOLDER/images/train\")\n```\n"
    )?;
    writeln!(
        out,
        "`classes.json` gives each class's index, label and folder. `ImageFolder` numbers the folders it sees: a name with few \
         pictures may be missing from `images/val` or `images/test`, and then the numbers behind it differ there."
    )
}

/// Keeps text from breaking out of its table cell or line.
fn cell(content: &str) -> String {
    text(content, 120)
}
