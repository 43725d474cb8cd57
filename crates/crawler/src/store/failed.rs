use super::open::{Store, count};
use crate::frontier::Retry;
use crate::{CrawlError, Reject};

/// Downloads that are returned at a time.
const BATCH: i64 = 500;

/// Is a download that failed and may be asked again.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) id: i64,
    pub(crate) url: String,
    pub(crate) code: &'static str,
    /// The labels that claim it, each with its place there.
    pub(crate) claims: Vec<(i64, u64)>,
}

impl Store {
    /// Returns some downloads that failed and are worth another run, those after `id` first, and the last failure looked
    /// at; `None` when there are no more.
    ///
    /// The table is read from end to end for it: an index would cost each failure more than that.
    pub(crate) fn failed(&mut self, after: i64) -> Result<Option<(Vec<Failed>, i64)>, CrawlError> {
        self.settle_journal()?;
        let rows: Vec<(i64, String, String, String)> = self.all(
            "SELECT id, url, reject, coalesce(detail, '') FROM downloads
             WHERE id > ?1 AND reject IS NOT NULL ORDER BY id LIMIT ?2",
            [after, BATCH],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        let Some(last) = rows.last().map(|row| row.0) else {
            return Ok(None);
        };
        let mut failed = Vec::new();
        for (id, url, code, detail) in rows {
            let reject = Reject::from_parts(&code, detail);
            let Some(reject) = reject.filter(|reject| Retry::of(reject) != Retry::Never) else {
                continue;
            };
            let claims = self.all(
                "SELECT label, seq FROM candidates WHERE download = ?1 ORDER BY label",
                [id],
                |row| Ok((row.get(0)?, count(row, 1)?)),
            )?;
            failed.push(Failed {
                id,
                url,
                code: reject.code(),
                claims,
            });
        }
        Ok(Some((failed, last)))
    }

    /// Forgets what a download has come to, and opens its claims again, each in its place.
    pub(crate) fn reopen(&mut self, download: i64) -> Result<(), CrawlError> {
        self.settle_journal()?;
        self.write(
            "UPDATE downloads SET tries = 0, settled = 0, reject = NULL, detail = NULL, final_url = NULL,
             fetched_at = NULL WHERE id = ?1",
            [download],
        )?;
        self.write(
            "UPDATE candidates SET state = 0 WHERE download = ?1",
            [download],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Provenance;

    #[test]
    fn failures_come_in_batches_and_lasting_ones_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("crawl.db")).unwrap();
        let label = store.label("owl").unwrap().id;
        let stream = store.stream(label, "e", "owl").unwrap().id;
        for seq in 0..1_300 {
            let url = format!("http://h/{seq}");
            let found = Provenance::default();
            store
                .add_candidate(label, seq, &url, false, stream, &found)
                .unwrap();
            let id = i64::try_from(seq).unwrap() + 1;
            let status = if seq % 2 == 0 { 503 } else { 404 };
            store.claim(id);
            store.reject(id, &Reject::from_status(status), None, None);
            store.settle(label, seq, id);
        }
        let (mut after, mut all) = (0, Vec::new());
        while let Some((some, last)) = store.failed(after).unwrap() {
            assert!(some.len() <= 500 && some.iter().all(|failed| failed.code == "server-error"));
            for failed in &some {
                store.reopen(failed.id).unwrap();
            }
            all.extend(some);
            after = last;
        }
        assert_eq!(all.len(), 650);
        assert_eq!(
            (all[1].url.as_str(), all[1].claims.as_slice()),
            ("http://h/2", &[(label, 2)][..])
        );
        let open = store.candidates(label, 0, 10).unwrap();
        assert_eq!(
            open.iter().map(|c| (c.seq, c.tries)).collect::<Vec<_>>(),
            [(0, 0), (2, 0), (4, 0), (6, 0), (8, 0)]
        );
    }
}
