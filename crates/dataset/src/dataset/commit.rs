//! Taking in a batch of downloads: objects first, then one transaction.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::picture::{sql_seq, thumbnail_check};
use super::{Dataset, Ledger, State};
use crate::error::DatasetError;
use crate::pixels::{Preparation, Prepared, as_recorded, to_hex};
use crate::records::{Arrival, Claim, Outcome, Progress};
use crate::store::seal::Sealed;

/// Labels whose pictures are held in memory beside the catalog, at some 20 KB each; a crawl has half as many at work.
const LEDGERS: usize = 1_024;
/// Pictures whose probes are held in memory for labels that are not in the batch at hand, at some 1 KB each. Those of 60 pictures are made
/// again in 3 ms.
const PROBED: usize = 1 << 15;

impl Dataset {
    /// Stores a batch of finished downloads, decides what can be decided and says where the touched labels stand.
    ///
    /// When this returns, the batch is on disk: sample files, their folders, then the catalog. A kill at any moment leaves all
    /// of the batch or none of it in the catalog; a download that comes a second time changes nothing.
    ///
    /// # Errors
    /// [`DatasetError::DiskFull`], [`DatasetError::PlaceTaken`], [`DatasetError::UnknownUrl`] and failures of files or
    /// catalog; the catalog is unchanged then.
    pub fn commit(&mut self, mut batch: Vec<Arrival>) -> Result<Vec<Progress>, DatasetError> {
        let preparation = &self.settings.preparation;
        self.catalog
            .sql(|connection| recall_files(connection, &mut batch, preparation))?;
        self.objects
            .add(batch.iter().filter_map(|arrival| match &arrival.outcome {
                Outcome::Prepared(sample) => Some(&**sample),
                _ => None,
            }))?;
        let labels: BTreeSet<&str> = batch
            .iter()
            .flat_map(|arrival| &arrival.claims)
            .map(|claim| claim.label.as_str())
            .collect();
        let labels: Vec<&str> = labels.into_iter().collect();
        let mut refusal = None;
        let progress = self.change(&labels, |connection| {
            for arrival in &batch {
                if let Err(error) = store(connection, arrival)? {
                    refusal = Some(error);
                    // Any failure undoes the transaction; the refusal says why.
                    return Err(rusqlite::Error::QueryReturnedNoRows);
                }
            }
            Ok(())
        });
        match refusal {
            Some(error) => Err(error),
            None => progress,
        }
    }

    /// Applies a change to some labels in one transaction, decides their candidates and reports them in the given order.
    pub(crate) fn change(
        &mut self,
        labels: &[&str],
        change: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<Vec<Progress>, DatasetError> {
        // What is in memory is taken out, so that it is read anew if the transaction comes to nothing.
        let undoable = self.catalog.begin()?;
        let mut changed = Vec::new();
        let progress = undoable.sql(|connection| {
            change(connection)?;
            let mut progress = Vec::with_capacity(labels.len());
            for &label in labels {
                add_label(connection, label)?;
                let mut ledger = match self.ledgers.remove(label) {
                    Some(ledger) => ledger,
                    None => Ledger::load(connection, label)?,
                };
                ledger.decide(connection, &self.settings)?;
                progress.push(ledger.progress(connection)?);
                if changed.len() < LEDGERS {
                    changed.push((label, ledger));
                }
            }
            Ok(progress)
        })?;
        undoable.commit()?;
        if self.ledgers.len() + changed.len() > LEDGERS {
            // Each is read again when it is needed.
            self.ledgers.clear();
        }
        if self.ledgers.values().map(Ledger::probed).sum::<usize>() > PROBED {
            self.ledgers.values_mut().for_each(Ledger::forget_probes);
        }
        self.ledgers.extend(
            changed
                .into_iter()
                .map(|(label, ledger)| (label.to_owned(), ledger)),
        );
        Ok(progress)
    }
}

/// Adds a label behind all others, unless it is there.
fn add_label(connection: &Connection, label: &str) -> rusqlite::Result<()> {
    let is_known = connection
        .prepare_cached("SELECT 1 FROM labels WHERE label = ?1")?
        .exists([label])?;
    if !is_known {
        connection
            .prepare_cached(
                "INSERT INTO labels (label, place)
                 VALUES (?1, (SELECT coalesce(max(place) + 1, 0) FROM labels))",
            )?
            .execute([label])?;
        Sealed::Labels.seal(connection)?;
    }
    Ok(())
}

/// Gives pictures that are on record the file that is on record, so that the hash in catalog and snapshots stays true.
fn recall_files(
    connection: &Connection,
    batch: &mut [Arrival],
    preparation: &Preparation,
) -> rusqlite::Result<()> {
    let mut find = connection.prepare_cached("SELECT object_hash FROM samples WHERE id = ?1")?;
    for arrival in batch {
        if let Outcome::Prepared(sample) = &mut arrival.outcome {
            let recorded: Option<String> = find
                .query_row([sample.id.to_string()], |row| row.get(0))
                .optional()?;
            if let Some(hash) = recorded {
                as_recorded(sample, &hash, preparation);
            }
        }
    }
    Ok(())
}

/// Writes one arrival; the inner error is a contradiction in what was handed in.
fn store(connection: &Connection, arrival: &Arrival) -> rusqlite::Result<Result<(), DatasetError>> {
    let known = connection
        .prepare_cached("SELECT id FROM downloads WHERE url = ?1")?
        .query_row([&arrival.url], |row| row.get(0))
        .optional()?;
    let download: i64 = match (known, &arrival.outcome) {
        // The first outcome of a URL stands: a label that comes later shares it.
        (Some(download), _) => download,
        (None, Outcome::Prepared(sample)) => store_sample(connection, &arrival.url, sample)?,
        (None, Outcome::Flawed(flaw)) => store_reason(
            connection,
            &arrival.url,
            State::Flawed,
            flaw.code(),
            &flaw.detail(),
        )?,
        (None, Outcome::Rejected { reason, detail }) => {
            store_reason(connection, &arrival.url, State::Rejected, reason, detail)?
        }
        (None, Outcome::Known) => {
            return Ok(Err(DatasetError::UnknownUrl {
                url: arrival.url.clone(),
            }));
        }
    };
    for claim in &arrival.claims {
        if !store_claim(connection, download, claim)? {
            return Ok(Err(DatasetError::PlaceTaken {
                label: claim.label.clone(),
                seq: claim.seq,
                url: arrival.url.clone(),
            }));
        }
    }
    Ok(Ok(()))
}

fn store_sample(connection: &Connection, url: &str, sample: &Prepared) -> rusqlite::Result<i64> {
    let (id, thumbnail) = (sample.id.to_string(), sample.thumbnail.to_bytes());
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO samples (id, pdq, pdq_quality, object_hash, object_bytes, thumbnail, thumbnail_check)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            id,
            sample.orientations.to_bytes(),
            sample.pdq_quality,
            blake3::hash(&sample.jpeg).to_hex().as_str(),
            sql_seq(sample.jpeg.len() as u64),
            thumbnail,
            thumbnail_check(&id, &thumbnail),
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO downloads (url, kind, sample, sha256, width, height, format, bytes, fidelity, scores, colour)
             VALUES (?1, 'prepared', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .insert(params![
            url,
            id,
            to_hex(&sample.sha256),
            sample.width,
            sample.height,
            sample.format.as_str(),
            sql_seq(sample.bytes),
            sample.fidelity,
            serde_json::to_string(&sample.scores).expect("scores are finite numbers"),
            sample.colour.as_str(),
        ])
}

fn store_reason(
    connection: &Connection,
    url: &str,
    kind: State,
    reason: &str,
    detail: &str,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO downloads (url, kind, reason, detail) VALUES (?1, ?2, ?3, ?4)",
        )?
        .insert([url, kind.as_str(), reason, detail])
}

/// Records a claim once; false when its place belongs to another URL or the URL has another place.
fn store_claim(connection: &Connection, download: i64, claim: &Claim) -> rusqlite::Result<bool> {
    add_label(connection, &claim.label)?;
    let provenance = serde_json::to_string(&claim.provenance).expect("provenance is plain data");
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO candidates (label, seq, download, state, reason, detail, provenance, restored)
             SELECT ?1, ?2, id, CASE kind WHEN 'prepared' THEN 'pending' ELSE kind END, reason, detail, ?4, ?5
             FROM downloads WHERE id = ?3",
        )?
        .execute(params![
            claim.label,
            sql_seq(claim.seq),
            download,
            provenance,
            claim.vouched.number()
        ])?;
    connection
        .prepare_cached("SELECT 1 FROM candidates WHERE label = ?1 AND seq = ?2 AND download = ?3")?
        .exists(params![claim.label, sql_seq(claim.seq), download])
}
