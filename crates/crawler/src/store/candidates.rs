use rusqlite::params;
use serde::{Deserialize, Serialize};

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

/// Is what an engine said of a hit beyond where it stood, as kept for each candidate; most say little.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(skip_serializing_if = "Option::is_none")]
    page_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<String>,
}

/// Writes what is kept for a candidate of its provenance: nothing that its stream or its download knows.
pub(super) fn said(provenance: &Provenance) -> Option<String> {
    // Named one by one, so that a new member cannot be forgotten here.
    let Provenance {
        engine: _,
        query: _,
        rank: _,
        page_url,
        title,
        creator,
        license,
        license_url,
        attribution,
        final_url: _,
        fetched_at: _,
        tries: _,
    } = provenance;
    let members = [page_url, title, creator, license, license_url, attribution];
    if members.iter().all(|member| member.is_none()) {
        return None;
    }
    let said = Said {
        page_url: page_url.clone(),
        title: title.clone(),
        creator: creator.clone(),
        license: license.clone(),
        license_url: license_url.clone(),
        attribution: attribution.clone(),
    };
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
        let download = match self.download(url)? {
            Some((download, was_local)) => {
                if local && !was_local {
                    self.write("UPDATE downloads SET local = 1 WHERE id = ?1", [download])?;
                }
                download
            }
            None => self.insert(
                "INSERT INTO downloads(hash, url, local) VALUES (?1, ?2, ?3)",
                params![self.urls.of_any(url), url, local],
            )?,
        };
        let added = self.write(
            "INSERT OR IGNORE INTO candidates(label, seq, download, stream, rank, found)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
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

    /// Returns where a candidate was found, and what its download has come to so far.
    pub(super) fn provenance(&self, label: i64, seq: u64) -> Result<Provenance, CrawlError> {
        let (mut found, said, download) = self.one(
            "SELECT s.engine, s.query, c.rank, d.final_url, d.fetched_at, d.tries, c.found, d.id
             FROM candidates c JOIN downloads d ON d.id = c.download JOIN streams s ON s.id = c.stream
             WHERE c.label = ?1 AND c.seq = ?2",
            params![label, int(seq)],
            |row| {
                let provenance = Provenance {
                    engine: row.get(0)?,
                    query: row.get(1)?,
                    rank: small(row, 2)?,
                    final_url: row.get(3)?,
                    fetched_at: row.get(4)?,
                    tries: small(row, 5)?,
                    ..Provenance::default()
                };
                Ok((provenance, row.get::<_, Option<String>>(6)?, row.get(7)?))
            },
        )?;
        if let Some(download) = self.journal.download(download) {
            found.tries += download.tries;
            if let Some(failure) = &download.failure {
                found.final_url.clone_from(&failure.final_url);
                found.fetched_at.clone_from(&failure.fetched_at);
            }
        }
        let said = said.map_or_else(
            || Ok(Said::default()),
            |text| serde_json::from_str(&text).map_err(|e| self.damaged(format!("found: {e}"))),
        )?;
        Ok(Provenance {
            page_url: said.page_url,
            title: said.title,
            creator: said.creator,
            license: said.license,
            license_url: said.license_url,
            attribution: said.attribution,
            ..found
        })
    }
}
