//! A source of pictures in some format, opened to be taken in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::bytes::{foreign, read_small};
use super::classes::Classes;
use super::found::{Content, Found, Give, Halt, Picture};
use super::index::Index;
use super::item::ImportItem;
use super::layout::{Piece, pieces};
use super::{caffe, imagefolder, webdataset};
use crate::error::DatasetError;
use crate::export::{ExportFormat, INDEX, IndexLine, MANIFEST, Manifest};
use crate::pixels::{Preparation, SampleId, marked};
use crate::publish::Split;
use crate::store::settings::DatasetSettings;
use crate::terms::Terms;

/// Longest manifest in bytes, which lists the labels.
const MANIFEST_BYTES: u64 = 64 << 20;
/// Longest URL that is taken over.
const URL: usize = 4_096;
/// The form of manifests that is read.
const FORM: u32 = 1;

/// A source of pictures: a folder of one of the formats of [`ExportFormat`], or one of its files.
#[derive(Debug)]
pub struct Import {
    path: PathBuf,
    format: ExportFormat,
    pieces: Vec<Piece>,
    classes: Classes,
    unclear: Vec<String>,
    manifest: Option<Manifest>,
    index: Option<Index<IndexLine>>,
    labels: BTreeSet<String>,
    counts: ImportCounts,
}

/// What came of a source's pictures before they were prepared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportCounts {
    /// Pictures handed out.
    pub pictures: u64,
    /// Those among them that are not what the index of an export of ours says: they were edited or damaged since, and are new pictures.
    pub changed: u64,
    /// Pictures that could not be, by reason.
    pub skipped: BTreeMap<String, u64>,
}

/// What an import hands out.
#[derive(Debug)]
pub enum ImportEvent {
    /// A picture to be prepared and committed.
    Item(Box<ImportItem>),
    /// Something that could not be handed out.
    Skipped {
        /// Stable code, kebab-case.
        reason: &'static str,
        /// Where it lies.
        place: String,
    },
}

/// What is remembered from picture to picture.
#[derive(Debug, Default)]
struct Memory {
    places: HashMap<String, u64>,
    urls: HashSet<[u8; 16]>,
    /// Which bytes a stored sample's id was met with.
    samples: HashMap<SampleId, [u8; 32]>,
}

impl Import {
    /// Opens a source; without a format it is told by the files that are there.
    ///
    /// # Errors
    /// [`DatasetError::Foreign`] when there is nothing that could be read, with what to do; I/O failures.
    pub fn open(path: &Path, format: Option<ExportFormat>) -> Result<Self, DatasetError> {
        let path = path.canonicalize().map_err(|e| DatasetError::io(path, e))?;
        if path.join(crate::store::catalog::CATALOG_FILE).is_file() {
            return Err(foreign(
                &path,
                "it is a dataset already; export it first, or give the images folder in it",
            ));
        }
        let manifest = read_manifest(&path)?;
        let wanted = format.or(manifest.as_ref().map(|manifest| manifest.format));
        let (format, pieces) = pieces(&path, wanted)?;
        if !format.is_available() {
            return Err(foreign(
                &path,
                "this trawl was built without parquet; build it with the cargo feature `parquet`, which is on by default",
            ));
        }
        let mut classes = Classes::read(&path)?;
        #[cfg_attr(
            not(feature = "parquet"),
            expect(unused_mut, reason = "only parquet has columns")
        )]
        let mut unclear = Vec::new();
        #[cfg(feature = "parquet")]
        if let (ExportFormat::Parquet, Some(first)) = (format, pieces.first()) {
            let told = super::parquet::told_of_classes(&first.path)?;
            classes.or(told.names);
            unclear = told.unclear;
        }
        classes.or(Vec::new());
        let index = match &manifest {
            Some(_) => Index::open(&path.join(INDEX))?,
            None => None,
        };
        Ok(Self {
            path,
            format,
            pieces,
            classes,
            unclear,
            manifest,
            index,
            labels: BTreeSet::new(),
            counts: ImportCounts::default(),
        })
    }

    /// The source, as an absolute path without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its format.
    #[must_use]
    pub fn format(&self) -> ExportFormat {
        self.format
    }

    /// The settings of the dataset that it was exported from, if it is an export of ours.
    #[must_use]
    pub fn settings(&self) -> Option<&DatasetSettings> {
        self.manifest.as_ref().map(|manifest| &manifest.settings)
    }

    /// The terms under which the pictures were fetched, if it is an export of ours.
    #[must_use]
    pub fn terms(&self) -> Option<&Terms> {
        self.manifest.as_ref().map(|manifest| &manifest.terms)
    }

    /// How many pictures it has, if it says so.
    #[must_use]
    pub fn pictures(&self) -> Option<u64> {
        let manifest = self.manifest.as_ref()?;
        Some(
            manifest
                .pictures
                .values()
                .fold(0, |sum, n| sum.saturating_add(*n)),
        )
    }

    /// The labels in their order, as far as they are known: before [`Import::run`] those that a list names, afterwards all.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        let listed = self.manifest.iter().flat_map(|manifest| &manifest.names);
        let mut seen = BTreeSet::new();
        listed
            .chain(self.classes.names())
            .chain(&self.labels)
            .filter(|label| !label.is_empty() && seen.insert(label.as_str()))
            .cloned()
            .collect()
    }

    /// Columns of classes among which the source does not say which one is meant; its pictures are then taken to have none.
    #[must_use]
    pub fn unclear_classes(&self) -> &[String] {
        &self.unclear
    }

    /// What came of the pictures so far.
    #[must_use]
    pub fn counts(&self) -> &ImportCounts {
        &self.counts
    }

    /// Hands out all pictures in an order that depends on the source alone, until `give` answers `Break`; true when it came to the end.
    ///
    /// # Errors
    /// [`DatasetError::Foreign`] when the source cannot be read on, with the file; what was handed out before stays good.
    pub fn run(
        &mut self,
        preparation: &Preparation,
        give: &mut dyn FnMut(ImportEvent) -> ControlFlow<()>,
    ) -> Result<bool, DatasetError> {
        self.counts = ImportCounts::default();
        let mut memory = Memory::default();
        for piece in self.pieces.clone() {
            let (path, format) = (self.path.clone(), self.format);
            let mut take = |found: Found| -> Result<(), Halt> {
                let event = match found {
                    Found::Skipped(reason, place) => self.skip(reason, place.to_string()),
                    Found::Picture(picture) => {
                        self.item(*picture, piece.split, preparation, &mut memory)?
                    }
                };
                match give(event) {
                    ControlFlow::Continue(()) => Ok(()),
                    ControlFlow::Break(()) => Err(Halt::Stopped),
                }
            };
            match read(&path, format, &piece, &mut take) {
                Ok(()) => {}
                Err(Halt::Stopped) => return Ok(false),
                Err(Halt::Failed(error)) => return Err(error),
            }
        }
        Ok(true)
    }

    fn skip(&mut self, reason: &'static str, place: String) -> ImportEvent {
        *self.counts.skipped.entry(reason.to_owned()).or_default() += 1;
        ImportEvent::Skipped { reason, place }
    }

    /// Gives a picture its label, its place and its URL.
    fn item(
        &mut self,
        picture: Picture,
        split: Option<Split>,
        preparation: &Preparation,
        memory: &mut Memory,
    ) -> Result<ImportEvent, DatasetError> {
        let label = match self.classes.label(&picture.class) {
            Ok(label) => label,
            Err(reason) => return Ok(self.skip(reason, picture.place.to_string())),
        };
        let line = match &mut self.index {
            Some(index) => index.get(&picture.key)?,
            None => None,
        };
        let stated = line
            .as_ref()
            .map_or(&picture.facts.url, |line| &line.row.url);
        let url = match stated {
            url if is_web(url) && memory.urls.insert(short_hash(url)) => url.clone(),
            _ => picture.place.url(),
        };
        let mut provenance = line.as_ref().map_or_else(
            || picture.facts.provenance(),
            |line| line.row.provenance.clone(),
        );
        if line.is_none() {
            provenance.engine = format!("import:{}", self.format);
            provenance.query.clone_from(&label);
            provenance.tries = 1;
        }
        let row = line.map(|line| line.row);
        let (stored, row) = match &picture.content {
            Content::File(bytes) => {
                let had = row.is_some();
                let row = row.filter(|row| *blake3::hash(bytes).to_hex() == row.object);
                self.counts.changed += u64::from(had && row.is_none());
                (memory.believed(bytes, row.is_some(), preparation), row)
            }
            Content::Raw { .. } => (None, row),
        };
        let seq = memory.places.entry(label.clone()).or_default();
        let place = *seq;
        *seq += 1;
        self.labels.insert(label.clone());
        self.counts.pictures += 1;
        let is_prepared = self
            .manifest
            .as_ref()
            .is_some_and(|manifest| manifest.raw && manifest.preparation == preparation.name());
        Ok(ImportEvent::Item(Box::new(ImportItem {
            url,
            label,
            seq: place,
            split,
            provenance,
            content: picture.content,
            row: row.map(Box::new),
            stored,
            is_prepared,
        })))
    }
}

impl Memory {
    /// The id that a stored sample may keep, by its own check or because the index of the export knows the file: two files of one id
    /// would be taken for one picture, which only they are if they are equal.
    fn believed(
        &mut self,
        bytes: &[u8],
        is_listed: bool,
        preparation: &Preparation,
    ) -> Option<SampleId> {
        let mark = marked(bytes, preparation).filter(|mark| mark.is_checked || is_listed)?;
        let hash = *blake3::hash(bytes).as_bytes();
        (*self.samples.entry(mark.id).or_insert(hash) == hash).then_some(mark.id)
    }
}

fn read(root: &Path, format: ExportFormat, piece: &Piece, give: &mut Give<'_>) -> Result<(), Halt> {
    match format {
        ExportFormat::Imagefolder => imagefolder::read(root, &piece.path, give),
        ExportFormat::Webdataset => webdataset::read(&piece.path, give),
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => super::parquet::read(&piece.path, give),
        #[cfg(not(feature = "parquet"))]
        ExportFormat::Parquet => Ok(()),
        ExportFormat::Lmdb | ExportFormat::Leveldb => caffe::read(&piece.path, format, give),
    }
}

fn read_manifest(path: &Path) -> Result<Option<Manifest>, DatasetError> {
    let path = path.join(MANIFEST);
    if !path.is_file() {
        return Ok(None);
    }
    let manifest: Manifest =
        serde_json::from_slice(&read_small(&path, MANIFEST_BYTES)?).map_err(|e| {
            foreign(
                &path,
                &format!(
                    "it is not understood ({e}); take it away to read the pictures without it"
                ),
            )
        })?;
    if manifest.trawl_export > FORM {
        return Err(DatasetError::Newer {
            path,
            found: i64::from(manifest.trawl_export),
            known: i64::from(FORM),
        });
    }
    Ok(Some(manifest))
}

fn is_web(url: &str) -> bool {
    let is_plain = url.len() <= URL && !url.chars().any(|c| c.is_control() || c == ' ');
    is_plain && (url.starts_with("http://") || url.starts_with("https://"))
}

fn short_hash(text: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    short
}
