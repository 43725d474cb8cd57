//! Splits that pictures came with.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};

use crate::dataset::{Dataset, sql_seq};
use crate::error::DatasetError;
use crate::pixels::SampleId;
use crate::publish::{GroupSplit, Split, read_splits, record_splits};

/// The split that a source has a picture in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenSplit {
    /// The picture's label.
    pub label: String,
    /// Its place among the label's candidates.
    pub seq: u64,
    /// The split.
    pub split: Split,
}

impl Dataset {
    /// Records the splits of pictures that were committed before, so that the next publication keeps them.
    ///
    /// A split is that of the picture's near-duplicate group, and what is on record stands: of a group that a source has in two
    /// splits, under one label or under two, the one given first holds. Pictures that were not kept are passed over. Returns how many groups
    /// were given a split.
    ///
    /// # Errors
    /// A failure of the catalog; nothing is changed then.
    pub fn give_splits(&mut self, given: &[GivenSplit]) -> Result<usize, DatasetError> {
        let changes = self.catalog.begin()?;
        let splits = changes.sql(|c| {
            let mut splits: Vec<GroupSplit> = Vec::new();
            // A picture is in one split whatever its label.
            let mut split_of: BTreeMap<SampleId, Split> =
                read_splits(c)?.into_values().flatten().collect();
            let mut statement = c.prepare_cached(
                "SELECT group_id FROM candidates WHERE label = ?1 AND seq = ?2 AND group_id IS NOT NULL",
            )?;
            for one in given {
                let group: Option<String> = statement
                    .query_row(params![one.label, sql_seq(one.seq)], |row| row.get(0))
                    .optional()?;
                if let Some(group) = group.and_then(|group| group.parse().ok())
                    && *split_of.entry(group).or_insert(one.split) == one.split
                {
                    splits.push(GroupSplit {
                        label: one.label.clone(),
                        group,
                        split: one.split,
                    });
                }
            }
            record_splits(c, &splits)?;
            Ok(splits)
        })?;
        changes.commit()?;
        Ok(splits.len())
    }
}
