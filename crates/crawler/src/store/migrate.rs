use rusqlite::{OptionalExtension, params};

use super::candidates::said;
use super::open::{Store, int};
use super::schema::{ADDED, CANDIDATES, INDEXES, VERSIONS};
use crate::{CrawlError, Provenance};

/// Puts the tables that change out of the way.
const ASIDE: &str = "
DROP INDEX candidates_by_download;
DROP INDEX candidates_handed_out;
ALTER TABLE candidates RENAME TO candidates_1;
ALTER TABLE downloads RENAME TO downloads_1;
";

impl Store {
    /// Brings a file of version 1 to the newest one, in one transaction: a file that is left midway is still one of version 1.
    ///
    /// Version 1 found URLs by an index over their text and wrote what an engine had said, with its own name and the phrase, beside
    /// each candidate. URLs stay as they were written, since the catalog knows them so, and get the number of their one form; two
    /// that share a form, which version 1 told apart, stay two.
    pub(super) fn migrate(&mut self) -> Result<(), CrawlError> {
        self.batch(ASIDE)?;
        self.batch(ADDED)?;
        self.batch(VERSIONS)?;
        self.batch(CANDIDATES)?;
        self.copy_downloads()?;
        self.copy_candidates()?;
        self.batch("DROP TABLE candidates_1; DROP TABLE downloads_1;")?;
        self.batch(INDEXES)?;
        self.set_version()
    }

    fn copy_downloads(&self) -> Result<(), CrawlError> {
        let copy = || -> rusqlite::Result<()> {
            let mut read = self.connection.prepare("SELECT id, url FROM downloads_1")?;
            let mut write = self.connection.prepare(
                "INSERT INTO downloads
                 SELECT id, ?2, url, local, tries, settled, reject, detail, final_url, fetched_at, NULL
                 FROM downloads_1 WHERE id = ?1",
            )?;
            let mut rows = read.query(())?;
            while let Some(row) = rows.next()? {
                let (id, url): (i64, String) = (row.get(0)?, row.get(1)?);
                write.execute([id, self.urls.of_any(&url)])?;
            }
            Ok(())
        };
        copy().map_err(|e| self.error(e))
    }

    fn copy_candidates(&self) -> Result<(), CrawlError> {
        let mut unreadable = None;
        let mut copy = || -> rusqlite::Result<()> {
            let mut read = self
                .connection
                .prepare("SELECT label, seq, download, state, provenance FROM candidates_1")?;
            let mut write = self.connection.prepare(
                "INSERT INTO candidates(label, seq, download, state, stream, rank, found)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            let mut rows = read.query(())?;
            while let Some(row) = rows.next()? {
                let text: String = row.get(4)?;
                let provenance: Provenance = match serde_json::from_str(&text) {
                    Ok(provenance) => provenance,
                    Err(e) => {
                        unreadable = Some(format!("provenance: {e}"));
                        return Ok(());
                    }
                };
                let label: i64 = row.get(0)?;
                write.execute(params![
                    label,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, i64>(3)?,
                    self.stream_of(label, &provenance)?,
                    int(provenance.rank.into()),
                    said(&provenance)
                ])?;
            }
            Ok(())
        };
        copy().map_err(|e| self.error(e))?;
        match unreadable {
            Some(what) => Err(self.damaged(what)),
            None => Ok(()),
        }
    }

    /// The stream that a candidate came by, made where it is missing.
    fn stream_of(&self, label: i64, found: &Provenance) -> rusqlite::Result<i64> {
        let key = params![label, found.engine, found.query];
        let known = self
            .connection
            .prepare_cached(
                "SELECT id FROM streams WHERE label = ?1 AND engine = ?2 AND query = ?3",
            )?
            .query_row(key, |row| row.get(0))
            .optional()?;
        match known {
            Some(id) => Ok(id),
            None => self
                .connection
                .prepare_cached("INSERT INTO streams(label, engine, query) VALUES (?1, ?2, ?3)")?
                .insert(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::{Candidate, Fate};
    use super::*;

    /// The tables as version 1 made them.
    const FIRST: &str = include_str!("../../fixtures/store/version-1.sql");

    /// Writes a file as a run of version 1 left it: two labels that share a URL, one claim handed out, one rejected.
    fn first(path: &std::path::Path) {
        let raw = Connection::open(path).unwrap();
        raw.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        raw.execute_batch(FIRST).unwrap();
        let found = |engine: &str, rank: u32| {
            format!(
                "{{\"engine\":\"{engine}\",\"query\":\"owl bird\",\"rank\":{rank},\"page_url\":null,\"title\":\"An \\\"owl\\\"\",\"creator\":null,\"tries\":0}}"
            )
        };
        let rows = [
            (1, 0, 1, 2, found("gallery", 1)),
            (1, 1, 2, 1, found("wikimedia", 1)),
            (1, 2, 3, 2, found("gallery", 2)),
            (1, 3, 4, 0, found("lost", 9)),
            (
                2,
                0,
                2,
                0,
                "{\"engine\":\"gallery\",\"query\":\"bird\",\"rank\":7}".to_owned(),
            ),
        ];
        raw.execute_batch(
            "INSERT INTO labels(label, found, rounds) VALUES ('owl', 4, 2), ('bird', 1, 1);
             INSERT INTO streams(label, engine, query, page, hits, cursor)
             VALUES (1, 'gallery', 'owl bird', 2, 100, '3'), (1, 'wikimedia', 'owl bird', 1, 50, NULL), (2, 'gallery', 'bird', 1, 50, '2');
             INSERT INTO pages VALUES (1, 2, 51, 1, 't', '[{\"image_url\":\"http://h/later\"}]');
             INSERT INTO hosts VALUES ('http://slow:80', 4102444800);
             INSERT INTO downloads VALUES (1, 'http://h/%7ea', 0, 1, 1, NULL, NULL, NULL, NULL),
             (2, 'http://h/b', 0, 2, 0, NULL, NULL, NULL, NULL),
             (3, 'http://h/c', 0, 3, 1, 'not-found', 'status 404', 'http://h/d', '2026-01-01T00:00:00Z'),
             (4, 'http://h/~a', 1, 0, 0, NULL, NULL, NULL, NULL);",
        )
        .unwrap();
        for (label, seq, download, state, provenance) in rows {
            raw.execute(
                "INSERT INTO candidates VALUES (?1, ?2, ?3, ?4, ?5)",
                params![label, seq, download, state, provenance],
            )
            .unwrap();
        }
    }

    #[test]
    fn a_file_of_version_1_opens_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        first(&path);
        drop(Store::open(&path).unwrap());
        let mut store = Store::open(&path).unwrap();
        store.check_all().unwrap();

        let owl = store.label("owl").unwrap();
        assert_eq!((owl.id, owl.found, owl.rounds), (1, 4, 2));
        let open = store.candidates(1, 0, 9).unwrap();
        let told: Vec<(u64, &str, u32)> = open
            .iter()
            .map(|c: &Candidate| (c.seq, c.url.as_str(), c.tries))
            .collect();
        assert_eq!(told, [(1, "http://h/b", 2), (3, "http://h/~a", 0)]);
        assert!(matches!(open[0].fate, Fate::Open) && open[1].local);
        let out = store.handed_out().unwrap();
        assert_eq!((out.len(), out[0].seq, out[0].download), (1, 1, 2));

        let found = store.provenance(1, 2).unwrap();
        assert_eq!(
            (
                found.engine.as_str(),
                found.query.as_str(),
                found.rank,
                found.tries
            ),
            ("gallery", "owl bird", 2, 3)
        );
        assert_eq!(found.title.as_deref(), Some("An \"owl\""));
        assert_eq!(found.final_url.as_deref(), Some("http://h/d"));
        assert_eq!(store.provenance(1, 3).unwrap().engine, "lost");
        assert_eq!(store.provenance(2, 0).unwrap().title, None);
        assert_eq!(store.kept_pages(1).unwrap().len(), 1, "a page that waits");
        let stream = store.stream(1, "gallery", "owl bird").unwrap();
        assert_eq!((stream.id, stream.cursor.as_deref()), (1, Some("3")));

        // A URL is found by its form and kept as the catalog knows it; of two the one that is written alike.
        let by = |store: &Store, url| store.download(url).unwrap().map(|found| found.0);
        assert_eq!(by(&store, "http://h/%7ea"), Some(1));
        assert_eq!(by(&store, "http://h/~a"), Some(4));
        assert_eq!(by(&store, "http://h/%7Ea"), Some(1));
        assert_eq!(by(&store, "http://h/e"), None);
        let none = Provenance::default();
        assert!(
            !store
                .add_candidate(1, 4, "http://h/b", false, 1, &none)
                .unwrap()
        );
        assert!(
            store
                .add_candidate(1, 4, "http://h/e", false, 1, &none)
                .unwrap()
        );
        store.commit().unwrap();
    }

    #[test]
    fn a_migration_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        first(&path);
        let raw = Connection::open(&path).unwrap();
        raw.execute_batch("UPDATE candidates SET provenance = 'no JSON' WHERE seq = 2")
            .unwrap();
        drop(raw);
        for _ in 0..2 {
            let error = Store::open(&path).unwrap_err();
            assert!(matches!(error, CrawlError::Damaged { .. }), "{error}");
            assert!(error.to_string().contains("provenance"), "{error}");
        }
        let raw = Connection::open(&path).unwrap();
        let version: i64 = raw
            .query_row("PRAGMA user_version", (), |row| row.get(0))
            .unwrap();
        let kept: i64 = raw
            .query_row(
                "SELECT count(*) FROM candidates WHERE provenance IS NOT NULL",
                (),
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!((version, kept), (1, 5));
    }
}
