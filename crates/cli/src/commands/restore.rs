//! `trawl restore`: lists what was thrown out, and takes it back.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use trawl_dataset::{Dataset, Publication, Restored, SampleId, Thrown, thrown_out};

use super::{publish, snapshot};
use crate::args::RestoreArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::reasons::explain;
use crate::terminal::Table;

pub(super) fn run(args: &RestoreArgs, output: Output) -> Result<Exit, Failure> {
    let root = locate::dataset(args.dir.clone())?;
    if args.ids.is_empty() {
        return list(args, &root, output);
    }
    let ids = whole_ids(args, &root)?;
    let mut dataset = Dataset::open(&root)?;
    locate::announce_dataset(&root, output);
    let restored = dataset.restore(&ids, args.name.as_deref())?;
    for one in &restored {
        output.line(said(one));
    }
    let publication = snapshot::publish_listed(&mut dataset, &root)?;
    for line in still_out(&restored, &publication) {
        output.problem(line);
    }
    drop(dataset);
    let page = snapshot::write_page(&root)?;
    output.line(publish::published_line(&publication));
    output.line(format!("report {page}"));
    output.object(&json!({
        "dataset": root.display().to_string(),
        "restored": restored,
        "snapshot": publication.snapshot.id,
        "changed": publication.changed,
        "report": page,
    }));
    Ok(Exit::Done)
}

/// Fewest digits that may stand for an id: as many as messages show of one.
const SHORTEST: usize = 8;

/// Reads ids, or the first digits of what was thrown out of the given name.
fn whole_ids(args: &RestoreArgs, root: &Path) -> Result<Vec<SampleId>, Failure> {
    let lists = format!("`trawl restore {}` lists them", root.display());
    let mut thrown: Option<BTreeSet<String>> = None;
    let mut ids = Vec::with_capacity(args.ids.len());
    for given in &args.ids {
        if let Ok(id) = given.parse() {
            ids.push(id);
            continue;
        }
        if given.len() < SHORTEST || !given.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Failure::usage(format!(
                "{given} is not a picture's id (32 hexadecimal digits, or the first {SHORTEST} or more of them); {lists}"
            )));
        }
        let known = match &mut thrown {
            Some(known) => known,
            None => thrown.insert(thrown_ids(args, root)?),
        };
        let given = given.to_ascii_lowercase();
        let mut begin_so = known.iter().filter(|id| id.starts_with(&given));
        match (
            begin_so.next().and_then(|id| id.parse().ok()),
            begin_so.count(),
        ) {
            (None, _) => {
                return Err(Failure::usage(format!(
                    "no picture that was thrown out has an id that begins with {given}; {lists}"
                )));
            }
            (Some(id), 0) => ids.push(id),
            (Some(_), others) => {
                return Err(Failure::usage(format!(
                    "{} pictures have ids that begin with {given}; give more digits ({lists})",
                    others + 1
                )));
            }
        }
    }
    Ok(ids)
}

fn thrown_ids(args: &RestoreArgs, root: &Path) -> Result<BTreeSet<String>, Failure> {
    let wanted = |label: &str| args.name.as_ref().is_none_or(|name| name == label);
    let thrown = thrown_out(root)?.into_iter();
    let thrown = thrown.filter(|one| wanted(&one.label));
    Ok(thrown.map(|one| one.sample.to_string()).collect())
}

fn said(one: &Restored) -> String {
    let why = one
        .reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(" ({reason})"));
    if one.changed {
        format!(
            "{} is kept for {:?}; it was {}{why}",
            one.sample,
            one.label,
            one.was.as_str()
        )
    } else {
        format!("{:?} has {} already", one.label, one.sample)
    }
}

/// Those that publication cannot have all the same, and why.
fn still_out(restored: &[Restored], publication: &Publication) -> Vec<String> {
    let mut lines = Vec::new();
    for one in restored {
        let name = publication
            .names
            .iter()
            .find(|name| name.label == one.label);
        if name.is_none_or(|name| !name.listed) {
            lines.push(format!(
                "{} stays out all the same: {:?} is no name of the dataset any more",
                one.sample, one.label
            ));
        }
        let conflicts = name.into_iter().flat_map(|name| &name.conflicts);
        let out = conflicts.filter(|c| c.sample == one.sample && c.kind != "shared");
        lines.extend(out.map(|conflict| {
            format!(
                "{} stays out of {:?} all the same ({}): {}",
                one.sample,
                one.label,
                conflict.kind,
                explain(&conflict.kind)
            )
        }));
    }
    lines
}

fn list(args: &RestoreArgs, root: &Path, output: Output) -> Result<Exit, Failure> {
    let mut thrown = thrown_out(root)?;
    if let Some(name) = &args.name {
        thrown.retain(|one| one.label == *name);
    }
    locate::announce_dataset(root, output);
    if thrown.is_empty() {
        output.line("nothing was thrown out of which a picture is stored");
    } else {
        output.line(table(&thrown).render());
        output.line(format!(
            "\n{} pictures, in report.html and as objects/AB/ID.jpg (AB: its first two digits);\ntake some back with `trawl restore {} ID...`",
            thrown.len(),
            root.display()
        ));
    }
    output.object(&json!({ "dataset": root.display().to_string(), "thrown_out": thrown }));
    Ok(Exit::Done)
}

fn table(thrown: &[Thrown]) -> Table {
    let mut table = Table::new(&["name", "id", "why"]).whole(1).text(2);
    for one in thrown {
        table.row(vec![one.label.clone(), one.sample.to_string(), why(one)]);
    }
    table
}

/// The code, and what its line says beyond that; of the picture that it repeats so many digits as find it.
fn why(one: &Thrown) -> String {
    let mut detail = one.detail.clone();
    if let Some(of) = one.of {
        let of = of.to_string();
        detail = detail.replace(&of, &format!("{}…", &of[..8]));
    }
    let detail = detail.strip_prefix(&one.reason).unwrap_or(&detail).trim();
    if detail.is_empty() {
        one.reason.clone()
    } else {
        format!("{}: {detail}", one.reason)
    }
}
