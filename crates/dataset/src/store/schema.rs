//! Tables of the catalog.

/// Number of the table layout, in the database's `user_version`.
pub(crate) const VERSION: i64 = 3;

/// Makes the tables of layout 3.
///
/// - `meta`: the settings, as JSON, and the seals on the small tables
/// - `labels`: order of the names, whether the last publication listed them, and what the crawl wants of them
/// - `samples`: one row for each distinct picture, by its pixels, with what its likeness to others is judged by; the thumbnail is
///   NULL in rows of layout 1, its checksum in those of layouts 1 and 2
/// - `downloads`: one row for each URL with its outcome: a sample and what was measured of it, a flaw or a rejection; fidelity, colour and
///   scores are NULL in rows of layout 1
/// - `candidates`: one row for each URL of a label: its place, its state, where it was found, and whether a person took it back
/// - `splits`: which split a group of a label is in, written once
/// - `conflicts`: what the last publication left out or held back from val and test, because other pictures show it too
/// - `snapshots`: what was published
pub(crate) const TABLES: &str = "
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE labels (
    label TEXT PRIMARY KEY,
    place INTEGER NOT NULL,
    listed INTEGER NOT NULL DEFAULT 1,
    goal INTEGER,
    from_seq INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE samples (
    id TEXT PRIMARY KEY,
    pdq BLOB NOT NULL,
    pdq_quality INTEGER NOT NULL,
    thumbnail BLOB,
    thumbnail_check BLOB,
    object_hash TEXT NOT NULL,
    object_bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE downloads (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('prepared', 'flawed', 'rejected')),
    sample TEXT REFERENCES samples (id),
    reason TEXT,
    detail TEXT,
    sha256 TEXT,
    width INTEGER,
    height INTEGER,
    format TEXT,
    bytes INTEGER,
    fidelity INTEGER,
    colour TEXT,
    scores TEXT,
    CHECK ((kind = 'prepared') = (sample IS NOT NULL)),
    CHECK ((kind = 'prepared') = (reason IS NULL))
);
CREATE TABLE candidates (
    label TEXT NOT NULL REFERENCES labels (label),
    seq INTEGER NOT NULL,
    download INTEGER NOT NULL REFERENCES downloads (id),
    state TEXT NOT NULL CHECK (state IN
        ('pending', 'kept', 'superseded', 'rejected', 'flawed', 'surplus', 'forgotten')),
    reason TEXT,
    detail TEXT,
    group_id TEXT,
    provenance TEXT NOT NULL,
    restored INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (label, seq),
    UNIQUE (label, download),
    CHECK ((state IN ('kept', 'superseded')) = (group_id IS NOT NULL))
) WITHOUT ROWID;
CREATE INDEX candidates_by_state ON candidates (label, state, seq);
CREATE TABLE splits (
    label TEXT NOT NULL,
    group_id TEXT NOT NULL,
    split TEXT NOT NULL CHECK (split IN ('train', 'val', 'test')),
    PRIMARY KEY (label, group_id)
) WITHOUT ROWID;
CREATE TABLE conflicts (
    label TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('shared', 'conflict', 'contested', 'placeholder', 'bridge')),
    other_label TEXT NOT NULL,
    other_sample TEXT NOT NULL,
    distance INTEGER NOT NULL,
    PRIMARY KEY (label, seq)
) WITHOUT ROWID;
CREATE TABLE snapshots (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    file TEXT NOT NULL,
    created TEXT NOT NULL
);
";

/// Brings tables of layout 1 to layout 2. A check cannot be changed in place, so the table that has another one is made anew with its rows.
pub(crate) const FROM_1: &str = "
ALTER TABLE samples ADD COLUMN thumbnail BLOB;
ALTER TABLE downloads ADD COLUMN fidelity INTEGER;
ALTER TABLE downloads ADD COLUMN colour TEXT;
ALTER TABLE downloads ADD COLUMN scores TEXT;
ALTER TABLE candidates ADD COLUMN restored INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conflicts RENAME TO conflicts_1;
CREATE TABLE conflicts (
    label TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('shared', 'conflict', 'contested', 'placeholder', 'bridge')),
    other_label TEXT NOT NULL,
    other_sample TEXT NOT NULL,
    distance INTEGER NOT NULL,
    PRIMARY KEY (label, seq)
) WITHOUT ROWID;
INSERT INTO conflicts SELECT * FROM conflicts_1;
DROP TABLE conflicts_1;
";

/// Brings tables of layout 2 to layout 3.
pub(crate) const FROM_2: &str = "ALTER TABLE samples ADD COLUMN thumbnail_check BLOB;";
