//! From a snapshot to a finished export.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::contents::{Order, Part, lay_out};
use super::format::{ExportFormat, ExportSettings};
use super::package::Package;
use super::{caffe, imagefolder, papers, webdataset};
use crate::error::DatasetError;
use crate::pixels::Codec;
use crate::publish::Snapshot;

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The folder.
    pub path: PathBuf,
    /// Its form.
    pub format: ExportFormat,
    /// Id of the snapshot.
    pub snapshot: String,
    /// Number of the snapshot.
    pub number: u32,
    /// Classes, with or without pictures in this or that split.
    pub classes: usize,
    /// Pictures of each split that has any.
    pub pictures: BTreeMap<String, u64>,
    /// Length of all files in bytes.
    pub bytes: u64,
}

/// How far an export has come.
pub(super) struct Course<'a> {
    /// The dataset's folder.
    pub(super) root: &'a Path,
    done: u64,
    tell: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
    is_stopped: bool,
}

impl Course<'_> {
    /// Another picture is written; `Break` asks to stop.
    pub(super) fn step(&mut self) -> ControlFlow<()> {
        self.done += 1;
        let flow = (self.tell)(self.done);
        self.is_stopped |= flow.is_break();
        flow
    }
}

/// Writes a snapshot of the dataset at `root` into the folder `to`, which must not be there or be empty.
///
/// The folder has its name when it is whole and durable; before that, and after a kill, there is at most a hidden folder beside
/// it, which the next export to the same place removes. Every stored file is held against its hash on the way. `tell` hears how many
/// pictures are written and ends the export by `Break`, upon which everything is taken away again and the result is `None`.
///
/// # Errors
/// [`DatasetError::Occupied`] when something is there, [`DatasetError::Locked`] while another export goes to the same place,
/// [`DatasetError::Damaged`] with the file when a picture is lost or not what was stored, [`DatasetError::Settings`] when this build
/// lacks the format or, for raw pixels, the dataset's codec, [`DatasetError::DiskFull`] and I/O failures.
pub fn export(
    root: &Path,
    snapshot: &Snapshot,
    to: &Path,
    settings: ExportSettings,
    tell: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Exported>, DatasetError> {
    check(root, snapshot, settings)?;
    let order = match settings.format {
        ExportFormat::Imagefolder => Order::Folders,
        _ => Order::Shuffled,
    };
    let parts = lay_out(snapshot, order);
    let mut package = Package::begin(to)?;
    let mut course = Course {
        root,
        done: 0,
        tell,
        is_stopped: false,
    };
    let written = write(&mut package, snapshot, &parts, settings, &mut course);
    if written.is_err() || course.is_stopped {
        package.abandon()?;
        return written.map(|()| None);
    }
    let bytes = package.finish()?;
    Ok(Some(Exported {
        path: to.to_path_buf(),
        format: settings.format,
        snapshot: snapshot.id.clone(),
        number: snapshot.number,
        classes: snapshot.classes.len(),
        pictures: parts
            .iter()
            .map(|part| (part.split.to_string(), part.entries.len() as u64))
            .collect(),
        bytes,
    }))
}

fn write(
    package: &mut Package,
    snapshot: &Snapshot,
    parts: &[Part<'_>],
    settings: ExportSettings,
    course: &mut Course<'_>,
) -> Result<(), DatasetError> {
    match settings.format {
        ExportFormat::Imagefolder => imagefolder::write(package, snapshot, parts, course)?,
        ExportFormat::Webdataset => webdataset::write(package, snapshot, parts, course)?,
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => super::parquet::write(package, snapshot, parts, course)?,
        #[cfg(not(feature = "parquet"))]
        ExportFormat::Parquet => {}
        ExportFormat::Lmdb | ExportFormat::Leveldb => {
            caffe::write(package, snapshot, parts, settings, course)?;
        }
    }
    if course.is_stopped {
        return Ok(());
    }
    papers::add(package, snapshot, settings, parts)
}

/// Refuses what this build cannot do before anything is written.
fn check(root: &Path, snapshot: &Snapshot, settings: ExportSettings) -> Result<(), DatasetError> {
    let refuse = |detail: String| DatasetError::Settings {
        path: root.to_path_buf(),
        detail,
    };
    if !settings.format.is_available() {
        return Err(refuse(format!(
            "this trawl was built without {0}; build it with the cargo feature `{0}`, which is on by default",
            settings.format
        )));
    }
    if settings.encoded && !settings.format.is_caffe() {
        return Err(refuse(format!(
            "encoded is a choice of lmdb and leveldb; {} always holds the JPEG",
            settings.format
        )));
    }
    let codec: Codec = snapshot.preparation.codec;
    if settings.format.is_caffe() && !settings.encoded && !codec.is_available() {
        return Err(refuse(format!(
            "its pixels were made with {}; {}, or export the files with --encoded",
            snapshot.preparation.name(),
            codec.remedy()
        )));
    }
    Ok(())
}
