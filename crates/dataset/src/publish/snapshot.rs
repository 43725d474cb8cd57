//! Published versions of a dataset, as training reads them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::candidate::Candidate;
use super::{Split, snapshot_file};
use crate::error::DatasetError;
use crate::pixels::{Colour, Orientations, Pixels, Preparation, SampleId, load};
use crate::quality::Scores;
use crate::records::Provenance;
use crate::store::objects::Objects;
use crate::store::settings::DatasetSettings;
use crate::terms::Terms;

/// Name of the folder of snapshots below a dataset.
pub(crate) const SNAPSHOTS: &str = "snapshots";

/// An immutable version of a dataset.
///
/// Two snapshots with one id hold the same pictures under the same labels in the same splits; times, URLs and whatever else
/// does not reach training are no part of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// 1, 2, 3 and so on.
    pub number: u32,
    /// 32 hexadecimal digits of the hash of what training sees.
    pub id: String,
    /// When it was published, RFC 3339.
    pub created: String,
    /// How its pixels were made.
    pub preparation: Preparation,
    /// The settings it was published with.
    pub settings: DatasetSettings,
    /// Under what terms its pictures were fetched; no part of the id.
    pub terms: Terms,
    /// Labels with at least one picture; a class's index is its place here.
    pub classes: Vec<Class>,
    /// The pictures, by class and within it in candidate order.
    pub rows: Vec<Row>,
    /// The names in the order they were given, with what the crawl wanted of them.
    pub(crate) labels: Vec<LabelRecord>,
    /// Candidates that are not published.
    pub(crate) aside: Vec<Candidate>,
    /// Splits of all groups that were ever published.
    pub(crate) splits: Vec<GroupSplit>,
}

/// A label as the classifier numbers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// 0, 1, 2 and so on in code-point order of the folders, as other readers number them.
    pub index: u32,
    /// The label.
    pub label: String,
    /// Name of its folder below `images/train` and the others.
    pub folder: String,
}

/// A published picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// The sample.
    pub id: SampleId,
    /// Index of its class.
    pub class: u32,
    /// Its split.
    pub split: Split,
    /// Its near-duplicate group, named by the group's first member.
    pub group: SampleId,
    /// Its place in the label's order of candidates.
    pub seq: u64,
    /// SHA-256 of the download, 64 hexadecimal digits.
    pub sha256: String,
    /// Width in pixels of the download.
    pub width: u32,
    /// Height in pixels of the download.
    pub height: u32,
    /// Format of the download, such as `jpeg`.
    pub format: String,
    /// Length of the download in bytes.
    pub bytes: u64,
    /// The URL it was found at.
    pub url: String,
    /// PDQ hashes, plain and mirrored, 256 hexadecimal digits.
    pub pdq: String,
    /// Quality of the hashes, 0 to 100.
    pub pdq_quality: u8,
    /// BLAKE3 of the stored file, 64 hexadecimal digits.
    pub object: String,
    /// Length of the stored file in bytes.
    pub object_bytes: u64,
    /// How little the download's compression took away, 1 to 100; `None` where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fidelity: Option<u8>,
    /// What was measured of the download; `None` where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
    /// What became of the download's colour space.
    #[serde(default, skip_serializing_if = "Colour::is_plain")]
    pub colour: Colour,
    /// Whether a person took it back after it had been thrown out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restored: bool,
    /// Whether the dataset that it was imported from had kept it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
    /// Where it was found and what was said about it.
    pub provenance: Provenance,
}

impl Row {
    /// The picture's hashes in all orientations, if the row is sound.
    pub(crate) fn orientations(&self) -> Option<Orientations> {
        Orientations::from_hex(&self.pdq)
    }
}

/// A label's place and intake, for a rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LabelRecord {
    pub(crate) label: String,
    pub(crate) listed: bool,
    pub(crate) goal: Option<u32>,
    pub(crate) from_seq: u64,
}

/// The split of a group that was published once, for a rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupSplit {
    pub(crate) label: String,
    pub(crate) group: SampleId,
    pub(crate) split: Split,
}

/// Names a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotInfo {
    /// 1, 2, 3 and so on.
    pub number: u32,
    /// 32 hexadecimal digits.
    pub id: String,
    /// Its file.
    pub path: PathBuf,
    /// When it was published, RFC 3339.
    pub created: String,
}

impl Snapshot {
    /// Reads the newest snapshot of the dataset at `root`.
    ///
    /// # Errors
    /// [`DatasetError::NotADataset`], [`DatasetError::NotPublished`], [`DatasetError::Damaged`] and I/O failures.
    pub fn newest(root: &Path) -> Result<Self, DatasetError> {
        match Self::list(root).last() {
            Some((_, _, path)) => Self::load(path),
            None => Err(Self::none(root)),
        }
    }

    /// Reads a snapshot by its number.
    ///
    /// # Errors
    /// Those of [`Snapshot::newest`] and [`DatasetError::NoSuchSnapshot`].
    pub fn numbered(root: &Path, number: u32) -> Result<Self, DatasetError> {
        Self::find(root, &number.to_string(), |found, _| found == number)
    }

    /// Reads the newest snapshot with an id, which may be given by its first digits (at least 6).
    ///
    /// # Errors
    /// Those of [`Snapshot::newest`] and [`DatasetError::NoSuchSnapshot`].
    pub fn with_id(root: &Path, id: &str) -> Result<Self, DatasetError> {
        Self::find(root, id, |_, found| id.len() >= 6 && found.starts_with(id))
    }

    fn find(
        root: &Path,
        wanted: &str,
        fits: impl Fn(u32, &str) -> bool,
    ) -> Result<Self, DatasetError> {
        let list = Self::list(root);
        if list.is_empty() {
            return Err(Self::none(root));
        }
        match list.iter().rev().find(|(number, id, _)| fits(*number, id)) {
            Some((_, _, path)) => Self::load(path),
            None => Err(DatasetError::NoSuchSnapshot {
                path: root.to_path_buf(),
                wanted: wanted.to_owned(),
            }),
        }
    }

    fn none(root: &Path) -> DatasetError {
        let path = root.to_path_buf();
        if root.join(crate::store::catalog::CATALOG_FILE).exists() {
            DatasetError::NotPublished { path }
        } else {
            DatasetError::NotADataset { path }
        }
    }

    /// Reads a snapshot file and checks its checksum and that it has the name of its content.
    ///
    /// # Errors
    /// [`DatasetError::Damaged`] when the content is not what was written, [`DatasetError::Newer`] and I/O failures.
    pub fn load(path: &Path) -> Result<Self, DatasetError> {
        let content = fs::read(path).map_err(|e| DatasetError::io(path, e))?;
        let snapshot = snapshot_file::parse(path, &content)?;
        let id = Self::content_id(&snapshot.preparation, &snapshot.classes, &snapshot.rows);
        let is_named = |(number, named): (u32, String)| number == snapshot.number && named == id;
        if snapshot.id == id && name_of(path).is_some_and(is_named) {
            Ok(snapshot)
        } else {
            Err(snapshot_file::damaged(
                path,
                "its name does not fit its content",
            ))
        }
    }

    /// Number, id and file of every snapshot of a dataset, oldest first.
    #[must_use]
    pub fn list(root: &Path) -> Vec<(u32, String, PathBuf)> {
        let files = fs::read_dir(root.join(SNAPSHOTS))
            .into_iter()
            .flatten()
            .flatten();
        let mut list: Vec<_> = files
            .filter_map(|file| {
                let (number, id) = name_of(&file.path())?;
                Some((number, id, file.path()))
            })
            .collect();
        list.sort();
        list
    }

    /// Whether there is any snapshot below `root`.
    pub(crate) fn any(root: &Path) -> bool {
        !Self::list(root).is_empty()
    }

    /// Where the snapshot's file lies below `root`.
    pub(crate) fn path(&self, root: &Path) -> PathBuf {
        root.join(SNAPSHOTS)
            .join(format!("{:04}-{}.jsonl", self.number, self.id))
    }

    /// The snapshot's name without its content.
    pub(crate) fn info(&self, root: &Path) -> SnapshotInfo {
        SnapshotInfo {
            number: self.number,
            id: self.id.clone(),
            path: self.path(root),
            created: self.created.clone(),
        }
    }

    /// The class of a row; rows of a loaded snapshot always have one.
    #[must_use]
    pub fn class_of(&self, row: &Row) -> &Class {
        &self.classes[row.class as usize]
    }

    /// Where the file of a sample lies below a dataset folder.
    #[must_use]
    pub fn object_path(root: &Path, id: &SampleId) -> PathBuf {
        Objects::path(root, id)
    }

    /// Reads the pixels of a row as the classifier sees them.
    ///
    /// # Errors
    /// [`DatasetError::Damaged`] when the sample's file is missing or not what was written, [`DatasetError::Settings`] when this
    /// program cannot repeat the preparation that the dataset was made with, and I/O failures.
    pub fn pixels(&self, root: &Path, row: &Row) -> Result<Pixels, DatasetError> {
        if let Some(detail) = self.preparation.obstacle() {
            return Err(DatasetError::Settings {
                path: root.to_path_buf(),
                detail,
            });
        }
        let path = Objects::path(root, &row.id);
        let damaged = |detail: String| DatasetError::Damaged {
            path: path.clone(),
            detail,
            remedy: format!(
                "`trawl verify {}` lists what is damaged and says what helps",
                root.display()
            ),
        };
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => damaged("it is missing".to_owned()),
            _ => DatasetError::io(&path, error),
        })?;
        load(&bytes, &self.preparation).map_err(|flaw| damaged(flaw.to_string()))
    }

    /// Names with their intake, for a rebuild.
    pub(crate) fn label_records(&self) -> &[LabelRecord] {
        &self.labels
    }

    /// Candidates that are not published.
    pub(crate) fn aside(&self) -> &[Candidate] {
        &self.aside
    }

    /// Splits of all groups, for a rebuild.
    pub(crate) fn group_splits(&self) -> &[GroupSplit] {
        &self.splits
    }

    /// All candidates, published or not, for a rebuild.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = Candidate> + '_ {
        let published = self
            .rows
            .iter()
            .map(|row| Candidate::published(&self.class_of(row).label, row));
        published.chain(self.aside.iter().cloned())
    }

    /// Sample files the snapshot names, with their hashes.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (SampleId, String)> + '_ {
        let rows = self.rows.iter().map(|row| (row.id, row.object.clone()));
        let aside = self
            .aside
            .iter()
            .filter_map(|candidate| candidate.sample.as_ref());
        rows.chain(aside.map(|sample| (sample.id, sample.object.clone())))
    }

    /// The hash of what training sees: pixel path, classes, and per picture label, sample, split and group.
    pub(crate) fn content_id(preparation: &Preparation, classes: &[Class], rows: &[Row]) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut field = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        field("trawl snapshot 1");
        field(&preparation.name());
        for class in classes {
            field(&class.label);
            field(&class.folder);
        }
        let mut lines: Vec<String> = rows
            .iter()
            .map(|row| format!("{:06} {} {} {}", row.class, row.id, row.split, row.group))
            .collect();
        lines.sort_unstable();
        for line in &lines {
            field(line);
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// Number and id as the name of a snapshot's file says.
fn name_of(path: &Path) -> Option<(u32, String)> {
    let name = path.file_name()?.to_str()?;
    let (number, id) = name.strip_suffix(".jsonl")?.split_once('-')?;
    Some((number.parse().ok()?, id.to_owned()))
}
