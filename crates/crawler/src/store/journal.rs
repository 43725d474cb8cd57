use std::collections::BTreeMap;
use std::mem;

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::open::{Store, int};
use crate::{CrawlError, Reject};

/// Changed downloads and claims that are held before they are written where they belong: some 10 MB.
const MOST: usize = 32_768;

/// Holds what has happened to downloads and claims since it was last written where it belongs.
///
/// What a turn of the crawl changes is strewn over the file: each claim, each answer and each settlement is in a page of its own when
/// hundreds of labels are at work, and a commit writes whole pages. So a commit writes one row here, which says all of it, and
/// thousands of changes go to their tables at once and in order, where many share a page. Either way they are durable with their
/// commit; what was not moved when a run ended is moved when the file is opened.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// Not written yet.
    fresh: Vec<Change>,
    downloads: BTreeMap<i64, Download>,
    /// The state of claims by label and place.
    claims: BTreeMap<(i64, u64), i64>,
}

/// Is one thing that happened, as it is written down.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Change {
    /// The download was tried once more.
    #[serde(rename = "t")]
    Tried(i64),
    /// The download was given up.
    #[serde(rename = "f")]
    Failed(i64, Failure),
    /// The label's claim at this place was handed out.
    #[serde(rename = "o")]
    Out(i64, u64),
    /// The label's claim at this place, on this download, was settled.
    #[serde(rename = "s")]
    Settled(i64, u64, i64),
}

/// Is how a download ended without a body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Failure {
    #[serde(rename = "r")]
    pub(super) reject: String,
    #[serde(rename = "d")]
    pub(super) detail: String,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(super) final_url: Option<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(super) fetched_at: Option<String>,
}

/// Is what a download has come to beyond what its row says.
#[derive(Debug, Default)]
pub(super) struct Download {
    /// Further tries.
    pub(super) tries: u32,
    pub(super) settled: bool,
    pub(super) failure: Option<Failure>,
}

/// States of a claim.
const OUT: i64 = 1;
const SETTLED: i64 = 2;

impl Journal {
    /// What is to be known of a download beyond its row.
    pub(super) fn download(&self, id: i64) -> Option<&Download> {
        self.downloads.get(&id)
    }

    /// Says whether a claim was settled of which its row does not say so.
    pub(super) fn is_settled(&self, label: i64, seq: u64) -> bool {
        self.claims.get(&(label, seq)) == Some(&SETTLED)
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Tried(download) => self.downloads.entry(*download).or_default().tries += 1,
            Change::Failed(download, failure) => {
                self.downloads.entry(*download).or_default().failure = Some(failure.clone());
            }
            Change::Out(label, seq) => {
                self.claims.entry((*label, *seq)).or_insert(OUT);
            }
            Change::Settled(label, seq, download) => {
                self.claims.insert((*label, *seq), SETTLED);
                self.downloads.entry(*download).or_default().settled = true;
            }
        }
    }
}

impl Store {
    /// Takes a change in; it is durable with the next commit.
    pub(super) fn note(&mut self, change: Change) {
        self.journal.apply(&change);
        self.journal.fresh.push(change);
    }

    /// Writes what is not written yet, and moves all to its place when it has become much.
    pub(super) fn write_journal(&mut self) -> Result<(), CrawlError> {
        if self.journal.fresh.is_empty() {
            return Ok(());
        }
        if self.journal.downloads.len() + self.journal.claims.len() > MOST {
            return self.settle_journal();
        }
        let fresh = mem::take(&mut self.journal.fresh);
        let text = serde_json::to_string(&fresh)
            .expect("changes are plain numbers and text, which always serialize");
        self.write("INSERT INTO journal(changes) VALUES (?1)", [text])?;
        Ok(())
    }

    /// Moves every change to its place; the tables then say all there is.
    pub(super) fn settle_journal(&mut self) -> Result<(), CrawlError> {
        let journal = mem::take(&mut self.journal);
        if journal.downloads.is_empty() && journal.claims.is_empty() {
            return Ok(());
        }
        for (id, download) in &journal.downloads {
            self.write(
                "UPDATE downloads SET tries = tries + ?2, settled = max(settled, ?3) WHERE id = ?1",
                params![id, download.tries, download.settled],
            )?;
            if let Some(failure) = &download.failure {
                self.write(
                    "UPDATE downloads SET reject = ?2, detail = ?3, final_url = ?4, fetched_at = ?5
                     WHERE id = ?1",
                    params![
                        id,
                        failure.reject,
                        failure.detail,
                        failure.final_url,
                        failure.fetched_at
                    ],
                )?;
            }
        }
        for ((label, seq), state) in &journal.claims {
            self.write(
                "UPDATE candidates SET state = max(state, ?3) WHERE label = ?1 AND seq = ?2",
                params![label, int(*seq), state],
            )?;
        }
        self.write("DELETE FROM journal", ())?;
        Ok(())
    }

    /// Takes up what an earlier run has left.
    pub(super) fn read_journal(&mut self) -> Result<(), CrawlError> {
        let mut journal = Journal::default();
        for text in self.all("SELECT changes FROM journal ORDER BY id", (), |row| {
            row.get::<_, String>(0)
        })? {
            let changes: Vec<Change> =
                serde_json::from_str(&text).map_err(|e| self.damaged(format!("journal: {e}")))?;
            for change in changes {
                let code = match &change {
                    Change::Failed(_, failure) => Some(failure.reject.as_str()),
                    _ => None,
                };
                if let Some(code) =
                    code.filter(|code| Reject::from_parts(code, String::new()).is_none())
                {
                    return Err(self.damaged(format!("unknown reject code `{code}`")));
                }
                journal.apply(&change);
            }
        }
        self.journal = journal;
        self.settle_journal()?;
        self.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fate;
    use super::*;
    use crate::Provenance;

    /// A store of one label with some candidates.
    fn store(path: &std::path::Path, candidates: u64) -> (Store, i64) {
        let mut store = Store::open(path).unwrap();
        let label = store.label("owl").unwrap().id;
        let stream = store.stream(label, "e", "owl").unwrap().id;
        for seq in 0..candidates {
            let url = format!("http://h/{seq}");
            let found = Provenance::default();
            store
                .add_candidate(label, seq, &url, false, stream, &found)
                .unwrap();
        }
        store.commit().unwrap();
        (store, label)
    }

    /// What the store says of its label: open candidates with their tries and codes, then the places that are handed out.
    fn told(store: &Store, label: i64) -> Vec<(u64, u32, String)> {
        let candidates = store.candidates(label, 0, u64::from(u32::MAX)).unwrap();
        let told = candidates.into_iter().map(|candidate| {
            let fate = match candidate.fate {
                Fate::Open => "open".to_owned(),
                Fate::Settled => "settled".to_owned(),
                Fate::Rejected(reject) => format!("{} {}", reject.code(), reject.detail()),
            };
            (candidate.seq, candidate.tries, fate)
        });
        told.collect()
    }

    /// Tries 1 and 2, gives 2 up and hands it out, settles 3.
    fn change(store: &mut Store, label: i64) {
        store.claim(2);
        store.claim(3);
        store.claim(3);
        let missing = Reject::from_status(404);
        let (there, then) = ("http://h/there".to_owned(), "then".to_owned());
        store.reject(3, &missing, Some(there), Some(then));
        store.hand_out(label, 2).unwrap();
        store.claim(4);
        store.hand_out(label, 3).unwrap();
        store.settle(label, 3, 4);
    }

    #[test]
    fn what_is_committed_is_told_alike_before_and_after_it_is_moved_and_by_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        let (mut store, label) = self::store(&path, 5);
        change(&mut store, label);
        let expected = [
            (0, 0, "open".to_owned()),
            (1, 1, "open".to_owned()),
            (2, 2, "not-found status 404".to_owned()),
            (4, 0, "open".to_owned()),
        ];
        let provenance = |store: &Store| {
            let found = store.provenance(label, 2).unwrap();
            (found.tries, found.final_url, found.fetched_at)
        };
        let where_to = (
            2,
            Some("http://h/there".to_owned()),
            Some("then".to_owned()),
        );
        assert_eq!(told(&store, label), expected);
        assert_eq!(provenance(&store), where_to);
        store.commit().unwrap();
        assert_eq!(told(&store, label), expected, "in the journal");
        drop(store);
        let mut store = Store::open(&path).unwrap();
        assert!(store.journal.downloads.is_empty(), "moved by the opening");
        assert_eq!(told(&store, label), expected, "in its place");
        assert_eq!(provenance(&store), where_to);
        let out = store.handed_out().unwrap();
        assert_eq!(out.iter().map(|claim| claim.seq).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn what_was_not_committed_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        let (mut store, label) = self::store(&path, 5);
        store.claim(1);
        store.commit().unwrap();
        change(&mut store, label);
        drop(store);
        let mut store = Store::open(&path).unwrap();
        assert_eq!(told(&store, label).len(), 5);
        assert_eq!(told(&store, label)[0], (0, 1, "open".to_owned()));
        assert!(store.handed_out().unwrap().is_empty());
    }

    #[test]
    fn the_journal_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        let many = 60_000;
        let (mut store, label) = self::store(&path, many);
        for seq in 0..many {
            store.claim(i64::try_from(seq).unwrap() + 1);
            store.hand_out(label, seq).unwrap();
            if seq % 64 == 0 {
                store.commit().unwrap();
            }
            assert!(store.journal.downloads.len() + store.journal.claims.len() <= MOST + 130);
        }
        store.commit().unwrap();
        assert_eq!(store.handed_out().unwrap().len() as u64, many);
        assert!(told(&store, label).iter().all(|told| told.1 == 1));
    }

    #[test]
    fn a_journal_that_is_not_understood_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crawl.db");
        for text in ["nonsense", r#"[{"f":[1,{"r":"unheard-of","d":""}]}]"#] {
            let mut store = Store::open(&path).unwrap();
            store
                .write("INSERT INTO journal(changes) VALUES (?1)", [text])
                .unwrap();
            store.commit().unwrap();
            drop(store);
            let error = Store::open(&path).unwrap_err();
            assert!(matches!(error, CrawlError::Damaged { .. }), "{error}");
            std::fs::remove_file(&path).unwrap();
        }
    }
}
