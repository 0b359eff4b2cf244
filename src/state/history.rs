//! What ran and how it ended, what destinations are known to hold, and how they were: SQLite in `history.sqlite`.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::paths::Home;
use super::{Error, Result};
use crate::model::location::Location;
use crate::model::plan::PlanId;
use crate::model::run::{RunId, RunKind, Trigger};
use crate::model::schedule::ScheduleId;
use crate::model::snapshot::VersionId;

mod append_only;
mod attempts;
mod damage;
mod health;
mod messages;
mod owed_keys;
mod pages;
mod runs;
mod schema;
mod walks;

pub use self::append_only::Deleting;
pub use self::messages::Waiting;
pub use self::walks::Walked;

/// How long a process waits for another that writes.
const BUSY: Duration = Duration::from_secs(10);
/// The highest sequence number that can be kept: all higher ones are taken for it.
pub const HIGHEST: u64 = i64::MAX as u64;

/// A run that was begun; if the process dies it stays in the journal and is found at the next start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    pub run: RunId,
    pub kind: RunKind,
    pub trigger: Trigger,
    pub plan: Option<PlanId>,
    pub plan_name: String,
    /// The schedules that it was started for.
    #[serde(default)]
    pub schedules: Vec<ScheduleId>,
    pub started: Timestamp,
    /// See [`crate::model::run::RunReport::utc_offset`].
    #[serde(default)]
    pub utc_offset: Option<i32>,
    /// Of a backup, once it is known: see [`History::begin_version`].
    pub version: Option<VersionId>,
    pub destination: Option<Location>,
}

/// Blocks shortly (milliseconds); shared between threads.
pub struct History {
    db: Mutex<Connection>,
}

impl History {
    /// Opens or makes it. A database that is corrupt is set aside and the notice says where. `TooNew` where a newer
    /// Strongroom made it.
    pub fn open(home: &Home, now: Timestamp) -> Result<(Self, Option<String>)> {
        let path = home.history_file();
        match Self::open_whole(&path) {
            Ok(history) => return Ok((history, None)),
            Err(Error::Database(e)) if is_corrupt(&e) => {}
            Err(e) => return Err(e),
        }
        let aside = path.with_added_extension(format!("broken-{}", now.strftime("%Y%m%dT%H%M%SZ")));
        fs::rename(&path, &aside).map_err(|e| Error::file(&path, e))?;
        for suffix in ["-journal", "-wal", "-shm"] {
            // They belong to the database of this name; beside a new one they would be taken for its own.
            let (from, to) = (with_suffix(&path, suffix), with_suffix(&aside, suffix));
            if fs::exists(&from).is_ok_and(|exists| exists) {
                fs::rename(&from, &to).map_err(|e| Error::file(&from, e))?;
            }
        }
        let notice = format!("The history was damaged. A new one was begun; the old one lies at {}.", aside.display());
        Ok((Self::open_whole(&path)?, Some(notice)))
    }

    /// For a process that does not hold the home: a damaged one is left where it is, since its holder may be writing to it.
    pub fn open_as_guest(home: &Home) -> Result<Self> {
        Self::open_whole(&home.history_file())
    }

    /// For an engine without a home.
    pub fn in_memory() -> Result<Self> {
        let mut db = Connection::open_in_memory()?;
        schema::bring_up(&mut db)?;
        Ok(Self { db: Mutex::new(db) })
    }

    fn connect(path: &Path) -> Result<Connection> {
        let db = Connection::open(path)?;
        db.busy_timeout(BUSY)?;
        // A write-ahead log would be shared through mapped memory, and a process that touches that when the disk is gone is killed.
        // One that older programs left stays as long as another process has it open.
        let _ = db.pragma_update(None, "journal_mode", "TRUNCATE");
        // A power cut may cost the newest entry of the journal, and a forgotten "begun" would be litter nobody knows.
        db.pragma_update(None, "synchronous", "FULL")?;
        Ok(db)
    }

    fn open_whole(path: &Path) -> Result<Self> {
        // SQLite takes what is shorter than its smallest page for a new database. An empty file is one: another process is just making it.
        if fs::metadata(path).is_ok_and(|found| (1..512).contains(&found.len())) {
            return Err(corrupt("it is cut short"));
        }
        let mut db = Self::connect(path)?;
        schema::bring_up(&mut db)?;
        let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(corrupt(&verdict));
        }
        Ok(Self { db: Mutex::new(db) })
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        // Transactions of a thread that panicked were rolled back when they were dropped.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a run into the journal.
    pub fn begin(&self, begun: &Begun) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO journal (id, started, begun) VALUES (?1, ?2, ?3)";
        let row = params![key(begun.run), begun.started.as_millisecond(), serde_json::to_string(begun)?];
        self.db().execute(sql, row)?;
        Ok(())
    }

    /// Takes a run out of the journal of which there is nothing to say.
    pub fn forget_begun(&self, run: RunId) -> Result<()> {
        self.db().execute("DELETE FROM journal WHERE id = ?1", [key(run)])?;
        Ok(())
    }

    /// Notes which version a running backup makes, before its folder is made.
    pub fn begin_version(&self, run: RunId, version: &VersionId, destination: &Location) -> Result<()> {
        let mut db = self.db();
        let step = db.transaction()?;
        let text: Option<String> =
            step.query_row("SELECT begun FROM journal WHERE id = ?1", [key(run)], |row| row.get(0)).optional()?;
        let Some(text) = text else { return Err(rusqlite::Error::QueryReturnedNoRows.into()) };
        let mut begun: Begun = serde_json::from_str(&text)?;
        begun.version = Some(version.clone());
        begun.destination = Some(destination.clone());
        step.execute("UPDATE journal SET begun = ?2 WHERE id = ?1", params![key(run), serde_json::to_string(&begun)?])?;
        if let Some(plan) = &begun.plan {
            let sql = "INSERT OR IGNORE INTO folder (plan, destination, version) VALUES (?1, ?2, ?3)";
            step.execute(sql, params![plan.as_str(), place(destination)?, version.as_str()])?;
        }
        Ok(step.commit()?)
    }

    /// Notes that a version is about to appear at a destination, which a copy of it was made for.
    pub fn begin_folder(&self, plan: &PlanId, destination: &Location, version: &VersionId) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO folder (plan, destination, version) VALUES (?1, ?2, ?3)";
        self.db().execute(sql, params![plan.as_str(), place(destination)?, version.as_str()])?;
        Ok(())
    }

    /// Runs in the journal, oldest first. At start these are those of a process that died; only the home's holder may ask.
    pub fn left_running(&self) -> Result<Vec<Begun>> {
        let db = self.db();
        let mut query = db.prepare("SELECT begun FROM journal ORDER BY started, id")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|row| Ok(serde_json::from_str(&row?)?)).collect()
    }

    /// Versions whose folder this home began at a destination, finished or not: what is among them without a manifest, and
    /// not running, is dead.
    pub fn begun_versions(&self, plan: &PlanId, destination: &Location) -> Result<Vec<VersionId>> {
        let db = self.db();
        let mut query = db.prepare("SELECT version FROM folder WHERE plan = ?1 AND destination = ?2 ORDER BY version")?;
        let rows = query.query_map(params![plan.as_str(), place(destination)?], |row| row.get::<_, String>(0))?;
        rows.map(|row| version_id(row?)).collect()
    }

    /// Versions with their sequence numbers that this home knows to lie at a destination, by sequence.
    pub fn known_versions(&self, plan: &PlanId, destination: &Location) -> Result<Vec<(VersionId, u64)>> {
        let db = self.db();
        let sql = "SELECT version, sequence FROM version WHERE plan = ?1 AND destination = ?2 ORDER BY sequence, version";
        let mut query = db.prepare(sql)?;
        let of = params![plan.as_str(), place(destination)?];
        let rows = query.query_map(of, |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
        rows.map(|row| {
            let (id, sequence) = row?;
            Ok((version_id(id)?, sequence.cast_unsigned()))
        })
        .collect()
    }

    pub fn remember_version(&self, plan: &PlanId, destination: &Location, version: &VersionId, sequence: u64) -> Result<()> {
        let destination = place(destination)?;
        // One that nothing proves may have any: below zero it would come before all others.
        let sequence = sequence.min(HIGHEST).cast_signed();
        let mut db = self.db();
        let step = db.transaction()?;
        let sql = "INSERT OR REPLACE INTO version (plan, destination, version, sequence) VALUES (?1, ?2, ?3, ?4)";
        step.execute(sql, params![plan.as_str(), destination, version.as_str(), sequence])?;
        let sql = "INSERT INTO highest (plan, destination, sequence) VALUES (?1, ?2, ?3)
                   ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)";
        step.execute(sql, params![plan.as_str(), destination, sequence])?;
        Ok(step.commit()?)
    }

    /// The highest sequence number that this home knows a destination to have had, also of a version that was deleted since; 0 for none.
    pub fn highest_sequence(&self, plan: &PlanId, destination: &Location) -> Result<u64> {
        let sql = "SELECT sequence FROM highest WHERE plan = ?1 AND destination = ?2";
        let of = params![plan.as_str(), place(destination)?];
        let found = self.db().query_row(sql, of, |row| row.get::<_, i64>(0)).optional()?;
        Ok(found.unwrap_or(0).cast_unsigned())
    }

    /// Forgets a version and its folder: it was deleted, or its dead folder was cleared away.
    pub fn forget_version(&self, plan: &PlanId, destination: &Location, version: &VersionId) -> Result<()> {
        let destination = place(destination)?;
        let mut db = self.db();
        let step = db.transaction()?;
        for sql in [
            "DELETE FROM version WHERE plan = ?1 AND destination = ?2 AND version = ?3",
            "DELETE FROM folder WHERE plan = ?1 AND destination = ?2 AND version = ?3",
        ] {
            step.execute(sql, params![plan.as_str(), destination, version.as_str()])?;
        }
        Ok(step.commit()?)
    }

    /// Forgets what all destinations had of a plan: when the plan is removed with its versions. Its runs stay.
    pub fn forget_plan(&self, plan: &PlanId) -> Result<()> {
        let mut db = self.db();
        let step = db.transaction()?;
        step.execute("DELETE FROM version WHERE plan = ?1", [plan.as_str()])?;
        step.execute("DELETE FROM folder WHERE plan = ?1", [plan.as_str()])?;
        step.execute("DELETE FROM highest WHERE plan = ?1", [plan.as_str()])?;
        step.execute("DELETE FROM damaged WHERE plan = ?1", [plan.as_str()])?;
        step.execute("DELETE FROM walk WHERE plan = ?1", [plan.as_str()])?;
        step.execute("DELETE FROM owed_keys WHERE plan = ?1", [plan.as_str()])?;
        Ok(step.commit()?)
    }

    /// What is known of a destination is known of another address: that of the same place.
    pub fn rename_destination(&self, from: &Location, to: &Location) -> Result<()> {
        let (from, to) = (place(from)?, place(to)?);
        let mut db = self.db();
        let step = db.transaction()?;
        for table in ["folder", "version", "damaged", "highest", "health", "owed_keys"] {
            let sql = format!("UPDATE OR REPLACE {table} SET destination = ?2 WHERE destination = ?1");
            step.execute(&sql, [&from, &to])?;
        }
        Ok(step.commit()?)
    }

    /// Troubled runs that ended since the activity was last looked at.
    pub fn unseen(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM run WHERE troubled AND finished > coalesce((SELECT until FROM seen), -1)";
        Ok(self.db().query_row(sql, [], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    pub fn mark_seen(&self, now: Timestamp) -> Result<()> {
        // Also what ended after "now", where the clock was set back meanwhile: it was on the screen just as well.
        let sql = "INSERT OR REPLACE INTO seen (only, until)
                   SELECT 1, max(?1, coalesce((SELECT max(finished) FROM run WHERE troubled), ?1))";
        self.db().execute(sql, [now.as_millisecond()])?;
        Ok(())
    }
}

/// SQLite's integers are signed.
fn key(run: RunId) -> i64 {
    run.0.cast_signed()
}

/// A destination by where it is: another key to the same bucket makes none of it.
fn place(destination: &Location) -> serde_json::Result<String> {
    serde_json::to_string(&destination.place())
}

fn version_id(text: String) -> Result<VersionId> {
    VersionId::try_from(text).map_err(|e| Error::Json(serde::de::Error::custom(e)))
}

fn corrupt(what: &str) -> Error {
    let error = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    rusqlite::Error::SqliteFailure(error, Some(what.to_string())).into()
}

fn is_corrupt(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(e, _) => matches!(e.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase),
        // A table or column that is not there: not the database it says it is.
        rusqlite::Error::SqlInputError { .. } => true,
        _ => false,
    }
}

fn with_suffix(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests;
