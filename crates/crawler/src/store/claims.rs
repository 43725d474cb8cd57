use rusqlite::{Row, params};

use super::journal::{Change, Failure};
use super::open::{Store, count, int};
use crate::{CrawlError, Provenance, Reject};

/// Is a claim that was handed out and not settled.
#[derive(Debug)]
pub(crate) struct HandedOut {
    pub(crate) label_id: i64,
    pub(crate) label: String,
    pub(crate) seq: u64,
    pub(crate) download: i64,
    pub(crate) url: String,
}

impl HandedOut {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            label_id: row.get(0)?,
            label: row.get(1)?,
            seq: count(row, 2)?,
            download: row.get(3)?,
            url: row.get(4)?,
        })
    }
}

impl Store {
    /// Records what the headers of an answer without a body said.
    pub(crate) fn saw(
        &mut self,
        download: i64,
        headers: &[(String, String)],
    ) -> Result<(), CrawlError> {
        let text = serde_json::to_string(headers).expect("pairs of text always serialize");
        self.write(
            "UPDATE downloads SET headers = ?2 WHERE id = ?1",
            params![download, text],
        )?;
        Ok(())
    }

    /// Counts one more try of a download; must be committed before the request leaves.
    pub(crate) fn claim(&mut self, download: i64) {
        self.note(Change::Tried(download));
    }

    /// Gives a download up for good.
    pub(crate) fn reject(
        &mut self,
        download: i64,
        reject: &Reject,
        final_url: Option<String>,
        fetched_at: Option<String>,
    ) {
        let failure = Failure {
            reject: reject.code().to_owned(),
            detail: reject.detail().to_owned(),
            final_url,
            fetched_at,
        };
        self.note(Change::Failed(download, failure));
    }

    /// Marks a claim as handed out and returns where the label found it, with what a reject left behind.
    pub(crate) fn hand_out(&mut self, label: i64, seq: u64) -> Result<Provenance, CrawlError> {
        self.note(Change::Out(label, seq));
        self.provenance(label, seq)
    }

    /// Settles a claim, and with it the download.
    pub(crate) fn settle(&mut self, label: i64, seq: u64, download: i64) {
        self.note(Change::Settled(label, seq, download));
    }

    /// Settles the claim of a label on a URL; nothing when it has none.
    pub(crate) fn settle_url(&mut self, label: i64, url: &str) -> Result<(), CrawlError> {
        let Some((download, _)) = self.download(url)? else {
            return Ok(());
        };
        let seqs: Vec<u64> = self.all(
            "SELECT seq FROM candidates WHERE download = ?1 AND label = ?2",
            [download, label],
            |row| count(row, 0),
        )?;
        for seq in seqs {
            self.settle(label, seq, download);
        }
        Ok(())
    }

    /// Returns every claim that was handed out and not settled.
    pub(crate) fn handed_out(&mut self) -> Result<Vec<HandedOut>, CrawlError> {
        self.settle_journal()?;
        self.all(
            "SELECT l.id, l.label, c.seq, d.id, d.url FROM candidates c
             JOIN labels l ON l.id = c.label JOIN downloads d ON d.id = c.download
             WHERE c.state = 1 ORDER BY c.label, c.seq",
            (),
            HandedOut::read,
        )
    }

    /// Returns some of a label's settled claims from `from` on, the first ones; none when there are no more.
    pub(crate) fn settled_from(
        &mut self,
        label: &str,
        from: u64,
    ) -> Result<Vec<HandedOut>, CrawlError> {
        self.settle_journal()?;
        self.all(
            "SELECT l.id, l.label, c.seq, d.id, d.url FROM candidates c
             JOIN labels l ON l.id = c.label JOIN downloads d ON d.id = c.download
             WHERE l.label = ?1 AND c.seq >= ?2 AND c.state = 2 ORDER BY c.seq LIMIT 500",
            params![label, int(from)],
            HandedOut::read,
        )
    }

    /// Forgets that a download was delivered, because whoever stored it has lost it.
    pub(crate) fn unsettle(&mut self, download: i64) -> Result<(), CrawlError> {
        self.write("UPDATE downloads SET settled = 0 WHERE id = ?1", [download])?;
        Ok(())
    }

    /// Takes a claim back that was handed out and lost.
    pub(crate) fn take_back(&mut self, label: i64, seq: u64) -> Result<(), CrawlError> {
        self.settle_journal()?;
        self.write(
            "UPDATE candidates SET state = 0 WHERE label = ?1 AND seq = ?2",
            params![label, int(seq)],
        )?;
        Ok(())
    }
}
