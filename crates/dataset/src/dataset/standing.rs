//! What is on record of one label, for whoever plans the next crawl.

use rusqlite::OptionalExtension;

use super::Dataset;
use crate::error::DatasetError;
use crate::records::Intake;

/// Where a label stood when it was last begun, and what it has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What the last [`Dataset::begin`] asked for.
    pub intake: Intake,
    /// Images kept now.
    pub kept: u32,
}

impl Dataset {
    /// What is on record of a label; `None` when it was never begun.
    ///
    /// # Errors
    /// A failure of the catalog.
    pub fn standing(&self, label: &str) -> Result<Option<Standing>, DatasetError> {
        self.catalog.sql(|c| {
            c.prepare_cached(
                "SELECT goal, from_seq, (SELECT count(*) FROM candidates WHERE label = ?1 AND state = 'kept')
                 FROM labels WHERE label = ?1",
            )?
            .query_row([label], |row| {
                let from_seq: i64 = row.get(1)?;
                Ok(Standing {
                    intake: Intake {
                        label: label.to_owned(),
                        goal: row.get(0)?,
                        from_seq: u64::try_from(from_seq).unwrap_or(0),
                    },
                    kept: row.get(2)?,
                })
            })
            .optional()
        })
    }

    /// Every label on record, in the order in which they came.
    ///
    /// # Errors
    /// A failure of the catalog.
    pub fn labels(&self) -> Result<Vec<String>, DatasetError> {
        self.catalog.sql(|c| {
            c.prepare_cached("SELECT label FROM labels ORDER BY place")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
    }
}
