use rusqlite::params;

use super::open::{Store, count, int, small};
use crate::frontier::recorded;
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

/// Writes what is kept for a candidate of its provenance: nothing that its stream or its download knows.
pub(super) fn said(provenance: &Provenance) -> Option<String> {
    let said = Provenance {
        engine: String::new(),
        query: String::new(),
        rank: 0,
        final_url: None,
        fetched_at: None,
        tries: 0,
        headers: Vec::new(),
        signals: Vec::new(),
        ..provenance.clone()
    };
    if said == Provenance::default() {
        return None;
    }
    Some(serde_json::to_string(&said).expect("plain text members always serialize"))
}

impl Store {
    /// Adds a candidate at the end of a label's order; `false` when the label has this URL already.
    pub(crate) fn add_candidate(
        &mut self,
        label: i64,
        seq: u64,
        url: &str,
        local: bool,
        stream: i64,
        provenance: &Provenance,
    ) -> Result<bool, CrawlError> {
        let download = self.download_of(url, local)?;
        let added = self.write(
            "INSERT OR IGNORE INTO candidates(label, seq, download, stream, rank, found)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6
             WHERE NOT EXISTS (SELECT 1 FROM passed WHERE download = ?3 AND label = ?1)",
            params![
                label,
                int(seq),
                download,
                stream,
                int(provenance.rank.into()),
                said(provenance)
            ],
        )?;
        Ok(added == 1)
    }

    /// Returns the download of a URL, made when it is new.
    fn download_of(&mut self, url: &str, local: bool) -> Result<i64, CrawlError> {
        match self.download(url)? {
            Some((download, was_local)) => {
                if local && !was_local {
                    self.write("UPDATE downloads SET local = 1 WHERE id = ?1", [download])?;
                }
                Ok(download)
            }
            None => self.insert(
                "INSERT INTO downloads(hash, url, local) VALUES (?1, ?2, ?3)",
                params![self.urls.of_any(url), url, local],
            ),
        }
    }

    /// Finds a download by its URL, and says whether it is a local one. Of two that an earlier version has told apart, the one that
    /// is written alike comes first.
    pub(super) fn download(&self, url: &str) -> Result<Option<(i64, bool)>, CrawlError> {
        let form = recorded(url);
        let rows: Vec<(i64, String, bool)> = self.all(
            "SELECT id, url, local FROM downloads WHERE hash = ?1 ORDER BY id",
            [self.urls.of(&form)],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let alike = rows.iter().find(|row| row.1 == url);
        let same = alike.or_else(|| rows.iter().find(|row| recorded(&row.1) == form));
        Ok(same.map(|row| (row.0, row.2)))
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
        rows.into_iter()
            .filter(|(candidate, ..)| !self.journal.is_settled(label, candidate.seq))
            .map(|(candidate, code, detail)| self.with_fate(candidate, code, detail))
            .collect()
    }

    /// Adds what its download has come to: by its row, and by the journal after that.
    fn with_fate(
        &self,
        mut candidate: Candidate,
        mut code: Option<String>,
        mut detail: Option<String>,
    ) -> Result<Candidate, CrawlError> {
        if let Some(download) = self.journal.download(candidate.download) {
            candidate.tries += download.tries;
            if download.settled {
                candidate.fate = Fate::Settled;
            }
            if let Some(failure) = &download.failure {
                code = Some(failure.reject.clone());
                detail = Some(failure.detail.clone());
            }
        }
        if let (Fate::Open, Some(code)) = (&candidate.fate, code) {
            let reject = Reject::from_parts(&code, detail.unwrap_or_default())
                .ok_or_else(|| self.damaged(format!("unknown reject code `{code}`")))?;
            candidate.fate = Fate::Rejected(reject);
        }
        Ok(candidate)
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
            if self.has(label, &url)? {
                continue;
            }
            self.write(
                "INSERT OR IGNORE INTO passed(download, label)
                 SELECT download, label FROM candidates WHERE label = ?1 AND seq = ?2 AND state < 2",
                params![label, int(seq)],
            )?;
            let download = self.download_of(&url, false)?;
            let moved = self.write(
                "UPDATE OR IGNORE candidates SET download = ?3, found = ?4
                 WHERE label = ?1 AND seq = ?2 AND state < 2",
                params![label, int(seq), download, said(&found)],
            )?;
            if moved == 1 {
                return Ok(self.candidates(label, seq, seq + 1)?.pop());
            }
        }
        Ok(None)
    }

    /// Says whether a label has a URL: as what an engine named, or as another copy of it.
    fn has(&self, label: i64, url: &str) -> Result<bool, CrawlError> {
        let Some((download, _)) = self.download(url)? else {
            return Ok(false);
        };
        self.one(
            "SELECT EXISTS (SELECT 1 FROM candidates WHERE download = ?1 AND label = ?2)
             OR EXISTS (SELECT 1 FROM passed WHERE download = ?1 AND label = ?2)",
            [download, label],
            |row| row.get(0),
        )
    }

    /// Returns where a candidate was found, and what its download has come to so far.
    pub(crate) fn provenance(&self, label: i64, seq: u64) -> Result<Provenance, CrawlError> {
        let (mut known, said, headers, download) = self.one(
            "SELECT s.engine, s.query, c.rank, d.final_url, d.fetched_at, d.tries, c.found, d.headers, d.id
             FROM candidates c JOIN downloads d ON d.id = c.download JOIN streams s ON s.id = c.stream
             WHERE c.label = ?1 AND c.seq = ?2",
            params![label, int(seq)],
            |row| {
                let known = Provenance {
                    engine: row.get(0)?,
                    query: row.get(1)?,
                    rank: small(row, 2)?,
                    final_url: row.get(3)?,
                    fetched_at: row.get(4)?,
                    tries: small(row, 5)?,
                    ..Provenance::default()
                };
                let headers: Option<String> = row.get(7)?;
                Ok((known, row.get::<_, Option<String>>(6)?, headers, row.get(8)?))
            },
        )?;
        if let Some(download) = self.journal.download(download) {
            known.tries += download.tries;
            if let Some(failure) = &download.failure {
                known.final_url.clone_from(&failure.final_url);
                known.fetched_at.clone_from(&failure.fetched_at);
            }
        }
        let said: Provenance = said.map_or_else(
            || Ok(Provenance::default()),
            |text| serde_json::from_str(&text).map_err(|e| self.damaged(format!("found: {e}"))),
        )?;
        let headers = headers.map_or_else(
            || Ok(Vec::new()),
            |text| serde_json::from_str(&text).map_err(|e| self.damaged(format!("headers: {e}"))),
        )?;
        Ok(Provenance {
            headers,
            engine: known.engine,
            query: known.query,
            rank: known.rank,
            final_url: known.final_url,
            fetched_at: known.fetched_at,
            tries: known.tries,
            ..said
        })
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
        let stream = store.stream(label, "e", "cat").unwrap().id;
        let provenance = Provenance {
            fallbacks: ["http://h/b", "http://h/c"].map(str::to_owned).to_vec(),
            ..Provenance::default()
        };
        for (seq, url) in [(0, "http://h/a"), (1, "http://h/b")] {
            assert!(
                store
                    .add_candidate(label, seq, url, false, stream, &provenance)
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
        let again = store.add_candidate(label, 2, "http://h/a", false, stream, &provenance);
        assert!(!again.unwrap(), "what could not be had is not found anew");
        let places = store.candidates(label, 0, 9).unwrap();
        let urls: Vec<&str> = places.iter().map(|c| c.url.as_str()).collect();
        assert_eq!(urls, ["http://h/c", "http://h/b"]);
    }
}
