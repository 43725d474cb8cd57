//! Holding stored pictures to other thresholds.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::picture::{PICTURE_COLUMNS, PICTURE_TABLES, PICTURE_WIDTH, Picture, sql_seq};
use super::{Dataset, Ledger, State};
use crate::error::DatasetError;
use crate::pixels::{Flaw, SampleId};
use crate::store::catalog::Changes;
use crate::store::settings::DatasetSettings;
use crate::thrown::repeated;

/// Reasons for which the likeness to another picture decides, and not a score.
const LIKENESS: [&str; 3] = ["duplicate-bytes", "duplicate-pixels", "near-duplicate"];

/// A stored picture with what was decided about it.
#[derive(Debug)]
struct Decided {
    picture: Picture,
    state: State,
    reason: Option<String>,
    detail: Option<String>,
    group: Option<SampleId>,
}

/// Leaves a mark that pictures are to be decided about by other thresholds, which is durable with the thresholds themselves.
pub(super) fn begin(changes: &Changes<'_>) -> Result<(), DatasetError> {
    changes.sql(|tx| {
        tx.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('regrade', '1')",
            [],
        )
        .map(drop)
    })
}

impl Dataset {
    /// Decides anew what other thresholds bear on, if they have changed and nobody did: kept pictures that do not meet them leave, those
    /// that did not meet the old ones and meet these come back, whatever the goal, and so do copies of pictures that left. Nothing
    /// else changes.
    pub(super) fn finish_regrade(&mut self) -> Result<(), DatasetError> {
        let is_due = self.catalog.sql(|c| {
            c.prepare("SELECT 1 FROM meta WHERE key = 'regrade'")?
                .exists([])
        })?;
        if !is_due {
            return Ok(());
        }
        let labels = self.labels()?;
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        self.ledgers.clear();
        let settings = self.settings.clone();
        self.change(&labels, |connection| {
            for label in &labels {
                regrade(connection, label, &settings)?;
            }
            connection.execute("DELETE FROM meta WHERE key = 'regrade'", [])?;
            Ok(())
        })
        .map(drop)
    }
}

fn regrade(
    connection: &Connection,
    label: &str,
    settings: &DatasetSettings,
) -> rusqlite::Result<()> {
    let decided = read(connection, label)?;
    let mut left: BTreeSet<SampleId> = BTreeSet::new();
    let mut groups: BTreeSet<SampleId> = BTreeSet::new();
    for one in decided.iter().filter(|one| one.state == State::Kept) {
        if let Some(fault) = one.picture.fault(settings) {
            refuse(connection, label, one.picture.seq, &fault)?;
            left.insert(one.picture.id);
            groups.extend(one.group);
        }
    }
    let reinstated = reinstate(connection, label, &decided, &groups, settings)?;
    let again: Vec<u64> = decided
        .iter()
        .filter(|one| one.state == State::Flawed)
        .filter(|one| one.picture.fault(settings).is_none())
        .filter(|one| {
            let reason = one.reason.as_deref().unwrap_or_default();
            let (of, _) = repeated(reason, one.detail.as_deref().unwrap_or_default());
            !LIKENESS.contains(&reason) || of.is_some_and(|of| left.contains(&of))
        })
        .map(|one| one.picture.seq)
        .filter(|seq| !reinstated.contains(seq))
        .collect();
    for seq in &again {
        wait(connection, label, *seq)?;
    }
    let mut ledger = Ledger::load(connection, label)?;
    for seq in again {
        ledger.reconsider(connection, seq, settings)?;
    }
    Ok(())
}

/// In each group that has lost its picture, the last one that was replaced and is no worse than allowed takes its place again.
fn reinstate(
    connection: &Connection,
    label: &str,
    decided: &[Decided],
    groups: &BTreeSet<SampleId>,
    settings: &DatasetSettings,
) -> rusqlite::Result<BTreeSet<u64>> {
    let mut reinstated = BTreeSet::new();
    for group in groups {
        let of_group = || {
            decided
                .iter()
                .filter(|one| one.group.as_ref() == Some(group))
        };
        let is_good = |one: &&Decided| one.picture.fault(settings).is_none();
        if of_group().any(|one| one.state == State::Kept && is_good(&one)) {
            continue;
        }
        let replaced = of_group().filter(|one| one.state == State::Superseded);
        match replaced.clone().rfind(is_good) {
            Some(best) => {
                set(
                    connection,
                    label,
                    best.picture.seq,
                    State::Kept,
                    Some(group),
                )?;
                reinstated.insert(best.picture.seq);
            }
            // A group without a kept picture is none: what is left of it waits to be decided like any other.
            None => {
                for one in replaced {
                    if let Some(fault) = one.picture.fault(settings) {
                        refuse(connection, label, one.picture.seq, &fault)?;
                    }
                }
            }
        }
    }
    Ok(reinstated)
}

/// The stored pictures of a label about which something was decided, in candidate order.
fn read(connection: &Connection, label: &str) -> rusqlite::Result<Vec<Decided>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {PICTURE_COLUMNS}, c.state, c.reason, c.detail, c.group_id FROM {PICTURE_TABLES}
         WHERE c.label = ?1 AND c.state IN ('kept', 'superseded', 'flawed') ORDER BY c.seq"
    ))?;
    statement
        .query_map([label], |row| {
            let state: String = row.get(PICTURE_WIDTH)?;
            let group: Option<String> = row.get(PICTURE_WIDTH + 3)?;
            Ok(Decided {
                picture: Picture::read(row)?,
                state: State::from_name(&state).ok_or(rusqlite::Error::InvalidQuery)?,
                reason: row.get(PICTURE_WIDTH + 1)?,
                detail: row.get(PICTURE_WIDTH + 2)?,
                group: group.and_then(|group| group.parse().ok()),
            })
        })?
        .collect()
}

fn refuse(connection: &Connection, label: &str, seq: u64, fault: &Flaw) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE candidates SET state = 'flawed', reason = ?3, detail = ?4, group_id = NULL
             WHERE label = ?1 AND seq = ?2",
        )?
        .execute(params![label, sql_seq(seq), fault.code(), fault.detail()])
        .map(drop)
}

fn wait(connection: &Connection, label: &str, seq: u64) -> rusqlite::Result<()> {
    set(connection, label, seq, State::Pending, None)
}

fn set(
    connection: &Connection,
    label: &str,
    seq: u64,
    state: State,
    group: Option<&SampleId>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE candidates SET state = ?3, reason = NULL, detail = NULL, group_id = ?4
             WHERE label = ?1 AND seq = ?2",
        )?
        .execute(params![
            label,
            sql_seq(seq),
            state.as_str(),
            group.map(ToString::to_string)
        ])
        .map(drop)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::stand_in::good;
    use super::*;
    use crate::quality::Thresholds;
    use crate::records::{Arrival, Intake, Outcome};
    use crate::verify::verify;

    fn settings(dark: f32) -> DatasetSettings {
        DatasetSettings {
            quality: Thresholds {
                dark,
                ..Thresholds::off()
            },
            ..DatasetSettings::default()
        }
    }

    /// A picture of a scene whose brightest percent has this brightness.
    fn lit(seq: u64, scene: u64, side: u32, brightest: f32) -> Arrival {
        let mut arrival = good("owl", seq, scene, side);
        let Outcome::Prepared(sample) = &mut arrival.outcome else {
            unreachable!("a stand-in is prepared")
        };
        sample.scores.brightest = brightest;
        arrival
    }

    fn states(dataset: &Dataset) -> Vec<(State, String)> {
        let candidates = dataset
            .catalog
            .sql(crate::publish::Candidate::read_all)
            .unwrap();
        candidates
            .into_iter()
            .map(|c| (c.state, c.reason.unwrap_or_default()))
            .collect()
    }

    fn kept(dataset: &Dataset) -> Vec<usize> {
        let states = states(dataset).into_iter().enumerate();
        states
            .filter(|(_, (state, _))| *state == State::Kept)
            .map(|(seq, _)| seq)
            .collect()
    }

    fn create(root: &Path, dark: f32) -> Dataset {
        let mut dataset = Dataset::create(root, &settings(dark)).unwrap();
        let intake = Intake {
            label: "owl".to_owned(),
            goal: Some(4),
            from_seq: 0,
        };
        dataset.begin(&[intake]).unwrap();
        dataset
    }

    #[test]
    fn thresholds_hold_for_what_is_stored_and_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = create(folder.path(), 0.2);
        let lights = [0.9, 0.1, 0.5, 0.3, 0.15, 0.9, 0.9];
        let batch = (0..7).map(|n| lit(n, n, 100, lights[usize::try_from(n).unwrap()]));
        dataset.commit(batch.collect()).unwrap();
        assert_eq!(kept(&dataset), [0, 2, 3, 5]);
        assert_eq!(states(&dataset)[1], (State::Flawed, "dark".to_owned()));
        assert_eq!(states(&dataset)[6].0, State::Surplus);
        // Stricter: two leave, and one beyond the goal takes a place at the next begin.
        dataset.adopt(&settings(0.6)).unwrap();
        assert_eq!(kept(&dataset), [0, 5]);
        // Milder: everything that passes is there, beyond the goal too.
        dataset.adopt(&settings(0.12)).unwrap();
        assert_eq!(kept(&dataset), [0, 2, 3, 4, 5]);
        dataset.adopt(&settings(0.0)).unwrap();
        assert_eq!(kept(&dataset), [0, 1, 2, 3, 4, 5]);
        drop(dataset);
        let verified = verify(folder.path(), false).unwrap();
        assert!(verified.is_sound(), "{:?}", verified.problems);
    }

    #[test]
    fn a_copy_comes_back_when_the_picture_that_replaced_it_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = create(folder.path(), 0.0);
        // A larger and darker copy of the first; a smaller one of the third.
        let batch = vec![
            lit(0, 0, 100, 0.9),
            lit(1, 0, 200, 0.3),
            lit(2, 1, 100, 0.3),
            lit(3, 1, 80, 0.9),
        ];
        dataset.commit(batch).unwrap();
        assert_eq!(kept(&dataset), [1, 2]);
        dataset.adopt(&settings(0.5)).unwrap();
        assert_eq!(kept(&dataset), [0, 3]);
        dataset.adopt(&settings(0.0)).unwrap();
        // What takes over again is the larger copy; the third repeats what took its place, and is larger.
        assert_eq!(kept(&dataset), [1, 2]);
        drop(dataset);
        let verified = verify(folder.path(), false).unwrap();
        assert!(verified.is_sound(), "{:?}", verified.problems);
    }

    #[test]
    fn what_a_person_took_back_or_chose_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = create(folder.path(), 0.2);
        let mut chosen = lit(1, 1, 100, 0.1);
        chosen.claims[0].provenance.engine = "folder:/pictures".to_owned();
        dataset.commit(vec![lit(0, 0, 100, 0.1), chosen]).unwrap();
        assert_eq!(kept(&dataset), [1]);
        let id = super::super::stand_in::sample(0, 100).id;
        dataset.restore(&[id], None).unwrap();
        dataset.adopt(&settings(0.9)).unwrap();
        assert_eq!(kept(&dataset), [0, 1]);
        let judged = DatasetSettings {
            judge_folders: true,
            ..settings(0.9)
        };
        dataset.adopt(&judged).unwrap();
        assert_eq!(kept(&dataset), [0]);
    }
}
