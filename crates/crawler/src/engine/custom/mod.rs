//! An engine that a person describes in a TOML file.

use std::path::Path;

use url::Url;

use super::{Answer, Ask, EngineOptions, EngineState, Page, SearchEngine};
use crate::CrawlError;

/// Searches a site as a file describes it.
#[derive(Debug)]
pub(super) struct Custom {
    id: String,
    endpoint: Url,
}

impl Custom {
    /// Reads the file; `id` is what the person wrote.
    pub(super) fn read(
        id: String,
        file: &Path,
        options: &EngineOptions,
    ) -> Result<Self, CrawlError> {
        let _ = (id, file, options);
        unimplemented!()
    }
}

impl SearchEngine for Custom {
    fn id(&self) -> &str {
        &self.id
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
