//! `trawl diff`: what changed from one snapshot to another.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use trawl_dataset::{Difference, NameDifference, SampleId, Snapshot};

use crate::args::DiffArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::terminal::Table;

pub(super) fn run(args: &DiffArgs, output: Output) -> Result<Exit, Failure> {
    let from = find(&args.a)?;
    let to = find(&args.b)?;
    let difference = Difference::between(&from, &to);
    output.line(format!(
        "snapshot {} ({}) to snapshot {} ({})",
        from.number, from.id, to.number, to.id
    ));
    if let Some((a, b)) = &difference.preparations {
        output.line(format!(
            "their pictures were prepared differently ({a} and {b}), so none of one is a picture of the other"
        ));
    }
    if difference.is_empty() {
        output.line("no difference");
    } else {
        output.line(table(&difference).render());
    }
    for name in &difference.names {
        for line in pictures(name) {
            output.detail(line);
        }
    }
    output.object(&difference);
    Ok(Exit::Done)
}

fn table(difference: &Difference) -> Table {
    let mut table = Table::new(&[
        "name",
        "before",
        "after",
        "added",
        "removed",
        "replaced",
        "moved here",
        "moved away",
        "",
    ])
    .text(8);
    for name in &difference.names {
        let note = if difference.names_added.contains(&name.label) {
            "new name"
        } else if difference.names_removed.contains(&name.label) {
            "name left"
        } else {
            ""
        };
        table.row(vec![
            name.label.clone(),
            name.before.to_string(),
            name.after.to_string(),
            name.added.len().to_string(),
            name.removed.len().to_string(),
            name.replaced.len().to_string(),
            name.moved.len().to_string(),
            name.moved_away.len().to_string(),
            note.to_owned(),
        ]);
    }
    table
}

/// Each picture with what became of it, for `--verbose`.
fn pictures(name: &NameDifference) -> Vec<String> {
    let label = &name.label;
    let each = |sign: char, ids: &[SampleId]| -> Vec<String> {
        ids.iter()
            .map(|id| format!("{sign} {label} {id}"))
            .collect()
    };
    let mut lines = each('+', &name.added);
    lines.extend(each('-', &name.removed));
    let replaced = name.replaced.iter();
    lines.extend(replaced.map(|(old, new)| format!("~ {label} {old} by {new}")));
    lines.extend(name.moved.iter().map(|moved| {
        format!(
            "> {label} {} in {}, before {} in {}",
            moved.id, moved.to_split, moved.from_label, moved.from_split
        )
    }));
    lines.extend(name.moved_away.iter().map(|moved| {
        format!(
            "< {label} {} in {}, now {} in {}",
            moved.id, moved.from_split, moved.to_label, moved.to_split
        )
    }));
    lines
}

/// Finds the snapshot that a word means: a file, a dataset folder (its newest), `FOLDER@WHICH`, or a number or id of the newest
/// published dataset.
fn find(word: &str) -> Result<Snapshot, Failure> {
    let path = Path::new(word);
    if path.is_file() {
        if !is_snapshot(path) {
            return Err(Failure::nothing_there(format!(
                "{word} is not a snapshot file; those lie in the folder `snapshots` of a dataset and end in .jsonl"
            )));
        }
        return Ok(Snapshot::load(path)?);
    }
    if path.is_dir() {
        return Ok(Snapshot::newest(path)?);
    }
    if let Some((folder, which)) = word.rsplit_once('@')
        && Path::new(folder).is_dir()
    {
        return numbered(Path::new(folder), which);
    }
    if word.contains(['/', '\\', '.']) {
        return Err(Failure::nothing_there(format!(
            "there is no snapshot {word}; give a snapshot's file, a dataset folder, or DIR@NUMBER"
        )));
    }
    numbered(&locate::dataset(None)?, word)
}

/// Whether a file is a snapshot, whole or damaged: by how it begins, or by where it lies.
fn is_snapshot(path: &Path) -> bool {
    const BEGINNING: &[u8] = br#"{"kind":"snapshot""#;
    let mut beginning = [0; BEGINNING.len()];
    let begins_so = File::open(path)
        .and_then(|mut file| file.read_exact(&mut beginning))
        .is_ok_and(|()| beginning == BEGINNING);
    let real = path.canonicalize().unwrap_or_default();
    let root = real.parent().and_then(Path::parent);
    begins_so || root.is_some_and(|root| Snapshot::list(root).iter().any(|one| one.2 == real))
}

fn numbered(root: &Path, which: &str) -> Result<Snapshot, Failure> {
    let found = match which.parse() {
        // Ids are longer, and may be all digits.
        Ok(number) if which.len() < 6 => Snapshot::numbered(root, number),
        _ => Snapshot::with_id(root, which),
    };
    Ok(found?)
}
