use std::time::SystemTime;

use rusqlite::params;

use super::open::{Store, count, int};
use crate::CrawlError;
use crate::engine::Quota;
use crate::stamp;

impl Store {
    /// Counts one request to an engine within the quota's window, which begins with its first request.
    ///
    /// Returns the end of the window, and counts nothing, when the quota is used up.
    pub(crate) fn spend(
        &mut self,
        engine: &str,
        quota: Quota,
        now: SystemTime,
    ) -> Result<Option<SystemTime>, CrawlError> {
        let (now, length) = (stamp::unix(now), quota.window.as_secs());
        let window = int(length);
        // A clock that was set back does not hold the engine up for longer than a window.
        self.write(
            "DELETE FROM quotas WHERE engine = ?1 AND window = ?2
             AND (began + window <= ?3 OR began > ?3)",
            params![engine, window, int(now)],
        )?;
        self.write(
            "INSERT OR IGNORE INTO quotas(engine, window, began, used) VALUES (?1, ?2, ?3, 0)",
            params![engine, window, int(now)],
        )?;
        let counted = self.write(
            "UPDATE quotas SET used = used + 1 WHERE engine = ?1 AND window = ?2 AND used < ?3",
            params![engine, window, quota.requests],
        )?;
        if counted == 1 {
            return Ok(None);
        }
        let began = self.one(
            "SELECT began FROM quotas WHERE engine = ?1 AND window = ?2",
            params![engine, window],
            |row| count(row, 0),
        )?;
        Ok(Some(stamp::from_unix(began + length)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn requests_are_counted_within_a_window_and_over_runs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        let start = stamp::from_unix(1_800_000_000);
        let quota = Quota::an_hour(3);
        let mut store = Store::open(&path).unwrap();
        for n in 0..3 {
            let now = start + Duration::from_secs(n);
            assert_eq!(store.spend("e", quota, now).unwrap(), None);
        }
        store.commit().unwrap();
        drop(store);
        let mut store = Store::open(&path).unwrap();
        let hour = Duration::from_hours(1);
        let full = start + hour - Duration::from_secs(1);
        assert_eq!(store.spend("e", quota, full).unwrap(), Some(start + hour));
        assert_eq!(store.spend("other", quota, full).unwrap(), None);
        assert_eq!(store.spend("e", Quota::a_day(9), full).unwrap(), None);
        assert_eq!(store.spend("e", quota, start + hour).unwrap(), None);
        let back = start - hour;
        assert_eq!(
            store.spend("e", quota, back).unwrap(),
            None,
            "the clock went back"
        );
    }
}
