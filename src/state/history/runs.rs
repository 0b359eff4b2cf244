//! Runs that ended.

use std::fmt::Write;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::attempts::{ended, joined};
use super::{History, key};
use crate::model::history::Ending;
use crate::model::plan::PlanId;
use crate::model::problem::{Problem, Warning};
use crate::model::recent::{Ran, Recent, came_to_an_end};
use crate::model::run::{Outcome, RunDetail, RunId, RunKind, RunReport};
use crate::state::Result;

/// Runs whose lists of warnings are kept, newest first; of older ones the number stays.
const WITH_WARNINGS: i64 = 200;
/// Events that are kept, newest first: of runs all are, but a script can change a plan as often as it likes.
const MOST_EVENTS: i64 = 5000;
/// Text of a run that is searched, in bytes.
const LONGEST_TEXT: usize = 64 << 10;

impl History {
    /// Ends a run: out of the journal, into the history, in one transaction. Also for runs that were left running.
    pub fn finish(&self, report: &RunReport) -> Result<()> {
        let text = searched(report);
        let warnings = if report.warnings.is_empty() { None } else { Some(serde_json::to_string(&report.warnings)?) };
        let short = RunReport { warnings: Vec::new(), ..report.clone() };
        let troubled = match report.outcome {
            Outcome::Completed | Outcome::Cancelled => false,
            Outcome::CompletedWithWarnings | Outcome::Failed(_) | Outcome::LeftRunning => true,
        };
        let version = match &report.detail {
            RunDetail::Backup { version, .. } => Some(version.as_str()),
            _ => None,
        };
        let mut db = self.db();
        let step = db.transaction()?;
        step.execute("DELETE FROM journal WHERE id = ?1", [key(report.run)])?;
        step.execute(
            "INSERT OR REPLACE INTO run (id, kind, plan, started, finished, success, troubled, report, warnings, text,
                                         number, version, schedules, utc_offset, ending)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
                     (SELECT coalesce(max(number), 0) + 1 FROM run), ?11, ?12, ?13, ?14)",
            params![
                key(report.run),
                report.kind.name(),
                report.plan.as_ref().map(PlanId::as_str),
                report.started.as_millisecond(),
                report.finished.as_millisecond(),
                report.outcome.is_success(),
                troubled,
                serde_json::to_string(&short)?,
                warnings,
                text,
                version,
                joined(&report.schedules),
                report.utc_offset,
                report.ending().map_or("", Ending::name),
            ],
        )?;
        step.execute(
            "UPDATE run SET warnings = NULL WHERE warnings IS NOT NULL AND started <
             (SELECT started FROM run WHERE warnings IS NOT NULL ORDER BY started DESC LIMIT 1 OFFSET ?1)",
            [WITH_WARNINGS - 1],
        )?;
        if report.kind == RunKind::Event {
            step.execute(
                "DELETE FROM run WHERE kind = 'event' AND started <
                 (SELECT started FROM run WHERE kind = 'event' ORDER BY started DESC LIMIT 1 OFFSET ?1)",
                [MOST_EVENTS - 1],
            )?;
        }
        Ok(step.commit()?)
    }

    /// A run's report with its warnings.
    pub fn report(&self, run: RunId) -> Result<Option<RunReport>> {
        let db = self.db();
        let mut query = db.prepare("SELECT report, warnings FROM run WHERE id = ?1")?;
        let row = query.query_row([key(run)], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)));
        let Some((report, warnings)) = row.optional()? else { return Ok(None) };
        let mut report: RunReport = serde_json::from_str(&report)?;
        if let Some(warnings) = warnings {
            report.warnings = serde_json::from_str::<Vec<Warning>>(&warnings)?;
        }
        Ok(Some(report))
    }

    /// For a plan's status and strip. Of all its runs since then only what stands in the index is read: there may be thousands.
    pub fn recent(&self, plan: &PlanId, since: Timestamp) -> Result<Recent> {
        let db = self.db();
        let sql = "SELECT started, success, troubled FROM run WHERE plan = ?1 AND kind = 'backup' AND started >= ?2
                   ORDER BY started DESC";
        let mut query = db.prepare(sql)?;
        let rows = query.query_map(params![plan.as_str(), since.as_millisecond()], |row| {
            let ended = ended(row.get(1)?, row.get(2)?);
            Ok(Timestamp::from_millisecond(row.get(0)?).ok().map(|started| Ran { started, ended }))
        })?;
        let backups = rows.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<_>>()?;
        let newest = |what: &str, fits: &dyn Fn(&RunReport) -> bool| -> Result<Option<RunReport>> {
            let sql = format!("SELECT report FROM run WHERE plan = ?1 AND {what} ORDER BY started DESC, id DESC");
            let mut query = db.prepare(&sql)?;
            for row in query.query_map([plan.as_str()], json)? {
                let report = serde_json::from_str(&row?)?;
                if fits(&report) {
                    return Ok(Some(report));
                }
            }
            Ok(None)
        };
        let any = |_: &RunReport| true;
        Ok(Recent {
            backups,
            last_backup: newest("kind = 'backup'", &any)?,
            last_ended: newest("kind = 'backup' AND (success OR troubled)", &any)?,
            last_good: newest("kind = 'backup' AND success", &any)?,
            last_verified: newest("kind = 'verify' AND (success OR troubled)", &came_to_an_end)?,
            last_deleted: newest("kind = 'delete' AND success", &any)?,
        })
    }

    /// Why a plan is held: the problem of its newest backup that went well or was held, where it was. What failed for another reason since
    /// says nothing of the sources.
    pub fn held(&self, plan: &PlanId) -> Result<Option<Problem>> {
        let db = self.db();
        let sql =
            "SELECT success, report FROM run WHERE plan = ?1 AND kind = 'backup' AND (success OR troubled) ORDER BY number DESC";
        let mut query = db.prepare(sql)?;
        let mut rows = query.query([plan.as_str()])?;
        while let Some(row) = rows.next()? {
            if row.get(0)? {
                return Ok(None);
            }
            let report: RunReport = serde_json::from_str(&json_at(row, 1)?)?;
            if let Outcome::Failed(problem) = report.outcome
                && problem.code.is_held()
            {
                return Ok(Some(problem));
            }
        }
        Ok(None)
    }
}

fn json(row: &Row<'_>) -> rusqlite::Result<String> {
    json_at(row, 0)
}

fn json_at(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    row.get(column)
}

/// What the search looks at: plan name, problem, warnings, what an event says, in lower case.
fn searched(report: &RunReport) -> String {
    let mut text = report.plan_name.clone();
    if let Outcome::Failed(problem) = &report.outcome {
        // Writing into a string cannot fail.
        let _ = write!(text, "\n{}\n{}\n{}", problem.what, problem.fix, problem.detail);
    }
    if let RunDetail::Event(event) = &report.detail {
        let _ = write!(text, "\n{}\n{}", event.what.title(&report.plan_name), event.details.join("\n"));
    }
    for warning in &report.warnings {
        if text.len() > LONGEST_TEXT {
            break;
        }
        let _ = write!(text, "\n{} {}", warning.path.display(), warning.detail);
    }
    text.to_lowercase()
}
