//! Under what terms the pictures of a dataset were fetched, all its crawls together.

use std::collections::BTreeSet;

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::error::DatasetError;
use crate::store::catalog::{Catalog, Changes};
use crate::store::seal::Sealed;

/// What a reader of the dataset should know of how its pictures were fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// Safeguards that at least one crawl went without.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Licences of which every picture has one; empty when a crawl took any licence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
}

/// A safeguard that a crawl went without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Override {
    /// Key and value of the setting, such as `optouts.robots = false`.
    pub setting: String,
    /// The same as a half sentence, such as `robots.txt was not obeyed`.
    pub meaning: String,
}

impl Terms {
    /// Adds those of another crawl into the same dataset.
    fn widen(&mut self, other: &Self) {
        let known: BTreeSet<&str> = self.overrides.iter().map(|o| o.setting.as_str()).collect();
        let new: Vec<Override> = other
            .overrides
            .iter()
            .filter(|o| !known.contains(o.setting.as_str()))
            .cloned()
            .collect();
        self.overrides.extend(new);
        self.overrides.sort();
        if self.licenses.is_empty() || other.licenses.is_empty() {
            self.licenses.clear();
        } else {
            self.licenses.extend(other.licenses.iter().cloned());
            self.licenses.sort();
            self.licenses.dedup();
        }
    }
}

impl Dataset {
    /// Records the terms of a crawl that is about to begin; they go into every snapshot from then on, with those of earlier crawls.
    ///
    /// # Errors
    /// A failure of the catalog; nothing is changed then.
    pub fn crawl_under(&mut self, terms: &Terms) -> Result<(), DatasetError> {
        let recorded = read(&self.catalog)?;
        let mut all = match &recorded {
            Some(before) => before.clone(),
            // What was fetched before terms were recorded may be under any licence.
            None if has_candidates(&self.catalog)? => Terms::default(),
            None => terms.clone(),
        };
        all.widen(terms);
        if recorded.as_ref() == Some(&all) {
            return Ok(());
        }
        let changes = self.catalog.begin()?;
        write(&changes, &all)?;
        changes.commit()
    }
}

fn has_candidates(catalog: &Catalog) -> Result<bool, DatasetError> {
    catalog.sql(|c| c.prepare("SELECT 1 FROM candidates LIMIT 1")?.exists([]))
}

/// The terms on record; `None` when no crawl has recorded any.
pub(crate) fn read(catalog: &Catalog) -> Result<Option<Terms>, DatasetError> {
    let text: Option<String> = catalog.sql(|c| {
        c.query_row("SELECT value FROM meta WHERE key = 'terms'", [], |row| {
            row.get(0)
        })
        .optional()
    })?;
    text.map(|text| {
        serde_json::from_str(&text)
            .map_err(|_| catalog.damaged("its crawls' terms are unreadable".to_owned()))
    })
    .transpose()
}

/// Puts terms on record in the place of those that are there.
pub(crate) fn write(changes: &Changes<'_>, terms: &Terms) -> Result<(), DatasetError> {
    let text = serde_json::to_string(terms).expect("terms are plain data");
    changes.sql(|tx| {
        tx.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('terms', ?1)",
            [text],
        )?;
        Sealed::Settings.seal(tx)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::dataset::stand_in::good;
    use crate::publish::publication_tests::{add, create, names};
    use crate::{Snapshot, summarize};

    pub(crate) fn terms(settings: &[&str], licenses: &[&str]) -> Terms {
        let overrides = settings.iter().map(|setting| Override {
            setting: (*setting).to_owned(),
            meaning: format!("what {setting} means"),
        });
        Terms {
            overrides: overrides.collect(),
            licenses: licenses
                .iter()
                .map(|license| (*license).to_owned())
                .collect(),
        }
    }

    #[test]
    fn what_one_crawl_overrode_stays_said_and_a_filter_holds_only_if_all_had_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = create(folder.path());
        dataset.crawl_under(&terms(&["a"], &["cc0"])).unwrap();
        dataset.crawl_under(&terms(&["b"], &["cc-by"])).unwrap();
        dataset.crawl_under(&terms(&[], &["cc0"])).unwrap();
        let both = terms(&["a", "b"], &["cc-by", "cc0"]);
        assert_eq!(read(&dataset.catalog).unwrap(), Some(both.clone()));
        add(&mut dataset, "owl", 0, 0..8);
        let first = dataset.publish(&names(&["owl"])).unwrap();
        assert_eq!(Snapshot::newest(folder.path()).unwrap().terms, both);
        assert_eq!(summarize(folder.path()).unwrap().terms, both);
        dataset.crawl_under(&terms(&["a"], &[])).unwrap();
        let second = dataset.publish(&names(&["owl"])).unwrap();
        assert!(
            !second.changed,
            "the same pictures are the same snapshot, whatever the terms"
        );
        assert_eq!(first.snapshot, second.snapshot);
        add(&mut dataset, "owl", 8, 8..10);
        dataset.publish(&names(&["owl"])).unwrap();
        let wide = terms(&["a", "b"], &[]);
        assert_eq!(Snapshot::newest(folder.path()).unwrap().terms, wide);
    }

    #[test]
    fn a_catalog_made_anew_has_the_terms_of_the_newest_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut dataset = create(root);
        let said = terms(&["a"], &["cc0"]);
        dataset.crawl_under(&said).unwrap();
        add(&mut dataset, "owl", 0, 0..8);
        dataset.publish(&names(&["owl"])).unwrap();
        drop(dataset);
        std::fs::write(root.join("catalog.db"), "no database any more").unwrap();
        assert!(crate::verify(root, true).unwrap().rebuilt);
        assert_eq!(summarize(root).unwrap().terms, said);
    }

    #[test]
    fn a_filter_claims_nothing_about_what_was_there_before_terms_were_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = create(folder.path());
        dataset.commit(vec![good("owl", 0, 0, 100)]).unwrap();
        dataset.crawl_under(&terms(&[], &["cc0"])).unwrap();
        assert_eq!(read(&dataset.catalog).unwrap(), Some(Terms::default()));
    }
}
