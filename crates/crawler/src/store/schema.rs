//! The tables of `crawl.db`.

/// The newest layout of the file, kept in `user_version`.
pub(super) const VERSION: i64 = 3;

/// Tables that every version has alike.
pub(super) const SOURCES: &str = "
CREATE TABLE run (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE labels (
    id INTEGER PRIMARY KEY,
    label TEXT NOT NULL UNIQUE,
    found INTEGER NOT NULL DEFAULT 0,      -- candidates so far, the next seq
    rounds INTEGER NOT NULL DEFAULT 0,     -- page rounds merged since the crawl or refresh began
    depth INTEGER NOT NULL DEFAULT 0,      -- most rounds of any crawl or refresh before
    from_seq INTEGER NOT NULL DEFAULT 0,   -- of the refresh that is open
    satisfied INTEGER NOT NULL DEFAULT 0,  -- had its goal when last heard of
    refreshing INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    label INTEGER NOT NULL REFERENCES labels(id),
    engine TEXT NOT NULL,
    query TEXT NOT NULL,
    page INTEGER NOT NULL DEFAULT 0,       -- pages stored
    hits INTEGER NOT NULL DEFAULT 0,       -- hits on them
    cursor TEXT,                           -- of the next page
    ended INTEGER NOT NULL DEFAULT 0,
    UNIQUE (label, engine, query)
);
CREATE TABLE pages (
    stream INTEGER NOT NULL REFERENCES streams(id),
    page INTEGER NOT NULL,
    first_rank INTEGER NOT NULL,
    count INTEGER NOT NULL,
    fetched_at TEXT NOT NULL,
    hits TEXT,                             -- JSON while the round waits for other pages, else NULL
    PRIMARY KEY (stream, page)
) WITHOUT ROWID;
CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    paused_until INTEGER NOT NULL          -- seconds since 1970
) WITHOUT ROWID;
CREATE TABLE engines (
    id TEXT PRIMARY KEY,
    retry_at INTEGER NOT NULL              -- seconds since 1970
) WITHOUT ROWID;
";

/// Tables that version 2 has brought.
pub(super) const ADDED: &str = "
CREATE TABLE quotas (
    engine TEXT NOT NULL,
    window INTEGER NOT NULL,               -- seconds
    began INTEGER NOT NULL,                -- seconds since 1970
    used INTEGER NOT NULL,                 -- requests since then
    PRIMARY KEY (engine, window)
) WITHOUT ROWID;
CREATE TABLE passed (                      -- what could not be had and gave its candidate to another copy
    download INTEGER NOT NULL,
    label INTEGER NOT NULL,
    PRIMARY KEY (download, label)
) WITHOUT ROWID;
CREATE TABLE sites (
    site TEXT NOT NULL,
    file TEXT NOT NULL,                    -- robots or tdmrep
    outcome TEXT NOT NULL,
    body BLOB NOT NULL,                    -- what counts of it
    fetched_at INTEGER NOT NULL,           -- seconds since 1970
    failures INTEGER NOT NULL,             -- in a row
    watched TEXT NOT NULL,                 -- whose rules the body holds
    PRIMARY KEY (site, file)
) WITHOUT ROWID;
";

/// The table that version 3 has brought.
pub(super) const VERSIONS: &str = "
CREATE TABLE versions (                    -- of answers, by which their servers tell whether there is another one
    stream INTEGER NOT NULL,               -- 0 for a website's own file
    place INTEGER NOT NULL,                -- number of the page, hash of the file's address
    request INTEGER NOT NULL,              -- hash of what was asked, and of who reads the answer
    etag TEXT,
    modified TEXT,
    next TEXT,                             -- cursor of the page after it
    hits INTEGER NOT NULL,                 -- hits on it
    PRIMARY KEY (stream, place)
) WITHOUT ROWID;
";

/// Candidates and downloads since version 2.
pub(super) const CANDIDATES: &str = "
CREATE TABLE downloads (
    id INTEGER PRIMARY KEY,
    hash INTEGER NOT NULL,                 -- of the URL's one form, keyed by `hash` in run
    url TEXT NOT NULL,
    local INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,      -- counted before each request leaves
    settled INTEGER NOT NULL DEFAULT 0,
    reject TEXT,                           -- code, once it is final
    detail TEXT,
    final_url TEXT,
    fetched_at TEXT,
    headers TEXT                           -- JSON of what the last answer without a body had, NULL for nothing
);
CREATE TABLE candidates (
    label INTEGER NOT NULL REFERENCES labels(id),
    seq INTEGER NOT NULL,
    download INTEGER NOT NULL REFERENCES downloads(id),
    state INTEGER NOT NULL DEFAULT 0,      -- 0 open, 1 handed out, 2 settled
    stream INTEGER NOT NULL REFERENCES streams(id),
    rank INTEGER NOT NULL,
    found TEXT,                            -- JSON of what the engine said about it, NULL for nothing
    PRIMARY KEY (label, seq)
) WITHOUT ROWID;
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    changes TEXT NOT NULL                  -- JSON of what has happened to downloads and candidates beyond what they say
);
";

/// Indexes of [`CANDIDATES`], apart because a filled table gets them faster afterwards.
pub(super) const INDEXES: &str = "
CREATE INDEX downloads_by_hash ON downloads(hash);
CREATE UNIQUE INDEX candidates_by_download ON candidates(download, label);
CREATE INDEX candidates_handed_out ON candidates(label, seq) WHERE state = 1;
";
