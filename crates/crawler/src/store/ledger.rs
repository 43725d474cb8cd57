use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use url::Url;

use super::open::{count, small};
use super::schema::VERSION;
use super::sources::{LONGEST_PAUSE, SLACK};
use crate::CrawlError;
use crate::engine::Quota;
use crate::stamp;

/// How long the lock of a crawl is waited for, which may be just ending.
const LOCK_WAIT: Duration = Duration::from_millis(500);

/// Is what a `crawl.db` says of requests made and still to be made, read without a change to any file.
///
/// The empty one is that of a crawl that has not begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// When engines may be asked again, by id.
    pauses: HashMap<String, SystemTime>,
    /// What is used of windows, by engine and length in seconds.
    spent: HashMap<(String, u64), Spent>,
    /// Labels by name.
    labels: HashMap<String, LabelLedger>,
    /// Streams by engine and phrase, each label's apart.
    streams: HashMap<(String, String, String), StreamLedger>,
    /// Whether a refresh was begun and has not ended.
    is_refresh_open: bool,
}

/// Is how much of a quota's window is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// Requests since the window began.
    pub requests: u32,
    /// When it began.
    pub began: SystemTime,
}

/// Is how far one label has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LabelLedger {
    /// Candidates found.
    pub(crate) found: u64,
    /// Rounds of pages, of this crawl or refresh or of an earlier one, whichever is more.
    pub(crate) depth: u32,
}

/// Is how far one phrase at one engine has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StreamLedger {
    /// Pages stored.
    pub(crate) pages: u32,
    /// Whether there are no more.
    pub(crate) ended: bool,
}

impl Ledger {
    /// Reads a state file; one that is not there is an empty ledger.
    ///
    /// # Errors
    ///
    /// [`CrawlError::Locked`] while a crawl has it open, [`CrawlError::Newer`] for one of a newer program, and other
    /// [`CrawlError`] for a file that is none or cannot be read.
    pub fn read(state: &Path) -> Result<Self, CrawlError> {
        let mut ledger = Self::read_engines(state)?;
        if !state.exists() {
            return Ok(ledger);
        }
        let connection = open(state)?;
        ledger
            .read_labels(&connection)
            .map_err(|e| CrawlError::store(state, e))?;
        Ok(ledger)
    }

    /// Reads only what concerns engines as a whole, which takes no time however large the file is.
    ///
    /// # Errors
    ///
    /// As for [`Ledger::read`].
    pub fn read_engines(state: &Path) -> Result<Self, CrawlError> {
        let mut ledger = Self::default();
        if !state.exists() {
            return Ok(ledger);
        }
        let error = |e| CrawlError::store(state, e);
        let connection = open(state)?;
        let version: i64 = connection
            .query_row("PRAGMA user_version", (), |row| row.get(0))
            .map_err(error)?;
        match version {
            1..=VERSION => {}
            // A crawl was killed while it made the file.
            0 => return Ok(ledger),
            _ => {
                return Err(CrawlError::Newer {
                    path: state.to_owned(),
                    version,
                    known: VERSION,
                });
            }
        }
        ledger
            .read_allowances(&connection, version)
            .map_err(error)?;
        Ok(ledger)
    }

    fn read_allowances(&mut self, connection: &Connection, version: i64) -> rusqlite::Result<()> {
        let mut statement = connection.prepare("SELECT id, retry_at FROM engines")?;
        let rows = statement.query_map((), |row| {
            Ok((row.get(0)?, stamp::from_unix(count(row, 1)?)))
        })?;
        self.pauses = rows.collect::<rusqlite::Result<_>>()?;
        if version < 2 {
            return Ok(());
        }
        let mut statement = connection.prepare("SELECT engine, window, used, began FROM quotas")?;
        let rows = statement.query_map((), |row| {
            let spent = Spent {
                requests: small(row, 2)?,
                began: stamp::from_unix(count(row, 3)?),
            };
            Ok(((row.get(0)?, count(row, 1)?), spent))
        })?;
        self.spent = rows.collect::<rusqlite::Result<_>>()?;
        Ok(())
    }

    fn read_labels(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let version: i64 = connection.query_row("PRAGMA user_version", (), |row| row.get(0))?;
        if version == 0 {
            return Ok(());
        }
        let mut statement =
            connection.prepare("SELECT label, found, max(rounds, depth) FROM labels")?;
        let rows = statement.query_map((), |row| {
            let label = LabelLedger {
                found: count(row, 1)?,
                depth: small(row, 2)?,
            };
            Ok((row.get(0)?, label))
        })?;
        self.labels = rows.collect::<rusqlite::Result<_>>()?;
        let mut statement = connection.prepare(
            "SELECT l.label, s.engine, s.query, s.page, s.ended
             FROM streams s JOIN labels l ON l.id = s.label",
        )?;
        let rows = statement.query_map((), |row| {
            let stream = StreamLedger {
                pages: small(row, 3)?,
                ended: row.get(4)?,
            };
            Ok(((row.get(0)?, row.get(1)?, row.get(2)?), stream))
        })?;
        self.streams = rows.collect::<rusqlite::Result<_>>()?;
        self.is_refresh_open = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM run WHERE key = 'refresh')",
            (),
            |row| row.get(0),
        )?;
        Ok(())
    }

    /// Takes in what another crawl was told by the same engines: the later pause, and the fuller window.
    pub fn merge(&mut self, other: Self) {
        for (engine, until) in other.pauses {
            let known = self.pauses.entry(engine).or_insert(until);
            *known = until.max(*known);
        }
        for (window, spent) in other.spent {
            let known = self.spent.entry(window).or_insert(spent);
            if spent.requests > known.requests {
                *known = spent;
            }
        }
    }

    /// Returns when an engine may be asked again, when that is still to come.
    #[must_use]
    pub fn pause(&self, engine: &str, now: SystemTime) -> Option<SystemTime> {
        let until = self.pauses.get(engine).copied();
        until.filter(|until| *until > now && *until <= now + LONGEST_PAUSE + SLACK)
    }

    /// Returns what is used of a quota's window, when the window is not over.
    #[must_use]
    pub fn spent(&self, engine: &str, quota: Quota, now: SystemTime) -> Option<Spent> {
        let window = (engine.to_owned(), quota.window.as_secs());
        let spent = self.spent.get(&window).copied()?;
        let is_open = spent.began <= now && spent.began + quota.window > now;
        is_open.then_some(spent)
    }

    /// Returns when an engine may be asked again whose counted quota is used up.
    #[must_use]
    pub fn exhausted(&self, engine: &str, quotas: &[Quota], now: SystemTime) -> Option<SystemTime> {
        let ends = quotas.iter().filter_map(|quota| {
            let spent = self.spent(engine, *quota, now)?;
            (spent.requests >= quota.requests).then(|| spent.began + quota.window)
        });
        ends.max()
    }

    /// Whether a refresh was begun and has not ended.
    #[must_use]
    pub fn is_refresh_open(&self) -> bool {
        self.is_refresh_open
    }

    pub(crate) fn label(&self, label: &str) -> LabelLedger {
        self.labels.get(label).copied().unwrap_or_default()
    }

    pub(crate) fn stream(&self, label: &str, engine: &str, query: &str) -> StreamLedger {
        let key = (label.to_owned(), engine.to_owned(), query.to_owned());
        self.streams.get(&key).copied().unwrap_or_default()
    }

    /// Builds one as if it had been read.
    #[cfg(test)]
    pub(crate) fn of(
        labels: &[(&str, LabelLedger)],
        streams: &[(&str, &str, &str, StreamLedger)],
        spent: &[(&str, Duration, Spent)],
    ) -> Self {
        Self {
            labels: labels
                .iter()
                .map(|(label, row)| ((*label).to_owned(), *row))
                .collect(),
            streams: streams
                .iter()
                .map(|(label, engine, query, row)| {
                    let key = [label, engine, query].map(|text| (*text).to_owned());
                    (key.into(), *row)
                })
                .collect(),
            spent: spent
                .iter()
                .map(|(engine, window, spent)| (((*engine).to_owned(), window.as_secs()), *spent))
                .collect(),
            ..Self::default()
        }
    }
}

/// Opens a state file for reading alone.
///
/// A file without a log is taken as it is, so that none is made. Beside a log, which a crawl under way or one that was killed
/// has left, the file is opened as a crawl does, which a crawl under way refuses, and the log is left where it is.
pub(super) fn open(state: &Path) -> Result<Connection, CrawlError> {
    let error = |e| CrawlError::store(state, e);
    let full = std::path::absolute(state).map_err(|e| CrawlError::io(state, e))?;
    let mut log = full.clone().into_os_string();
    log.push("-wal");
    let is_clean = std::fs::metadata(&log).map_or(true, |log| log.len() == 0)
        && Url::from_file_path(&full).is_ok();
    if is_clean {
        let mut uri = Url::from_file_path(&full).expect("it was just seen to be one");
        uri.set_query(Some("mode=ro&immutable=1"));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        return Connection::open_with_flags(uri.as_str(), flags).map_err(error);
    }
    let connection =
        Connection::open_with_flags(&full, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(error)?;
    connection.busy_timeout(LOCK_WAIT).map_err(error)?;
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(error)?;
    connection
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = 1;")
        .map_err(error)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::store::Store;

    fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    #[test]
    fn a_file_is_read_without_a_change_whether_closed_or_killed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        assert_eq!(Ledger::read(&path).unwrap(), Ledger::default());
        assert!(files(folder.path()).is_empty(), "none is made");
        let now = stamp::from_unix(1_800_000_000);
        let mut store = Store::open(&path).unwrap();
        let quota = Quota::a_day(200);
        for _ in 0..3 {
            store.spend("e", quota, now).unwrap();
        }
        let label = store.label("owl").unwrap();
        store.stream(label.id, "e", "snowy owl").unwrap();
        store.write("UPDATE streams SET page = 4", ()).unwrap();
        store
            .write("UPDATE labels SET found = 9, rounds = 2, depth = 5", ())
            .unwrap();
        store.commit().unwrap();
        let killed = folder.path().join("killed");
        fs::create_dir(&killed).unwrap();
        for name in ["crawl.db", "crawl.db-wal"] {
            fs::copy(folder.path().join(name), killed.join(name)).unwrap();
        }
        let error = Ledger::read(&path).unwrap_err();
        assert!(matches!(error, CrawlError::Locked { .. }), "{error}");
        drop(store);
        for path in [path, killed.join("crawl.db")] {
            let place = path.parent().unwrap();
            let before: Vec<_> = fs::read_dir(place).unwrap().collect();
            let ledger = Ledger::read(&path).unwrap();
            assert_eq!(fs::read_dir(place).unwrap().count(), before.len());
            let spent = ledger.spent("e", quota, now).unwrap();
            assert_eq!((spent.requests, spent.began), (3, now));
            assert_eq!(ledger.spent("e", quota, now + quota.window), None);
            assert_eq!(ledger.exhausted("e", &[quota], now), None);
            let few = [Quota::a_day(3)];
            assert_eq!(
                ledger.exhausted("e", &few, now),
                Some(now + Duration::from_hours(24))
            );
            let label = ledger.label("owl");
            assert_eq!((label.found, label.depth), (9, 5));
            assert_eq!(ledger.stream("owl", "e", "snowy owl").pages, 4);
            assert!(!ledger.is_refresh_open());
        }
        let again = files(&killed);
        Ledger::read(&killed.join("crawl.db")).unwrap();
        assert_eq!(files(&killed), again);
    }

    #[test]
    fn of_two_crawls_the_later_pause_and_the_fuller_window_count() {
        let now = stamp::from_unix(1_800_000_000);
        let of = |seconds, requests| {
            let spent = Spent {
                requests,
                began: now,
            };
            let window = Duration::from_hours(24);
            let mut ledger = Ledger::of(&[], &[], &[("e", window, spent)]);
            let until = now + Duration::from_secs(seconds);
            ledger.pauses.insert("e".to_owned(), until);
            ledger
        };
        let mut ledger = of(60, 7);
        ledger.merge(of(30, 9));
        assert_eq!(ledger.pause("e", now), Some(now + Duration::from_mins(1)));
        assert_eq!(ledger.pause("e", now + Duration::from_mins(1)), None);
        let spent = ledger.spent("e", Quota::a_day(10), now).unwrap();
        assert_eq!(spent.requests, 9);
    }

    #[test]
    fn a_file_that_is_none_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        fs::write(&path, vec![7_u8; 8_192]).unwrap();
        let error = Ledger::read(&path).unwrap_err();
        assert!(matches!(error, CrawlError::Damaged { .. }), "{error}");
    }
}
