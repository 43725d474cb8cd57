//! `trawl restore`: lists what was thrown out, and takes it back.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use trawl_dataset::{Dataset, Restored, SampleId, Thrown, thrown_out};

use super::{publish, snapshot};
use crate::args::RestoreArgs;
use crate::exit::{Exit, Failure};
use crate::locate;
use crate::output::Output;
use crate::terminal::Table;

pub(super) fn run(args: &RestoreArgs, output: Output) -> Result<Exit, Failure> {
    let root = locate::dataset(Some(args.dir.clone()))?;
    if args.ids.is_empty() {
        return list(args, &root, output);
    }
    let ids = args
        .ids
        .iter()
        .map(|id| whole_id(id, &root))
        .collect::<Result<Vec<_>, _>>()?;
    let mut dataset = Dataset::open(&root)?;
    locate::announce_dataset(&root, output);
    let restored = dataset.restore(&ids, args.name.as_deref())?;
    for one in &restored {
        output.line(said(one));
    }
    let publication = snapshot::publish_listed(&mut dataset, &root)?;
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

/// Fewest digits that may stand for an id: as many as the list shows of the picture that another one repeats.
const SHORTEST: usize = 8;

/// Reads an id, or the first digits of one that was thrown out.
fn whole_id(given: &str, root: &Path) -> Result<SampleId, Failure> {
    if let Ok(id) = given.parse() {
        return Ok(id);
    }
    let lists = format!("`trawl restore {}` lists them", root.display());
    if given.len() < SHORTEST || !given.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Failure::usage(format!(
            "{given} is not a picture's id (32 hexadecimal digits, or the first {SHORTEST} or more of them); {lists}"
        )));
    }
    let given = given.to_ascii_lowercase();
    let begin_so: BTreeSet<SampleId> = thrown_out(root)?
        .into_iter()
        .map(|one| one.sample)
        .filter(|id| id.to_string().starts_with(&given))
        .collect();
    match begin_so.len() {
        0 => Err(Failure::usage(format!(
            "no picture that was thrown out has an id that begins with {given}; {lists}"
        ))),
        1 => Ok(begin_so.into_iter().next().expect("there is one")),
        count => Err(Failure::usage(format!(
            "{count} pictures have ids that begin with {given}; give more digits ({lists})"
        ))),
    }
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
