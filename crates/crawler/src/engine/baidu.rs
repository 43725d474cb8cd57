use url::Url;

use super::options::endpoint;
use super::{Answer, Ask, EngineOptions, EngineState, Page, SearchEngine};
use crate::CrawlError;

/// Searches Baidu images.
#[derive(Debug)]
pub(super) struct Baidu {
    endpoint: Url,
}

impl Baidu {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("baidu", &options.endpoints.baidu)?;
        Ok(Self { endpoint })
    }
}

impl SearchEngine for Baidu {
    fn id(&self) -> &'static str {
        "baidu"
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
