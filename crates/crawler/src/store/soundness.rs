use std::fs;
use std::path::Path;

use rusqlite::OptionalExtension;

use super::Ledger;
use super::ledger::open;
use super::open::Store;
use super::schema::VERSION;
use super::url_hash::UrlHash;
use crate::CrawlError;

/// Largest file in bytes that is read whole before it is used. `SQLite` checks some 300 MB a second, so that is a quarter of a second.
const READ_WHOLE: u64 = 64 * 1024 * 1024;

/// Downloads that are looked up in a larger file. Each reads a page of all four trees: damage to one page in 300 is found
/// with 97 % certainty, and what is not found now is met, and told in the same way, when it is read.
const SAMPLES: i64 = 256;

/// The first and the last entry of every tree.
const EDGES: [&str; 8] = [
    "SELECT min(id), max(id) FROM labels",
    "SELECT min(id), max(id) FROM streams",
    "SELECT (SELECT min(stream) FROM pages), (SELECT max(stream) FROM pages)",
    "SELECT (SELECT min(hash) FROM downloads), (SELECT max(hash) FROM downloads)",
    "SELECT (SELECT min(label) FROM candidates), (SELECT max(label) FROM candidates)",
    "SELECT (SELECT min(download) FROM candidates), (SELECT max(download) FROM candidates)",
    "SELECT count(*), max(seq) FROM candidates WHERE state = 1",
    "SELECT count(*), 0 FROM hosts",
];

impl Store {
    /// Sees whether the file can be used. A small file is read whole, of a large one the edges and a sample: the time is bounded.
    pub(super) fn check(&self) -> Result<(), CrawlError> {
        let size = fs::metadata(&self.path).map_err(|e| CrawlError::io(&self.path, e))?;
        if size.len() <= READ_WHOLE {
            self.check_all()
        } else {
            self.check_sample(SAMPLES)
        }
    }

    /// Reads the whole file.
    pub(super) fn check_all(&self) -> Result<(), CrawlError> {
        let verdict: String = self.one("PRAGMA quick_check(1)", (), |row| row.get(0))?;
        if verdict == "ok" {
            Ok(())
        } else {
            Err(self.damaged(verdict))
        }
    }

    /// Reads the edges of every tree, and follows some downloads through all that lead to them.
    fn check_sample(&self, samples: i64) -> Result<(), CrawlError> {
        for edge in EDGES {
            self.one(edge, (), |row| {
                Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
            })?;
        }
        let last: Option<i64> = self.one("SELECT max(id) FROM downloads", (), |row| row.get(0))?;
        let Some(last) = last else {
            return Ok(());
        };
        for nth in 0..samples {
            // Spread evenly, each drawn within its part.
            let part = |nth: i64| i128::from(last) * i128::from(nth) / i128::from(samples);
            let (from, to) = (part(nth), part(nth + 1));
            if from < to {
                let id = fastrand::i128(from + 1..=to);
                self.follow(i64::try_from(id).unwrap_or(last))?;
            }
        }
        Ok(())
    }

    /// Finds a download by its number, by its URL, and by its candidates.
    fn follow(&self, id: i64) -> Result<(), CrawlError> {
        let found = || -> rusqlite::Result<bool> {
            let mut row = self
                .connection
                .prepare_cached("SELECT hash, url FROM downloads WHERE id = ?1")?;
            let row = row
                .query_row([id], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
                })
                .optional()?;
            let Some((hash, url)) = row else {
                return Ok(false);
            };
            let by_hash = self
                .connection
                .prepare_cached(
                    "SELECT 1 FROM downloads INDEXED BY downloads_by_hash WHERE hash = ?1 AND id = ?2",
                )?
                .exists([hash, id])?;
            let by_candidate = self
                .connection
                .prepare_cached(
                    "SELECT 1 FROM candidates a INDEXED BY candidates_by_download
                     JOIN candidates b ON b.label = a.label AND b.seq = a.seq
                     WHERE a.download = ?1 AND b.download = ?1",
                )?
                .exists([id])?;
            // One that could not be had may have given its place to another copy.
            let is_passed = self
                .connection
                .prepare_cached("SELECT 1 FROM passed WHERE download = ?1")?
                .exists([id])?;
            let by_candidate = by_candidate || is_passed;
            Ok(by_hash && by_candidate && self.urls.of_any(&url) == hash)
        };
        match found() {
            Ok(true) => Ok(()),
            Ok(false) => {
                Err(self.damaged(format!("download {id} is not found where it should be")))
            }
            Err(error) => Err(self.error(error)),
        }
    }
}

impl Ledger {
    /// Reads a whole state file and says whether a crawl could go on with it, without a change to any file; one that is not there is sound.
    ///
    /// # Errors
    ///
    /// As for [`Ledger::read`], and [`CrawlError::Damaged`] for a file that is not as it was written.
    pub fn check(state: &Path) -> Result<(), CrawlError> {
        if !state.exists() {
            return Ok(());
        }
        let error = |e| CrawlError::store(state, e);
        let damaged = |what: String| CrawlError::Damaged {
            path: state.to_owned(),
            what,
        };
        let connection = open(state)?;
        let verdict: String = connection
            .query_row("PRAGMA quick_check(1)", (), |row| row.get(0))
            .map_err(error)?;
        if verdict != "ok" {
            return Err(damaged(verdict));
        }
        let version: i64 = connection
            .query_row("PRAGMA user_version", (), |row| row.get(0))
            .map_err(error)?;
        if (2..=VERSION).contains(&version) {
            let key: Option<String> = connection
                .query_row("SELECT value FROM run WHERE key = 'hash'", (), |row| {
                    row.get(0)
                })
                .optional()
                .map_err(error)?;
            if key.as_deref().and_then(UrlHash::parse).is_none() {
                return Err(damaged("it has lost the key of its URLs".to_owned()));
            }
        }
        drop(connection);
        Self::read(state).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use super::*;
    use crate::Provenance;

    /// A closed file of many candidates, all pages of which are in use.
    fn filled(folder: &std::path::Path) -> std::path::PathBuf {
        let path = folder.join("crawl.db");
        let mut store = Store::open(&path).unwrap();
        let label = store.label("owl").unwrap().id;
        let stream = store.stream(label, "e", "owl").unwrap().id;
        for seq in 0..20_000 {
            let url = format!("http://host/{}/{seq}.jpg", "x".repeat(40));
            let added = store
                .add_candidate(label, seq, &url, false, stream, &Provenance::default())
                .unwrap();
            assert!(added);
        }
        store.commit().unwrap();
        path
    }

    #[test]
    fn downloads_that_gave_their_place_to_a_copy_are_sound() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("crawl.db")).unwrap();
        let label = store.label("owl").unwrap().id;
        let stream = store.stream(label, "e", "owl").unwrap().id;
        let gone = crate::Reject::from_status(404);
        for seq in 0..40 {
            let url = |kind: &str| format!("http://h/{kind}{seq}");
            let provenance = Provenance {
                // The first of the copies is another candidate's URL, or was once.
                fallbacks: vec![format!("http://h/image{}", seq / 2), url("a"), url("b")],
                ..Provenance::default()
            };
            let image = url("image");
            assert!(
                store
                    .add_candidate(label, seq, &image, false, stream, &provenance)
                    .unwrap()
            );
            for _ in 0..=seq % 2 {
                assert!(store.fall_back(label, seq, &gone).unwrap().is_some());
            }
        }
        store.commit().unwrap();
        store.check_sample(10_000).unwrap();
    }

    #[test]
    fn the_sample_of_a_whole_file_is_sound_and_damage_to_one_page_in_forty_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(folder.path());
        Store::open(&path).unwrap().check_sample(SAMPLES).unwrap();
        let whole = fs::read(&path).unwrap();
        let pages = whole.len() as u64 / 4_096;
        for begin in 0..4 {
            fs::write(&path, &whole).unwrap();
            let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            for page in (20 + begin..pages).step_by(40) {
                file.seek(SeekFrom::Start(page * 4_096)).unwrap();
                file.write_all(&[0xa5; 4_096]).unwrap();
            }
            let store = Store::open_unchecked(&path).unwrap();
            let error = store.check_sample(SAMPLES).unwrap_err();
            assert!(matches!(error, CrawlError::Damaged { .. }), "{error}");
        }
    }

    #[test]
    fn a_whole_file_is_read_without_a_change_to_it_and_what_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(folder.path());
        let whole = fs::read(&path).unwrap();
        Ledger::check(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole);
        Ledger::check(&folder.path().join("none.db")).unwrap();
        let garbage = vec![7; 20_000];
        let mut holed = whole.clone();
        holed[40_960..49_152].fill(0xa5);
        for bad in [&garbage, &holed, &whole[..whole.len() / 2].to_vec()] {
            fs::write(&path, bad).unwrap();
            let error = Ledger::check(&path).unwrap_err();
            assert!(matches!(error, CrawlError::Damaged { .. }), "{error}");
        }
    }

    #[test]
    fn a_file_that_was_cut_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(folder.path());
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(fs::metadata(&path).unwrap().len() / 2)
            .unwrap();
        // SQLite itself holds the file's length against what it should be.
        let error = Store::open_unchecked(&path).unwrap_err();
        assert!(matches!(error, CrawlError::Damaged { .. }), "{error}");
    }
}
