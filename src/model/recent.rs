//! What of a plan's history tells how it stands, without reading all of it.

use jiff::Timestamp;

use super::run::{Outcome, RunDetail, RunKind, RunReport};

/// A backup run, as far as a calendar shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    pub started: Timestamp,
    pub ended: Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Well,
    WithWarnings,
    Cancelled,
    /// Failed, or left running by a process that died.
    Badly,
}

impl From<&Outcome> for Ended {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Well,
            Outcome::CompletedWithWarnings => Self::WithWarnings,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Failed(_) | Outcome::LeftRunning => Self::Badly,
        }
    }
}

/// A plan's backups of the last weeks, newest first, and the newest runs of some kinds, however old; all without warnings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recent {
    pub backups: Vec<Ran>,
    pub last_backup: Option<RunReport>,
    /// The newest backup that nobody cancelled.
    pub last_ended: Option<RunReport>,
    pub last_good: Option<RunReport>,
    /// The newest verification that came to an end.
    pub last_verified: Option<RunReport>,
    /// The newest deletion that was carried out.
    pub last_deleted: Option<RunReport>,
}

impl Recent {
    /// Of all runs of a plan, newest first.
    pub fn of(runs: &[RunReport]) -> Self {
        let newest = |is: &dyn Fn(&RunReport) -> bool| runs.iter().find(|run| is(run)).cloned();
        let backups = runs.iter().filter(|run| run.kind == RunKind::Backup);
        Self {
            backups: backups.map(|run| Ran { started: run.started, ended: Ended::from(&run.outcome) }).collect(),
            last_backup: newest(&|run| run.kind == RunKind::Backup),
            last_ended: newest(&|run| run.kind == RunKind::Backup && run.outcome != Outcome::Cancelled),
            last_good: newest(&|run| run.kind == RunKind::Backup && run.outcome.is_success()),
            last_verified: newest(&came_to_an_end),
            last_deleted: newest(&|run| run.kind == RunKind::Delete && run.outcome.is_success()),
        }
    }
}

/// Whether a run is a verification that says something of what it looked at; one that was cancelled or failed says nothing.
pub fn came_to_an_end(run: &RunReport) -> bool {
    matches!(run.detail, RunDetail::Verify { .. })
}
