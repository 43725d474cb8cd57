use rusqlite::params;

use super::open::{Store, small};
use crate::CrawlError;
use crate::net::Validators;

/// Is what is known of a page as an engine last gave it, all of whose hits are candidates by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageVersion {
    pub(crate) validators: Validators,
    /// Cursor of the page after it.
    pub(crate) next: Option<String>,
    /// Hits on it.
    pub(crate) hits: u32,
}

/// Stands in the place of a stream for what websites say of themselves.
const SITES: i64 = 0;

/// Raised with every change of what trawl reads out of an answer, so that an older version of it is asked for anew.
const READING: u32 = 1;

impl Store {
    /// Returns the number of a request under which the version of its answer is known; `reader` names who reads the answer, where
    /// that can change from run to run.
    pub(crate) fn request_number(&self, request: &str, reader: &str) -> i64 {
        self.urls.of_any(&format!("{READING} {reader} {request}"))
    }

    /// Keeps the version of a stream's page; `None` forgets an older one.
    pub(crate) fn keep_page_version(
        &mut self,
        stream: i64,
        page: u32,
        request: i64,
        version: Option<&PageVersion>,
    ) -> Result<(), CrawlError> {
        self.keep_version(stream, page.into(), request, version)
    }

    /// Returns what is known of a stream's page, when the same was asked for.
    pub(crate) fn page_version(
        &self,
        stream: i64,
        page: u32,
        request: i64,
    ) -> Result<Option<PageVersion>, CrawlError> {
        self.version(stream, page.into(), request)
    }

    /// Forgets every version of a stream's pages.
    pub(crate) fn forget_page_versions(&mut self, stream: i64) -> Result<(), CrawlError> {
        self.write("DELETE FROM versions WHERE stream = ?1", [stream])?;
        Ok(())
    }

    /// Keeps the version of a website's file; `None` forgets an older one.
    pub(crate) fn keep_site_version(
        &mut self,
        url: &str,
        validators: Option<Validators>,
    ) -> Result<(), CrawlError> {
        let version = validators.map(|validators| PageVersion {
            validators,
            next: None,
            hits: 0,
        });
        let number = self.request_number(url, "");
        self.keep_version(SITES, number, number, version.as_ref())
    }

    /// Returns the version of a website's file.
    pub(crate) fn site_version(&self, url: &str) -> Result<Option<Validators>, CrawlError> {
        let number = self.request_number(url, "");
        let known = self.version(SITES, number, number)?;
        Ok(known.map(|version| version.validators))
    }

    fn keep_version(
        &mut self,
        stream: i64,
        place: i64,
        request: i64,
        version: Option<&PageVersion>,
    ) -> Result<(), CrawlError> {
        let Some(version) = version else {
            self.write(
                "DELETE FROM versions WHERE stream = ?1 AND place = ?2",
                [stream, place],
            )?;
            return Ok(());
        };
        self.write(
            "INSERT OR REPLACE INTO versions(stream, place, request, etag, modified, next, hits)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                stream,
                place,
                request,
                version.validators.etag,
                version.validators.modified,
                version.next,
                version.hits
            ],
        )?;
        Ok(())
    }

    fn version(
        &self,
        stream: i64,
        place: i64,
        request: i64,
    ) -> Result<Option<PageVersion>, CrawlError> {
        let known = self.all(
            "SELECT etag, modified, next, hits FROM versions
             WHERE stream = ?1 AND place = ?2 AND request = ?3",
            [stream, place, request],
            |row| {
                let validators = Validators {
                    etag: row.get(0)?,
                    modified: row.get(1)?,
                };
                Ok(PageVersion {
                    validators,
                    next: row.get(2)?,
                    hits: small(row, 3)?,
                })
            },
        )?;
        Ok(known.into_iter().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_back_by_stream_and_request_and_are_forgotten_on_demand() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("crawl.db")).unwrap();
        let version = |tag: &str| PageVersion {
            validators: Validators {
                etag: Some(tag.to_owned()),
                modified: None,
            },
            next: Some("2".to_owned()),
            hits: 7,
        };
        let request = store.request_number("http://e/?q=owl", "");
        store
            .keep_page_version(1, 1, request, Some(&version("\"a\"")))
            .unwrap();
        store
            .keep_page_version(1, 1, request, Some(&version("\"b\"")))
            .unwrap();
        assert_eq!(
            store.page_version(1, 1, request).unwrap(),
            Some(version("\"b\""))
        );
        assert_eq!(store.page_version(2, 1, request).unwrap(), None);
        assert_eq!(store.page_version(1, 2, request).unwrap(), None);
        for (words, reader) in [("http://e/?q=owls", ""), ("http://e/?q=owl", "x")] {
            let other = store.request_number(words, reader);
            assert_eq!(store.page_version(1, 1, other).unwrap(), None);
        }
        store.forget_page_versions(2).unwrap();
        assert!(store.page_version(1, 1, request).unwrap().is_some());
        store.keep_page_version(1, 1, request, None).unwrap();
        assert_eq!(store.page_version(1, 1, request).unwrap(), None);

        let robots = "http://a/robots.txt";
        let validators = version("\"c\"").validators;
        store
            .keep_site_version(robots, Some(validators.clone()))
            .unwrap();
        assert_eq!(store.site_version(robots).unwrap(), Some(validators));
        store.keep_site_version(robots, None).unwrap();
        assert_eq!(store.site_version(robots).unwrap(), None);
    }

    #[test]
    fn a_page_that_was_never_merged_is_asked_for_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("crawl.db")).unwrap();
        let label = store.label("owl").unwrap().id;
        let version = PageVersion {
            validators: Validators {
                etag: Some("\"a\"".to_owned()),
                modified: None,
            },
            next: None,
            hits: 0,
        };
        let mut streams = Vec::new();
        for (engine, waits) in [("merged", false), ("waiting", true)] {
            let mut stream = store.stream(label, engine, "owl").unwrap();
            let page = crate::Page::default();
            store.keep_page(&mut stream, &page, 0, waits).unwrap();
            store
                .keep_page_version(stream.id, 1, 5, Some(&version))
                .unwrap();
            streams.push(stream.id);
        }
        store.begin_refresh().unwrap();
        assert!(store.page_version(streams[0], 1, 5).unwrap().is_some());
        assert!(store.page_version(streams[1], 1, 5).unwrap().is_none());
    }
}
