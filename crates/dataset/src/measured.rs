//! What the pictures of a dataset weigh, for estimates of what more of them will.

use std::path::Path;

use serde::Serialize;

use crate::error::DatasetError;
use crate::store::catalog::{CATALOG_FILE, Catalog};

/// Counts and bytes of what arrived and of what was made of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// Downloads of which the size is known.
    pub downloads: u64,
    /// Their bytes.
    pub download_bytes: u64,
    /// Stored samples, kept or not.
    pub samples: u64,
    /// Their bytes.
    pub sample_bytes: u64,
}

/// Adds up what a dataset holds; nothing when there is none yet.
///
/// # Errors
///
/// [`DatasetError::Damaged`] and I/O failures.
pub fn measure(root: &Path) -> Result<Measured, DatasetError> {
    let path = root.join(CATALOG_FILE);
    if !path.exists() {
        return Ok(Measured::default());
    }
    let count = |row: &rusqlite::Row<'_>, index| {
        let value: i64 = row.get(index)?;
        u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value))
    };
    Catalog::read(&path)?.sql(|c| {
        c.query_row(
            "SELECT (SELECT count(bytes) FROM downloads), (SELECT coalesce(sum(bytes), 0) FROM downloads),
                    count(*), coalesce(sum(object_bytes), 0) FROM samples",
            (),
            |row| {
                Ok(Measured {
                    downloads: count(row, 0)?,
                    download_bytes: count(row, 1)?,
                    samples: count(row, 2)?,
                    sample_bytes: count(row, 3)?,
                })
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_no_dataset_has_nothing_to_measure() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("none");
        assert_eq!(measure(&root).unwrap(), Measured::default());
        assert!(!root.exists());
    }
}
