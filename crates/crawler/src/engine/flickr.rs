use url::Url;

use super::options::endpoint;
use super::{Answer, Ask, EngineOptions, EngineState, Page, SearchEngine};
use crate::CrawlError;

/// Searches Flickr.
#[derive(Debug)]
pub(super) struct Flickr {
    endpoint: Url,
}

impl Flickr {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("flickr", &options.endpoints.flickr)?;
        Ok(Self { endpoint })
    }
}

impl SearchEngine for Flickr {
    fn id(&self) -> &'static str {
        "flickr"
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
