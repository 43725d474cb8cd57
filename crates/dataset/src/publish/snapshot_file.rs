//! The file form of a snapshot: JSON lines, closed by a checksum over all before it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::candidate::Candidate;
use super::snapshot::{Class, GroupSplit, LabelRecord, Row, Snapshot};
use crate::error::DatasetError;
use crate::store::settings::DatasetSettings;
use crate::terms::{Override, Terms};

/// Number of the file form.
const VERSION: i64 = 1;

/// One line; the key `kind` tells which.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    /// The first line.
    Snapshot(Box<Header>),
    /// A published picture.
    Row(Box<Row>),
    /// A candidate that is not published.
    Aside(Box<Candidate>),
    /// The split of a group.
    Split(GroupSplit),
    /// The last line: BLAKE3 over the bytes of all lines before.
    End { checksum: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    version: i64,
    number: u32,
    id: String,
    created: String,
    settings: DatasetSettings,
    /// What the crawls went without, and the licences they took.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<String>,
    /// The pixel path's name, for readers that only compare it.
    preparation_name: String,
    classes: Vec<Class>,
    labels: Vec<LabelRecord>,
}

/// Writes a snapshot as its file's bytes.
pub(super) fn format(snapshot: &Snapshot) -> Vec<u8> {
    let header = Line::Snapshot(Box::new(Header {
        version: VERSION,
        number: snapshot.number,
        id: snapshot.id.clone(),
        created: snapshot.created.clone(),
        settings: snapshot.settings.clone(),
        overrides: snapshot.terms.overrides.clone(),
        licenses: snapshot.terms.licenses.clone(),
        preparation_name: snapshot.preparation.name(),
        classes: snapshot.classes.clone(),
        labels: snapshot.labels.clone(),
    }));
    let mut out = Vec::new();
    push(&mut out, &header);
    snapshot
        .rows
        .iter()
        .for_each(|row| push(&mut out, &Line::Row(Box::new(row.clone()))));
    snapshot
        .aside
        .iter()
        .for_each(|aside| push(&mut out, &Line::Aside(Box::new(aside.clone()))));
    snapshot
        .splits
        .iter()
        .for_each(|split| push(&mut out, &Line::Split(split.clone())));
    let checksum = blake3::hash(&out).to_hex().to_string();
    push(&mut out, &Line::End { checksum });
    out
}

fn push(out: &mut Vec<u8>, line: &Line) {
    serde_json::to_writer(&mut *out, line).expect("snapshot lines are plain data");
    out.push(b'\n');
}

/// Reads what [`format`] wrote; anything else is damage.
pub(super) fn parse(path: &Path, content: &[u8]) -> Result<Snapshot, DatasetError> {
    let damaged = |detail: &str| damaged(path, detail);
    let body = content
        .strip_suffix(b"\n")
        .ok_or_else(|| damaged("its end is missing"))?;
    let last = body
        .iter()
        .rposition(|b| *b == b'\n')
        .ok_or_else(|| damaged("its end is missing"))?
        + 1;
    match serde_json::from_slice(&body[last..]) {
        Ok(Line::End { checksum }) if checksum == *blake3::hash(&content[..last]).to_hex() => {}
        Ok(Line::End { .. }) => return Err(damaged("its checksum does not fit")),
        _ => return Err(damaged("its end is missing")),
    }
    let mut header = None;
    let (mut rows, mut aside, mut splits) = (Vec::new(), Vec::new(), Vec::new());
    for line in body[..last - 1].split(|b| *b == b'\n') {
        match serde_json::from_slice(line) {
            Ok(Line::Snapshot(first)) => header = Some(*first),
            Ok(Line::Row(row)) => rows.push(*row),
            Ok(Line::Aside(candidate)) => aside.push(*candidate),
            Ok(Line::Split(split)) => splits.push(split),
            Ok(Line::End { .. }) => return Err(damaged("it has two ends")),
            Err(error) => {
                return Err(version_or(path, line).unwrap_or_else(|| damaged(&error.to_string())));
            }
        }
    }
    let header = header.ok_or_else(|| damaged("its first line is missing"))?;
    if header.version > VERSION {
        return Err(newer(path, header.version));
    }
    if rows
        .iter()
        .any(|row| row.class as usize >= header.classes.len())
    {
        return Err(damaged("a row has no class"));
    }
    Ok(Snapshot {
        number: header.number,
        id: header.id,
        created: header.created,
        preparation: header.settings.preparation.clone(),
        settings: header.settings,
        terms: Terms {
            overrides: header.overrides,
            licenses: header.licenses,
        },
        classes: header.classes,
        rows,
        labels: header.labels,
        aside,
        splits,
    })
}

/// Says that a snapshot's file is not what was written.
pub(super) fn damaged(path: &Path, detail: &str) -> DatasetError {
    DatasetError::Damaged {
        path: path.to_path_buf(),
        detail: detail.to_owned(),
        remedy: format!(
            "`trawl verify {} --rebuild` puts it aside and publishes anew what the catalog holds",
            dataset_of(path).display()
        ),
    }
}

/// The dataset folder that a snapshot's file belongs to.
fn dataset_of(path: &Path) -> &Path {
    path.parent().and_then(Path::parent).unwrap_or(path)
}

/// Lines of a later form may be unreadable; their version explains it.
fn version_or(path: &Path, line: &[u8]) -> Option<DatasetError> {
    let value: serde_json::Value = serde_json::from_slice(line).ok()?;
    let found = value.get("version")?.as_i64()?;
    (found > VERSION).then(|| newer(path, found))
}

fn newer(path: &Path, found: i64) -> DatasetError {
    DatasetError::Newer {
        path: path.to_path_buf(),
        found,
        known: VERSION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::tests::terms;

    fn empty() -> Snapshot {
        let settings = DatasetSettings::default();
        Snapshot {
            number: 3,
            id: Snapshot::content_id(&settings.preparation, &[], &[]),
            created: "2026-01-01T00:00:00Z".to_owned(),
            preparation: settings.preparation.clone(),
            settings,
            terms: Terms::default(),
            classes: Vec::new(),
            rows: Vec::new(),
            labels: vec![LabelRecord {
                label: "owl".into(),
                listed: true,
                goal: Some(3),
                from_seq: 0,
            }],
            aside: Vec::new(),
            splits: Vec::new(),
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let snapshot = empty();
        assert_eq!(parse(Path::new("s"), &format(&snapshot)).unwrap(), snapshot);
        let own = Snapshot {
            terms: terms(&["optouts.robots = false"], &["cc0"]),
            ..snapshot.clone()
        };
        assert_eq!(parse(Path::new("s"), &format(&own)).unwrap(), own);
        // What is not there is not written: such a header is one of the first version.
        let text = String::from_utf8(format(&snapshot)).unwrap();
        assert!(!text.contains("overrides") && !text.contains("licenses"));
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_found() {
        let content = format(&empty());
        for at in 0..content.len() {
            let mut bad = content.clone();
            bad[at] ^= 1;
            assert!(parse(Path::new("s"), &bad).is_err(), "byte {at}");
            assert!(
                parse(Path::new("s"), &content[..at]).is_err(),
                "cut at {at}"
            );
        }
    }
}
