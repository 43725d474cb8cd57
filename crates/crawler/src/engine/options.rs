use std::collections::BTreeMap;
use std::fmt;

use url::Url;

use super::Filters;
use crate::CrawlError;

/// Holds everything that engines are built from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineOptions {
    /// Where they are.
    pub endpoints: Endpoints,
    /// What some of them want to see.
    pub keys: Keys,
    /// What is searched for, beyond the phrase.
    pub filters: Filters,
}

/// Holds the address of each engine that is searched over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The root of Baidu's image search.
    pub baidu: String,
    /// The root of Bing.
    pub bing: String,
    /// The root of `DuckDuckGo`.
    pub duckduckgo: String,
    /// The API of Flickr.
    pub flickr: String,
    /// The demo site's root.
    pub gallery: String,
    /// The image search of Openverse.
    pub openverse: String,
    /// The photo search of Pexels.
    pub pexels: String,
    /// The API of Pixabay.
    pub pixabay: String,
    /// The API of Wikimedia Commons.
    pub wikimedia: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            baidu: "https://image.baidu.com/".to_owned(),
            bing: "https://www.bing.com/".to_owned(),
            duckduckgo: "https://duckduckgo.com/".to_owned(),
            flickr: "https://api.flickr.com/services/rest/".to_owned(),
            gallery: "http://127.0.0.1:8765".to_owned(),
            openverse: "https://api.openverse.org/v1/images/".to_owned(),
            pexels: "https://api.pexels.com/v1/search".to_owned(),
            pixabay: "https://pixabay.com/api/".to_owned(),
            wikimedia: "https://commons.wikimedia.org/w/api.php".to_owned(),
        }
    }
}

/// Holds the keys of engines that want one; they are never recorded.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Keys of engines that a file describes, by the variable that the file names.
    pub custom: BTreeMap<String, String>,
    /// Flickr's API key.
    pub flickr: Option<String>,
    /// Openverse's client id and secret; without them it is asked anonymously.
    pub openverse: Option<(String, String)>,
    /// Pexels' API key.
    pub pexels: Option<String>,
    /// Pixabay's API key.
    pub pixabay: Option<String>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("custom", &self.custom.keys())
            .field("flickr", &self.flickr.is_some())
            .field("openverse", &self.openverse.is_some())
            .field("pexels", &self.pexels.is_some())
            .field("pixabay", &self.pixabay.is_some())
            .finish()
    }
}

/// Parses the address of an engine; its query and fragment are dropped.
pub(super) fn endpoint(engine: &str, text: &str) -> Result<Url, CrawlError> {
    let refuse = |why: String| CrawlError::Endpoint {
        engine: engine.to_owned(),
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

/// Returns the URL of a path below an engine's root.
pub(super) fn below(root: &Url, path: &str) -> Url {
    let mut url = root.clone();
    let path = format!("{}/{path}", root.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_show() {
        let keys = Keys {
            flickr: Some("abc123".to_owned()),
            ..Keys::default()
        };
        let text = format!("{keys:?}");
        assert!(!text.contains("abc123") && text.contains("flickr: true"));
    }

    #[test]
    fn paths_go_below_a_root_with_or_without_its_slash() {
        for root in ["http://h/x", "http://h/x/"] {
            let root = endpoint("e", root).unwrap();
            assert_eq!(below(&root, "a/b").as_str(), "http://h/x/a/b");
        }
        let root = endpoint("e", "http://h?q#f").unwrap();
        assert_eq!(below(&root, "").as_str(), "http://h/");
    }
}
