//! Acceptance: decides the candidates of one label strictly in their order.
//!
//! Whatever the order and the batches in which downloads arrive, a candidate waits until all before it are decided, so the
//! outcome is a function of the order alone. What it was decided against is the set of kept and superseded samples
//! before it.

use rusqlite::{Connection, params};

use super::State;
use super::picture::{
    PICTURE_COLUMNS, PICTURE_TABLES, PICTURE_WIDTH, Picture, read_thumbnail, sql_seq, unreadable,
};
use crate::dedup::{Entries, Entry};
use crate::pixels::{Flaw, SampleId};
use crate::records::{Progress, Vouched};
use crate::store::settings::DatasetSettings;

/// What is decided about one candidate.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It is kept, in this group; a new picture founds its own.
    Keep { group: SampleId },
    /// A better copy, which takes the place of the group's kept entry.
    Replace {
        old: u64,
        is_larger: bool,
        group: SampleId,
    },
    /// A copy that is not needed, or a picture that is no good.
    Refuse(Flaw),
}

/// The state of one label, kept in memory beside the catalog.
#[derive(Debug)]
pub(crate) struct Ledger {
    label: String,
    goal: Option<u32>,
    next_seq: u64,
    kept: u32,
    entries: Entries,
}

impl Ledger {
    /// Reads a label from the catalog; one that was never begun has no goal and starts at place 0.
    pub(crate) fn load(connection: &Connection, label: &str) -> rusqlite::Result<Self> {
        let (goal, from_seq) = connection.query_row(
            "SELECT goal, from_seq FROM labels WHERE label = ?1",
            [label],
            |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)),
        )?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {PICTURE_COLUMNS}, c.group_id, c.state FROM {PICTURE_TABLES}
             WHERE c.label = ?1 AND c.state IN ('kept', 'superseded') ORDER BY c.seq"
        ))?;
        let mut entries = Entries::default();
        let mut kept = 0;
        let read = statement.query_map([label], |row| {
            let group: String = row.get(PICTURE_WIDTH)?;
            let state: String = row.get(PICTURE_WIDTH + 1)?;
            Ok(Entry {
                picture: Picture::read(row)?,
                group: group.parse().map_err(|e| unreadable(PICTURE_WIDTH, e))?,
                kept: state == State::Kept.as_str(),
            })
        })?;
        for entry in read {
            let entry = entry?;
            kept += u32::from(entry.kept);
            entries.push(entry);
        }
        let mut ledger = Self {
            label: label.to_owned(),
            goal,
            next_seq: from_seq.unsigned_abs(),
            kept,
            entries,
        };
        ledger.skip_decided(connection)?;
        Ok(ledger)
    }

    fn skip_decided(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "SELECT seq FROM candidates WHERE label = ?1 AND seq >= ?2 AND state <> 'pending' ORDER BY seq",
        )?;
        let mut rows = statement.query(params![self.label, sql_seq(self.next_seq)])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>(0)? != sql_seq(self.next_seq) {
                break;
            }
            self.next_seq += 1;
        }
        Ok(())
    }

    /// Decides every candidate that has all before it decided.
    pub(crate) fn decide(
        &mut self,
        connection: &Connection,
        settings: &DatasetSettings,
    ) -> rusqlite::Result<()> {
        loop {
            if self.wants_no_more() {
                // Nothing before them can change it: what comes after the goal is surplus, so none need wait.
                connection
                    .prepare_cached(
                        "UPDATE candidates SET state = 'surplus' WHERE label = ?1 AND seq >= ?2 AND state = 'pending'",
                    )?
                    .execute(params![self.label, sql_seq(self.next_seq)])?;
            }
            self.skip_decided(connection)?;
            let Some(picture) = self.pending(connection, self.next_seq)? else {
                return Ok(());
            };
            self.settle(connection, picture, settings)?;
        }
    }

    /// Decides about one picture out of turn, whatever the goal; it must be pending.
    pub(crate) fn reconsider(
        &mut self,
        connection: &Connection,
        seq: u64,
        settings: &DatasetSettings,
    ) -> rusqlite::Result<()> {
        match self.pending(connection, seq)? {
            Some(picture) => self.settle(connection, picture, settings),
            None => Ok(()),
        }
    }

    fn wants_no_more(&self) -> bool {
        self.goal.is_some_and(|goal| self.kept >= goal)
    }

    fn pending(&self, connection: &Connection, seq: u64) -> rusqlite::Result<Option<Picture>> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {PICTURE_COLUMNS} FROM {PICTURE_TABLES} WHERE c.label = ?1 AND c.seq = ?2 AND c.state = 'pending'"
        ))?;
        let mut rows = statement.query_map(params![self.label, sql_seq(seq)], Picture::read)?;
        rows.next().transpose()
    }

    fn settle(
        &mut self,
        connection: &Connection,
        picture: Picture,
        settings: &DatasetSettings,
    ) -> rusqlite::Result<()> {
        let seq = picture.seq;
        match self.judge(connection, &picture, settings)? {
            Verdict::Keep { group } => {
                self.write(connection, seq, State::Kept, None, Some(group))?;
                self.kept += 1;
                self.entries.push(Entry {
                    group,
                    picture,
                    kept: true,
                });
            }
            Verdict::Replace {
                old,
                is_larger,
                group,
            } => {
                let code = if is_larger {
                    "larger-copy"
                } else {
                    "less-compressed-copy"
                };
                let by = (code, format!("replaced by {}", picture.id));
                self.write(connection, old, State::Superseded, Some(&by), Some(group))?;
                self.write(connection, seq, State::Kept, None, Some(group))?;
                self.entries.supersede(old);
                self.entries.push(Entry {
                    group,
                    picture,
                    kept: true,
                });
            }
            Verdict::Refuse(flaw) => {
                self.write(
                    connection,
                    seq,
                    State::Flawed,
                    Some(&(flaw.code(), flaw.detail())),
                    None,
                )?;
            }
        }
        Ok(())
    }

    /// Decides about a picture.
    ///
    /// Copies of one picture are held together by the first that came: a better copy takes over only while it repeats that one too, so
    /// that a chain of small changes, such as the frames of a film, does not swallow a name.
    fn judge(
        &mut self,
        connection: &Connection,
        picture: &Picture,
        settings: &DatasetSettings,
    ) -> rusqlite::Result<Verdict> {
        if let Some(fault) = picture.fault(settings) {
            return Ok(Verdict::Refuse(fault));
        }
        let thumbnail = |id: &SampleId| read_thumbnail(connection, id);
        self.entries.probe(picture, settings, thumbnail)?;
        let matches = self.entries.repeated_by(picture, settings, thumbnail)?;
        let group = matches.first().map_or(picture.id, |(entry, _)| entry.group);
        if picture.vouched.is_beside_others() {
            // A person or the dataset it comes from says that it belongs beside its copies; it lies in their split.
            return Ok(Verdict::Keep { group });
        }
        // A copy that a person put beside this picture does not cost it its place when it is decided about once more, and later.
        let stands_in_its_way = |(entry, _): &&(&Entry, Flaw)| {
            entry.picture.vouched != Vouched::Person || entry.group != picture.id
        };
        let Some((_, flaw)) = matches.iter().find(stands_in_its_way) else {
            return Ok(Verdict::Keep { group });
        };
        // A picture between two groups would, if kept, lie near a kept one of the other group, maybe in another split.
        let is_of_one_group = matches.iter().all(|(entry, _)| entry.group == group);
        let repeats_founder = matches.iter().any(|(entry, _)| entry.picture.id == group);
        Ok(match self.entries.head(group) {
            Some(head)
                if is_of_one_group && repeats_founder && picture.is_better_than(&head.picture) =>
            {
                Verdict::Replace {
                    old: head.picture.seq,
                    is_larger: head.picture.area < picture.area,
                    group,
                }
            }
            _ => Verdict::Refuse(flaw.clone()),
        })
    }

    fn write(
        &self,
        connection: &Connection,
        seq: u64,
        state: State,
        why: Option<&(&str, String)>,
        group: Option<SampleId>,
    ) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "UPDATE candidates SET state = ?3, reason = ?4, detail = ?5, group_id = ?6 WHERE label = ?1 AND seq = ?2",
            )?
            .execute(params![
                self.label,
                sql_seq(seq),
                state.as_str(),
                why.map(|why| why.0),
                why.map(|why| &why.1),
                group.map(|group| group.to_string()),
            ])
            .map(drop)
    }

    /// How many pictures it has probes of in memory.
    pub(crate) fn probed(&self) -> usize {
        self.entries.probed()
    }

    /// Drops them, to be made again when the label goes on.
    pub(crate) fn forget_probes(&mut self) {
        self.entries.forget_probes();
    }

    /// Where the label stands.
    pub(crate) fn progress(&self, connection: &Connection) -> rusqlite::Result<Progress> {
        let pending = connection
            .prepare_cached(
                "SELECT count(*) FROM candidates WHERE label = ?1 AND state = 'pending'",
            )?
            .query_row([&self.label], |row| row.get(0))?;
        Ok(Progress {
            label: self.label.clone(),
            kept: self.kept,
            next_seq: self.next_seq,
            pending,
            remaining: self.goal.map(|goal| goal.saturating_sub(self.kept)),
        })
    }
}
