//! The catalog by itself: its structure, its seals, and whether its rows fit each other.

use rusqlite::Connection;

use super::Verification;
use crate::error::{DatasetError, rebuild};
use crate::pixels::Colour;
use crate::store::catalog::Catalog;
use crate::store::seal::Sealed;

/// The database's own structure; false when its content cannot be trusted.
pub(super) fn catalog(catalog: &Catalog, found: &mut Verification) -> bool {
    let complaints = match catalog.complaints("integrity_check") {
        Ok(complaints) => complaints,
        Err(error) => {
            found.complain_of(&error);
            return false;
        }
    };
    for complaint in &complaints {
        found.complain(
            catalog.path(),
            format!("{complaint}; {}", rebuild(&found.root)),
        );
    }
    for check in [|c: &Catalog| c.settings().map(drop), unreadable_tables] {
        if let Err(error) = check(catalog) {
            found.complain_of(&error);
            return false;
        }
    }
    complaints.is_empty()
}

/// Reads a row of every table, and every column that the program asks for: what is wrong with the layout itself is otherwise met by whoever
/// needs that table first.
pub(super) fn unreadable_tables(catalog: &Catalog) -> Result<(), DatasetError> {
    let tables: Vec<String> = catalog.sql(|c| {
        c.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?
            .query_map([], |row| row.get(0))?
            .collect()
    })?;
    for table in tables {
        let query = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
        catalog.sql(|c| c.query_row(&query, [], |row| row.get::<_, i64>(0)))?;
    }
    catalog.sql(Sealed::broken).map(drop)
}

/// What is not as it was sealed, but for disputes, which every publication writes down anew.
pub(super) fn broken_seals(catalog: &Catalog) -> Result<Vec<Sealed>, DatasetError> {
    let mut broken = catalog.sql(Sealed::broken)?;
    broken.retain(|one| *one != Sealed::Conflicts);
    Ok(broken)
}

/// The small tables are what was written last.
pub(super) fn sealed(catalog: &Catalog, found: &mut Verification) {
    match catalog.sql(Sealed::broken) {
        Ok(broken) => {
            for one in broken {
                let remedy = match one {
                    Sealed::Conflicts => {
                        format!("`trawl snapshot {}` writes it anew", found.root.display())
                    }
                    _ => rebuild(&found.root),
                };
                let what = format!("its {} is not what was written; {remedy}", one.as_str());
                found.complain(catalog.path(), what);
            }
        }
        Err(error) => found.complain_of(&error),
    }
}

/// Each candidate in one state that fits its download, references whole, kept ones counted once a group.
pub(super) fn tally(catalog: &Catalog, found: &mut Verification) {
    let queries = [
        (
            "candidates whose state does not fit their download",
            "SELECT count(*) FROM candidates c JOIN downloads d ON d.id = c.download
             WHERE (c.state = 'rejected') <> (d.kind = 'rejected')
                OR (c.state IN ('pending', 'kept', 'superseded', 'surplus') AND d.kind <> 'prepared')",
        ),
        (
            "candidates without a download or a label",
            "SELECT count(*) FROM candidates c WHERE NOT EXISTS (SELECT 1 FROM downloads d WHERE d.id = c.download)
                OR NOT EXISTS (SELECT 1 FROM labels l WHERE l.label = c.label)",
        ),
        (
            "downloads without their sample",
            "SELECT count(*) FROM downloads d WHERE d.kind = 'prepared'
                AND NOT EXISTS (SELECT 1 FROM samples s WHERE s.id = d.sample)",
        ),
        (
            "groups without one kept picture, or with several that nobody took back",
            "SELECT count(*) FROM (SELECT 1 FROM candidates WHERE state IN ('kept', 'superseded')
                GROUP BY label, group_id
                HAVING sum(state = 'kept') < 1 OR sum(state = 'kept' AND NOT restored) > 1)",
        ),
        (
            "groups that no picture of their name has founded",
            "SELECT count(*) FROM (SELECT label, group_id FROM candidates WHERE group_id IS NOT NULL
                EXCEPT SELECT c.label, d.sample FROM candidates c JOIN downloads d ON d.id = c.download)",
        ),
        (
            "splits of pictures that their name does not have",
            "SELECT count(*) FROM (SELECT label, group_id FROM splits
                EXCEPT SELECT c.label, d.sample FROM candidates c JOIN downloads d ON d.id = c.download)",
        ),
        (
            "candidates in no known state",
            "SELECT count(*) FROM candidates WHERE state NOT IN
                ('pending', 'kept', 'superseded', 'rejected', 'flawed', 'surplus', 'forgotten')",
        ),
    ];
    let total = catalog.sql(|c| {
        c.query_row("SELECT count(*) FROM candidates", [], |row| {
            row.get::<_, i64>(0)
        })
    });
    match total {
        Ok(total) => found.candidates = total.unsigned_abs(),
        Err(error) => return found.complain_of(&error),
    }
    if let Err(error) = catalog.sql(colours).map(|unknown| {
        if unknown > 0 {
            let remedy = rebuild(&found.root);
            found.complain(
                catalog.path(),
                format!("{unknown} downloads in no known colour; {remedy}"),
            );
        }
    }) {
        found.complain_of(&error);
    }
    for (what, query) in queries {
        match catalog.sql(|c| c.query_row(query, [], |row| row.get::<_, i64>(0))) {
            Ok(0) => {}
            Ok(count) => found.complain(
                catalog.path(),
                format!("{count} {what}; {}", rebuild(&found.root)),
            ),
            Err(error) => found.complain_of(&error),
        }
    }
}

/// How many downloads have a colour that is none.
fn colours(connection: &Connection) -> rusqlite::Result<u64> {
    let mut unknown = 0;
    let mut statement = connection.prepare(
        "SELECT colour, count(*) FROM downloads WHERE colour IS NOT NULL GROUP BY colour",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let word: String = row.get(0)?;
        if Colour::from_name(&word).is_none() {
            unknown += row.get::<_, i64>(1)?.unsigned_abs();
        }
    }
    Ok(unknown)
}
