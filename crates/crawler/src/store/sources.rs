use std::time::{Duration, SystemTime};

use rusqlite::params;

use super::open::{Store, count, int, small};
use crate::CrawlError;
use crate::engine::{Hit, Page};
use crate::stamp;

/// Is what is kept of a label.
#[derive(Debug, Clone)]
pub(crate) struct LabelRow {
    pub(crate) id: i64,
    pub(crate) found: u64,
    pub(crate) rounds: u32,
    pub(crate) depth: u32,
    pub(crate) from_seq: u64,
    pub(crate) satisfied: bool,
    pub(crate) refreshing: bool,
}

/// Is what is kept of one phrase at one engine.
#[derive(Debug, Clone)]
pub(crate) struct StreamRow {
    pub(crate) id: i64,
    pub(crate) page: u32,
    pub(crate) hits: u32,
    pub(crate) cursor: Option<String>,
    pub(crate) ended: bool,
}

/// Is a page that waits for the other pages of its round.
#[derive(Debug)]
pub(crate) struct StoredPage {
    pub(crate) stream: i64,
    pub(crate) first_rank: u32,
    pub(crate) hits: Vec<Hit>,
}

const REFRESH: &str = "refresh";

/// How long a pause is remembered at most. A host that asks for years, by mistake or malice, is asked once more after a day and
/// can say so again.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// What may lie between the writing of a pause and its reading, at most, where both are of one moment.
pub(super) const SLACK: Duration = Duration::from_mins(1);

impl Store {
    /// Returns a label's row, made when it is new.
    pub(crate) fn label(&mut self, label: &str) -> Result<LabelRow, CrawlError> {
        self.write("INSERT OR IGNORE INTO labels(label) VALUES (?1)", [label])?;
        self.one(
            "SELECT id, found, rounds, depth, from_seq, satisfied, refreshing
             FROM labels WHERE label = ?1",
            [label],
            |row| {
                Ok(LabelRow {
                    id: row.get(0)?,
                    found: count(row, 1)?,
                    rounds: small(row, 2)?,
                    depth: small(row, 3)?,
                    from_seq: count(row, 4)?,
                    satisfied: row.get(5)?,
                    refreshing: row.get(6)?,
                })
            },
        )
    }

    /// Returns a stream's row, made when it is new.
    pub(crate) fn stream(
        &mut self,
        label: i64,
        engine: &str,
        query: &str,
    ) -> Result<StreamRow, CrawlError> {
        self.write(
            "INSERT OR IGNORE INTO streams(label, engine, query) VALUES (?1, ?2, ?3)",
            params![label, engine, query],
        )?;
        self.one(
            "SELECT id, page, hits, cursor, ended FROM streams
             WHERE label = ?1 AND engine = ?2 AND query = ?3",
            params![label, engine, query],
            |row| {
                Ok(StreamRow {
                    id: row.get(0)?,
                    page: small(row, 1)?,
                    hits: small(row, 2)?,
                    cursor: row.get(3)?,
                    ended: row.get(4)?,
                })
            },
        )
    }

    /// Says whether a refresh was begun and has not ended.
    pub(crate) fn is_refresh_open(&self) -> Result<bool, CrawlError> {
        self.one(
            "SELECT EXISTS (SELECT 1 FROM run WHERE key = ?1)",
            [REFRESH],
            |row| row.get(0),
        )
    }

    /// Begins a refresh of the whole crawl: names of which candidates are known start at the first page again.
    pub(crate) fn begin_refresh(&mut self) -> Result<(), CrawlError> {
        self.write("INSERT INTO run VALUES (?1, 'open')", [REFRESH])?;
        self.write(
            "UPDATE labels SET depth = max(depth, rounds), rounds = 0, refreshing = found > 0,
             from_seq = CASE satisfied WHEN 0 THEN 0 ELSE found END",
            (),
        )?;
        self.write(
            "UPDATE streams SET page = 0, hits = 0, cursor = NULL, ended = 0",
            (),
        )?;
        // What waited to be merged is lost with its page, and must not be taken for known.
        self.write(
            "DELETE FROM versions WHERE stream IN (SELECT stream FROM pages WHERE hits IS NOT NULL)",
            (),
        )?;
        self.write("DELETE FROM pages", ())?;
        Ok(())
    }

    /// Ends the refresh that is open.
    pub(crate) fn end_refresh(&mut self) -> Result<(), CrawlError> {
        self.write("DELETE FROM run WHERE key = ?1", [REFRESH])?;
        self.write("UPDATE labels SET refreshing = 0, from_seq = 0", ())?;
        Ok(())
    }

    /// Records whether a label has its goal.
    pub(crate) fn set_satisfied(&mut self, label: i64, satisfied: bool) -> Result<(), CrawlError> {
        self.write(
            "UPDATE labels SET satisfied = ?2 WHERE id = ?1",
            params![label, satisfied],
        )?;
        Ok(())
    }

    /// Records a page with so many hits and moves its stream on; the hits that are new are kept when it has to wait for the other
    /// pages of its round.
    pub(crate) fn keep_page(
        &mut self,
        stream: &mut StreamRow,
        page: &Page,
        count: u32,
        waits: bool,
    ) -> Result<u32, CrawlError> {
        let first_rank = stream.hits + 1;
        stream.page += 1;
        stream.hits = stream.hits.saturating_add(count);
        stream.cursor.clone_from(&page.next);
        stream.ended = page.next.is_none();
        let hits = waits.then(|| {
            serde_json::to_string(&page.hits)
                .expect("hits are plain structs of text, which always serialize")
        });
        self.write(
            "INSERT OR REPLACE INTO pages(stream, page, first_rank, count, fetched_at, hits)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                stream.id,
                stream.page,
                first_rank,
                count,
                stamp::rfc3339(SystemTime::now()),
                hits
            ],
        )?;
        self.write(
            "UPDATE streams SET page = ?2, hits = ?3, cursor = ?4, ended = ?5 WHERE id = ?1",
            params![
                stream.id,
                stream.page,
                stream.hits,
                stream.cursor,
                stream.ended
            ],
        )?;
        Ok(first_rank)
    }

    /// Returns the streams of a label whose page waits for the others of its round.
    pub(crate) fn kept_streams(&self, label: i64) -> Result<Vec<i64>, CrawlError> {
        self.all(
            "SELECT p.stream FROM streams s JOIN pages p ON p.stream = s.id AND p.page = s.page
             WHERE s.label = ?1 AND p.hits IS NOT NULL",
            [label],
            |row| row.get(0),
        )
    }

    /// Returns the pages of a label that wait for the others of their round.
    pub(crate) fn kept_pages(&self, label: i64) -> Result<Vec<StoredPage>, CrawlError> {
        let kept = self.all(
            "SELECT p.stream, p.first_rank, p.hits FROM streams s JOIN pages p ON p.stream = s.id AND p.page = s.page
             WHERE s.label = ?1 AND p.hits IS NOT NULL",
            [label],
            |row| Ok((row.get(0)?, small(row, 1)?, row.get::<_, String>(2)?)),
        )?;
        kept.into_iter()
            .map(|(stream, first_rank, hits)| {
                let hits = serde_json::from_str(&hits)
                    .map_err(|e| self.damaged(format!("kept page: {e}")))?;
                Ok(StoredPage {
                    stream,
                    first_rank,
                    hits,
                })
            })
            .collect()
    }

    /// Records that a round is merged: its pages need no longer be kept.
    pub(crate) fn end_round(
        &mut self,
        label: i64,
        found: u64,
        rounds: u32,
        streams: &[i64],
    ) -> Result<(), CrawlError> {
        self.write(
            "UPDATE labels SET found = ?2, rounds = ?3 WHERE id = ?1",
            params![label, int(found), rounds],
        )?;
        for stream in streams {
            self.write(
                "UPDATE pages SET hits = NULL WHERE stream = ?1 AND hits IS NOT NULL
                 AND page = (SELECT page FROM streams WHERE id = ?1)",
                [stream],
            )?;
        }
        Ok(())
    }

    /// Records when a host or engine may be asked again.
    pub(crate) fn pause_host(&mut self, host: &str, until: SystemTime) -> Result<(), CrawlError> {
        let until = until.min(SystemTime::now() + LONGEST_PAUSE);
        self.write(
            "INSERT OR REPLACE INTO hosts VALUES (?1, ?2)",
            params![host, int(stamp::unix(until))],
        )?;
        Ok(())
    }

    /// Returns the hosts that are still paused and forgets the others; a pause that ends later than one can was written before the
    /// clock was set back, and nobody knows when it ends.
    pub(crate) fn paused_hosts(
        &mut self,
        now: SystemTime,
    ) -> Result<Vec<(String, SystemTime)>, CrawlError> {
        self.write(
            "DELETE FROM hosts WHERE paused_until <= ?1 OR paused_until > ?2",
            [
                int(stamp::unix(now)),
                int(stamp::unix(now + LONGEST_PAUSE + SLACK)),
            ],
        )?;
        self.all("SELECT host, paused_until FROM hosts", (), |row| {
            Ok((row.get(0)?, stamp::from_unix(count(row, 1)?)))
        })
    }

    /// Records when an engine may be asked again.
    pub(crate) fn pause_engine(&mut self, id: &str, until: SystemTime) -> Result<(), CrawlError> {
        let until = until.min(SystemTime::now() + LONGEST_PAUSE);
        self.write(
            "INSERT OR REPLACE INTO engines VALUES (?1, ?2)",
            params![id, int(stamp::unix(until))],
        )?;
        Ok(())
    }

    /// Returns when an engine may be asked again, when that is still to come.
    pub(crate) fn engine_pause(
        &self,
        id: &str,
        now: SystemTime,
    ) -> Result<Option<SystemTime>, CrawlError> {
        let until = self.all("SELECT retry_at FROM engines WHERE id = ?1", [id], |row| {
            Ok(stamp::from_unix(count(row, 0)?))
        })?;
        let latest = now + LONGEST_PAUSE + SLACK;
        Ok(until
            .into_iter()
            .find(|until| *until > now && *until <= latest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pause_is_remembered_for_more_than_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("crawl.db")).unwrap();
        let now = SystemTime::now();
        let odd = "INSERT INTO hosts VALUES ('odd.example', ?1)";
        let years = int(stamp::unix(now) + 31_536_000);
        store.write(odd, [years]).unwrap();
        let odd = "INSERT INTO engines VALUES ('odd', ?1)";
        store.write(odd, [years]).unwrap();
        assert_eq!(store.engine_pause("odd", now).unwrap(), None);
        let far = now + Duration::from_secs(u64::from(u32::MAX));
        let soon = now + Duration::from_mins(10);
        store.pause_host("far.example", far).unwrap();
        store.pause_host("soon.example", soon).unwrap();
        store.pause_engine("far", far).unwrap();
        let latest = now + LONGEST_PAUSE + Duration::from_mins(1);
        let hosts = store.paused_hosts(now).unwrap();
        assert_eq!(hosts.len(), 2);
        assert!(hosts.iter().all(|(_, until)| *until < latest));
        assert!(
            hosts
                .iter()
                .any(|(_, until)| *until < soon + Duration::from_secs(2))
        );
        assert!(store.engine_pause("far", now).unwrap().unwrap() < latest);
    }
}
