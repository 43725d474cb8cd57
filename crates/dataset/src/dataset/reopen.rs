//! Taking rejected downloads back, so that they can come again with another outcome.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::Dataset;
use super::picture::sql_seq;
use crate::error::DatasetError;

/// Finds the candidates of a download; made when it is first needed, since nothing else asks so.
const BY_DOWNLOAD: &str =
    "CREATE INDEX IF NOT EXISTS candidates_by_download ON candidates (download)";

impl Dataset {
    /// Forgets downloads that were rejected, with every label's candidate of them, as if they had never arrived; other URLs are left
    /// alone. Returns how many there were.
    ///
    /// What was decided after the first gap that a label gets by this is decided anew, since it hangs on what will fill it: pictures
    /// from there on wait, and those before it are what they were then. Places before the `from_seq` of the last
    /// [`Dataset::begin`] are not decided, so a gap among them changes nothing. Call [`Dataset::begin`] again to hear where the
    /// labels stand.
    ///
    /// # Errors
    /// A failure of the catalog; nothing is changed then.
    pub fn reopen(&mut self, urls: &[String]) -> Result<u64, DatasetError> {
        self.index_downloads()?;
        let rejected = self.catalog.sql(|c| rejected(c, urls))?;
        if rejected.is_empty() {
            return Ok(0);
        }
        let mut gaps: BTreeMap<String, u64> = BTreeMap::new();
        for download in &rejected {
            for (label, seq) in self.catalog.sql(|c| decided_places(c, *download))? {
                let first = gaps.entry(label).or_insert(seq);
                *first = seq.min(*first);
            }
        }
        for label in gaps.keys() {
            self.ledgers.remove(label);
        }
        let labels: Vec<&str> = gaps.keys().map(String::as_str).collect();
        self.change(&labels, |connection| {
            for download in &rejected {
                for delete in [
                    "DELETE FROM candidates WHERE download = ?1",
                    "DELETE FROM downloads WHERE id = ?1",
                ] {
                    connection.prepare_cached(delete)?.execute([download])?;
                }
            }
            for (label, gap) in &gaps {
                undo_decisions(connection, label, *gap)?;
            }
            Ok(())
        })?;
        Ok(rejected.len() as u64)
    }

    fn index_downloads(&mut self) -> Result<(), DatasetError> {
        let has_index: bool = self.catalog.sql(|c| {
            c.prepare_cached("SELECT 1 FROM sqlite_schema WHERE name = 'candidates_by_download'")?
                .exists([])
        })?;
        if !has_index {
            let changes = self.catalog.begin()?;
            changes.sql(|c| c.execute_batch(BY_DOWNLOAD))?;
            changes.commit()?;
        }
        Ok(())
    }
}

/// The downloads of these URLs that were rejected.
fn rejected(connection: &Connection, urls: &[String]) -> rusqlite::Result<Vec<i64>> {
    let mut find = connection
        .prepare_cached("SELECT id FROM downloads WHERE url = ?1 AND kind = 'rejected'")?;
    let mut found = Vec::new();
    for url in urls {
        found.extend(
            find.query_row([url], |row| row.get::<_, i64>(0))
                .optional()?,
        );
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Where labels have this download, as far as that place is one they decide.
fn decided_places(connection: &Connection, download: i64) -> rusqlite::Result<Vec<(String, u64)>> {
    connection
        .prepare_cached(
            "SELECT c.label, c.seq FROM candidates c JOIN labels l ON l.label = c.label
             WHERE c.download = ?1 AND c.seq >= l.from_seq",
        )?
        .query_map([download], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?
        .collect()
}

/// Makes every picture of a label from a place on wait again, and the head of each group what it was before that place.
fn undo_decisions(connection: &Connection, label: &str, gap: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE candidates SET state = 'pending', reason = NULL, detail = NULL, group_id = NULL
             WHERE label = ?1 AND seq >= ?2 AND state IN ('kept', 'superseded', 'flawed', 'surplus')
                AND (SELECT kind FROM downloads d WHERE d.id = candidates.download) = 'prepared'",
        )?
        .execute(params![label, sql_seq(gap)])?;
    // A larger copy takes over from the head of its group, so the last to do so before the gap was the head there.
    connection
        .prepare_cached(
            "UPDATE candidates SET state = 'kept', reason = NULL, detail = NULL
             WHERE label = ?1 AND state = 'superseded' AND NOT EXISTS (
                SELECT 1 FROM candidates o
                WHERE o.label = ?1 AND o.state = 'kept' AND NOT o.restored AND o.group_id = candidates.group_id)
             AND seq = (
                SELECT max(o.seq) FROM candidates o
                WHERE o.label = ?1 AND o.state IN ('kept', 'superseded') AND NOT o.restored
                    AND o.group_id = candidates.group_id)",
        )?
        .execute([label])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::State;
    use super::super::stand_in::{arrival, good};
    use super::*;
    use crate::pixels::Flaw;
    use crate::records::{Arrival, Claim, Intake, Outcome, Provenance, Vouched};
    use crate::store::settings::DatasetSettings;
    use crate::verify::verify;

    fn create(root: &Path) -> Dataset {
        Dataset::create(root, &DatasetSettings::default()).unwrap()
    }

    fn intake(label: &str, goal: Option<u32>, from_seq: u64) -> Intake {
        Intake {
            label: label.to_owned(),
            goal,
            from_seq,
        }
    }

    fn failed(label: &str, seq: u64) -> Arrival {
        arrival(
            label,
            seq,
            Outcome::Rejected {
                reason: "timeout-idle".into(),
                detail: "no headers".into(),
            },
        )
    }

    /// Every candidate of a label with its state, reason, sample and group.
    fn states(dataset: &Dataset, label: &str) -> Vec<String> {
        let all = dataset
            .catalog
            .sql(crate::publish::Candidate::read_all)
            .unwrap();
        let of_label = all.iter().filter(|candidate| candidate.label == label);
        of_label
            .map(|c| {
                let sample = c.sample.as_ref().map(|sample| sample.id);
                format!(
                    "{} {:?} {:?} {:?} {sample:?} {:?}",
                    c.seq, c.state, c.reason, c.detail, c.group
                )
            })
            .collect()
    }

    fn count(states: &[String], state: State) -> usize {
        let state = format!(" {state:?} ");
        states.iter().filter(|line| line.contains(&state)).count()
    }

    /// Candidates with repeats, larger copies and flaws among them.
    fn candidate(seq: u64) -> Arrival {
        // Small primes make kinds, scenes and sizes differ in step with none of the others.
        match seq * 7 % 11 {
            0 => arrival("owl", seq, Outcome::Flawed(Flaw::Truncated)),
            _ => good(
                "owl",
                seq,
                seq * 5 % 13,
                100 + u32::try_from(seq * 3 % 7).unwrap() * 25,
            ),
        }
    }

    #[test]
    fn what_failed_and_comes_again_gives_what_an_undisturbed_crawl_gives() {
        for goal in [None, Some(4), Some(9)] {
            let folder = tempfile::tempdir().unwrap();
            let mut calm = create(folder.path());
            calm.begin(&[intake("owl", goal, 0)]).unwrap();
            calm.commit((0..30).map(candidate).collect()).unwrap();
            let expected = states(&calm, "owl");
            for every in [1, 2, 3, 5, 29] {
                let folder = tempfile::tempdir().unwrap();
                let mut dataset = create(folder.path());
                dataset.begin(&[intake("owl", goal, 0)]).unwrap();
                let lost = |seq: u64| seq % every == every / 2;
                let first = (0..30).map(|seq| {
                    if lost(seq) {
                        failed("owl", seq)
                    } else {
                        candidate(seq)
                    }
                });
                dataset.commit(first.collect()).unwrap();
                let urls: Vec<String> = (0..30)
                    .filter(|seq| lost(*seq))
                    .map(|seq| candidate(seq).url)
                    .collect();
                // In two parts, and with one of which nothing is known.
                let (some, rest) = urls.split_at(urls.len() / 2);
                assert_eq!(dataset.reopen(some).unwrap(), some.len() as u64);
                let rest = [rest, &["http://127.0.0.1/never".to_owned()]].concat();
                assert_eq!(dataset.reopen(&rest).unwrap() + 1, rest.len() as u64);
                drop(dataset);
                let mut dataset = Dataset::open(folder.path()).unwrap();
                let standing = dataset.begin(&[intake("owl", goal, 0)]).unwrap();
                let next = standing[0].next_seq;
                assert!(lost(next) || standing[0].remaining == Some(0), "{next}");
                let again = (0..30).rev().filter(|seq| lost(*seq));
                for seq in again {
                    dataset.commit(vec![candidate(seq)]).unwrap();
                }
                assert_eq!(states(&dataset, "owl"), expected, "{goal:?} {every}");
                drop(dataset);
                let verified = verify(folder.path(), false).unwrap();
                assert!(verified.is_sound(), "{:?}", verified.problems);
            }
        }
    }

    #[test]
    fn a_failure_that_fails_again_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = create(folder.path());
        dataset.begin(&[intake("owl", Some(5), 0)]).unwrap();
        let all = |seq| {
            if seq % 4 == 1 {
                failed("owl", seq)
            } else {
                candidate(seq)
            }
        };
        dataset.commit((0..20).map(all).collect()).unwrap();
        let before = states(&dataset, "owl");
        let urls: Vec<String> = (0..20).map(|seq| candidate(seq).url).collect();
        assert_eq!(
            dataset.reopen(&urls).unwrap(),
            5,
            "the others are no failures"
        );
        assert!(count(&states(&dataset, "owl"), State::Pending) > 0);
        let again = (0..20).filter(|seq| seq % 4 == 1);
        let progress = dataset
            .commit(again.map(|seq| failed("owl", seq)).collect())
            .unwrap();
        assert_eq!(progress[0].remaining, Some(0));
        assert_eq!(states(&dataset, "owl"), before);
        assert_eq!(dataset.reopen(&[]).unwrap(), 0);
    }

    #[test]
    fn a_picture_whose_larger_copy_waits_again_is_kept_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = create(folder.path());
        let batch = vec![
            good("owl", 0, 1, 100),
            good("owl", 1, 1, 150),
            failed("owl", 2),
            good("owl", 3, 1, 200),
        ];
        dataset.commit(batch).unwrap();
        let url = candidate(2).url;
        dataset.reopen(&[url]).unwrap();
        let states = states(&dataset, "owl");
        assert!(
            states[0].contains("Superseded") && states[1].contains(" Kept None"),
            "{states:?}"
        );
        assert!(states[2].starts_with("3 Pending None"), "{states:?}");
        assert_eq!(dataset.commit(vec![failed("owl", 2)]).unwrap()[0].kept, 1);
    }

    #[test]
    fn every_label_of_a_url_forgets_it_and_places_that_are_not_decided_are_left() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = create(folder.path());
        let mut shared = failed("owl", 1);
        shared.claims.push(Claim {
            label: "bird".into(),
            seq: 0,
            provenance: Provenance::default(),
            vouched: Vouched::Nobody,
        });
        let url = shared.url.clone();
        let batch = vec![
            good("owl", 0, 0, 100),
            shared,
            good("owl", 2, 2, 100),
            good("bird", 1, 1, 100),
            good("bird", 2, 2, 100),
        ];
        dataset.commit(batch).unwrap();
        dataset
            .begin(&[intake("owl", None, 0), intake("bird", None, 3)])
            .unwrap();
        assert_eq!(dataset.reopen(std::slice::from_ref(&url)).unwrap(), 1);
        assert!(!dataset.knows_url(&url).unwrap());
        let bird = states(&dataset, "bird");
        assert_eq!((bird.len(), count(&bird, State::Kept)), (2, 2), "{bird:?}");
        let owl = states(&dataset, "owl");
        assert_eq!(
            (count(&owl, State::Kept), count(&owl, State::Pending)),
            (1, 1)
        );
        let mut again = good("owl", 1, 1, 100);
        again.url.clone_from(&url);
        let progress = dataset.commit(vec![again]).unwrap();
        assert_eq!((progress[0].kept, progress[0].next_seq), (3, 3));
        drop(dataset);
        let verified = verify(folder.path(), false).unwrap();
        assert!(verified.is_sound(), "{:?}", verified.problems);
    }
}
