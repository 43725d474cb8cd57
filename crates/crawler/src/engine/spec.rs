use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::baidu::Baidu;
use super::bing::Bing;
use super::custom::Custom;
use super::duckduckgo::DuckDuckGo;
use super::flickr::Flickr;
use super::folder::Folder;
use super::gallery::Gallery;
use super::openverse::Openverse;
use super::pexels::Pexels;
use super::pixabay::Pixabay;
use super::urls::UrlList;
use super::wikimedia::Wikimedia;
use super::{EngineOptions, SearchEngine};
use crate::CrawlError;

/// Says which engine is meant, as a person writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineSpec {
    /// Baidu images, unofficial.
    Baidu,
    /// Bing images, unofficial.
    Bing,
    /// `DuckDuckGo` images, unofficial.
    DuckDuckGo,
    /// Flickr, with a key.
    Flickr,
    /// trawl's own demo site.
    Gallery,
    /// The Openverse catalogue.
    Openverse,
    /// Pexels, with a key.
    Pexels,
    /// Pixabay, with a key.
    Pixabay,
    /// Wikimedia Commons.
    Wikimedia,
    /// An engine that a TOML file describes.
    Custom {
        /// The file.
        file: PathBuf,
    },
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

/// Names every engine that needs nothing else said.
const BUILT_IN: [(&str, EngineSpec); 9] = [
    ("baidu", EngineSpec::Baidu),
    ("bing", EngineSpec::Bing),
    ("duckduckgo", EngineSpec::DuckDuckGo),
    ("flickr", EngineSpec::Flickr),
    ("gallery", EngineSpec::Gallery),
    ("openverse", EngineSpec::Openverse),
    ("pexels", EngineSpec::Pexels),
    ("pixabay", EngineSpec::Pixabay),
    ("wikimedia", EngineSpec::Wikimedia),
];

impl FromStr for EngineSpec {
    type Err = CrawlError;

    fn from_str(text: &str) -> Result<Self, CrawlError> {
        let unknown = || CrawlError::UnknownEngine {
            name: text.to_owned(),
        };
        match text.split_once(':') {
            None => BUILT_IN
                .iter()
                .find(|(name, _)| *name == text)
                .map(|(_, spec)| spec.clone())
                .ok_or_else(unknown),
            Some(("custom", file)) if !file.is_empty() => Ok(Self::Custom { file: file.into() }),
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
            Self::Custom { file } => write!(f, "custom:{}", file.display()),
            Self::Urls { file, .. } => write!(f, "urls:{}", file.display()),
            Self::Folder { path } => write!(f, "folder:{}", path.display()),
            built_in => {
                let known = BUILT_IN.iter().find(|(_, spec)| spec == built_in);
                f.write_str(known.expect("every other engine is in the list").0)
            }
        }
    }
}

impl EngineSpec {
    /// Every way to name an engine, as messages list them.
    pub const FORMS: &str = "openverse, wikimedia, flickr, pexels, pixabay, baidu, bing, duckduckgo, gallery, custom:FILE, urls:FILE or folder:PATH";

    /// An engine's id as tables and datasets show it: of a path only its end, since where an engine's description or a list lies is
    /// about one person's disk and nobody else's.
    #[must_use]
    pub fn shown(id: &str) -> String {
        match (id.split_once(':'), id.rsplit_once('/')) {
            (Some((kind, _)), Some((_, end))) => format!("{kind}:{end}"),
            _ => id.to_owned(),
        }
    }

    /// Says whether the engine brings its own labels, so that no names are needed.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Urls { .. } | Self::Folder { .. })
    }
}

/// Builds an engine; local sources are read here.
///
/// # Errors
///
/// [`CrawlError::Endpoint`] for an address that is no http(s) URL; [`CrawlError::NoKey`] for an engine that wants a key
/// and has none; [`CrawlError::Io`] and
/// [`CrawlError::Source`] for a local source that cannot be read.
pub fn build_engine(
    spec: &EngineSpec,
    options: &EngineOptions,
) -> Result<Box<dyn SearchEngine>, CrawlError> {
    Ok(match spec {
        EngineSpec::Baidu => Box::new(Baidu::new(options)?),
        EngineSpec::Bing => Box::new(Bing::new(options)?),
        EngineSpec::DuckDuckGo => Box::new(DuckDuckGo::new(options)?),
        EngineSpec::Flickr => Box::new(Flickr::new(options)?),
        EngineSpec::Gallery => Box::new(Gallery::new(options)?),
        EngineSpec::Openverse => Box::new(Openverse::new(options)?),
        EngineSpec::Pexels => Box::new(Pexels::new(options)?),
        EngineSpec::Pixabay => Box::new(Pixabay::new(options)?),
        EngineSpec::Wikimedia => Box::new(Wikimedia::new(options)?),
        EngineSpec::Custom { file } => Box::new(Custom::read(spec.to_string(), file, options)?),
        EngineSpec::Urls { file, label } => {
            Box::new(UrlList::read(spec.to_string(), file, label.as_deref())?)
        }
        EngineSpec::Folder { path } => Box::new(Folder::read(spec.to_string(), path)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_read_and_written_alike() {
        for text in [
            "baidu",
            "duckduckgo",
            "pixabay",
            "custom:sites/a.toml",
            "urls:a:b.csv",
            "folder:/p/q",
        ] {
            assert_eq!(text.parse::<EngineSpec>().unwrap().to_string(), text);
        }
        for text in ["google", "urls:", "folder:", "custom:", ""] {
            let error = text.parse::<EngineSpec>().unwrap_err().to_string();
            assert!(error.contains("wikimedia"), "{error}");
        }
    }

    #[test]
    fn of_a_path_only_the_end_is_shown() {
        let shown = EngineSpec::shown;
        assert_eq!(shown("custom:/a/b/site.toml"), "custom:site.toml");
        assert_eq!(shown("openverse"), "openverse");
        assert_eq!(shown("folder:pictures"), "folder:pictures");
    }

    #[test]
    fn an_endpoint_must_be_http() {
        let mut options = EngineOptions::default();
        options.endpoints.gallery = "ftp://127.0.0.1/".to_owned();
        options.endpoints.openverse = "nonsense".to_owned();
        for spec in [EngineSpec::Gallery, EngineSpec::Openverse] {
            let error = build_engine(&spec, &options).unwrap_err();
            assert!(matches!(error, CrawlError::Endpoint { .. }));
        }
        assert!(build_engine(&EngineSpec::Wikimedia, &options).is_ok());
    }
}
