//! Checksums of the catalog's small tables, by which `verify` tells what was written from what damage or another hand has made of it.
//!
//! A database's own check finds broken pages, not a changed value. What is in the large tables stands in snapshots as well; settings,
//! labels, disputes and the record of snapshots change without one, so whoever writes them seals them in the same transaction.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};

/// Something that is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sealed {
    /// The tables as they were made.
    Schema,
    /// Settings, and the terms of the crawls.
    Settings,
    /// Order, goal and intake of each label.
    Labels,
    /// The split of each group and picture.
    Splits,
    /// What publication left out or held back.
    Conflicts,
    /// The record of snapshots.
    Snapshots,
}

impl Sealed {
    /// All that is sealed.
    const ALL: [Self; 6] = [
        Self::Schema,
        Self::Settings,
        Self::Labels,
        Self::Splits,
        Self::Conflicts,
        Self::Snapshots,
    ];

    /// As a person calls it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "layout of tables",
            Self::Settings => "settings",
            Self::Labels => "list of names",
            Self::Splits => "record of splits",
            Self::Conflicts => "record of disputed pictures",
            Self::Snapshots => "record of snapshots",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Schema => "seal schema",
            Self::Settings => "seal settings",
            Self::Labels => "seal labels",
            Self::Splits => "seal splits",
            Self::Conflicts => "seal conflicts",
            Self::Snapshots => "seal snapshots",
        }
    }

    /// Reads its rows, in an order that does not depend on how they came.
    fn query(self) -> &'static str {
        match self {
            // An index is made when it is first needed.
            Self::Schema => {
                "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name"
            }
            Self::Settings => {
                "SELECT key, value FROM meta WHERE key IN ('settings', 'terms') ORDER BY key"
            }
            Self::Labels => {
                "SELECT label, place, listed, goal, from_seq FROM labels ORDER BY label"
            }
            Self::Splits => "SELECT label, group_id, split FROM splits ORDER BY label, group_id",
            Self::Conflicts => {
                "SELECT label, seq, kind, other_label, other_sample, distance FROM conflicts ORDER BY label, seq"
            }
            Self::Snapshots => "SELECT number, id, file, created FROM snapshots ORDER BY number",
        }
    }

    /// Seals what is there now; to be called by whoever has changed it, before that becomes visible.
    pub(crate) fn seal(self, connection: &Connection) -> rusqlite::Result<()> {
        let sum = self.sum(connection)?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
            .execute([self.key(), &sum])
            .map(drop)
    }

    /// Seals everything, as for tables that were just made.
    pub(crate) fn seal_all(connection: &Connection) -> rusqlite::Result<()> {
        Self::ALL.iter().try_for_each(|one| one.seal(connection))
    }

    /// What is not as it was sealed.
    pub(crate) fn broken(connection: &Connection) -> rusqlite::Result<Vec<Self>> {
        // A crawl may be at work meanwhile, whose changes and seals belong together.
        let whole = connection.unchecked_transaction()?;
        let mut broken = Vec::new();
        for one in Self::ALL {
            let sealed: Option<String> = whole
                .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
                .query_row([one.key()], |row| row.get(0))
                .optional()?;
            if sealed != Some(one.sum(&whole)?) {
                broken.push(one);
            }
        }
        Ok(broken)
    }

    fn sum(self, connection: &Connection) -> rusqlite::Result<String> {
        let mut hasher = blake3::Hasher::new();
        let mut statement = connection.prepare_cached(self.query())?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                let number;
                let (kind, bytes): (u8, &[u8]) = match row.get_ref(column)? {
                    ValueRef::Null => (0, &[]),
                    ValueRef::Integer(value) => {
                        number = value.to_le_bytes();
                        (1, &number)
                    }
                    ValueRef::Real(value) => {
                        number = value.to_le_bytes();
                        (2, &number)
                    }
                    ValueRef::Text(bytes) => (3, bytes),
                    ValueRef::Blob(bytes) => (4, bytes),
                };
                hasher.update(&[kind]);
                hasher.update(&(bytes.len() as u64).to_le_bytes());
                hasher.update(bytes);
            }
        }
        Ok(hasher.finalize().to_hex()[..32].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::TABLES;

    fn tables() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLES).unwrap();
        connection
    }

    #[test]
    fn every_change_breaks_the_seal_of_what_it_changed() {
        let rows = "INSERT INTO meta VALUES ('settings', '{}');
            INSERT INTO labels VALUES ('owl', 0, 1, NULL, 0);
            INSERT INTO splits VALUES ('owl', 'g', 'train');
            INSERT INTO conflicts VALUES ('owl', 0, 'shared', 'crow', 'x', 3);
            INSERT INTO snapshots VALUES (1, 'i', 'f', 'c')";
        for (change, broken) in [
            (
                "UPDATE meta SET value = '{1}' WHERE key = 'settings'",
                Sealed::Settings,
            ),
            ("INSERT INTO meta VALUES ('terms', '{}')", Sealed::Settings),
            ("UPDATE labels SET goal = 0", Sealed::Labels),
            (
                "INSERT INTO splits VALUES ('owl', 'h', 'test')",
                Sealed::Splits,
            ),
            ("DELETE FROM conflicts", Sealed::Conflicts),
            ("UPDATE snapshots SET created = 'd'", Sealed::Snapshots),
            (
                "ALTER TABLE conflicts RENAME COLUMN kind TO kine",
                Sealed::Schema,
            ),
            ("DELETE FROM meta WHERE key = 'seal labels'", Sealed::Labels),
        ] {
            let connection = tables();
            connection.execute_batch(rows).unwrap();
            Sealed::seal_all(&connection).unwrap();
            assert_eq!(Sealed::broken(&connection).unwrap(), []);
            connection.execute_batch(change).unwrap();
            let found = Sealed::broken(&connection);
            // A table whose column has another name cannot be summed up either.
            assert!(found.is_err() || found.unwrap() == [broken], "{change}");
        }
    }

    #[test]
    fn the_order_in_which_rows_came_does_not_matter() {
        let (one, other) = (tables(), tables());
        let rows = [
            "INSERT INTO labels VALUES ('a', 0, 1, 3, 0)",
            "INSERT INTO labels VALUES ('b', 1, 1, 3, 0)",
        ];
        for (row, turned) in rows.iter().zip(rows.iter().rev()) {
            one.execute_batch(row).unwrap();
            other.execute_batch(turned).unwrap();
        }
        assert_eq!(
            Sealed::Labels.sum(&one).unwrap(),
            Sealed::Labels.sum(&other).unwrap()
        );
    }
}
