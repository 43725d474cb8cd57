use std::time::Duration;

use super::open::{Store, int};
use crate::CrawlError;

/// How long the run that is under way has lived, in milliseconds; gone when it has ended in order.
const ALIVE: &str = "alive";

/// How long the longest of the runs had lived that were cut off since one ended in order, in milliseconds.
const LONGEST: &str = "longest";

impl Store {
    /// Begins a run; returns how long the longest of those lived that were cut off just before, zero when the last one ended in order.
    pub(crate) fn begin_life(&mut self) -> Result<Duration, CrawlError> {
        let longest = self.life(ALIVE)?.max(self.life(LONGEST)?);
        self.put_life(LONGEST, longest)?;
        self.put_life(ALIVE, Duration::ZERO)?;
        Ok(longest)
    }

    /// Records how long this run has lived.
    pub(crate) fn tell_life(&mut self, lived: Duration) -> Result<(), CrawlError> {
        self.put_life(ALIVE, lived)
    }

    /// Records that this run has ended in order.
    pub(crate) fn end_life(&mut self) -> Result<(), CrawlError> {
        self.write("DELETE FROM run WHERE key IN (?1, ?2)", [ALIVE, LONGEST])?;
        Ok(())
    }

    fn life(&self, key: &str) -> Result<Duration, CrawlError> {
        let told = self.all("SELECT value FROM run WHERE key = ?1", [key], |row| {
            row.get::<_, String>(0)
        })?;
        // What is no number was not written here; it is wary for no reason at worst, so it is not worth an error.
        let millis = told.first().and_then(|text| text.parse().ok());
        Ok(Duration::from_millis(millis.unwrap_or(0)))
    }

    fn put_life(&mut self, key: &str, lived: Duration) -> Result<(), CrawlError> {
        let millis = int(u64::try_from(lived.as_millis()).unwrap_or(u64::MAX));
        self.write(
            "INSERT OR REPLACE INTO run VALUES (?1, ?2)",
            [key, &millis.to_string()],
        )?;
        Ok(())
    }
}
