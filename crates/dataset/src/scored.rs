//! What was measured of a dataset's pictures, beside what became of each.

use std::path::Path;

use rusqlite::Connection;

use crate::dataset::{State, read_scores};
use crate::error::DatasetError;
use crate::quality::Scores;
use crate::store::catalog::{CATALOG_FILE, Catalog};

/// A picture of a name that has scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The name.
    pub label: String,
    /// Where it was downloaded.
    pub url: String,
    /// What was decided about it for that name.
    pub state: State,
    /// The code of the reason, if it was turned away.
    pub reason: Option<String>,
    /// What was measured.
    pub scores: Scores,
}

/// Lists every picture that was measured, whatever became of it, by name and in each in candidate order; a picture that two names show
/// is there twice. Those of datasets that an early version made, and what was taken out on request, are missing.
///
/// # Errors
/// [`DatasetError::NotADataset`], [`DatasetError::Damaged`] and I/O failures.
pub fn scored(root: &Path) -> Result<Vec<Scored>, DatasetError> {
    let path = root.join(CATALOG_FILE);
    if !path.exists() {
        return Err(DatasetError::NotADataset {
            path: root.to_path_buf(),
        });
    }
    Catalog::read(&path)?.sql(read)
}

fn read(connection: &Connection) -> rusqlite::Result<Vec<Scored>> {
    let mut statement = connection.prepare(
        "SELECT c.label, d.url, c.state, c.reason, d.scores
         FROM candidates c JOIN downloads d ON d.id = c.download
         WHERE d.scores IS NOT NULL AND c.state <> 'forgotten' ORDER BY c.label, c.seq",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let state: String = row.get(2)?;
        let Some(scores) = read_scores(row, 4)? else {
            continue;
        };
        all.push(Scored {
            label: row.get(0)?,
            url: row.get(1)?,
            state: State::from_name(&state).ok_or(rusqlite::Error::InvalidQuery)?,
            reason: row.get(3)?,
            scores,
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use crate::dataset::stand_in::{arrival, good};
    use crate::pixels::Flaw;
    use crate::quality::Thresholds;
    use crate::records::{Intake, Outcome};
    use crate::store::settings::DatasetSettings;

    #[test]
    fn what_was_measured_is_listed_with_what_became_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let settings = DatasetSettings {
            quality: Thresholds {
                tiny: 80.0,
                ..Thresholds::off()
            },
            ..DatasetSettings::default()
        };
        let mut dataset = Dataset::create(folder.path(), &settings).unwrap();
        let intake = Intake {
            label: "owl".to_owned(),
            goal: None,
            from_seq: 0,
        };
        dataset.begin(&[intake]).unwrap();
        let batch = vec![
            good("owl", 0, 0, 100),
            good("owl", 1, 1, 70),
            good("owl", 2, 0, 90),
            arrival("owl", 3, Outcome::Flawed(Flaw::Truncated)),
        ];
        dataset.commit(batch).unwrap();
        drop(dataset);
        let listed = scored(folder.path()).unwrap();
        let told: Vec<_> = listed
            .iter()
            .map(|one| (one.state, one.reason.as_deref(), one.scores.side))
            .collect();
        let expected = [
            (State::Kept, None, 100.0),
            (State::Flawed, Some("tiny"), 70.0),
            (State::Flawed, Some("near-duplicate"), 90.0),
        ];
        assert_eq!(told, expected);
        assert!(listed[1].url.ends_with("/owl/1.png"));
    }

    #[test]
    fn a_folder_that_is_no_dataset_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = scored(folder.path()).unwrap_err();
        assert!(matches!(error, DatasetError::NotADataset { .. }), "{error}");
    }
}
