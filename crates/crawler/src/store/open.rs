use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Params, Row};

use super::journal::Journal;
use super::schema::{ADDED, CANDIDATES, INDEXES, SOURCES, VERSION, VERSIONS};
use super::url_hash::UrlHash;
use crate::CrawlError;

/// How long the lock of another process is waited for: long enough for one that is just ending.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// What the connection is told.
///
/// The cache is large enough for the inner pages of every index of ten million rows (a 256th of some 600 MB) and much of what a
/// transaction touches. The log is folded back after 32 MB, which turns the scattered writes of many commits into one of
/// each page, and its file is cut to twice that after a transaction that was larger. References are kept by the statements here; to
/// have them looked up for each row costs a fifth of the time to add it.
const SETTINGS: &str = "
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = OFF;
PRAGMA cache_size = -32768;
PRAGMA wal_autocheckpoint = 8192;
PRAGMA journal_size_limit = 67108864;
";

/// Holds the open state file.
#[derive(Debug)]
pub(crate) struct Store {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    is_writing: bool,
    pub(super) urls: UrlHash,
    pub(super) journal: Journal,
}

impl Store {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, CrawlError> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|e| CrawlError::io(folder, e))?;
        }
        let mut store = Self::connect(path)?;
        store.settle_version()?;
        Ok(store)
    }

    fn connect(path: &Path) -> Result<Self, CrawlError> {
        let error = |e| CrawlError::store(path, e);
        let connection = Connection::open(path).map_err(error)?;
        connection.busy_timeout(LOCK_WAIT).map_err(error)?;
        connection.set_prepared_statement_cache_capacity(64);
        // Every query here goes by a key; without this some are planned anew for each row they look for.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(error)?;
        connection.execute_batch(SETTINGS).map_err(error)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            is_writing: false,
            urls: UrlHash::draw(),
            journal: Journal::default(),
        })
    }

    /// Opens a file of the newest version without a look at what is in it.
    #[cfg(test)]
    pub(super) fn open_unchecked(path: &Path) -> Result<Self, CrawlError> {
        let mut store = Self::connect(path)?;
        store.read_key()?;
        Ok(store)
    }

    /// Makes, migrates or checks the file, so that it is one of the newest version.
    fn settle_version(&mut self) -> Result<(), CrawlError> {
        let version: i64 = self.one("PRAGMA user_version", (), |row| row.get(0))?;
        match version {
            0 => self.make().map_err(foreign),
            1 => {
                self.check_all()?;
                self.migrate()
            }
            2 | VERSION => {
                self.read_key()?;
                self.check()?;
                self.read_journal()?;
                if version < VERSION {
                    self.batch(VERSIONS)?;
                    self.number_version()?;
                }
                Ok(())
            }
            _ => Err(CrawlError::Newer {
                path: self.path.clone(),
                version,
                known: VERSION,
            }),
        }
    }

    fn read_key(&mut self) -> Result<(), CrawlError> {
        let keys: Vec<String> =
            self.all("SELECT value FROM run WHERE key = 'hash'", (), |row| {
                row.get(0)
            })?;
        let key = keys.first().and_then(|key| UrlHash::parse(key));
        self.urls = key.ok_or_else(|| self.damaged("it has lost the key of its URLs"))?;
        Ok(())
    }

    /// Makes the tables of a new file.
    fn make(&mut self) -> Result<(), CrawlError> {
        self.batch(SOURCES)?;
        self.batch(ADDED)?;
        self.batch(VERSIONS)?;
        self.batch(CANDIDATES)?;
        self.batch(INDEXES)?;
        self.set_version()
    }

    /// Records version and key, and commits.
    pub(super) fn set_version(&mut self) -> Result<(), CrawlError> {
        let key = self.urls.to_text();
        self.write("INSERT INTO run VALUES ('hash', ?1)", [key])?;
        self.number_version()
    }

    fn number_version(&mut self) -> Result<(), CrawlError> {
        self.batch(&format!("PRAGMA user_version = {VERSION}"))?;
        self.commit()
    }

    /// Makes all writes since the last commit durable against a kill of the process.
    pub(crate) fn commit(&mut self) -> Result<(), CrawlError> {
        self.write_journal()?;
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
        self.begin()?;
        let run = || self.connection.prepare_cached(sql)?.execute(params);
        run().map_err(|e| self.error(e))
    }

    /// Runs a statement that adds a row; returns its number.
    pub(super) fn insert(&mut self, sql: &str, params: impl Params) -> Result<i64, CrawlError> {
        self.write(sql, params)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Runs statements that write.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), CrawlError> {
        self.begin()?;
        self.connection
            .execute_batch(sql)
            .map_err(|e| self.error(e))
    }

    fn begin(&mut self) -> Result<(), CrawlError> {
        if !self.is_writing {
            self.connection
                .execute_batch("BEGIN IMMEDIATE")
                .map_err(|e| self.error(e))?;
            self.is_writing = true;
        }
        Ok(())
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

    pub(super) fn error(&self, error: rusqlite::Error) -> CrawlError {
        CrawlError::store(&self.path, error)
    }
}

/// A file in which the tables cannot be made is none of ours.
fn foreign(error: CrawlError) -> CrawlError {
    match error {
        CrawlError::Store { path, source } => CrawlError::Damaged {
            path,
            what: source.to_string(),
        },
        other => other,
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
