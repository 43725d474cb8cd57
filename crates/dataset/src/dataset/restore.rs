//! Taking pictures back that were thrown out.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::Serialize;

use super::picture::sql_seq;
use super::{Dataset, Ledger, State};
use crate::error::DatasetError;
use crate::pixels::SampleId;

/// A picture of a name that was asked back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The name.
    pub label: String,
    /// The picture.
    pub sample: SampleId,
    /// What it was before.
    pub was: State,
    /// Why it had been thrown out, if there was a reason.
    pub reason: Option<String>,
    /// Whether this changed anything; false when the name had it already.
    pub changed: bool,
}

/// A candidate of a name that shows a picture.
#[derive(Debug)]
struct Found {
    label: String,
    seq: u64,
    state: State,
    reason: Option<String>,
    /// Whether a person has it already; that an imported dataset had kept it is another matter.
    is_restored: bool,
}

impl Dataset {
    /// Keeps pictures that were thrown out, whatever their scores, their likeness to others and the goal; with `label`, for that name
    /// only. The next publication has them, a copy of a kept picture in that one's split.
    ///
    /// A picture that was left out because another name shows it too is given to this name by it.
    ///
    /// # Errors
    /// [`DatasetError::NoSuchSample`] when there is no stored picture of that id, as for downloads that could not be decoded, and
    /// failures of the catalog; nothing is changed then.
    pub fn restore(
        &mut self,
        ids: &[SampleId],
        label: Option<&str>,
    ) -> Result<Vec<Restored>, DatasetError> {
        let mut restored = Vec::new();
        let mut chosen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for id in ids {
            let found = self.catalog.sql(|c| find(c, id, label))?;
            if found.is_empty() {
                return Err(DatasetError::NoSuchSample {
                    path: self.root.clone(),
                    id: id.to_string(),
                    label: label.map(str::to_owned),
                });
            }
            for (name, of_name) in by_label(found) {
                let (one, changed) = choose(&of_name);
                if changed {
                    chosen.entry(name.clone()).or_default().push(one.seq);
                }
                restored.push(Restored {
                    label: name,
                    sample: *id,
                    was: one.state,
                    reason: one.reason.clone(),
                    changed,
                });
            }
        }
        let labels: Vec<&str> = chosen.keys().map(String::as_str).collect();
        for label in &labels {
            self.ledgers.remove(*label);
        }
        let settings = self.settings.clone();
        self.change(&labels, |connection| {
            for (label, seqs) in &chosen {
                for seq in seqs {
                    take_back(connection, label, *seq)?;
                }
                let mut ledger = Ledger::load(connection, label)?;
                for seq in seqs {
                    ledger.reconsider(connection, *seq, &settings)?;
                }
            }
            Ok(())
        })?;
        Ok(restored)
    }
}

fn by_label(found: Vec<Found>) -> BTreeMap<String, Vec<Found>> {
    let mut labels: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for one in found {
        labels.entry(one.label.clone()).or_default().push(one);
    }
    labels
}

/// Which of a name's candidates of one picture stands for it, and whether that changes anything: the kept one, else the first.
fn choose(found: &[Found]) -> (&Found, bool) {
    let kept = found.iter().find(|one| one.state == State::Kept);
    let one = kept.unwrap_or(&found[0]);
    (one, !(one.state == State::Kept && one.is_restored))
}

/// Marks a candidate; a kept one stays kept, any other waits to be decided again.
fn take_back(connection: &Connection, label: &str, seq: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE candidates SET restored = 1 WHERE label = ?1 AND seq = ?2")?
        .execute(params![label, sql_seq(seq)])?;
    connection
        .prepare_cached(
            "UPDATE candidates SET state = 'pending', reason = NULL, detail = NULL, group_id = NULL
             WHERE label = ?1 AND seq = ?2 AND state <> 'kept'",
        )?
        .execute(params![label, sql_seq(seq)])
        .map(drop)
}

/// The candidates that show a picture and may be taken back; what was forgotten on request is not among them.
fn find(
    connection: &Connection,
    id: &SampleId,
    label: Option<&str>,
) -> rusqlite::Result<Vec<Found>> {
    connection
        .prepare_cached(
            "SELECT c.label, c.seq, c.state, c.reason, c.restored = 1 FROM downloads d JOIN candidates c ON c.download = d.id
             WHERE d.sample = ?1 AND c.state <> 'forgotten' AND (?2 IS NULL OR c.label = ?2) ORDER BY c.label, c.seq",
        )?
        .query_map(params![id.to_string(), label], |row| {
            let state: String = row.get(2)?;
            Ok(Found {
                label: row.get(0)?,
                seq: row.get::<_, i64>(1)?.unsigned_abs(),
                state: State::from_name(&state).ok_or(rusqlite::Error::InvalidQuery)?,
                reason: row.get(3)?,
                is_restored: row.get(4)?,
            })
        })?
        .collect()
}
