//! What a verification found, and its course.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::quotas::{OffQuota, off_quota};
use super::{agreement, checks, derived, leaks, rebuild, tables, thumbnails};
use crate::error::DatasetError;
use crate::pixels::SampleId;
use crate::publish::{Snapshot, Split};
use crate::store::catalog::{CATALOG_FILE, Catalog};

/// The state of a dataset's files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Verification {
    /// The dataset's folder.
    pub root: PathBuf,
    /// What is not as it should be; empty when all is well.
    pub problems: Vec<Problem>,
    /// Sample files that were read and compared with their hash.
    pub objects: u64,
    /// Sample files that no catalog row and no snapshot names, as a kill may leave; they do no harm.
    pub loose_objects: u64,
    /// Snapshots that were read.
    pub snapshots: u32,
    /// Candidates whose states were counted.
    pub candidates: u64,
    /// Derived files that were compared with the newest snapshot.
    pub derived: u64,
    /// Least PDQ distance in bits between a training picture and one of validation or test, over the pairs whose hashes are both
    /// telling; `None` without such a pair.
    pub min_distance: Option<u32>,
    /// The pair at that distance.
    pub closest: Option<Closest>,
    /// How many held-out pictures were held against how many of train.
    pub compared: Option<(u64, u64)>,
    /// Pictures that show so little that their hashes say nothing of them, which are held against others by bytes and pixels alone.
    pub untelling: u64,
    /// Whether the pictures are so many that copies at distances which thumbnails must confirm are looked for among pictures of one
    /// name, page or host only.
    pub confirmed_among_kin: bool,
    /// The same of crops and copies with a logo, which is so from fewer pictures on.
    pub parts_among_kin: bool,
    /// Stored pictures that have no thumbnail, as after a rebuild from snapshots alone; crops and copies with a logo of them are not found.
    pub without_thumbnail: u64,
    /// Names whose share of val or test is off by more than one group, which is no fault.
    pub off_quota: Vec<OffQuota>,
    /// Whether the catalog was made anew.
    pub rebuilt: bool,
    /// Sample files that a rebuild has written again from the views.
    pub objects_restored: u64,
    /// Damaged snapshots that a rebuild has put aside, now or before.
    pub snapshots_aside: Vec<PathBuf>,
    /// Where the damaged catalog was put.
    pub kept_aside: Option<PathBuf>,
}

/// The held-out picture that is nearest to one of train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Closest {
    /// The picture of validation or test.
    pub held: SampleId,
    /// Its split.
    pub split: Split,
    /// The picture of train.
    pub train: SampleId,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it, and the remedy.
    pub what: String,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn complain(&mut self, path: &Path, what: impl Into<String>) {
        self.problems.push(Problem {
            path: path.to_path_buf(),
            what: what.into(),
        });
    }

    /// Turns a failure of one file into a problem, so that the others are looked at too.
    pub(super) fn complain_of(&mut self, error: &DatasetError) {
        let path = match error {
            DatasetError::Damaged { path, .. }
            | DatasetError::Io { path, .. }
            | DatasetError::Newer { path, .. } => path.clone(),
            _ => self.root.clone(),
        };
        let what = match error {
            DatasetError::Damaged { detail, remedy, .. } => format!("{detail}; {remedy}"),
            other => other.to_string(),
        };
        self.complain(&path, what);
    }
}

/// Checks the dataset at `root`: catalog, sample files, snapshots, the tally of states, derived files, and that no picture of
/// validation or test is a near-duplicate of a training picture.
///
/// With `rebuild`, a catalog that is damaged or missing is first made anew from the snapshots, the damaged one kept beside it
/// as `catalog.db.damaged-N`, damaged snapshots are put aside in the same way, the newest is written again from the catalog, and stale derived files are
/// made anew too.
///
/// # Errors
/// [`DatasetError::NotADataset`], with `rebuild` also [`DatasetError::Locked`], and [`DatasetError::Damaged`] when there is no
/// readable snapshot to rebuild from. What is wrong with single files is in the result.
pub fn verify(root: &Path, rebuild: bool) -> Result<Verification, DatasetError> {
    let path = root.join(CATALOG_FILE);
    if !path.exists() && !Snapshot::any(root) {
        return Err(DatasetError::NotADataset {
            path: root.to_path_buf(),
        });
    }
    let mut found = Verification {
        root: root.to_path_buf(),
        ..Verification::default()
    };
    if rebuild {
        rebuild::restore(root, &mut found)?;
    }
    let catalog = if path.exists() {
        Catalog::read(&path)
    } else {
        Err(checks::missing(&path))
    };
    let catalog = match catalog {
        Ok(catalog) => tables::catalog(&catalog, &mut found).then_some(catalog),
        Err(error) => {
            found.complain_of(&error);
            None
        }
    };
    let newest = checks::snapshots(root, &mut found);
    if let Some(catalog) = &catalog {
        tables::sealed(catalog, &mut found);
        tables::tally(catalog, &mut found);
        thumbnails::thumbnails(catalog, &mut found);
        checks::recorded(root, catalog, &mut found);
        if let Some(newest) = &newest {
            match agreement::differences(catalog, newest) {
                Ok(lines) => lines.into_iter().for_each(|line| {
                    let remedy = crate::error::rebuild(root);
                    found.complain(catalog.path(), format!("{line}; {remedy}"));
                }),
                Err(error) => found.complain_of(&error),
            }
        }
    }
    let damaged = checks::objects(root, catalog.as_ref(), newest.as_ref(), &mut found);
    if let Some(newest) = newest {
        found.off_quota = off_quota(&newest);
        derived::derived(root, &newest, &damaged, &mut found);
        leaks::leaks(root, &newest, catalog.as_ref(), &mut found);
    }
    Ok(found)
}
