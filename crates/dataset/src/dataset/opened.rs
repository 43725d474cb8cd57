//! The dataset as its one writer sees it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::params;

use super::picture::sql_seq;
use super::{Ledger, regrade};
use crate::error::{DatasetError, rebuild};
use crate::publish;
use crate::records::{Intake, Progress};
use crate::store::catalog::{CATALOG_FILE, Catalog, write_settings};
use crate::store::durable::make_folder;
use crate::store::lock::Lock;
use crate::store::objects::Objects;
use crate::store::seal::Sealed;
use crate::store::settings::DatasetSettings;

/// An opened dataset folder, locked for this process until dropped.
#[derive(Debug)]
pub struct Dataset {
    pub(crate) root: PathBuf,
    pub(crate) settings: DatasetSettings,
    pub(crate) catalog: Catalog,
    pub(crate) objects: Objects,
    /// Labels in use; one is dropped and read again when a change to it was undone.
    pub(crate) ledgers: BTreeMap<String, Ledger>,
    _lock: Lock,
}

impl Dataset {
    /// Opens the dataset at `root`, or makes one there with these settings.
    ///
    /// An existing dataset keeps its pixel path and takes over the other settings.
    ///
    /// # Errors
    /// [`DatasetError::Settings`] for values out of range or another preparation than recorded, [`DatasetError::Locked`],
    /// [`DatasetError::Damaged`] (also when only the catalog is missing) and I/O failures.
    pub fn create(root: &Path, settings: &DatasetSettings) -> Result<Self, DatasetError> {
        let refuse = |detail| DatasetError::Settings {
            path: root.to_path_buf(),
            detail,
        };
        if let Some(complaint) = settings.complaint() {
            return Err(refuse(complaint));
        }
        make_folder(root)?;
        let lock = Lock::take(root)?;
        let path = root.join(CATALOG_FILE);
        if !path.exists() {
            if publish::Snapshot::any(root) {
                return Err(missing(path));
            }
            let catalog = Catalog::create(&path, settings)?;
            return Self::assemble(root, catalog, lock);
        }
        let mut dataset = Self::assemble(root, Catalog::open(&path)?, lock)?;
        let (recorded, wanted) = (&dataset.settings.preparation, &settings.preparation);
        if recorded.name() != wanted.name() {
            let remedy = if recorded.path != wanted.path {
                "use the trawl that made it, or ".to_owned()
            } else if recorded.codec == wanted.codec {
                String::new()
            } else {
                format!("{}, or ", recorded.codec.remedy())
            };
            return Err(refuse(format!(
                "it was made with {}, not {}; {remedy}use another --out",
                recorded.name(),
                wanted.name(),
            )));
        }
        dataset.adopt(settings)?;
        Ok(dataset)
    }

    /// Opens the dataset at `root` with the settings recorded there.
    ///
    /// # Errors
    /// [`DatasetError::NotADataset`], [`DatasetError::Locked`], [`DatasetError::Damaged`], [`DatasetError::Newer`] and I/O
    /// failures.
    pub fn open(root: &Path) -> Result<Self, DatasetError> {
        let path = root.join(CATALOG_FILE);
        if !path.exists() {
            return Err(if publish::Snapshot::any(root) {
                missing(path)
            } else {
                DatasetError::NotADataset {
                    path: root.to_path_buf(),
                }
            });
        }
        let lock = Lock::take(root)?;
        Self::with_lock(root, lock)
    }

    /// Opens a dataset whose lock is held already.
    pub(crate) fn with_lock(root: &Path, lock: Lock) -> Result<Self, DatasetError> {
        Self::assemble(root, Catalog::open(&root.join(CATALOG_FILE))?, lock)
    }

    fn assemble(root: &Path, catalog: Catalog, lock: Lock) -> Result<Self, DatasetError> {
        let settings = catalog.settings()?;
        let objects = Objects::new(root);
        objects.sweep()?;
        let mut dataset = Self {
            root: root.to_path_buf(),
            settings,
            catalog,
            objects,
            ledgers: BTreeMap::new(),
            _lock: lock,
        };
        dataset.finish_regrade()?;
        dataset.finish_publication()?;
        Ok(dataset)
    }

    /// Takes over other settings; what they ask of scores holds for stored pictures too. Other distances hold for pictures that come from now
    /// on and, at the next publication, between names.
    ///
    /// # Errors
    /// [`DatasetError::Settings`] for values out of range or another pixel path than recorded, and failures of the catalog; nothing
    /// is changed then.
    pub fn adopt(&mut self, settings: &DatasetSettings) -> Result<(), DatasetError> {
        let refuse = |detail| DatasetError::Settings {
            path: self.root.clone(),
            detail,
        };
        if let Some(complaint) = settings.complaint() {
            return Err(refuse(complaint));
        }
        let (recorded, wanted) = (
            self.settings.preparation.name(),
            settings.preparation.name(),
        );
        if recorded != wanted {
            return Err(refuse(format!("it was made with {recorded}, not {wanted}")));
        }
        if self.settings == *settings {
            return Ok(());
        }
        let changes = self.catalog.begin()?;
        write_settings(&changes, settings)?;
        let is_judged_otherwise = self.settings.quality != settings.quality
            || self.settings.judge_folders != settings.judge_folders;
        if is_judged_otherwise {
            regrade::begin(&changes)?;
        }
        changes.commit()?;
        self.settings = settings.clone();
        self.finish_regrade()
    }

    /// The dataset's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &DatasetSettings {
        &self.settings
    }

    /// Records what the crawl wants of each label and says where each stands.
    ///
    /// A raised goal turns surplus candidates from `from_seq` on back into pending ones, which are decided again in order.
    ///
    /// # Errors
    /// A failure of the catalog; nothing is changed then.
    pub fn begin(&mut self, intakes: &[Intake]) -> Result<Vec<Progress>, DatasetError> {
        let labels: Vec<&str> = intakes.iter().map(|intake| intake.label.as_str()).collect();
        for label in &labels {
            self.ledgers.remove(*label);
        }
        self.change(&labels, |connection| {
            let mut place: i64 = connection.query_row(
                "SELECT coalesce(max(place) + 1, 0) FROM labels",
                [],
                |row| row.get(0),
            )?;
            for intake in intakes {
                let known = connection
                    .prepare_cached("UPDATE labels SET goal = ?2, from_seq = ?3 WHERE label = ?1")?
                    .execute(params![intake.label, intake.goal, sql_seq(intake.from_seq)])?;
                if known == 0 {
                    connection
                        .prepare_cached(
                            "INSERT INTO labels (label, place, goal, from_seq) VALUES (?1, ?2, ?3, ?4)",
                        )?
                        .execute(params![
                            intake.label,
                            place,
                            intake.goal,
                            sql_seq(intake.from_seq)
                        ])?;
                    place += 1;
                }
                connection
                    .prepare_cached(
                        "UPDATE candidates SET state = 'pending'
                         WHERE label = ?1 AND seq >= ?2 AND state = 'surplus' AND
                             ?3 > (SELECT count(*) FROM candidates WHERE label = ?1 AND state = 'kept')",
                    )?
                    .execute(params![
                        intake.label,
                        sql_seq(intake.from_seq),
                        intake.goal.unwrap_or(u32::MAX)
                    ])?;
            }
            Sealed::Labels.seal(connection)
        })
    }

    /// The names of the last publication and those that came since, in their order; not those that have left.
    ///
    /// # Errors
    /// A failure of the catalog.
    pub fn listed_names(&self) -> Result<Vec<String>, DatasetError> {
        self.catalog.sql(|c| {
            c.prepare("SELECT label FROM labels WHERE listed = 1 ORDER BY place")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
    }

    /// Whether the catalog has this URL for this label.
    ///
    /// # Errors
    /// A failure of the catalog.
    pub fn knows(&self, label: &str, url: &str) -> Result<bool, DatasetError> {
        self.catalog.sql(|c| {
            c.prepare_cached(
                "SELECT 1 FROM downloads d JOIN candidates c ON c.download = d.id WHERE d.url = ?2 AND c.label = ?1",
            )?
            .exists([label, url])
        })
    }

    /// Whether the catalog has this URL for any label.
    ///
    /// # Errors
    /// A failure of the catalog.
    pub fn knows_url(&self, url: &str) -> Result<bool, DatasetError> {
        self.catalog.sql(|c| {
            c.prepare_cached("SELECT 1 FROM downloads WHERE url = ?1")?
                .exists([url])
        })
    }
}

fn missing(path: PathBuf) -> DatasetError {
    let remedy = rebuild(path.parent().unwrap_or(&path));
    DatasetError::Damaged {
        path,
        detail: "it is missing beside its snapshots".to_owned(),
        remedy,
    }
}
