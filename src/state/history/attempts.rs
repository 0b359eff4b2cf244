//! Backups that ran, as schedules ask for them: in the order in which they were recorded, since clocks lie.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{History, version_id};
use crate::model::plan::PlanId;
use crate::model::recent::Ended;
use crate::model::schedule::{Attempt, Past, Schedule, ScheduleId, Stamp};
use crate::model::snapshot::{VersionId, WantedType};
use crate::state::Result;

impl History {
    /// What ran for a schedule. Reads back to the newest that went well, and no further.
    pub fn past(&self, plan: &PlanId, schedule: &Schedule) -> Result<Past> {
        // What it was started for, and what is as good: see `Past`.
        let made = match schedule.wanted {
            WantedType::Auto | WantedType::Incremental => "version IS NOT NULL",
            WantedType::Differential => "(version LIKE '%-diff-%' OR version LIKE '%-full-%')",
            WantedType::Full => "version LIKE '%-full-%'",
        };
        let sql = format!(
            "SELECT started, success, troubled, version, schedules, utc_offset FROM run
             WHERE plan = ?1 AND kind = 'backup' AND (instr(schedules, ?2) OR success AND {made})
             ORDER BY number DESC"
        );
        let db = self.db();
        let mut query = db.prepare(&sql)?;
        let mut broken = None;
        let rows = query.query_map(params![plan.as_str(), schedule.id.as_str()], attempt)?;
        let attempts = rows.map_while(|row| row.map_err(|error| broken = Some(error)).ok()).flatten();
        let past = Past::of(schedule, attempts);
        broken.map_or(Ok(past), |error| Err(error.into()))
    }

    /// The schedules that versions of a plan were made for, as far as this home made them.
    pub fn schedules_of_versions(&self, plan: &PlanId) -> Result<HashMap<VersionId, Vec<ScheduleId>>> {
        let db = self.db();
        let sql =
            "SELECT version, schedules FROM run WHERE plan = ?1 AND kind = 'backup' AND version IS NOT NULL AND schedules <> ''";
        let mut query = db.prepare(sql)?;
        let rows = query.query_map([plan.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (version, schedules) = row?;
            Ok((version_id(version)?, ids(&schedules)))
        })
        .collect()
    }
}

/// As they stand in the database: ids of one length, with blanks between.
pub(super) fn joined(schedules: &[ScheduleId]) -> String {
    schedules.iter().map(ScheduleId::as_str).collect::<Vec<_>>().join(" ")
}

fn ids(joined: &str) -> Vec<ScheduleId> {
    joined.split(' ').filter_map(|id| ScheduleId::try_from(id.to_owned()).ok()).collect()
}

/// `None` where it says what nobody wrote.
fn attempt(row: &Row<'_>) -> rusqlite::Result<Option<Attempt>> {
    let version: Option<String> = row.get(3)?;
    let offset: Option<i32> = row.get(5)?;
    Ok(Timestamp::from_millisecond(row.get(0)?).ok().map(|at| Attempt {
        started: Stamp { at, offset },
        ended: ended(row.get(1).unwrap_or(false), row.get(2).unwrap_or(true)),
        made: version.and_then(|id| VersionId::try_from(id).ok()).map(|id| id.backup_type()),
        schedules: ids(&row.get::<_, String>(4).unwrap_or_default()),
    }))
}

/// How a run ended, by what the table says of it.
pub(super) fn ended(success: bool, troubled: bool) -> Ended {
    match (success, troubled) {
        (true, false) => Ended::Well,
        (true, true) => Ended::WithWarnings,
        (false, false) => Ended::Cancelled,
        (false, true) => Ended::Badly,
    }
}
