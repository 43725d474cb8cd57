//! `crawl.json`: how a dataset was crawled.

use std::path::Path;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use trawl_crawler::{Names, parse_names};

use super::publish;
use crate::config::{Config, Layers};
use crate::exit::Failure;

/// The effective configuration of a crawl, which `refresh` runs again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// Version of this file.
    pub(super) version: u32,
    /// Engines as given, local paths made absolute.
    pub(super) engines: Vec<String>,
    /// Label of the rows of a list that have none.
    pub(super) label: Option<String>,
    /// Whether the names come from a names file (`names.txt` beside this file).
    pub(super) has_names: bool,
    /// Kept images wanted for each name; none for local sources without `--per-name`.
    pub(super) goal: Option<u32>,
    /// Keys that came later than the file have their default.
    #[serde(deserialize_with = "over_defaults")]
    pub(super) config: Config,
}

/// Name of [`Record`] in a dataset folder.
pub(super) const RECORD: &str = "crawl.json";
/// The names a dataset was made from.
pub(super) const NAMES: &str = "names.txt";

pub(super) fn write_record(root: &Path, record: &Record) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(record)
        .map_err(|e| Failure::failed(format!("cannot write down the configuration: {e}")))?;
    publish::write_file(&root.join(RECORD), text.as_bytes())
}

/// Reads how the dataset in a folder was crawled; `None` when there is no record of it.
pub(super) fn read_record(root: &Path) -> Result<Option<Record>, Failure> {
    let path = root.join(RECORD);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io("read", &path, &error)),
    };
    serde_json::from_slice(&text).map(Some).map_err(|e| {
        Failure::failed(format!(
            "{} is damaged: {e}; run `trawl crawl` with the same names to write it again",
            path.display()
        ))
    })
}

/// Reads the names that the dataset in a folder was made from.
pub(super) fn read_names(root: &Path) -> Result<Names, Failure> {
    let list = root.join(NAMES);
    let bytes = std::fs::read(&list).map_err(|e| {
        Failure::failed(format!(
            "cannot read {}: {e}; run `trawl crawl` with the names again",
            list.display()
        ))
    })?;
    parse_names(&bytes).map_err(|e| Failure::usage(format!("{}: {e}", list.display())))
}

fn over_defaults<'de, D: Deserializer<'de>>(from: D) -> Result<Config, D::Error> {
    let table = toml::Table::deserialize(from)?;
    let mut layers = Layers::defaults();
    layers
        .table(&table, "in the recorded configuration")
        .and_then(|()| layers.finish())
        .map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_an_earlier_version_has_the_defaults_of_what_came_later() {
        let mut config = Layers::defaults().finish().unwrap();
        config.crawl.per_name = 33;
        config.optouts.robots = false;
        let record = Record {
            version: 1,
            engines: vec!["gallery".to_owned()],
            label: None,
            has_names: true,
            goal: Some(33),
            config,
        };
        let mut text = serde_json::to_value(&record).unwrap();
        let again: Record = serde_json::from_value(text.clone()).unwrap();
        assert_eq!(
            (again.config.crawl.per_name, again.config.optouts.robots),
            (33, false)
        );
        let sections = text["config"].as_object_mut().unwrap();
        sections.remove("optouts");
        sections.remove("search");
        sections["crawl"]
            .as_object_mut()
            .unwrap()
            .remove("max_crawl_delay");
        let older: Record = serde_json::from_value(text.clone()).unwrap();
        assert_eq!(
            (older.config.crawl.per_name, older.config.optouts.robots),
            (33, true)
        );
        text["config"]["crawl"]["tries"] = serde_json::json!(0);
        let error = serde_json::from_value::<Record>(text).unwrap_err();
        assert!(error.to_string().contains("crawl.tries"), "{error}");
    }
}
