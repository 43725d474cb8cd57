use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Params, Row};

use crate::CrawlError;

/// The newest layout of the file, kept in `user_version`.
const VERSION: i64 = 1;

/// How long the lock of another process is waited for: long enough for one that is just ending.
const LOCK_WAIT: Duration = Duration::from_secs(5);

const TABLES: &str = "
CREATE TABLE run (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE labels (
    id INTEGER PRIMARY KEY,
    label TEXT NOT NULL UNIQUE,
    found INTEGER NOT NULL DEFAULT 0,      -- candidates so far, the next seq
    rounds INTEGER NOT NULL DEFAULT 0,     -- page rounds merged since the crawl or refresh began
    depth INTEGER NOT NULL DEFAULT 0,      -- most rounds of any crawl or refresh before
    from_seq INTEGER NOT NULL DEFAULT 0,   -- of the refresh that is open
    satisfied INTEGER NOT NULL DEFAULT 0,  -- had its goal when last heard of
    refreshing INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    label INTEGER NOT NULL REFERENCES labels(id),
    engine TEXT NOT NULL,
    query TEXT NOT NULL,
    page INTEGER NOT NULL DEFAULT 0,       -- pages stored
    hits INTEGER NOT NULL DEFAULT 0,       -- hits on them
    cursor TEXT,                           -- of the next page
    ended INTEGER NOT NULL DEFAULT 0,
    UNIQUE (label, engine, query)
);
CREATE TABLE pages (
    stream INTEGER NOT NULL REFERENCES streams(id),
    page INTEGER NOT NULL,
    first_rank INTEGER NOT NULL,
    count INTEGER NOT NULL,
    fetched_at TEXT NOT NULL,
    hits TEXT,                             -- JSON until the round is merged, then NULL
    PRIMARY KEY (stream, page)
) WITHOUT ROWID;
CREATE TABLE downloads (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    local INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,      -- counted before each request leaves
    settled INTEGER NOT NULL DEFAULT 0,
    reject TEXT,                           -- code, once it is final
    detail TEXT,
    final_url TEXT,
    fetched_at TEXT
);
CREATE TABLE candidates (
    label INTEGER NOT NULL REFERENCES labels(id),
    seq INTEGER NOT NULL,
    download INTEGER NOT NULL REFERENCES downloads(id),
    state INTEGER NOT NULL DEFAULT 0,      -- 0 open, 1 handed out, 2 settled
    provenance TEXT NOT NULL,
    PRIMARY KEY (label, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX candidates_by_download ON candidates(download, label);
CREATE INDEX candidates_handed_out ON candidates(label, seq) WHERE state = 1;
CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    paused_until INTEGER NOT NULL          -- seconds since 1970
) WITHOUT ROWID;
CREATE TABLE engines (
    id TEXT PRIMARY KEY,
    retry_at INTEGER NOT NULL              -- seconds since 1970
) WITHOUT ROWID;
CREATE TABLE quotas (
    engine TEXT NOT NULL,
    window INTEGER NOT NULL,               -- seconds
    began INTEGER NOT NULL,                -- seconds since 1970
    used INTEGER NOT NULL,                 -- requests since then
    PRIMARY KEY (engine, window)
) WITHOUT ROWID;
";

/// Holds the open state file.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    connection: Connection,
    is_writing: bool,
}

impl Store {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, CrawlError> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|e| CrawlError::io(folder, e))?;
        }
        let error = |e| CrawlError::store(path, e);
        let connection = Connection::open(path).map_err(error)?;
        connection.busy_timeout(LOCK_WAIT).map_err(error)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection
            .execute_batch(
                "PRAGMA locking_mode = EXCLUSIVE;
                 PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = NORMAL;",
            )
            .map_err(error)?;
        let mut store = Self {
            path: path.to_owned(),
            connection,
            is_writing: false,
        };
        store.check()?;
        Ok(store)
    }

    fn check(&mut self) -> Result<(), CrawlError> {
        let version: i64 = self.one("PRAGMA user_version", (), |row| row.get(0))?;
        if version > VERSION {
            return Err(CrawlError::Newer {
                path: self.path.clone(),
                version,
                known: VERSION,
            });
        }
        if version == VERSION {
            let verdict: String = self.one("PRAGMA quick_check(1)", (), |row| row.get(0))?;
            if verdict != "ok" {
                return Err(CrawlError::Damaged {
                    path: self.path.clone(),
                    what: verdict,
                });
            }
            return Ok(());
        }
        let make = format!("BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;");
        self.connection
            .execute_batch(&make)
            .map_err(|e| match self.error(e) {
                CrawlError::Store { path, source } => CrawlError::Damaged {
                    path,
                    what: source.to_string(),
                },
                other => other,
            })
    }

    /// Makes all writes since the last commit durable against a kill of the process.
    pub(crate) fn commit(&mut self) -> Result<(), CrawlError> {
        if self.is_writing {
            self.is_writing = false;
            self.connection
                .execute_batch("COMMIT")
                .map_err(|e| self.error(e))?;
        }
        Ok(())
    }

    /// Runs a statement that writes; returns how many rows it changed.
    pub(super) fn write(&mut self, sql: &str, params: impl Params) -> Result<usize, CrawlError> {
        if !self.is_writing {
            self.connection
                .execute_batch("BEGIN IMMEDIATE")
                .map_err(|e| self.error(e))?;
            self.is_writing = true;
        }
        let run = || self.connection.prepare_cached(sql)?.execute(params);
        run().map_err(|e| self.error(e))
    }

    /// Reads the one row of a query.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, CrawlError> {
        let run = || self.connection.prepare_cached(sql)?.query_row(params, read);
        run().map_err(|e| self.error(e))
    }

    /// Reads every row of a query.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, CrawlError> {
        let run = || -> rusqlite::Result<Vec<T>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_map(params, read)?.collect()
        };
        run().map_err(|e| self.error(e))
    }

    /// Builds the error of a value that this program would not have written.
    pub(super) fn damaged(&self, what: impl Into<String>) -> CrawlError {
        CrawlError::Damaged {
            path: self.path.clone(),
            what: what.into(),
        }
    }

    fn error(&self, error: rusqlite::Error) -> CrawlError {
        CrawlError::store(&self.path, error)
    }
}

/// Turns a count into what the store keeps.
pub(super) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Turns a kept count back; a negative one cannot have been written.
pub(super) fn count(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(index)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value))
}

/// Turns a kept small count back.
pub(super) fn small(row: &Row<'_>, index: usize) -> rusqlite::Result<u32> {
    let value: i64 = row.get(index)?;
    u32::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_store_is_damaged_and_says_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        fs::write(&path, vec![7_u8; 8_192]).unwrap();
        let error = Store::open(&path).unwrap_err();
        assert!(matches!(error, CrawlError::Damaged { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("crawl.db") && text.contains("delete it"),
            "{text}"
        );
    }

    #[test]
    fn a_torn_file_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        drop(Store::open(&path).unwrap());
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[200..middle].fill(0xa5);
        fs::write(&path, bytes).unwrap();
        let error = Store::open(&path).unwrap_err();
        assert!(matches!(error, CrawlError::Damaged { .. }), "{error}");
    }

    #[test]
    fn a_newer_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        drop(Store::open(&path).unwrap());
        let raw = Connection::open(&path).unwrap();
        raw.execute_batch("PRAGMA user_version = 99").unwrap();
        drop(raw);
        let error = Store::open(&path).unwrap_err();
        assert!(
            matches!(error, CrawlError::Newer { version: 99, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_second_opening_is_locked_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        let mut first = Store::open(&path).unwrap();
        first
            .write("INSERT INTO run VALUES ('a', 'b')", ())
            .unwrap();
        first.commit().unwrap();
        let raw = Connection::open(&path).unwrap();
        raw.busy_timeout(Duration::ZERO).unwrap();
        let error = raw
            .query_row("SELECT value FROM run", (), |row| row.get::<_, String>(0))
            .unwrap_err();
        let error = CrawlError::store(&path, error);
        assert!(matches!(error, CrawlError::Locked { .. }), "{error}");
    }
}
