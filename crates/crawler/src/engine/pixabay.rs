use url::Url;

use super::options::endpoint;
use super::{Answer, Ask, EngineOptions, EngineState, Page, SearchEngine};
use crate::CrawlError;

/// Searches Pixabay.
#[derive(Debug)]
pub(super) struct Pixabay {
    endpoint: Url,
}

impl Pixabay {
    pub(super) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("pixabay", &options.endpoints.pixabay)?;
        Ok(Self { endpoint })
    }
}

impl SearchEngine for Pixabay {
    fn id(&self) -> &'static str {
        "pixabay"
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
