use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::EngineSpec;

/// Tells why a crawl could not start or go on; a failed candidate or engine is never one of these.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CrawlError {
    /// An engine that is not built in.
    #[error("unknown engine `{name}`: use {}", EngineSpec::FORMS)]
    UnknownEngine {
        /// What was asked for.
        name: String,
    },
    /// An engine that wants a key and has none.
    #[error(
        "engine {engine} needs a key: get one at {url} and set it in the environment as {variable}"
    )]
    NoKey {
        /// The engine's id.
        engine: &'static str,
        /// Where keys are given out.
        url: &'static str,
        /// The environment variable that the program reads.
        variable: &'static str,
    },
    /// No engine was given.
    #[error("no engine given: name at least one of {}", EngineSpec::FORMS)]
    NoEngine,
    /// The same engine was given twice.
    #[error("engine `{engine}` is given twice: name it once")]
    EngineTwice {
        /// The engine's id.
        engine: String,
    },
    /// An endpoint that is no http(s) URL.
    #[error("endpoint of {engine} `{url}`: {why}")]
    Endpoint {
        /// The engine's id.
        engine: String,
        /// The endpoint as configured.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// An endpoint at an address that is not public, or at a port that is not asked.
    #[error(
        "endpoint of {engine} `{url}`: {why}; add --allow-private-hosts if it is a host of your own, or its port to crawl.allow_ports if it is public"
    )]
    PrivateEndpoint {
        /// The engine's id.
        engine: String,
        /// The endpoint as configured.
        url: String,
        /// The range or port that is refused.
        why: String,
    },
    /// An engine that searches was given without names.
    #[error(
        "engine {engine} needs names: give a names file, or use only urls: and folder: sources"
    )]
    NamesNeeded {
        /// The engine's id.
        engine: String,
    },
    /// The local sources hold no label at all.
    #[error("no label in {sources}: nothing to crawl")]
    NoLabels {
        /// The sources' ids, comma separated.
        sources: String,
    },
    /// A list of URLs that cannot be read.
    #[error("read {path}{}: {what}", line.map(|n| format!(" line {n}")).unwrap_or_default())]
    Source {
        /// The file.
        path: PathBuf,
        /// The line of the defect, from 1.
        line: Option<u64>,
        /// What is wrong, and what would be right.
        what: String,
    },
    /// A file that describes an engine and has a defect.
    #[error("engine file {path}: {what}")]
    EngineFile {
        /// The file.
        path: PathBuf,
        /// The key, what is wrong with it, and what would be right.
        what: String,
    },
    /// A file or folder that cannot be read.
    #[error("read {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A limit under which nothing could move.
    #[error("crawl settings: {what}")]
    Settings {
        /// The limit and what it must be.
        what: String,
    },
    /// The HTTP client could not be built.
    #[error("build the HTTP client: {what}")]
    Client {
        /// What the library said.
        what: String,
    },
    /// The state file is not readable as what it should be.
    #[error(
        "crawl state {path} is damaged ({what}): delete it, the catalog keeps what was accepted"
    )]
    Damaged {
        /// The state file.
        path: PathBuf,
        /// What the store said.
        what: String,
    },
    /// The state file was written by a newer program.
    #[error(
        "crawl state {path} has version {version}, this program knows up to {known}: use a newer trawl, or delete the file (the catalog keeps what was accepted)"
    )]
    Newer {
        /// The state file.
        path: PathBuf,
        /// The version found.
        version: i64,
        /// The newest version known.
        known: i64,
    },
    /// Another run holds the state file.
    #[error("crawl state {path} is in use by another run: wait for it or stop it")]
    Locked {
        /// The state file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("crawl state {path}: the disk is full: free some space and run the same command again")]
    DiskFull {
        /// The state file.
        path: PathBuf,
    },
    /// The store failed in another way.
    #[error(
        "crawl state {path}: {source}; check the path and its permissions, and if the file is damaged delete it, the catalog keeps what was accepted"
    )]
    Store {
        /// The state file.
        path: PathBuf,
        /// What the store said.
        source: rusqlite::Error,
    },
}

impl CrawlError {
    /// Sorts a failure of the store by what the person can do about it.
    pub(crate) fn store(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase,
        };
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged {
                path,
                what: source.to_string(),
            },
            Some(DatabaseBusy | DatabaseLocked) => Self::Locked { path },
            Some(DiskFull) => Self::DiskFull { path },
            _ => Self::Store { path, source },
        }
    }

    /// Wraps a failure of the file system with the path it met.
    pub(crate) fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io {
            path: path.into(),
            source,
        }
    }
}
