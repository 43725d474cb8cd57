use url::Url;

use super::options::endpoint;
use super::{Answer, Ask, EngineOptions, EngineState, Page, SearchEngine};
use crate::CrawlError;

/// Searches `DuckDuckGo` images.
#[derive(Debug)]
pub(super) struct DuckDuckGo {
    endpoint: Url,
}

impl DuckDuckGo {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("duckduckgo", &options.endpoints.duckduckgo)?;
        Ok(Self { endpoint })
    }
}

impl SearchEngine for DuckDuckGo {
    fn id(&self) -> &'static str {
        "duckduckgo"
    }

    fn endpoint(&self) -> Option<&Url> {
        Some(&self.endpoint)
    }

    fn ask(&self, _query: &str, _cursor: Option<&str>, _token: Option<&str>) -> Ask {
        unimplemented!()
    }

    fn parse(&self, _cursor: Option<&str>, _answer: &Answer) -> Result<Page, EngineState> {
        unimplemented!()
    }
}
