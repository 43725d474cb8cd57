//! The database file of a dataset and how it is opened.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use super::durable::{remove, sync_folder};
use super::lock::Lock;
use super::schema::{FROM_1, FROM_2, TABLES, VERSION};
use super::seal::Sealed;
use super::settings::DatasetSettings;
use crate::error::{DatasetError, rebuild};

/// Name of the database in the dataset folder.
pub(crate) const CATALOG_FILE: &str = "catalog.db";

/// Files of one database: itself, its log and the log's index.
pub(crate) const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// An open catalog; every failure carries its path.
#[derive(Debug)]
pub(crate) struct Catalog {
    path: PathBuf,
    connection: Connection,
}

impl Catalog {
    /// Makes the catalog of a new dataset and opens it. It gets its name when it is complete with its settings, since a process that
    /// is killed meanwhile would leave a file without tables, which cannot be told from a damaged one.
    pub(crate) fn create(path: &Path, settings: &DatasetSettings) -> Result<Self, DatasetError> {
        let fresh = path.with_file_name(".new-catalog.db");
        for ending in ENDINGS {
            remove(&with_ending(&fresh, ending))?;
        }
        Self::make(&fresh, settings)?.close()?;
        // A log without its database is that of another one.
        for ending in &ENDINGS[1..] {
            remove(&with_ending(path, ending))?;
        }
        fs::rename(&fresh, path).map_err(|e| DatasetError::io(path, e))?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))?;
        Self::open(path)
    }

    /// Makes a catalog with its settings where nobody looks for one yet.
    pub(crate) fn make(path: &Path, settings: &DatasetSettings) -> Result<Self, DatasetError> {
        let mut catalog = Self::connect(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )?;
        catalog.configure()?;
        let tx = catalog.begin()?;
        tx.sql(|tx| {
            tx.execute_batch(TABLES)?;
            Sealed::seal_all(tx)?;
            tx.pragma_update(None, "user_version", VERSION)
        })?;
        write_settings(&tx, settings)?;
        tx.commit()?;
        Ok(catalog)
    }

    /// Opens an existing catalog for writing and checks it.
    pub(crate) fn open(path: &Path) -> Result<Self, DatasetError> {
        let mut catalog = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        catalog.configure()?;
        if catalog.is_older()? {
            catalog.migrate()?;
        }
        catalog.check_version()?;
        let complaints = catalog.complaints("quick_check")?;
        match complaints.first() {
            None => Ok(catalog),
            Some(first) => Err(catalog.damaged(first.clone())),
        }
    }

    /// Opens an existing catalog for reading; a writer may be at work at the same time.
    ///
    /// One without a log is taken as it is, so that reading leaves no file behind. One of an older layout is brought to this one first.
    pub(crate) fn read(path: &Path) -> Result<Self, DatasetError> {
        let catalog = Self::read_as_it_is(path)?;
        if !catalog.is_older()? {
            catalog.check_version()?;
            return Ok(catalog);
        }
        drop(catalog);
        let lock = Lock::take(path.parent().unwrap_or(Path::new(".")))?;
        Self::open(path)?.close()?;
        drop(lock);
        let catalog = Self::read_as_it_is(path)?;
        catalog.check_version()?;
        Ok(catalog)
    }

    fn read_as_it_is(path: &Path) -> Result<Self, DatasetError> {
        let catalog = match at_rest(path) {
            Some(uri) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                Self::connect_at(path, Path::new(&uri), flags)?
            }
            None => Self::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        Ok(catalog)
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, DatasetError> {
        Self::connect_at(path, path, flags)
    }

    /// Opens what `place` names, and calls it `path`.
    fn connect_at(path: &Path, place: &Path, flags: OpenFlags) -> Result<Self, DatasetError> {
        let sql = |e: rusqlite::Error| DatasetError::sql(path, &e);
        let connection =
            Connection::open_with_flags(place, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .map_err(sql)?;
        // A reader may hold the file for a moment while it opens; a second writer is kept out by the lock.
        connection
            .busy_timeout(Duration::from_secs(5))
            .map_err(sql)?;
        connection.set_prepared_statement_cache_capacity(64);
        // What is asked goes by a key or an index, whatever its value; without this some questions are planned anew for each value.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(sql)?;
        Ok(Self {
            path: path.to_path_buf(),
            connection,
        })
    }

    fn configure(&self) -> Result<(), DatasetError> {
        self.sql(|c| {
            c.pragma_update(None, "journal_mode", "WAL")?;
            c.pragma_update(None, "synchronous", "FULL")?;
            // 16 MB of pages in memory and as many in the log: what is looked up for each arrival is not read again for each commit, and a page
            // that many commits change is written back once.
            c.pragma_update(None, "cache_size", -16_384)?;
            c.pragma_update(None, "wal_autocheckpoint", 4_096)?;
            c.pragma_update(None, "foreign_keys", true)
        })
    }

    /// The number of its layout; 0 for a file that is no catalog.
    fn version(&self) -> Result<i64, DatasetError> {
        self.sql(|c| c.pragma_query_value(None, "user_version", |row| row.get(0)))
    }

    fn is_older(&self) -> Result<bool, DatasetError> {
        Ok((1..VERSION).contains(&self.version()?))
    }

    /// Brings an older layout to this one, whole or not at all.
    fn migrate(&mut self) -> Result<(), DatasetError> {
        let version = self.version()?;
        let changes = self.begin()?;
        changes.sql(|tx| {
            if version == 1 {
                tx.execute_batch(FROM_1)?;
            }
            tx.execute_batch(FROM_2)?;
            // What they hold is taken to be right: there is nothing to hold it against.
            Sealed::seal_all(tx)?;
            tx.pragma_update(None, "user_version", VERSION)
        })?;
        changes.commit()
    }

    fn check_version(&self) -> Result<(), DatasetError> {
        match self.version()? {
            VERSION => Ok(()),
            found if found > VERSION => Err(DatasetError::Newer {
                path: self.path.clone(),
                found,
                known: VERSION,
            }),
            _ => Err(self.damaged("its tables are missing".to_owned())),
        }
    }

    /// What the database's own `check` (`quick_check` or `integrity_check`) has to complain about.
    pub(crate) fn complaints(&self, check: &str) -> Result<Vec<String>, DatasetError> {
        self.sql(|c| {
            let mut lines = Vec::new();
            c.pragma_query(None, check, |row| {
                lines.push(row.get::<_, String>(0)?);
                Ok(())
            })?;
            lines.retain(|line| line != "ok");
            Ok(lines)
        })
    }

    /// Starts a transaction that is undone unless committed.
    pub(crate) fn begin(&mut self) -> Result<Changes<'_>, DatasetError> {
        let path = &self.path;
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|e| DatasetError::sql(path, &e))?;
        Ok(Changes { path, tx })
    }

    /// Runs a query and puts the path into its failure.
    pub(crate) fn sql<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatasetError> {
        query(&self.connection).map_err(|e| DatasetError::sql(&self.path, &e))
    }

    /// Closes the database, which moves its log into the one file.
    pub(crate) fn close(self) -> Result<(), DatasetError> {
        let path = self.path;
        self.connection
            .close()
            .map_err(|(_, e)| DatasetError::sql(&path, &e))
    }

    /// The settings as recorded.
    pub(crate) fn settings(&self) -> Result<DatasetSettings, DatasetError> {
        let text: Option<String> = self.sql(|c| {
            c.query_row("SELECT value FROM meta WHERE key = 'settings'", [], |row| {
                row.get(0)
            })
            .optional()
        })?;
        text.and_then(|text| serde_json::from_str(&text).ok())
            .ok_or_else(|| self.damaged("its settings are unreadable".to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn damaged(&self, detail: String) -> DatasetError {
        DatasetError::Damaged {
            path: self.path.clone(),
            detail,
            remedy: rebuild(self.path.parent().unwrap_or(&self.path)),
        }
    }
}

/// Changes that become visible and durable together.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    path: &'a Path,
    tx: Transaction<'a>,
}

impl Changes<'_> {
    pub(crate) fn sql<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatasetError> {
        query(&self.tx).map_err(|e| DatasetError::sql(self.path, &e))
    }

    pub(crate) fn commit(self) -> Result<(), DatasetError> {
        self.tx
            .commit()
            .map_err(|e| DatasetError::sql(self.path, &e))
    }
}

pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Records the settings.
pub(crate) fn write_settings(
    changes: &Changes<'_>,
    settings: &DatasetSettings,
) -> Result<(), DatasetError> {
    let text = serde_json::to_string(settings).expect("settings are plain data");
    changes.sql(|tx| {
        tx.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('settings', ?1)",
            [text],
        )?;
        Sealed::Settings.seal(tx)
    })
}

/// Names a catalog that has no log, or an empty one, as a file that does not change while it is read.
fn at_rest(path: &Path) -> Option<String> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return None;
    }
    let full = std::path::absolute(path).ok()?;
    let mut uri = "file:".to_owned();
    for c in full.to_str()?.chars() {
        match c {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            c => uri.push(c),
        }
    }
    uri.push_str("?immutable=1");
    Some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_a_catalog_at_rest_leaves_no_file_behind() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("100%? #1");
        std::fs::create_dir(&place).unwrap();
        let path = place.join(CATALOG_FILE);
        drop(Catalog::create(&path, &DatasetSettings::default()).unwrap());
        let files = || std::fs::read_dir(&place).unwrap().count();
        assert_eq!(files(), 1);
        let catalog = Catalog::read(&path).unwrap();
        assert_eq!(catalog.settings().unwrap(), DatasetSettings::default());
        assert_eq!(files(), 1);
        drop(catalog);
        let open = Catalog::open(&path).unwrap();
        let beside = Catalog::read(&path).unwrap();
        assert_eq!(beside.settings().unwrap(), open.settings().unwrap());
    }

    #[test]
    fn settings_come_back_and_writes_are_fully_synced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CATALOG_FILE);
        let settings = DatasetSettings::default();
        drop(Catalog::create(&path, &settings).unwrap());
        let catalog = Catalog::open(&path).unwrap();
        assert_eq!(catalog.settings().unwrap(), settings);
        let mode: String = catalog
            .sql(|c| c.pragma_query_value(None, "journal_mode", |r| r.get(0)))
            .unwrap();
        let level: i64 = catalog
            .sql(|c| c.pragma_query_value(None, "synchronous", |r| r.get(0)))
            .unwrap();
        assert_eq!((mode.as_str(), level), ("wal", 2));
        let number =
            |name| catalog.sql(|c| c.pragma_query_value(None, name, |r| r.get::<_, i64>(0)));
        assert_eq!(number("cache_size").unwrap(), -16_384);
        assert_eq!(number("wal_autocheckpoint").unwrap(), 4_096);
    }

    #[test]
    fn a_catalog_has_its_name_when_it_is_whole_and_takes_over_nothing_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CATALOG_FILE);
        let settings = DatasetSettings::default();
        // What a kill in the middle leaves, and the log of a catalog that somebody has removed.
        fs::write(folder.path().join(".new-catalog.db"), "half").unwrap();
        fs::write(with_ending(&path, "-wal"), "a log").unwrap();
        let catalog = Catalog::create(&path, &settings).unwrap();
        assert_eq!(catalog.settings().unwrap(), settings);
        catalog.close().unwrap();
        let entries = fs::read_dir(folder.path()).unwrap();
        let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [CATALOG_FILE]);
    }

    #[test]
    fn damage_and_newer_layouts_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CATALOG_FILE);
        fs::write(
            &path,
            b"this is no database, whatever its name says, and long enough to be read",
        )
        .unwrap();
        let error = Catalog::open(&path).unwrap_err();
        assert!(matches!(error, DatasetError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("--rebuild"));
        fs::remove_file(&path).unwrap();
        let catalog = Catalog::create(&path, &DatasetSettings::default()).unwrap();
        catalog
            .sql(|c| c.pragma_update(None, "user_version", 99))
            .unwrap();
        drop(catalog);
        assert!(matches!(
            Catalog::open(&path),
            Err(DatasetError::Newer { found: 99, .. })
        ));
    }

    #[test]
    fn a_catalog_of_an_earlier_layout_is_brought_up_by_whoever_opens_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CATALOG_FILE);
        let make = || {
            let catalog = Catalog::create(&path, &DatasetSettings::default()).unwrap();
            // As the first version left it.
            let back = "ALTER TABLE samples DROP COLUMN thumbnail_check; DELETE FROM meta WHERE key LIKE 'seal %';
                ALTER TABLE samples DROP COLUMN thumbnail; ALTER TABLE downloads DROP COLUMN scores;
                ALTER TABLE downloads DROP COLUMN fidelity; ALTER TABLE downloads DROP COLUMN colour;
                ALTER TABLE candidates DROP COLUMN restored; DROP TABLE conflicts;
                CREATE TABLE conflicts (label TEXT NOT NULL, seq INTEGER NOT NULL,
                    kind TEXT NOT NULL CHECK (kind IN ('conflict', 'placeholder')), other_label TEXT NOT NULL,
                    other_sample TEXT NOT NULL, distance INTEGER NOT NULL, PRIMARY KEY (label, seq)) WITHOUT ROWID;
                INSERT INTO conflicts VALUES ('owl', 3, 'conflict', 'bird', 'x', 9);
                PRAGMA user_version = 1;";
            catalog.sql(|c| c.execute_batch(back)).unwrap();
            catalog.close().unwrap();
        };
        for open in [Catalog::open, Catalog::read] {
            make();
            let catalog = open(&path).unwrap();
            assert_eq!(catalog.version().unwrap(), VERSION);
            let kept: (String, u32) = catalog
                .sql(|c| {
                    c.prepare("SELECT thumbnail, thumbnail_check FROM samples")?;
                    assert_eq!(Sealed::broken(c)?, []);
                    c.prepare("SELECT fidelity, colour, scores FROM downloads")?;
                    c.prepare("SELECT restored FROM candidates")?;
                    c.query_row("SELECT label, distance FROM conflicts", [], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                })
                .unwrap();
            assert_eq!(kept, ("owl".to_owned(), 9));
            drop(catalog);
            fs::remove_file(&path).unwrap();
        }
        let second = Catalog::create(&path, &DatasetSettings::default()).unwrap();
        let back = "ALTER TABLE samples DROP COLUMN thumbnail_check; DELETE FROM meta WHERE key LIKE 'seal %';
            PRAGMA user_version = 2;";
        second.sql(|c| c.execute_batch(back)).unwrap();
        second.close().unwrap();
        let catalog = Catalog::open(&path).unwrap();
        assert_eq!(catalog.version().unwrap(), VERSION);
        assert_eq!(catalog.sql(Sealed::broken).unwrap(), []);
        catalog.close().unwrap();
        fs::remove_file(&path).unwrap();
        // Whoever holds the dataset is not disturbed.
        make();
        let lock = Lock::take(folder.path()).unwrap();
        let error = Catalog::read(&path).unwrap_err();
        assert!(matches!(error, DatasetError::Locked { .. }), "{error}");
        drop(lock);
        assert!(Catalog::read(&path).is_ok());
    }
}
