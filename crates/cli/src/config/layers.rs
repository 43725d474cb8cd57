//! Merges defaults, file, environment and flags into one table, key by key.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::{Config, DEFAULTS};
use crate::exit::Failure;

/// The configuration while it is being put together; later layers win.
#[derive(Debug)]
pub(crate) struct Layers {
    table: Table,
    known: Vec<String>,
}

impl Layers {
    /// Starts from the embedded defaults.
    pub(crate) fn defaults() -> Self {
        let table: Table = DEFAULTS
            .parse()
            .expect("config/default.toml is checked by a test");
        let known = keys(&table, "");
        Self { table, known }
    }

    /// Lays a TOML file over what is there.
    pub(crate) fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Failure::usage(format!(
                "cannot read the config file {}: {e}; check --config",
                path.display()
            ))
        })?;
        let table: Table = text.parse().map_err(|e: toml::de::Error| {
            Failure::usage(format!(
                "{} is not valid TOML: {}",
                path.display(),
                one_line(&e.to_string())
            ))
        })?;
        self.table(&table, &format!("in {}", path.display()))
    }

    /// Lays an effective configuration over what is there, as `crawl.json` records it.
    pub(crate) fn record(&mut self, recorded: &Config, path: &Path) -> Result<(), Failure> {
        self.recorded(recorded, path, |_| true)
    }

    /// Lays over what is there how a dataset was made, as its `crawl.json` records it, and nothing of how it was crawled.
    pub(crate) fn dataset(&mut self, recorded: &Config, path: &Path) -> Result<(), Failure> {
        self.recorded(recorded, path, |section| {
            ["dataset", "quality"].contains(&section)
        })
    }

    fn recorded(
        &mut self,
        recorded: &Config,
        path: &Path,
        wants: impl Fn(&str) -> bool,
    ) -> Result<(), Failure> {
        let mut table = Table::try_from(recorded).map_err(|e| {
            Failure::failed(format!(
                "cannot use the configuration in {}: {e}",
                path.display()
            ))
        })?;
        table.retain(|section, _| wants(section));
        self.table(&table, &format!("in {}", path.display()))
    }

    /// Lays a table of sections over what is there.
    pub(crate) fn table(&mut self, table: &Table, place: &str) -> Result<(), Failure> {
        for key in keys(table, "") {
            let value = lookup(table, &key)
                .expect("the key was just listed")
                .clone();
            self.set(&key, value, place)?;
        }
        Ok(())
    }

    /// Lays `TRAWL_SECTION_KEY` variables over what is there. Values are read as the default's own type; lists are
    /// separated by commas, and what is a number in them is read as one.
    pub(crate) fn environment(
        &mut self,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<(), Failure> {
        let names: BTreeMap<String, String> = self
            .known
            .iter()
            .map(|key| (variable(key), key.clone()))
            .collect();
        for (name, text) in variables.filter(|(name, _)| name.starts_with("TRAWL_")) {
            let Some(key) = names.get(&name) else {
                let nearest = nearest(&name, names.keys().map(String::as_str));
                return Err(Failure::usage(format!(
                    "the environment variable {name} is not known; did you mean {nearest}?"
                )));
            };
            let value = match lookup(&self.table, key).expect("every known key has a default") {
                Value::Integer(_) => text.trim().parse().ok().map(Value::Integer),
                Value::Float(_) => text.trim().parse().ok().map(Value::Float),
                Value::Boolean(_) => text.trim().parse().ok().map(Value::Boolean),
                Value::Array(_) => Some(Value::Array(
                    text.split(',')
                        .map(str::trim)
                        .filter(|s| !s.is_empty())
                        .map(|s| {
                            let number = s.parse().map(Value::Integer);
                            number.unwrap_or_else(|_| Value::String(s.to_owned()))
                        })
                        .collect(),
                )),
                _ => Some(Value::String(text.clone())),
            };
            let Some(value) = value else {
                return Err(Failure::usage(format!(
                    "{name}={text} does not have the type of {key}; see config/default.toml"
                )));
            };
            self.set(key, value, &format!("in {name}"))?;
        }
        Ok(())
    }

    /// Sets one key, as a flag does.
    pub(crate) fn flag(&mut self, key: &str, value: impl Into<Value>) -> Result<(), Failure> {
        self.set(key, value.into(), "on the command line")
    }

    /// The value of a whole-number key as the layers so far have it.
    pub(crate) fn integer(&self, key: &str) -> Option<i64> {
        lookup(&self.table, key)?.as_integer()
    }

    /// Checks values and types and gives the finished configuration.
    pub(crate) fn finish(self) -> Result<Config, Failure> {
        let config: Config =
            Value::Table(self.table)
                .try_into()
                .map_err(|e: toml::de::Error| {
                    Failure::usage(format!("bad configuration: {}", one_line(&e.to_string())))
                })?;
        config.check()?;
        Ok(config)
    }

    fn set(&mut self, key: &str, value: Value, place: &str) -> Result<(), Failure> {
        if !self.known.iter().any(|known| known == key) {
            let nearest = nearest(key, self.known.iter().map(String::as_str));
            return Err(Failure::usage(format!(
                "unknown configuration key `{key}` {place}; did you mean `{nearest}`?"
            )));
        }
        let default = lookup(&self.table, key).expect("every known key has a default");
        let value = match (default, value) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a share written without a decimal point"
            )]
            (Value::Float(_), Value::Integer(n)) => Value::Float(n as f64),
            (_, value) => value,
        };
        if !default.same_type(&value) {
            return Err(Failure::usage(format!(
                "`{key}` {place} is a {}, it must be a {} such as `{default}`",
                value.type_str(),
                default.type_str()
            )));
        }
        let (section, name) = key.split_once('.').expect("every key is in a section");
        let Some(Value::Table(table)) = self.table.get_mut(section) else {
            unreachable!("known keys are in tables")
        };
        table.insert(name.to_owned(), value);
        Ok(())
    }
}

fn keys(table: &Table, prefix: &str) -> Vec<String> {
    table
        .iter()
        .flat_map(|(name, value)| match value {
            Value::Table(inner) => keys(inner, &format!("{prefix}{name}.")),
            _ => vec![format!("{prefix}{name}")],
        })
        .collect()
}

fn lookup<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        Some((section, rest)) => lookup(table.get(section)?.as_table()?, rest),
        None => table.get(key),
    }
}

fn variable(key: &str) -> String {
    format!("TRAWL_{}", key.replace('.', "_").to_ascii_uppercase())
}

/// Names the known key nearest to a wrong one, by the whole or by its last part alone, since a section is easily forgotten.
fn nearest<'k>(wrong: &str, known: impl Iterator<Item = &'k str>) -> &'k str {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    known
        .min_by_key(|key| {
            let whole = strsim::osa_distance(wrong, key);
            whole.min(strsim::osa_distance(&last(wrong), &last(key)))
        })
        .expect("there are known keys")
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete_and_valid() {
        let config = Layers::defaults().finish().unwrap();
        assert_eq!(config.crawl.per_name, 60);
        let again = Table::try_from(&config).unwrap();
        let defaults: Table = DEFAULTS.parse().unwrap();
        assert_eq!(
            keys(&again, ""),
            keys(&defaults, ""),
            "a key is missing in the file or in the structs"
        );
    }

    #[test]
    fn later_layers_win() {
        let mut layers = Layers::defaults();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "[crawl]\nper_name = 7\ndownloads = 3\n[dataset]\ntest_share = 0\n",
        )
        .unwrap();
        layers.file(file.path()).unwrap();
        layers
            .environment(
                [
                    ("TRAWL_CRAWL_PER_NAME".to_owned(), "8".to_owned()),
                    ("HOME".to_owned(), "x".to_owned()),
                ]
                .into_iter(),
            )
            .unwrap();
        layers.flag("crawl.min_per_name", 2).unwrap();
        let config = layers.finish().unwrap();
        assert_eq!(
            (
                config.crawl.per_name,
                config.crawl.downloads,
                config.crawl.min_per_name
            ),
            (8, 3, 2)
        );
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[crawl]\nper_nmae = 7\n").unwrap();
        let error = Layers::defaults()
            .file(file.path())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("crawl.per_nmae") && error.contains("`crawl.per_name`"),
            "{error}"
        );
        let error = Layers::defaults()
            .environment([("TRAWL_CRAWL_PER_NAMES".to_owned(), "8".to_owned())].into_iter())
            .unwrap_err();
        assert!(
            error.to_string().contains("TRAWL_CRAWL_PER_NAME?"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_type_says_which_one_is_wanted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[crawl]\nper_name = \"many\"\n").unwrap();
        let error = Layers::defaults()
            .file(file.path())
            .unwrap_err()
            .to_string();
        assert!(error.contains("integer"), "{error}");
    }
}
