use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::defect::Defect;
use crate::CrawlError;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 256 * 1024;

/// Is an engine's file as it is written. Every key is explained in `config/engines/gallery.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) homepage: Option<String>,
    pub(super) terms: Option<String>,
    pub(super) endpoint: String,
    pub(super) body: BodyKind,
    pub(super) within: Option<String>,
    pub(super) request: RequestTable,
    pub(super) key: Option<KeyTable>,
    #[serde(default)]
    pub(super) paging: PagingTable,
    pub(super) results: ResultsTable,
    #[serde(default)]
    pub(super) states: StatesTable,
    #[serde(default)]
    pub(super) limits: LimitsTable,
    #[serde(default)]
    pub(super) filters: FiltersTable,
}

/// Is what a body is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum BodyKind {
    Json,
    Html,
    Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestTable {
    pub(super) url: String,
    #[serde(default)]
    pub(super) params: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyTable {
    pub(super) variable: String,
    pub(super) header: Option<String>,
    pub(super) param: Option<String>,
    #[serde(default)]
    pub(super) prefix: String,
    pub(super) from: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PagingTable {
    #[serde(default)]
    pub(super) by: PagingKind,
    pub(super) first: Option<First>,
    pub(super) step: Option<u32>,
    pub(super) page_size: Option<u32>,
    pub(super) last: Option<u32>,
    pub(super) more: Option<String>,
    pub(super) next: Option<String>,
    pub(super) next_url: Option<String>,
}

/// Is how one page is told from the next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PagingKind {
    #[default]
    None,
    Page,
    Offset,
    Cursor,
}

/// Is the first position: a number, or the text of a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a number from 0 on, or for cursors a text")]
pub(super) enum First {
    Number(u32),
    Text(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultsTable {
    pub(super) items: String,
    pub(super) image: Option<FieldTable>,
    pub(super) fallback: Option<FieldTable>,
    pub(super) page: Option<FieldTable>,
    pub(super) title: Option<FieldTable>,
    pub(super) creator: Option<FieldTable>,
    pub(super) license: Option<FieldTable>,
    pub(super) license_url: Option<FieldTable>,
    pub(super) attribution: Option<FieldTable>,
    pub(super) source_id: Option<FieldTable>,
    pub(super) width: Option<FieldTable>,
    pub(super) height: Option<FieldTable>,
}

/// Is one field: one way to find it, or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a text that says where it is, a table { at, json, decode, template }, or a list of these"
)]
pub(super) enum FieldTable {
    One(WayTable),
    Several(Vec<WayTable>),
}

/// Is one way to find a field.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a text that says where it is, or a table { at, json, decode, template }"
)]
pub(super) enum WayTable {
    At(String),
    Full(FullWay),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FullWay {
    pub(super) at: Option<String>,
    pub(super) json: Option<String>,
    pub(super) decode: Option<Vec<Decode>>,
    pub(super) template: Option<String>,
}

/// Is a way in which a value may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Decode {
    /// With HTML's entities, and tags where it is no URL.
    Html,
    /// With the escapes of a JSON string.
    Json,
    /// Percent-encoded.
    Url,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StatesTable {
    pub(super) blocked: Vec<SignTable>,
    pub(super) limited: Vec<SignTable>,
    pub(super) empty: Vec<SignTable>,
}

/// Is one sign of a state.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a text that the body has, or a table { at, is } or { status }"
)]
pub(super) enum SignTable {
    Text(String),
    Full(FullSign),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FullSign {
    pub(super) at: Option<String>,
    pub(super) is: Option<Vec<String>>,
    pub(super) status: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsTable {
    pub(super) per_minute: Option<u32>,
    pub(super) per_hour: Option<u32>,
    pub(super) per_day: Option<u32>,
    pub(super) interval_seconds: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FiltersTable {
    pub(super) size: Option<FilterTable>,
    #[serde(rename = "type")]
    pub(super) kind: Option<FilterTable>,
    pub(super) color: Option<FilterTable>,
    pub(super) license: Option<FilterTable>,
    pub(super) safe: Option<FilterTable>,
}

/// Is one filter: the parameter, and its value for each value of trawl's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilterTable {
    pub(super) param: String,
    pub(super) values: BTreeMap<String, String>,
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`CrawlError::EngineFile`] for one that cannot be read or is not written as it should be.
    pub(super) fn read(path: &Path) -> Result<Self, CrawlError> {
        let refuse = |what: String| CrawlError::EngineFile {
            path: path.to_owned(),
            what,
        };
        let size = fs::metadata(path)
            .map_err(|e| {
                refuse(format!(
                    "cannot be read ({e}): give the path of a TOML file"
                ))
            })?
            .len();
        if size > LARGEST {
            return Err(refuse(format!(
                "has {size} bytes: an engine's file has at most {LARGEST}"
            )));
        }
        let bytes = fs::read(path).map_err(|e| {
            refuse(format!(
                "cannot be read ({e}): give the path of a TOML file"
            ))
        })?;
        let text = String::from_utf8(bytes)
            .map_err(|_| refuse("is not UTF-8: save the file as UTF-8".to_owned()))?;
        toml::from_str(&text).map_err(|e| Defect::parse(&text, &e).of(path))
    }
}

/// Is what a person should know of an engine's file before it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineNote {
    /// The site's name.
    pub name: String,
    /// The address that is asked.
    pub endpoint: String,
    /// The site for people, if the file names it.
    pub homepage: Option<String>,
    /// What the site's operator allows, in the words of the file's author.
    pub terms: Option<String>,
    /// The environment variable that the key is to be read from and put into [`Keys::custom`](super::super::Keys::custom);
    /// a library reads none.
    pub key_variable: Option<String>,
}

/// Reads what a person should know of an engine's file, and which variable it wants.
///
/// # Errors
///
/// [`CrawlError::EngineFile`] for a file that cannot be read or is not written as it should be.
pub fn read_engine_note(path: &Path) -> Result<EngineNote, CrawlError> {
    let file = File::read(path)?;
    if let Some(key) = &file.key {
        key.check().map_err(|defect| defect.of(path))?;
    }
    Ok(EngineNote {
        name: shown(&file.name),
        endpoint: shown(&file.endpoint),
        homepage: file.homepage.as_deref().map(shown),
        terms: file.terms.as_deref().map(shown),
        key_variable: file.key.map(|key| key.variable),
    })
}

/// Returns a text of the file on one line, without what could move a terminal's cursor.
fn shown(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

impl KeyTable {
    /// Sees that the key has one place to go, and that its variable is one that a person sets for this.
    pub(super) fn check(&self) -> Result<(), Defect> {
        let mut letters = self.variable.chars();
        let is_name = letters.next().is_some_and(|c| c.is_ascii_uppercase())
            && letters.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if !is_name || self.variable.starts_with("TRAWL_") {
            return Err(Defect::at(
                "key.variable",
                format!(
                    "`{}` cannot be it: name an environment variable in capitals, such as MYSITE_KEY; those that begin with TRAWL_ are trawl's",
                    self.variable
                ),
            ));
        }
        match (&self.header, &self.param) {
            (Some(_), None) => Ok(()),
            (None, Some(_)) if self.prefix.is_empty() => Ok(()),
            (None, Some(_)) => Err(Defect::at(
                "key.prefix",
                "goes with header only: take it away",
            )),
            _ => Err(Defect::at(
                "key",
                "give either header or param, the name of what carries the key",
            )),
        }
    }
}
