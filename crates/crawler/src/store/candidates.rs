use rusqlite::params;

use super::schema::{Store, count, int, small};
use crate::{CrawlError, Provenance, Reject};

/// Is a candidate of one label with the state of its download.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) seq: u64,
    pub(crate) download: i64,
    pub(crate) url: String,
    pub(crate) local: bool,
    pub(crate) tries: u32,
    pub(crate) fate: Fate,
}

/// Tells what is known of a download.
#[derive(Debug)]
pub(crate) enum Fate {
    /// Nothing yet.
    Open,
    /// It was given up for good.
    Rejected(Reject),
    /// It was delivered and stored, for this label or another.
    Settled,
}

/// Is a claim that was handed out and not settled.
#[derive(Debug)]
pub(crate) struct HandedOut {
    pub(crate) label_id: i64,
    pub(crate) label: String,
    pub(crate) seq: u64,
    pub(crate) url: String,
}

impl Store {
    /// Adds a candidate at the end of a label's order; `false` when the label has this URL already.
    pub(crate) fn add_candidate(
        &mut self,
        label: i64,
        seq: u64,
        url: &str,
        local: bool,
        provenance: &Provenance,
    ) -> Result<bool, CrawlError> {
        self.write(
            "INSERT INTO downloads(url, local) VALUES (?1, ?2)
             ON CONFLICT(url) DO UPDATE SET local = 1 WHERE excluded.local AND NOT local",
            params![url, local],
        )?;
        let provenance = serde_json::to_string(provenance)
            .expect("provenance is a plain struct of text and numbers, which always serializes");
        let added = self.write(
            "INSERT OR IGNORE INTO candidates(label, seq, download, provenance)
             SELECT ?1, ?2, id, ?4 FROM downloads WHERE url = ?3",
            params![label, int(seq), url, provenance],
        )?;
        Ok(added == 1)
    }

    /// Returns the label's unsettled candidates with `from <= seq < to`, in order.
    pub(crate) fn candidates(
        &self,
        label: i64,
        from: u64,
        to: u64,
    ) -> Result<Vec<Candidate>, CrawlError> {
        let rows = self.all(
            "SELECT c.seq, d.id, d.url, d.local, d.tries, d.settled, d.reject, d.detail
             FROM candidates c JOIN downloads d ON d.id = c.download
             WHERE c.label = ?1 AND c.seq >= ?2 AND c.seq < ?3 AND c.state < 2
             ORDER BY c.seq",
            params![label, int(from), int(to)],
            |row| {
                let settled: bool = row.get(5)?;
                let candidate = Candidate {
                    seq: count(row, 0)?,
                    download: row.get(1)?,
                    url: row.get(2)?,
                    local: row.get(3)?,
                    tries: small(row, 4)?,
                    fate: if settled { Fate::Settled } else { Fate::Open },
                };
                Ok((candidate, row.get(6)?, row.get(7)?))
            },
        )?;
        rows.into_iter().map(|row| self.with_reject(row)).collect()
    }

    /// Adds the recorded reject to a candidate that is not settled.
    fn with_reject(
        &self,
        (mut candidate, code, detail): (Candidate, Option<String>, Option<String>),
    ) -> Result<Candidate, CrawlError> {
        if let (Fate::Open, Some(code)) = (&candidate.fate, code) {
            let reject = Reject::from_parts(&code, detail.unwrap_or_default())
                .ok_or_else(|| self.damaged(format!("unknown reject code `{code}`")))?;
            candidate.fate = Fate::Rejected(reject);
        }
        Ok(candidate)
    }

    /// Returns where a label found a candidate.
    pub(crate) fn provenance(&self, label: i64, seq: u64) -> Result<Provenance, CrawlError> {
        let text = self.one(
            "SELECT provenance FROM candidates WHERE label = ?1 AND seq = ?2",
            params![label, int(seq)],
            |row| row.get::<_, String>(0),
        )?;
        serde_json::from_str(&text).map_err(|e| self.damaged(format!("provenance: {e}")))
    }

    /// Points a candidate that could not be had at the next of its other copies, in its place of the order.
    ///
    /// Returns it as it stands then; `None` when there is no other copy, or none that the label does not have already.
    pub(crate) fn fall_back(
        &mut self,
        label: i64,
        seq: u64,
        reject: &Reject,
    ) -> Result<Option<Candidate>, CrawlError> {
        let mut found = self.provenance(label, seq)?;
        if found.fallbacks.is_empty() {
            return Ok(None);
        }
        if found.image_url.is_none() {
            let url = self.one(
                "SELECT d.url FROM candidates c JOIN downloads d ON d.id = c.download
                 WHERE c.label = ?1 AND c.seq = ?2",
                params![label, int(seq)],
                |row| row.get(0),
            )?;
            found.image_url = Some(url);
            found.image_reject = Some(reject.code().to_owned());
        }
        while !found.fallbacks.is_empty() {
            let url = found.fallbacks.remove(0);
            self.write(
                "INSERT INTO downloads(url) VALUES (?1) ON CONFLICT(url) DO NOTHING",
                [&url],
            )?;
            let text = serde_json::to_string(&found).expect(
                "provenance is a plain struct of text and numbers, which always serializes",
            );
            let moved = self.write(
                "UPDATE OR IGNORE candidates SET provenance = ?4,
                 download = (SELECT id FROM downloads WHERE url = ?3)
                 WHERE label = ?1 AND seq = ?2 AND state < 2",
                params![label, int(seq), url, text],
            )?;
            if moved == 1 {
                return Ok(self.candidates(label, seq, seq + 1)?.pop());
            }
        }
        Ok(None)
    }

    /// Counts one more try of a download; must be committed before the request leaves.
    pub(crate) fn claim(&mut self, download: i64) -> Result<(), CrawlError> {
        self.write(
            "UPDATE downloads SET tries = tries + 1 WHERE id = ?1",
            [download],
        )?;
        Ok(())
    }

    /// Gives a download up for good.
    pub(crate) fn reject(
        &mut self,
        download: i64,
        reject: &Reject,
        final_url: Option<&str>,
        fetched_at: Option<&str>,
    ) -> Result<(), CrawlError> {
        self.write(
            "UPDATE downloads SET reject = ?2, detail = ?3, final_url = ?4, fetched_at = ?5
             WHERE id = ?1",
            params![
                download,
                reject.code(),
                reject.detail(),
                final_url,
                fetched_at
            ],
        )?;
        Ok(())
    }

    /// Marks a claim as handed out and returns where the label found it, with what a reject left behind.
    pub(crate) fn hand_out(&mut self, label: i64, seq: u64) -> Result<Provenance, CrawlError> {
        self.write(
            "UPDATE candidates SET state = 1 WHERE label = ?1 AND seq = ?2 AND state = 0",
            params![label, int(seq)],
        )?;
        let (text, final_url, fetched_at, tries) = self.one(
            "SELECT c.provenance, d.final_url, d.fetched_at, d.tries
             FROM candidates c JOIN downloads d ON d.id = c.download
             WHERE c.label = ?1 AND c.seq = ?2",
            params![label, int(seq)],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    small(row, 3)?,
                ))
            },
        )?;
        let found: Provenance =
            serde_json::from_str(&text).map_err(|e| self.damaged(format!("provenance: {e}")))?;
        Ok(Provenance {
            final_url,
            fetched_at,
            tries,
            ..found
        })
    }

    /// Settles a claim, and with it the download.
    pub(crate) fn settle(&mut self, label: i64, url: &str) -> Result<(), CrawlError> {
        self.write(
            "UPDATE candidates SET state = 2
             WHERE label = ?1 AND download = (SELECT id FROM downloads WHERE url = ?2)",
            params![label, url],
        )?;
        self.write(
            "UPDATE downloads SET settled = 1 WHERE url = ?1 AND NOT settled",
            [url],
        )?;
        Ok(())
    }

    /// Returns every claim that was handed out and not settled.
    pub(crate) fn handed_out(&self) -> Result<Vec<HandedOut>, CrawlError> {
        self.all(
            "SELECT l.id, l.label, c.seq, d.url FROM candidates c
             JOIN labels l ON l.id = c.label JOIN downloads d ON d.id = c.download
             WHERE c.state = 1 ORDER BY c.label, c.seq",
            (),
            |row| {
                Ok(HandedOut {
                    label_id: row.get(0)?,
                    label: row.get(1)?,
                    seq: count(row, 2)?,
                    url: row.get(3)?,
                })
            },
        )
    }

    /// Returns a label's settled claims from `from` on.
    pub(crate) fn settled_from(
        &self,
        label: &str,
        from: u64,
    ) -> Result<Vec<HandedOut>, CrawlError> {
        self.all(
            "SELECT l.id, l.label, c.seq, d.url FROM candidates c
             JOIN labels l ON l.id = c.label JOIN downloads d ON d.id = c.download
             WHERE l.label = ?1 AND c.seq >= ?2 AND c.state = 2 ORDER BY c.seq",
            params![label, int(from)],
            |row| {
                Ok(HandedOut {
                    label_id: row.get(0)?,
                    label: row.get(1)?,
                    seq: count(row, 2)?,
                    url: row.get(3)?,
                })
            },
        )
    }

    /// Forgets that a download was delivered, because whoever stored it has lost it.
    pub(crate) fn unsettle(&mut self, url: &str) -> Result<(), CrawlError> {
        self.write("UPDATE downloads SET settled = 0 WHERE url = ?1", [url])?;
        Ok(())
    }

    /// Takes a claim back that was handed out and lost.
    pub(crate) fn take_back(&mut self, label: i64, seq: u64) -> Result<(), CrawlError> {
        self.write(
            "UPDATE candidates SET state = 0 WHERE label = ?1 AND seq = ?2",
            params![label, int(seq)],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_takes_the_place_and_remembers_what_it_stands_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("crawl.db")).unwrap();
        let label = store.label("cat").unwrap().id;
        let provenance = Provenance {
            fallbacks: ["http://h/b", "http://h/c"].map(str::to_owned).to_vec(),
            ..Provenance::default()
        };
        for (seq, url) in [(0, "http://h/a"), (1, "http://h/b")] {
            assert!(
                store
                    .add_candidate(label, seq, url, false, &provenance)
                    .unwrap()
            );
        }
        let gone = Reject::NotFound("404".to_owned());
        let next = store.fall_back(label, 0, &gone).unwrap().unwrap();
        assert_eq!(
            (next.seq, next.url.as_str()),
            (0, "http://h/c"),
            "b is there already"
        );
        let found = store.provenance(label, 0).unwrap();
        assert_eq!(found.image_url.as_deref(), Some("http://h/a"));
        assert_eq!(found.image_reject.as_deref(), Some("not-found"));
        assert!(found.fallbacks.is_empty());
        assert!(store.fall_back(label, 0, &gone).unwrap().is_none());
        let places = store.candidates(label, 0, 9).unwrap();
        let urls: Vec<&str> = places.iter().map(|c| c.url.as_str()).collect();
        assert_eq!(urls, ["http://h/c", "http://h/b"]);
    }
}
