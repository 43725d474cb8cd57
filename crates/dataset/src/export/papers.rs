//! What lies in every export beside its pictures: class list, index, credits, card, and where it came from.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::contents::{Entry, Part};
use super::format::{ExportFormat, ExportSettings};
use super::package::Package;
use super::readme::readme;
use crate::error::DatasetError;
use crate::publish::{ATTRIBUTION, Row, Snapshot, write_credits};
use crate::store::settings::DatasetSettings;
use crate::terms::Terms;

/// The classes in their order, with index, label and folder, as in the dataset itself.
pub(crate) const CLASSES: &str = "classes.json";
/// Everything that is known of each picture, a line each.
pub(crate) const INDEX: &str = "index.jsonl";
/// Where the export came from.
pub(crate) const MANIFEST: &str = "trawl.json";

/// Number of the form of [`Manifest`].
pub(crate) const FORM: u32 = 1;

/// Where an export came from and how it was made, so that it can be taken in again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`FORM`].
    pub(crate) trawl_export: u32,
    pub(crate) format: ExportFormat,
    /// Whether its pictures are bare pixels and not JPEG.
    pub(crate) raw: bool,
    pub(crate) snapshot: SnapshotName,
    /// Name of the pixel path.
    pub(crate) preparation: String,
    pub(crate) settings: DatasetSettings,
    #[serde(default)]
    pub(crate) terms: Terms,
    /// Labels in the order in which they were given, which settles conflicts.
    pub(crate) names: Vec<String>,
    /// Pictures of each split.
    pub(crate) pictures: BTreeMap<String, u64>,
}

/// Names a snapshot of another dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SnapshotName {
    pub(crate) number: u32,
    pub(crate) id: String,
    pub(crate) created: String,
}

/// A line of the index: the row as the snapshot has it, and what it is called here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct IndexLine {
    pub(crate) key: String,
    pub(crate) label: String,
    #[serde(flatten)]
    pub(crate) row: Row,
}

/// Writes them all; the parts are in the order of the export.
pub(super) fn add(
    package: &mut Package,
    snapshot: &Snapshot,
    settings: ExportSettings,
    parts: &[Part<'_>],
) -> Result<(), DatasetError> {
    let classes = serde_json::to_string_pretty(&snapshot.classes).expect("classes are plain data");
    package.add(Path::new(CLASSES), format!("{classes}\n").as_bytes())?;
    let manifest = serde_json::to_string_pretty(&manifest(snapshot, settings, parts))
        .expect("a manifest is plain data");
    package.add(Path::new(MANIFEST), format!("{manifest}\n").as_bytes())?;
    let readme = readme(snapshot, settings, parts);
    package.add(Path::new("README.md"), readme.as_bytes())?;
    package.stream(Path::new(INDEX), |out| {
        for entry in parts.iter().flat_map(|part| &part.entries) {
            serde_json::to_writer(&mut *out, &line(entry))?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    let is_folder = settings.format == ExportFormat::Imagefolder;
    package.stream(Path::new(ATTRIBUTION), |out| {
        let place = |row: &Row| {
            let folder = &snapshot.class_of(row).folder;
            is_folder.then(|| format!("{}/{folder}/{}.jpg", row.split, row.id))
        };
        write_credits(out, snapshot, &place)
    })
}

fn manifest(snapshot: &Snapshot, settings: ExportSettings, parts: &[Part<'_>]) -> Manifest {
    let listed = snapshot.label_records().iter().filter(|l| l.listed);
    Manifest {
        trawl_export: FORM,
        format: settings.format,
        raw: settings.format.is_caffe() && !settings.encoded,
        snapshot: SnapshotName {
            number: snapshot.number,
            id: snapshot.id.clone(),
            created: snapshot.created.clone(),
        },
        preparation: snapshot.preparation.name(),
        settings: snapshot.settings.clone(),
        terms: snapshot.terms.clone(),
        names: listed.map(|l| l.label.clone()).collect(),
        pictures: parts
            .iter()
            .map(|part| (part.split.to_string(), part.entries.len() as u64))
            .collect(),
    }
}

fn line(entry: &Entry<'_>) -> IndexLine {
    IndexLine {
        key: entry.key.clone(),
        label: entry.class.label.clone(),
        row: entry.row.clone(),
    }
}
