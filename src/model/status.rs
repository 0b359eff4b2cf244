//! How a plan stands: one pure rule, the first that applies.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::run::{Outcome, RunKind, RunReport};
use super::schedule::Schedule;

/// Running stands beside it, never instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Protected,
    ProtectedWithWarnings,
    WaitingForFirst,
    NeedsAttention,
}

/// Why a plan needs attention, in the order of weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    Nothing,
    Failed(super::problem::Problem),
    LeftRunning,
    Damaged,
    Overdue { since: Timestamp },
}

/// How late a scheduled run may be before it is overdue.
const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// Judges a plan from its newest finished runs, newest first (backups and verifications).
pub fn judge(schedule: Schedule, created: Timestamp, runs: &[RunReport], now: Timestamp, zone: &TimeZone) -> (Status, Why) {
    let backups = || runs.iter().filter(|r| r.kind == RunKind::Backup);
    if let Some(verify) = runs.iter().find(|r| r.kind == RunKind::Verify)
        && let super::run::RunDetail::Verify { report } = &verify.detail
        && !report.damaged.is_empty()
    {
        return (Status::NeedsAttention, Why::Damaged);
    }
    match backups().find(|r| r.outcome != Outcome::Cancelled).map(|r| &r.outcome) {
        Some(Outcome::Failed(problem)) => return (Status::NeedsAttention, Why::Failed(problem.clone())),
        Some(Outcome::LeftRunning) => return (Status::NeedsAttention, Why::LeftRunning),
        _ => {}
    }
    let last_good = backups().find(|r| r.outcome.is_success());
    if let Some(due) = schedule.due(last_good.map(|r| r.started), created, zone)
        && due.checked_add(GRACE).is_ok_and(|late| late < now)
    {
        return (Status::NeedsAttention, Why::Overdue { since: due });
    }
    match last_good.map(|r| &r.outcome) {
        None => (Status::WaitingForFirst, Why::Nothing),
        Some(Outcome::CompletedWithWarnings) => (Status::ProtectedWithWarnings, Why::Nothing),
        Some(_) => (Status::Protected, Why::Nothing),
    }
}

/// A day on the strip of thirty; the worst outcome of the day wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayMark {
    /// Before the plan was made.
    Blank,
    Idle,
    Success,
    Warnings,
    Overdue,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub date: Date,
    pub mark: DayMark,
    pub runs: u32,
    pub failed: u32,
}

/// The last thirty local days, oldest first.
pub fn strip(schedule: Schedule, created: Timestamp, runs: &[RunReport], now: Timestamp, zone: &TimeZone) -> Vec<Day> {
    let local = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let today = local(now);
    let born = local(created);
    let backups: Vec<&RunReport> = runs.iter().filter(|r| r.kind == RunKind::Backup).collect();
    let last_good = backups.iter().filter(|r| r.outcome.is_success()).map(|r| r.started).max();
    let overdue_from =
        schedule.due(last_good, created, zone).and_then(|due| due.checked_add(GRACE).ok()).filter(|late| *late < now).map(local);
    (0..30)
        .rev()
        .map(|back| {
            let date = today.saturating_sub(jiff::Span::new().days(back));
            let mut day = Day { date, mark: if date < born { DayMark::Blank } else { DayMark::Idle }, runs: 0, failed: 0 };
            for run in backups.iter().filter(|r| local(r.started) == date) {
                day.runs += 1;
                let mark = match run.outcome {
                    Outcome::Completed => DayMark::Success,
                    Outcome::CompletedWithWarnings => DayMark::Warnings,
                    Outcome::Cancelled => DayMark::Idle,
                    Outcome::Failed(_) | Outcome::LeftRunning => {
                        day.failed += 1;
                        DayMark::Failed
                    }
                };
                day.mark = day.mark.max(mark);
            }
            if day.runs == 0 && overdue_from.is_some_and(|from| date >= from) {
                day.mark = day.mark.max(DayMark::Overdue);
            }
            day
        })
        .collect()
}
