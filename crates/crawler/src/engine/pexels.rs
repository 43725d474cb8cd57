use url::Url;

use super::options::endpoint;
use super::{Answer, Ask, EngineOptions, EngineState, Page, SearchEngine};
use crate::CrawlError;

/// Searches Pexels.
#[derive(Debug)]
pub(super) struct Pexels {
    endpoint: Url,
}

impl Pexels {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("pexels", &options.endpoints.pexels)?;
        Ok(Self { endpoint })
    }
}

impl SearchEngine for Pexels {
    fn id(&self) -> &'static str {
        "pexels"
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
