use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use super::SearchEngine;
use super::folder::Folder;
use super::gallery::Gallery;
use super::openverse::Openverse;
use super::urls::UrlList;
use super::wikimedia::Wikimedia;
use crate::CrawlError;

/// Says which engine is meant, as a person writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineSpec {
    /// trawl's own demo site.
    Gallery,
    /// The Openverse catalogue.
    Openverse,
    /// Wikimedia Commons.
    Wikimedia,
    /// A list of URLs: text, CSV, JSON or JSON lines.
    Urls {
        /// The list.
        file: PathBuf,
        /// The label of rows that have none of their own.
        label: Option<String>,
    },
    /// A folder with one folder of images a label.
    Folder {
        /// The outer folder.
        path: PathBuf,
    },
}

impl FromStr for EngineSpec {
    type Err = CrawlError;

    fn from_str(text: &str) -> Result<Self, CrawlError> {
        let unknown = || CrawlError::UnknownEngine {
            name: text.to_owned(),
        };
        match text.split_once(':') {
            None => match text {
                "gallery" => Ok(Self::Gallery),
                "openverse" => Ok(Self::Openverse),
                "wikimedia" => Ok(Self::Wikimedia),
                _ => Err(unknown()),
            },
            Some(("urls", file)) if !file.is_empty() => Ok(Self::Urls {
                file: file.into(),
                label: None,
            }),
            Some(("folder", path)) if !path.is_empty() => Ok(Self::Folder { path: path.into() }),
            Some(_) => Err(unknown()),
        }
    }
}

impl fmt::Display for EngineSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gallery => f.write_str("gallery"),
            Self::Openverse => f.write_str("openverse"),
            Self::Wikimedia => f.write_str("wikimedia"),
            Self::Urls { file, .. } => write!(f, "urls:{}", file.display()),
            Self::Folder { path } => write!(f, "folder:{}", path.display()),
        }
    }
}

impl EngineSpec {
    /// Says whether the engine brings its own labels, so that no names are needed.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Urls { .. } | Self::Folder { .. })
    }
}

/// Holds the address of each engine that is searched over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The demo site's root.
    pub gallery: String,
    /// The image search of Openverse.
    pub openverse: String,
    /// The API of Wikimedia Commons.
    pub wikimedia: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            gallery: "http://127.0.0.1:8765".to_owned(),
            openverse: "https://api.openverse.org/v1/images/".to_owned(),
            wikimedia: "https://commons.wikimedia.org/w/api.php".to_owned(),
        }
    }
}

/// Builds an engine; local sources are read here.
///
/// # Errors
///
/// [`CrawlError::Endpoint`] for an address that is no http(s) URL; [`CrawlError::Io`] and
/// [`CrawlError::Source`] for a local source that cannot be read.
pub fn build_engine(
    spec: &EngineSpec,
    endpoints: &Endpoints,
) -> Result<Box<dyn SearchEngine>, CrawlError> {
    Ok(match spec {
        EngineSpec::Gallery => Box::new(Gallery::new(endpoint(spec, &endpoints.gallery)?)),
        EngineSpec::Openverse => Box::new(Openverse::new(endpoint(spec, &endpoints.openverse)?)),
        EngineSpec::Wikimedia => Box::new(Wikimedia::new(endpoint(spec, &endpoints.wikimedia)?)),
        EngineSpec::Urls { file, label } => {
            Box::new(UrlList::read(spec.to_string(), file, label.as_deref())?)
        }
        EngineSpec::Folder { path } => Box::new(Folder::read(spec.to_string(), path)?),
    })
}

fn endpoint(spec: &EngineSpec, text: &str) -> Result<Url, CrawlError> {
    let refuse = |why: String| CrawlError::Endpoint {
        engine: spec.to_string(),
        url: text.to_owned(),
        why,
    };
    let mut url = Url::parse(text).map_err(|e| refuse(e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("only http and https are asked".to_owned()));
    }
    url.set_fragment(None);
    url.set_query(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_read_and_written_alike() {
        for text in [
            "gallery",
            "openverse",
            "wikimedia",
            "urls:a:b.csv",
            "folder:/p/q",
        ] {
            assert_eq!(text.parse::<EngineSpec>().unwrap().to_string(), text);
        }
        for text in ["google", "urls:", "folder:", "custom:x", ""] {
            let error = text.parse::<EngineSpec>().unwrap_err().to_string();
            assert!(error.contains("wikimedia"), "{error}");
        }
    }

    #[test]
    fn an_endpoint_must_be_http() {
        let endpoints = Endpoints {
            gallery: "ftp://127.0.0.1/".to_owned(),
            openverse: "nonsense".to_owned(),
            ..Endpoints::default()
        };
        for spec in [EngineSpec::Gallery, EngineSpec::Openverse] {
            let error = build_engine(&spec, &endpoints).unwrap_err();
            assert!(matches!(error, CrawlError::Endpoint { .. }));
        }
        assert!(build_engine(&EngineSpec::Wikimedia, &endpoints).is_ok());
    }
}
