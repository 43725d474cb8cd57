use rusqlite::params;

use super::open::{Store, count, int, small};
use crate::CrawlError;
use crate::optout::{Outcome, SiteRecord};

impl Store {
    /// Keeps what a website's file says, for this run and the next ones.
    pub(crate) fn keep_site(
        &mut self,
        site: &str,
        file: &str,
        record: &SiteRecord,
    ) -> Result<(), CrawlError> {
        self.write(
            "INSERT OR REPLACE INTO sites(site, file, outcome, body, fetched_at, failures, watched)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                site,
                file,
                record.outcome.code(),
                record.body,
                int(record.fetched_at),
                record.failures,
                record.watched
            ],
        )?;
        Ok(())
    }

    /// Forgets the websites whose files could not be reached.
    pub(crate) fn forget_unreachable_sites(&mut self) -> Result<(), CrawlError> {
        self.write(
            "DELETE FROM sites WHERE outcome = ?1",
            [Outcome::Unreachable.code()],
        )?;
        Ok(())
    }

    /// Returns what is kept of a website's file; a row that cannot be read counts as none.
    pub(crate) fn site(&self, site: &str, file: &str) -> Result<Option<SiteRecord>, CrawlError> {
        let rows = self.all(
            "SELECT outcome, body, fetched_at, failures, watched FROM sites
             WHERE site = ?1 AND file = ?2",
            params![site, file],
            |row| {
                let Some(outcome) = Outcome::from_code(&row.get::<_, String>(0)?) else {
                    return Ok(None);
                };
                Ok(Some(SiteRecord {
                    outcome,
                    body: row.get(1)?,
                    fetched_at: count(row, 2)?,
                    failures: small(row, 3)?,
                    watched: row.get(4)?,
                }))
            },
        )?;
        Ok(rows.into_iter().flatten().next())
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::optout::{Fetched, OptOutPolicy, RobotsFile};

    #[test]
    fn a_record_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("crawl.db")).unwrap();
        let watched = OptOutPolicy::default().watched();
        let body = Fetched::Body(b"User-agent: *\nDisallow: /x\n");
        let record = SiteRecord::new::<RobotsFile>(body, 0, &watched, SystemTime::now());
        store.keep_site("http://a", "robots", &record).unwrap();
        store.keep_site("http://a", "robots", &record).unwrap();
        assert_eq!(store.site("http://a", "robots").unwrap(), Some(record));
        assert_eq!(store.site("http://a", "tdmrep").unwrap(), None);
        let failed =
            SiteRecord::new::<RobotsFile>(Fetched::Unreachable, 0, &watched, SystemTime::now());
        store.keep_site("http://b", "robots", &failed).unwrap();
        store.forget_unreachable_sites().unwrap();
        assert!(store.site("http://a", "robots").unwrap().is_some());
        assert_eq!(store.site("http://b", "robots").unwrap(), None);
        store.write("UPDATE sites SET outcome = 'odd'", ()).unwrap();
        assert_eq!(store.site("http://a", "robots").unwrap(), None);
    }
}
