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

impl Store {
    /// Returns the number under which the version of an answer is kept. It holds trawl's own version too: a newer one may read more
    /// out of the same answer.
    pub(crate) fn request_number(&self, request: &str) -> i64 {
        let text = format!("{} {request}", env!("CARGO_PKG_VERSION"));
        self.urls.of_any(&text)
    }

    /// Keeps the version of a page; `None` forgets an older one.
    pub(crate) fn keep_page_version(
        &mut self,
        stream: i64,
        request: i64,
        version: Option<&PageVersion>,
    ) -> Result<(), CrawlError> {
        let Some(version) = version else {
            self.write(
                "DELETE FROM versions WHERE stream = ?1 AND request = ?2",
                [stream, request],
            )?;
            return Ok(());
        };
        self.write(
            "INSERT OR REPLACE INTO versions(stream, request, etag, modified, next, hits)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                stream,
                request,
                version.validators.etag,
                version.validators.modified,
                version.next,
                version.hits
            ],
        )?;
        Ok(())
    }

    /// Returns what is known of a page.
    pub(crate) fn page_version(
        &self,
        stream: i64,
        request: i64,
    ) -> Result<Option<PageVersion>, CrawlError> {
        let known = self.all(
            "SELECT etag, modified, next, hits FROM versions WHERE stream = ?1 AND request = ?2",
            [stream, request],
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
        self.keep_page_version(SITES, self.request_number(url), version.as_ref())
    }

    /// Returns the version of a website's file.
    pub(crate) fn site_version(&self, url: &str) -> Result<Option<Validators>, CrawlError> {
        let known = self.page_version(SITES, self.request_number(url))?;
        Ok(known.map(|version| version.validators))
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
        let request = store.request_number("http://e/?q=owl");
        store
            .keep_page_version(1, request, Some(&version("\"a\"")))
            .unwrap();
        store
            .keep_page_version(1, request, Some(&version("\"b\"")))
            .unwrap();
        assert_eq!(
            store.page_version(1, request).unwrap(),
            Some(version("\"b\""))
        );
        assert_eq!(store.page_version(2, request).unwrap(), None);
        let other = store.request_number("http://e/?q=owls");
        assert_eq!(store.page_version(1, other).unwrap(), None);
        store.keep_page_version(1, request, None).unwrap();
        assert_eq!(store.page_version(1, request).unwrap(), None);

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
                .keep_page_version(stream.id, 5, Some(&version))
                .unwrap();
            streams.push(stream.id);
        }
        store.begin_refresh().unwrap();
        assert!(store.page_version(streams[0], 5).unwrap().is_some());
        assert!(store.page_version(streams[1], 5).unwrap().is_none());
    }
}
