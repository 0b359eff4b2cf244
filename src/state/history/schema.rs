//! The tables, and how an older database becomes a newer one.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::state::{Error, Result};

/// Each step brings a database one version further; `user_version` counts them. Steps are never changed, only added.
const STEPS: [&str; 10] = [
    "
    -- Runs that ended. `report` is the RunReport as JSON without its warnings, which stand beside it.
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,      -- the RunId's 64 bits
        kind TEXT NOT NULL,
        plan TEXT,
        started INTEGER NOT NULL,    -- milliseconds since 1970
        finished INTEGER NOT NULL,
        success INTEGER NOT NULL,
        troubled INTEGER NOT NULL,
        report TEXT NOT NULL,
        warnings TEXT,               -- JSON; NULL where there were none, or long ago
        text TEXT NOT NULL           -- lower case, searched in
    );
    CREATE INDEX run_started ON run (started);
    CREATE INDEX run_plan ON run (plan, kind, started);
    CREATE INDEX run_finished ON run (finished) WHERE troubled;
    -- Runs that were begun and have not ended.
    CREATE TABLE journal (
        id INTEGER PRIMARY KEY,
        started INTEGER NOT NULL,
        begun TEXT NOT NULL          -- Begun as JSON
    );
    -- Run folders this home began at a destination.
    CREATE TABLE folder (
        plan TEXT NOT NULL,
        destination TEXT NOT NULL,   -- Location as JSON
        version TEXT NOT NULL,
        PRIMARY KEY (plan, destination, version)
    ) WITHOUT ROWID;
    -- Versions known to lie at a destination.
    CREATE TABLE version (
        plan TEXT NOT NULL,
        destination TEXT NOT NULL,
        version TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        PRIMARY KEY (plan, destination, version)
    ) WITHOUT ROWID;
    CREATE TABLE seen (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        until INTEGER NOT NULL       -- milliseconds since 1970
    );
",
    "
    -- Objects at a destination that were found damaged, by their names within the plan's folder.
    CREATE TABLE damaged (
        plan TEXT NOT NULL,
        destination TEXT NOT NULL,
        object TEXT NOT NULL,
        PRIMARY KEY (plan, destination, object)
    ) WITHOUT ROWID;
",
    "
    -- The highest sequence number that a destination has had, also of a version that was deleted since.
    CREATE TABLE highest (
        plan TEXT NOT NULL,
        destination TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        PRIMARY KEY (plan, destination)
    ) WITHOUT ROWID;
    -- What a calendar shows of thousands of runs stands in the index itself.
    DROP INDEX run_plan;
    CREATE INDEX run_plan ON run (plan, kind, started, success, troubled);
    INSERT INTO highest SELECT plan, destination, max(sequence) FROM version GROUP BY plan, destination;
",
    "
    -- Of backups, what schedules and retention go by.
    ALTER TABLE run ADD COLUMN number INTEGER;                      -- the order in which runs were recorded
    ALTER TABLE run ADD COLUMN version TEXT;                        -- what was made
    ALTER TABLE run ADD COLUMN schedules TEXT NOT NULL DEFAULT '';  -- what it was started for: ids, blanks between
    ALTER TABLE run ADD COLUMN utc_offset INTEGER;                  -- seconds east, when it started
    UPDATE run SET number = ordered.place
        FROM (SELECT id, row_number() OVER (ORDER BY started, id) AS place FROM run) AS ordered WHERE ordered.id = run.id;
    UPDATE run SET version = json_extract(report, '$.detail.version') WHERE kind = 'backup' AND json_valid(report);
    -- Plans had one schedule.
    UPDATE run SET schedules = '00000000'
        WHERE kind = 'backup' AND json_valid(report) AND json_extract(report, '$.trigger') = 'schedule';
    CREATE INDEX run_number ON run (number);
    CREATE INDEX run_attempt ON run (plan, kind, number);
",
    "
    -- Messages that wait to be sent, or to be tried again.
    CREATE TABLE message (
        id INTEGER PRIMARY KEY,
        channel TEXT NOT NULL,
        due INTEGER NOT NULL,        -- milliseconds since 1970
        tries INTEGER NOT NULL,
        alert TEXT NOT NULL          -- Alert as JSON
    );
    CREATE INDEX message_due ON message (due);
    -- Troubles that stand and were told, so that they are not told again at once.
    CREATE TABLE told (
        trouble TEXT PRIMARY KEY,    -- storm::Key as JSON
        standing TEXT NOT NULL       -- storm::Standing as JSON
    ) WITHOUT ROWID;
",
    "
    -- How destinations were when they were looked at. A destination is kept by its place: see `place` beside this.
    CREATE TABLE health (
        destination TEXT NOT NULL,   -- Location as JSON
        at INTEGER NOT NULL,         -- milliseconds since 1970
        span INTEGER NOT NULL,       -- 0: one look, 1: those of an hour, 2: those of a day
        looks INTEGER NOT NULL,      -- how many it stands for
        code TEXT,                   -- why it could not be used; NULL: it could
        what TEXT,
        free INTEGER,                -- bytes
        total INTEGER,
        used INTEGER,
        latency INTEGER,             -- milliseconds
        speed INTEGER,               -- bytes a second
        PRIMARY KEY (destination, at)
    ) WITHOUT ROWID;
    CREATE INDEX health_age ON health (span, at);
    CREATE INDEX health_good ON health (destination, at) WHERE code IS NULL;
",
    "
    -- How a run ended, in the word that is asked by: an Ending.
    ALTER TABLE run ADD COLUMN ending TEXT NOT NULL DEFAULT '';
    UPDATE run SET ending = CASE
        WHEN success THEN CASE WHEN troubled THEN 'warnings' ELSE 'success' END
        WHEN NOT troubled THEN 'cancelled'
        WHEN json_valid(report) AND json_extract(report, '$.outcome') = 'left-running' THEN 'interrupted'
        ELSE 'failed' END;
    CREATE INDEX run_ending ON run (ending, started);
    CREATE INDEX run_kind ON run (kind, started);
    -- How a plan's folders were gone through for its newest version: see SourceSpec::walk.
    CREATE TABLE walk (
        plan TEXT PRIMARY KEY,
        version TEXT NOT NULL,
        walk TEXT NOT NULL
    ) WITHOUT ROWID;
",
    "
    -- Events stand among the runs, as kind 'event' and without an ending. For them there is nothing to make, but a program that does
    -- not know them could read no page that has one.
    -- Where something was mounted within the plan's sources when that version was made: paths, as JSON.
    ALTER TABLE walk ADD COLUMN mounts TEXT NOT NULL DEFAULT '[]';
    -- What that version was made of: the SourceSpec as JSON; NULL: not known.
    ALTER TABLE walk ADD COLUMN sources TEXT;
",
    "
    -- Key slots that a destination has not got, by their number.
    CREATE TABLE owed_keys (
        plan TEXT NOT NULL,
        destination TEXT NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (plan, destination)
    ) WITHOUT ROWID;
",
    "
    -- Bytes a second that were read, where that was tried.
    ALTER TABLE health ADD COLUMN read_speed INTEGER;
    -- Destinations at which nothing could be deleted when it was last tried. Kept by their places, as in `health`.
    CREATE TABLE append_only (
        destination TEXT PRIMARY KEY,
        refused INTEGER NOT NULL     -- 0: how it ended is not known
    ) WITHOUT ROWID;
",
];

/// The newest version that we know.
pub(super) const NEWEST: i64 = STEPS.len() as i64;

/// Brings the database up to date. `TooNew` where a newer Strongroom made it: then nothing was touched.
pub(super) fn bring_up(db: &mut Connection) -> Result<()> {
    // One process brings it up; another waits here and finds it done.
    let step = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: i64 = step.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > NEWEST {
        return Err(Error::TooNew { path: db_path(&step), found: version });
    }
    if version == NEWEST {
        return Ok(());
    }
    for sql in STEPS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        step.execute_batch(sql)?;
    }
    step.pragma_update(None, "user_version", NEWEST)?;
    Ok(step.commit()?)
}

fn db_path(db: &Connection) -> PathBuf {
    db.path().map_or_else(PathBuf::new, PathBuf::from)
}
